//! Pages that whoever is woken opens on a phone: the runbook, and what a notification's link offers.

use test_kit::TestApp;

#[tokio::test]
async fn the_runbook_has_an_anchor_for_every_rule() {
    let app = TestApp::start(|config| config.alerts.enabled = false).await;
    let page = app.visitor().get("/runbook").await.expect(200);
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(page.text.contains("name=\"viewport\""), "it is read on a phone");
    let alerts = app.admin().await.get("/api/admin/alerts").await.expect(200);
    for alert in alerts["alerts"].as_array().unwrap() {
        let anchor = format!("id={}", alert["name"]);
        assert!(page.text.contains(&anchor), "no {anchor} in the runbook");
    }
}

#[tokio::test]
async fn a_link_that_is_not_ours_leads_nowhere() {
    let app = TestApp::start(|_| {}).await;
    let visitor = app.visitor();
    for token in ["x", "a.b.c", &"x".repeat(5_000)] {
        let path = format!("/act/{token}");
        for method in [reqwest::Method::GET, reqwest::Method::POST] {
            let reply = visitor.send(visitor.request(method, &path)).await.expect(404);
            assert!(reply.message().starts_with("this link is not ours, or too old"), "{}", reply.text);
        }
    }
}

#[tokio::test]
async fn a_page_may_post_to_us_and_nothing_else() {
    let app = TestApp::start(|_| {}).await;
    let page = app.visitor().get("/runbook").await.expect(200);
    let policy = page.header("content-security-policy").unwrap();
    for rule in ["default-src 'none'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"] {
        assert!(policy.contains(rule), "{rule} is not in {policy}");
    }
    assert!(!page.text.contains("<script"), "{policy}");
}

#[tokio::test]
async fn a_form_without_our_token_ends_nobody_s_session() {
    let app = TestApp::start(|_| {}).await;
    let (visitor, diner) = (app.visitor(), app.diner().await);
    for body in ["", "csrf=", "csrf=AAAA"] {
        let form = visitor
            .request(reqwest::Method::POST, "/logout")
            .header("cookie", format!("pizza_session={}", diner.token()))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body);
        visitor.send(form).await.expect(403);
    }
    diner.get("/api/user/me").await.expect(200);
}
