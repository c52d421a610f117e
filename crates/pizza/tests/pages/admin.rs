//! What an admin administers.

use crate::{Browser, Surfer, accessible::has_no_fault, franchise::sign_in};
use reqwest::Method;
use serde_json::json;
use test_kit::{Diner, TestApp, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_founds_and_closes_a_franchise() {
    let app = TestApp::start(|_| {}).await;
    Browser::walk(&app, async |browser| {
        sign_in(browser, "a@jwt.com", "admin").await;
        browser.click(".nav a[href='/admin']").await;
        browser.says("main", "Nothing yet").await;
        browser.click(".tabs a[href='/admin/franchises']").await;
        browser.says(".table", "pizzaPocket").await;
        browser.fill("#name", "Pizza Planet").await;
        browser.fill("#admins", "d@jwt.com, nobody@jwt.com").await;
        browser.click("form.stack button").await;
        browser.says("form.stack .banner", "nobody@jwt.com").await;
        browser.fill("#admins", "d@jwt.com\nf@jwt.com").await;
        browser.click("form.stack button").await;
        browser.says(".toast", "Pizza Planet is founded").await;
        browser.says(".table", "pizza diner, pizza franchisee").await;
        browser.fill("#name", "Pizza Planet").await;
        browser.click("form.stack button").await;
        browser.says("form.stack .banner", "A franchise with this name exists already.").await;

        browser.fill("#filter", "planet").await;
        browser.click(".filter button").await;
        eventually("the list is filtered", async || {
            (!browser.text(".table").await.contains("pizzaPocket")).then_some(())
        })
        .await;
        browser.click("a[aria-label='Close Pizza Planet']").await;
        browser.says(".consequences", "loses this role: pizza diner, pizza franchisee").await;
        browser.click("main form button").await;
        browser.says(".toast", "The franchise is closed").await;
        assert!(!browser.text(".table").await.contains("Pizza Planet"));
        browser.open("/admin").await;
        browser.says(".table", "franchise.delete").await;
        browser.has_nothing_to_complain_about().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_finds_and_deletes_somebody_without_scripts() {
    let app = TestApp::start(|_| {}).await;
    let mallory = Diner::register(app.base(), "Mallory <i>", "mallory@example.com").await;
    for number in 0..20 {
        Diner::register(app.base(), &format!("Guest {number}"), &format!("{number}@example.com")).await;
    }
    Browser::walk_without_scripts(&app, async |browser| {
        sign_in(browser, "a@jwt.com", "admin").await;
        browser.open("/admin/users").await;
        browser.says(".table", "runs franchise 1").await;
        browser.says(".table", "This is you").await;
        browser.click(".pages a[rel='next']").await;
        browser.says(".pages", "Page 2").await;
        browser.says(".table", "Guest 19").await;
        browser.fill("#filter", "mallory").await;
        browser.click(".filter button").await;
        browser.says(".table", "mallory@example.com").await;
        assert!(!browser.text(".table").await.contains("Guest"));
        browser.click(".table .act a").await;
        browser.says("h1", "Delete Mallory <i> (mallory@example.com)?").await;
        browser.click("main form button").await;
        browser.says(".toast", "The account is deleted").await;
        browser.open("/admin/users?name=mallory").await;
        browser.says("main", "Nobody like that here.").await;
    })
    .await;
    mallory.get("/api/user/me").await.expect(401);
    let acts = app.admin().await.get("/api/admin/audit").await.expect(200);
    assert_eq!(acts["entries"][0]["action"], "user.delete");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_adds_changes_and_withdraws_a_pizza() {
    let app = TestApp::start(|_| {}).await;
    Browser::walk(&app, async |browser| {
        sign_in(browser, "a@jwt.com", "admin").await;
        browser.open("/admin/menu").await;
        let picture = async || browser.script("return document.querySelector('.drawn img').src").await;
        let before = picture().await;
        browser.fill("#title", "Hawaii").await;
        eventually("the picture follows the title", async || (picture().await != before).then_some(())).await;
        browser.fill("#price", "a lot").await;
        browser.click("form.stack button").await;
        browser.says("form.stack .banner", "A price must be a number.").await;
        browser.fill("#price", "0,005").await;
        browser.fill("#description", "We do not judge").await;
        browser.click("form.stack button").await;
        browser.says(".toast", "Hawaii is on the menu").await;
        browser.says(".table", "₿ 0.005").await;

        browser.click("a[aria-label='Change Hawaii']").await;
        assert_eq!(browser.element("#price").await.value().await.unwrap().unwrap(), "0.005");
        browser.fill("#price", "100").await;
        browser.click("form.stack button").await;
        browser.says("form.stack .banner", "A price must be below 100.").await;
        browser.fill("#title", "Hawaii Deluxe").await;
        browser.fill("#price", "0.006").await;
        browser.click("form.stack button").await;
        browser.says(".toast", "Hawaii Deluxe is changed").await;
        browser.choose(6).await;
        browser.says("#cart", "Hawaii Deluxe").await;
        browser.says("#cart", "0.006").await;

        browser.open("/admin/menu").await;
        browser.click("a[aria-label='Withdraw Hawaii Deluxe']").await;
        browser.says("h1", "Withdraw Hawaii Deluxe from the menu?").await;
        browser.click("main form button").await;
        browser.says(".toast", "off the menu").await;
        browser.open("/menu").await;
        assert!(!browser.has("#pizza-6").await);
        assert!(!browser.text("#cart").await.contains("Hawaii"));
        browser.has_nothing_to_complain_about().await;
    })
    .await;
    assert_eq!(app.visitor().get("/api/order/menu").await.body.as_array().unwrap().len(), 5);
}

const PAGES: [&str; 9] = [
    "/admin",
    "/admin/franchises",
    "/admin/franchises/1/close",
    "/admin/users",
    "/admin/users/1/delete",
    "/admin/menu",
    "/admin/menu/picture",
    "/admin/menu/1",
    "/admin/menu/1/withdraw",
];
const ACTS: [&str; 6] = [
    "/admin/franchises",
    "/admin/franchises/1/close",
    "/admin/users/2/delete",
    "/admin/menu",
    "/admin/menu/1",
    "/admin/menu/1/withdraw",
];

#[tokio::test]
async fn whoever_is_no_admin_finds_the_door_locked() {
    let app = TestApp::start(|_| {}).await;
    let surfer = Surfer::at(&app);
    for path in PAGES {
        let page = surfer.get(path).await.expect(303);
        assert!(page.header("location").unwrap().starts_with("/login?next="), "{path}");
    }
    surfer.login().await;
    let token = surfer.token("/menu").await;
    for path in PAGES {
        assert!(surfer.get(path).await.expect(403).text.contains("That door is locked"), "{path}");
    }
    for path in ACTS {
        let fields = [("csrf", token.as_str()), ("name", "mine"), ("title", "mine"), ("price", "0")];
        let page = surfer.send(surfer.form(path, &fields)).await.expect(403);
        assert!(page.text.contains("This page is for others to see"), "{path}");
    }
    assert!(!surfer.get("/menu").await.text.contains("/admin"));
    nothing_happened(&app).await;
}

#[tokio::test]
async fn a_form_of_another_site_administers_nothing() {
    let app = TestApp::start(|_| {}).await;
    let surfer = Surfer::at(&app);
    let token = surfer.token("/login").await;
    sign_in_without_a_browser(&surfer).await;
    for path in ACTS.iter().chain(&["/franchise/1/stores", "/franchise/1/stores/1/close"]) {
        for fields in [vec![], vec![("csrf", token.as_str())]] {
            let fields = [fields, vec![("name", "mine"), ("title", "mine"), ("price", "0")]].concat();
            surfer.send(surfer.form(path, &fields)).await.expect(403);
        }
        surfer.send(surfer.request(Method::POST, path)).await.expect(403);
    }
    nothing_happened(&app).await;
    for (path, status) in [
        ("/admin/franchises/4711/close", 404),
        ("/admin/users/x/delete", 404),
        ("/admin/menu/99999999999999999999", 404),
        ("/admin/menu/4711/withdraw", 404),
        ("/admin/users?page=-1&name=%", 200),
        ("/admin/franchises?page=4000000000&name=\"><script>", 200),
    ] {
        let page = surfer.get(path).await.expect(status);
        assert!(!page.text.contains("\"><script>"), "{path}");
    }
}

#[tokio::test]
async fn the_last_admin_stays() {
    let app = TestApp::start(|_| {}).await;
    let surfer = Surfer::at(&app);
    sign_in_without_a_browser(&surfer).await;
    let token = surfer.token("/admin/users").await;
    let form = surfer.form("/admin/users/1/delete", &[("csrf", &token)]);
    assert_eq!(surfer.send(form).await.expect(303).header("location"), Some("/admin/users"));
    let page = surfer.get("/admin/users").await.expect(200);
    assert!(page.text.contains("Nobody else is an admin, so this account stays."));
    nothing_happened(&app).await;
}

async fn sign_in_without_a_browser(surfer: &Surfer) {
    let token = surfer.token("/login").await;
    let login = [("csrf", token.as_str()), ("email", "a@jwt.com"), ("password", "admin")];
    surfer.send(surfer.form("/login", &login)).await.expect(303);
    surfer.get("/admin").await.expect(200);
}

async fn nothing_happened(app: &TestApp) {
    let admin = app.admin().await;
    assert_eq!(admin.get("/api/order/menu").await.body.as_array().unwrap().len(), 5);
    let list = admin.get("/api/franchise").await;
    assert_eq!(list["franchises"].as_array().unwrap().len(), 1);
    assert_eq!(list["franchises"][0]["stores"].as_array().unwrap().len(), 1);
    assert_eq!(admin.get("/api/user").await["users"].as_array().unwrap().len(), 3);
    assert_eq!(admin.get("/api/admin/audit").await["entries"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_for_franchisees_and_admins_has_a_serious_fault() {
    let app = TestApp::start(|_| {}).await;
    let (admin, diner) = (app.admin().await, app.diner().await);
    for pizzas in [vec![1], vec![2, 5], vec![3, 3, 3], vec![5, 5], vec![4], vec![1, 2], vec![5, 5, 5]] {
        diner.order(&pizzas).await.expect(200);
    }
    // They were placed two days after each other.
    app.tamper("UPDATE fulfilment SET queued_at = queued_at - (7 - order_id) * 172800000");
    admin.new_store("The Pizza Planet on the Far Side of the Galaxy").await;
    for number in 0..20 {
        let email = format!("somebody.with.a.long.name.{number}@jwt.example.com");
        Diner::register(app.base(), &format!("Guest {number}"), &email).await;
    }
    Browser::walk(&app, async |browser| {
        has_no_fault(browser, "/franchise").await;
        sign_in(browser, "f@jwt.com", "franchisee").await;
        for path in ["/franchise", "/franchise/1/stores/1/close"] {
            has_no_fault(browser, path).await;
        }
        admin.found_franchise("Second", &["f@jwt.com"]).await.expect(200);
        has_no_fault(browser, "/franchise").await;
        sign_in(browser, "a@jwt.com", "admin").await;
        for path in PAGES.iter().filter(|path| !path.ends_with("/picture")) {
            has_no_fault(browser, path).await;
        }
        has_no_fault(browser, "/franchise/1").await;
        browser.open("/admin/menu").await;
        browser.fill("#title", " ").await;
        browser.fill("#price", "x").await;
        browser.click("form.stack button").await;
        browser.element("form.stack .banner").await;
    })
    .await;
}
