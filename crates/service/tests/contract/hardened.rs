//! One test for each hole of the historic service, named after the hole: it stays shut.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::UserId;
use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{EncodingKey, Header};
use reqwest::Method;
use serde_json::{Value, json};
use service::config::ReportLinkAudience;
use std::time::{Duration, Instant};
use test_kit::{Answer, Diner, JWT_SECRET, TestApp, Visitor, eventually};

const LINK: &str = "https://factory.example/api/support/the-vendor-key/report/the-fix-code";

/// A token with these claims and this secret, whose session is live in the database: only the check of the
/// token itself can refuse it.
async fn forged(app: &TestApp, secret: &str, claims: &Value) -> Visitor {
    let key = EncodingKey::from_secret(secret.as_bytes());
    let token = jsonwebtoken::encode(&Header::default(), claims, &key).unwrap();
    let user = UserId(claims["id"].as_i64().unwrap());
    let signature = token.rsplit('.').next().unwrap();
    app.store().open_session(signature, user, in_an_hour()).await.unwrap();
    app.visitor().with_token(token)
}

fn in_an_hour() -> Timestamp {
    Timestamp::now() + SignedDuration::from_hours(1)
}

async fn claims_of_the_diner(app: &TestApp) -> Value {
    let me = app.diner().await.get("/api/user/me").await;
    let now = Timestamp::now().as_second();
    json!({
        "id": me["id"], "name": "pizza diner", "email": "d@jwt.com", "roles": [{ "role": "diner" }],
        "iat": now, "exp": now + 3600, "jti": "00000000-0000-0000-0000-000000000000",
    })
}

#[tokio::test]
async fn price_from_the_client() {
    let app = TestApp::start(|_| {}).await;
    let item = json!({ "menuId": 5, "description": "Free pizza", "price": 0.000_000_01 });
    let body = json!({ "franchiseId": 1, "storeId": 1, "items": [item] });
    let reply = app.diner().await.order_with(&[], &body).await.expect(200);
    let from_the_menu = json!([{ "menuId": 5, "description": "Charred Leopard", "price": 0.0099 }]);
    assert_eq!(reply["order"]["items"], from_the_menu);
    assert_eq!(app.factory.calls()[0].body["order"]["items"], from_the_menu);
    assert_eq!(app.admin().await.revenue_of(1).await, 0.0099);
}

#[tokio::test]
async fn nonsense_prices_from_the_client() {
    let app = TestApp::start(|_| {}).await;
    for price in [json!(-1), json!("free"), json!(null), json!(1e300)] {
        let item = json!({ "menuId": 1, "description": 7, "price": price });
        let body = json!({ "franchiseId": 1, "storeId": 1, "items": [item] });
        let reply = app.diner().await.order_with(&[], &body).await.expect(200);
        assert_eq!(reply["order"]["items"][0]["price"], 0.0038);
    }
}

#[tokio::test]
async fn duplicate_emails() {
    let app = TestApp::start(|_| {}).await;
    for email in ["d@jwt.com", "D@JWT.com"] {
        let reply = app.visitor().register("another", email, "secret").await.expect(409);
        assert_eq!(reply.message(), "this email is already registered");
    }
    app.visitor().login("d@jwt.com", "diner").await;
}

#[tokio::test]
async fn duplicate_emails_by_registering_twice_at_once() {
    let app = TestApp::start(|_| {}).await;
    let visitor = app.visitor();
    let twice = join_all((0..4).map(|_| visitor.register("Kai", "kai@jwt.com", "secret"))).await;
    let mut statuses: Vec<_> = twice.iter().map(|reply| reply.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409, 409, 409]);
}

#[tokio::test]
async fn accounts_that_can_be_probed_by_what_a_login_says() {
    let app = TestApp::start(|_| {}).await;
    let mut unknown = app.visitor().try_login("nobody@jwt.com", "x").await.expect(404);
    let mut wrong = app.visitor().try_login("d@jwt.com", "x").await.expect(404);
    assert_eq!(unknown.text, wrong.text);
    for reply in [&mut unknown, &mut wrong] {
        reply.headers.remove("x-request-id");
        reply.headers.remove("date");
    }
    assert_eq!(unknown.headers, wrong.headers);
}

/// Hashing takes tens of milliseconds and everything else next to nothing, so the quickest of a few tries of
/// either kind, taken in turn, tells whether a password was hashed.
#[tokio::test]
async fn accounts_that_can_be_probed_by_how_long_a_login_takes() {
    let app = TestApp::start(|config| config.auth.login_failures_per_minute = 100).await;
    let visitor = app.visitor();
    let quickest = async |email: &str, best: Duration| {
        let begun = Instant::now();
        visitor.try_login(email, "x").await.expect(404);
        begun.elapsed().min(best)
    };
    let (mut unknown, mut wrong) = (Duration::MAX, Duration::MAX);
    for _ in 0..5 {
        unknown = quickest("nobody@jwt.com", unknown).await;
        wrong = quickest("d@jwt.com", wrong).await;
    }
    assert!(unknown * 4 > wrong, "nobody: {unknown:?}, somebody: {wrong:?}");
}

#[tokio::test]
async fn guessing_passwords() {
    let app = TestApp::start(|_| {}).await;
    let attacker = app.visitor();
    for _ in 0..10 {
        attacker.try_login("d@jwt.com", "guess").await.expect(404);
    }
    let limited = attacker.try_login("D@jwt.com", "guess").await.expect(429);
    assert_eq!(limited.message(), "too many failed logins, please wait before the next try");
    let wait: u64 = limited.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    attacker.try_login("d@jwt.com", "diner").await.expect(429);

    let elsewhere = Visitor::from_address(app.base(), [127, 0, 0, 2]);
    elsewhere.try_login("d@jwt.com", "diner").await.expect(200);
    attacker.try_login("f@jwt.com", "franchisee").await.expect(200);
}

#[tokio::test]
async fn guessing_passwords_all_at_once() {
    let app = TestApp::start(|config| config.auth.login_failures_per_minute = 3).await;
    let attacker = app.visitor();
    let guesses = join_all((0..15).map(|_| attacker.try_login("d@jwt.com", "guess"))).await;
    let told = guesses.iter().filter(|reply| reply.status == 404).count();
    let limited = guesses.iter().filter(|reply| reply.status == 429).count();
    assert_eq!((told, limited), (3, 12), "who waits in line must not learn more than who comes later");
}

#[tokio::test]
async fn logins_that_succeed_count_against_nobody() {
    let app = TestApp::start(|config| config.auth.login_failures_per_minute = 2).await;
    let visitor = app.visitor();
    for reply in join_all((0..6).map(|_| visitor.try_login("d@jwt.com", "diner"))).await {
        reply.expect(200);
    }
    visitor.try_login("d@jwt.com", "wrong").await.expect(404);
    visitor.try_login("d@jwt.com", "diner").await.expect(200);
    visitor.try_login("d@jwt.com", "wrong").await.expect(404);
    visitor.try_login("d@jwt.com", "wrong").await.expect(429);
}

#[tokio::test]
async fn empty_passwords() {
    let app = TestApp::start(|_| {}).await;
    app.visitor().register("Kai", "kai@jwt.com", "").await.expect(400);
    app.visitor().try_login("a@jwt.com", "").await.expect(404);
}

#[tokio::test]
async fn passwords_in_answers() {
    let app = TestApp::start(|_| {}).await;
    let diner = app.diner().await;
    let registered = app.visitor().register("Kai", "kai@jwt.com", "a-canary-password").await.expect(200);
    let answers = [
        registered.text,
        app.visitor().try_login("kai@jwt.com", "a-canary-password").await.expect(200).text,
        diner.get("/api/user/me").await.text,
        app.admin().await.get("/api/franchise").await.text,
        app.visitor().put("/api/auth", &json!({ "email": 1, "password": "a-canary-password" })).await.text,
    ];
    for answer in answers {
        assert!(
            !answer.contains("canary") && !answer.contains("argon2") && !answer.contains("password"),
            "{answer}"
        );
    }
}

#[tokio::test]
async fn eternal_tokens() {
    let app = TestApp::start(|config| config.auth.session_ttl = Duration::from_secs(2)).await;
    let diner = app.diner().await;
    diner.get("/api/user/me").await.expect(200);
    eventually("the session ends", async || (diner.get("/api/user/me").await.status == 401).then_some(()))
        .await;
}

#[tokio::test]
async fn expired_tokens_whose_row_was_not_removed() {
    let app = TestApp::start(|_| {}).await;
    let mut claims = claims_of_the_diner(&app).await;
    forged(&app, JWT_SECRET, &claims).await.get("/api/user/me").await.expect(200);
    claims["exp"] = (Timestamp::now().as_second() - 3600).into();
    let expired = forged(&app, JWT_SECRET, &claims).await;
    assert_eq!(expired.get("/api/user/me").await.expect(401).message(), "unauthorized");
}

/// The historic service's tokens have no `exp`.
#[tokio::test]
async fn eternal_tokens_of_the_historic_service() {
    let app = TestApp::start(|_| {}).await;
    let mut claims = claims_of_the_diner(&app).await;
    claims.as_object_mut().unwrap().retain(|claim, _| claim != "exp" && claim != "jti");
    const DAY: i64 = 24 * 3600;
    let now = Timestamp::now().as_second();
    for (age, status) in [(0, 200), (29 * DAY, 200), (31 * DAY, 401)] {
        claims["iat"] = (now - age).into();
        let reply = forged(&app, JWT_SECRET, &claims).await.get("/api/user/me").await.expect(status);
        assert!(status != 200 || reply["iat"] == now - age, "{}", reply.text);
    }
    claims["iat"] = (now - 60).into();
    let historic = forged(&app, JWT_SECRET, &claims).await;
    historic.delete("/api/auth").await.expect(200);
    historic.get("/api/user/me").await.expect(401);

    let strict = TestApp::start(|config| config.auth.legacy_token_max_age = Duration::ZERO).await;
    forged(&strict, JWT_SECRET, &claims).await.get("/api/user/me").await.expect(401);
}

#[tokio::test]
async fn tokens_signed_with_another_secret() {
    let app = TestApp::start(|_| {}).await;
    let claims = claims_of_the_diner(&app).await;
    forged(&app, JWT_SECRET, &claims).await.get("/api/user/me").await.expect(200);
    for secret in ["another secret that is long enough", ""] {
        forged(&app, secret, &claims).await.get("/api/user/me").await.expect(401);
    }
}

#[tokio::test]
async fn tokens_that_need_no_signature() {
    let app = TestApp::start(|_| {}).await;
    let claims = claims_of_the_diner(&app).await;
    let diner = app.diner().await;
    let live = diner.token().rsplit('.').next().unwrap();
    for algorithm in ["none", "None", "HS384", "RS256", ""] {
        let header = json!({ "alg": algorithm, "typ": "JWT" });
        let [header, payload] = [&header, &claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
        for signature in [live, ""] {
            let visitor = app.visitor().with_token(format!("{header}.{payload}.{signature}"));
            visitor.get("/api/user/me").await.expect(401);
        }
    }
}

#[tokio::test]
async fn a_live_signature_under_other_claims() {
    let app = TestApp::start(|_| {}).await;
    let diner = app.diner().await;
    let parts: Vec<_> = diner.token().split('.').collect();
    let mut claims = claims_of_the_diner(&app).await;
    claims["roles"] = json!([{ "role": "admin" }]);
    let payload = URL_SAFE_NO_PAD.encode(claims.to_string());
    let forged = app.visitor().with_token(format!("{}.{payload}.{}", parts[0], parts[2]));
    forged.get("/api/user/me").await.expect(401);
}

#[tokio::test]
async fn tokens_that_outlive_a_changed_password() {
    let app = TestApp::start(|_| {}).await;
    let (diner, thief) = (app.diner().await, app.diner().await);
    thief.get("/api/user/me").await.expect(200);
    let path = format!("/api/user/{}", diner.get("/api/user/me").await["id"]);
    let reply = diner.put(&path, &json!({ "password": "something else" })).await.expect(200);
    thief.get("/api/user/me").await.expect(401);
    diner.with_token(reply["token"].as_str().unwrap()).get("/api/user/me").await.expect(200);

    let again = app.visitor().login("d@jwt.com", "something else").await;
    app.admin().await.put(&path, &json!({ "password": "reset by an admin" })).await.expect(200);
    again.get("/api/user/me").await.expect(401);
}

#[tokio::test]
async fn tokens_of_somebody_else_for_an_admin_who_changes_them() {
    let app = TestApp::start(|_| {}).await;
    let (admin, diner) = (app.admin().await, app.diner().await);
    let path = format!("/api/user/{}", diner.get("/api/user/me").await["id"]);
    let reply = admin.put(&path, &json!({ "name": "Kai" })).await.expect(200);
    assert_eq!(reply["token"], admin.token());
}

#[tokio::test]
async fn roles_from_the_body_of_a_profile_update() {
    let app = TestApp::start(|_| {}).await;
    let diner = app.diner().await;
    let path = format!("/api/user/{}", diner.get("/api/user/me").await["id"]);
    let body =
        json!({ "id": 1, "name": "Kai", "roles": [{ "role": "admin" }], "role": "admin", "isAdmin": true });
    let reply = diner.put(&path, &body).await.expect(200);
    assert_eq!(reply["user"]["roles"], json!([{ "role": "diner" }]));
    diner.get("/api/user").await.expect(403);
}

#[tokio::test]
async fn sql_in_a_profile_update() {
    let app = TestApp::start(|_| {}).await;
    for evil in ["', password='x' WHERE 1=1 --", "\"; DROP TABLE user; --", "x' OR id=1 OR '1'='1"] {
        let diner = app.diner().await;
        let path = format!("/api/user/{}", diner.get("/api/user/me").await["id"]);
        let body = json!({ "name": evil, "email": format!("{evil}@jwt.com"), "password": evil });
        let reply = diner.put(&path, &body).await.expect(200);
        assert_eq!(reply["user"]["name"], evil);
        let renewed = diner.with_token(reply["token"].as_str().unwrap());
        let back =
            renewed.put(&path, &json!({ "email": "d@jwt.com", "password": "diner" })).await.expect(200);
        assert_eq!(back["user"]["name"], evil);
    }
    let admin = app.admin().await;
    assert_eq!(admin.get("/api/user/me").await.expect(200)["name"], "常用名字", "nobody else was changed");
    for evil in ["1; DROP TABLE user", "' OR '1'='1", "*' --"] {
        admin.get_with("/api/user", &[("page", evil), ("limit", evil), ("name", evil)]).await.expect(200);
        admin.get(&format!("/api/franchise/{evil}")).await.expect(200);
    }
}

#[tokio::test]
async fn unbounded_pages_of_people() {
    let app = TestApp::start(|_| {}).await;
    let admin = app.admin().await;
    let hash = String::from("no password has it");
    for number in 0..101 {
        let (name, email) = (format!("u{number}"), format!("u{number}@jwt.com"));
        let user = store::NewUser {
            name: domain::Name::from_database(name),
            email: domain::EmailAddress::from_database(email),
            password_hash: hash.clone(),
            roles: vec![domain::Role::Diner],
        };
        app.store().create_user(user).await.unwrap();
    }
    for (query, count) in
        [("", 10), ("limit=100000", 100), ("limit=0", 1), ("limit=-5", 1), ("page=99999999999", 0)]
    {
        let list = admin.get(&format!("/api/user?{query}")).await.expect(200);
        assert_eq!(list["users"].as_array().unwrap().len(), count, "{query}");
    }
}

#[tokio::test]
async fn logged_out_tokens() {
    let app = TestApp::start(|_| {}).await;
    let diner = app.diner().await;
    diner.delete("/api/auth").await.expect(200);
    for reply in [
        diner.get("/api/user/me").await,
        diner.history().await,
        diner.order(&[1]).await,
        diner.post("/api/franchise", &json!({ "name": "mine" })).await,
    ] {
        assert_eq!(reply.expect(401).message(), "unauthorized");
    }
    assert_eq!(app.factory.calls().len(), 0);
}

#[tokio::test]
async fn roles_from_the_token() {
    let app = TestApp::start(|_| {}).await;
    let mut claims = claims_of_the_diner(&app).await;
    claims["roles"] = json!([{ "role": "admin" }]);
    let climber = forged(&app, JWT_SECRET, &claims).await;
    assert_eq!(climber.get("/api/user/me").await.expect(200)["roles"], json!([{ "role": "diner" }]));
    climber.post("/api/franchise", &json!({ "name": "mine" })).await.expect(403);
    climber.delete("/api/franchise/1").await.expect(403);
    let list = climber.get("/api/franchise").await.expect(200);
    assert!(list["franchises"][0].get("admins").is_none());
}

#[tokio::test]
async fn roles_that_were_taken_away() {
    let app = TestApp::start(|_| {}).await;
    let (admin, franchisee) = (app.admin().await, app.franchisee().await);
    franchisee.open_store(1, "Provo").await.expect(200);
    admin.delete_franchise(1).await.expect(200);
    franchisee.open_store(1, "Lehi").await.expect(403);
}

#[tokio::test]
async fn franchises_deleted_without_a_login() {
    let app = TestApp::start(|_| {}).await;
    assert_eq!(app.visitor().delete("/api/franchise/1").await.expect(401).message(), "unauthorized");
    let franchisee = app.franchisee().await;
    for reply in
        [app.diner().await.delete("/api/franchise/1").await, franchisee.delete("/api/franchise/1").await]
    {
        assert_eq!(reply.expect(403).message(), "unable to delete a franchise");
    }
    let list = app.visitor().get("/api/franchise").await;
    assert_eq!(list["franchises"][0]["name"], "pizzaPocket");
}

#[tokio::test]
async fn stores_of_others_closed_through_one_s_own_franchise() {
    let app = TestApp::start(|_| {}).await;
    let (_, store) = app.admin().await.new_store("calzone").await;
    app.franchisee().await.close_store(1, store).await.expect(200);
    let list = app.visitor().get("/api/franchise").await;
    assert_eq!(list["franchises"][1]["stores"][0]["id"], store, "it was not theirs to close");
}

#[tokio::test]
async fn sql_in_what_clients_send() {
    let app = TestApp::start(|_| {}).await;
    let (visitor, admin) = (app.visitor(), app.admin().await);
    for evil in ["1; DROP TABLE franchise", "' OR '1'='1", "*' --", "\" UNION SELECT 1", "1e9", "-1", "NaN"] {
        let query = [("page", evil), ("limit", evil), ("name", evil)];
        visitor.get_with("/api/franchise", &query).await.expect(200);
        admin.get_with("/api/order", &[("page", evil)]).await.expect(200);
        visitor.try_login(evil, evil).await.expect(404);
        visitor.register(evil, &format!("{evil}@jwt.com"), evil).await.expect(200);
        let founded = admin.found_franchise(evil, &[]).await.expect(200);
        assert_eq!(founded["name"], evil);
        admin.delete_franchise(founded["id"].as_i64().unwrap()).await.expect(200);
    }
    let list = visitor.get("/api/franchise").await.expect(200);
    assert_eq!(list["franchises"][0]["name"], "pizzaPocket");
}

#[tokio::test]
async fn unbounded_pages() {
    let app = TestApp::start(|_| {}).await;
    let admin = app.admin().await;
    for number in 0..101 {
        admin.found_franchise(&format!("f{number}"), &[]).await.expect(200);
    }
    let count = async |query: &str| {
        let list = app.visitor().get(&format!("/api/franchise?{query}")).await.expect(200);
        list["franchises"].as_array().unwrap().len()
    };
    assert_eq!(count("").await, 10);
    assert_eq!(count("limit=100000").await, 100);
    assert_eq!(count("limit=99999999999999999999").await, 10, "nonsense is the default");
    assert_eq!(count("limit=0").await, 1);
    assert_eq!(count("limit=-5").await, 1);
    assert_eq!(count("page=-7").await, 10);
    assert_eq!(count("page=4294967295&limit=100").await, 0);
}

#[tokio::test]
async fn the_report_link_with_the_vendor_s_key() {
    let app = TestApp::start(super::patient).await;
    let (admin, diner, franchisee) = (app.admin().await, app.diner().await, app.franchisee().await);
    app.factory.always(Answer::WithReportLink(LINK.to_owned()));
    let shown = admin.order(&[1]).await.expect(200);
    assert_eq!(shown["followLinkToEndChaos"], LINK);
    for reply in [diner.order(&[1]).await.expect(200), franchisee.order(&[1]).await.expect(200)] {
        assert!(
            !reply.text.contains("the-vendor-key") && !reply.text.contains("followLink"),
            "{}",
            reply.text
        );
    }

    app.factory.always(Answer::ChaosMonkey(LINK.to_owned()));
    assert_eq!(admin.order(&[1]).await.expect(202)["followLinkToEndChaos"], LINK);
    let order = diner.order(&[1]).await.expect(202);
    let details = diner.look_at(order.order_id()).await.expect(200);
    for text in [order.text, details.text, diner.history().await.text, diner.get("/api/status").await.text] {
        assert!(!text.contains("the-vendor-key") && !text.contains("the-fix-code"), "{text}");
    }
}

#[tokio::test]
async fn the_report_link_can_be_shown_to_everyone_as_it_used_to_be() {
    let app = TestApp::start(|config| {
        config.orders.expose_report_link = ReportLinkAudience::Everyone;
        super::patient(config);
    })
    .await;
    let diner = app.diner().await;
    let without = diner.order(&[1]).await.expect(200);
    assert!(without.body.get("followLinkToEndChaos").is_none());
    app.factory.always(Answer::WithReportLink(LINK.to_owned()));
    assert_eq!(diner.order(&[1]).await.expect(200)["followLinkToEndChaos"], LINK);
    app.factory.always(Answer::ChaosMonkey(LINK.to_owned()));
    assert_eq!(diner.order(&[1]).await.expect(202)["followLinkToEndChaos"], LINK);
}

#[tokio::test]
async fn secrets_in_the_factory_s_refusal() {
    let app = TestApp::start(|_| {}).await;
    app.factory.always(Answer::Refuse(
        400,
        "vendor the-vendor-key-of-the-tests, see https://f.example/api/support/the-fix-code/report/x",
    ));
    let reply = app.diner().await.order(&[1]).await.expect(422);
    assert!(
        !reply.text.contains(test_kit::API_KEY) && !reply.text.contains("the-fix-code"),
        "{}",
        reply.text
    );
}

#[tokio::test]
async fn reflected_cors() {
    let app = TestApp::start(|_| {}).await;
    let visitor = app.visitor();
    for origin in
        ["https://evil.example", "http://localhost.evil.example", "http://localhost:80.evil.example", "null"]
    {
        for method in [Method::GET, Method::OPTIONS] {
            let request = visitor.request(method, "/api/order/menu").header("origin", origin);
            let reply = visitor.send(request.header("access-control-request-method", "GET")).await;
            assert_eq!(reply.header("access-control-allow-origin"), None, "{origin}");
        }
    }
}

#[tokio::test]
async fn leaked_configuration() {
    let app = TestApp::start(|_| {}).await;
    let docs = app.visitor().get("/api/docs").await.expect(200);
    assert_eq!(docs["config"].as_object().unwrap().len(), 2, "factory and db: {}", docs["config"]);
    for secret in [JWT_SECRET, test_kit::API_KEY, app.config().database.path.to_str().unwrap()] {
        assert!(!docs.text.contains(secret));
    }
    for credential in ["\"password\":\"admin\"", "\"password\":\"diner\"", "a@jwt.com"] {
        assert!(!docs.text.replace('\\', "").contains(credential), "{credential}");
    }
}

#[tokio::test]
async fn stack_traces_and_sql_in_errors() {
    let app = TestApp::start(|_| {}).await;
    let diner = app.diner().await;
    let lock = app.lock_database();
    let reply = diner.order(&[1]).await.expect(503);
    drop(lock);
    let nothing = "We cannot do that right now. Nothing was changed; please try again.";
    assert_eq!(reply.message(), nothing);
    assert!(reply.header("retry-after").is_some());
    for leak in ["SQL", "sql", "locked", "busy", ".rs", "panicked", "/tmp", "127.0.0.1"] {
        assert!(!reply.text.contains(leak), "{leak} in {}", reply.text);
    }
}

#[tokio::test]
async fn orders_of_others() {
    let app = TestApp::start(|_| {}).await;
    let kai = Diner::register(app.base(), "Kai", "kai@jwt.com").await;
    let order = app.diner().await.order(&[1]).await.expect(200).order_id();
    let secret = kai.look_at(order).await.expect(404);
    let absent = kai.look_at(order + 1).await.expect(404);
    assert_eq!(secret.message(), absent.message(), "an order of somebody else does not exist");
    app.franchisee().await.look_at(order).await.expect(404);
}
