//! What somebody may do who has nothing but the notification.

use super::*;
use test_kit::Reply;

/// The path of a link in a message: a test's service does not listen where it says.
fn path(message: &Value, name: &str) -> String {
    link(message, name).unwrap_or_else(|| panic!("no {name} in {message:#}")).path().to_owned()
}

fn page(reply: &Reply) -> &str {
    assert_eq!(reply.header("content-type"), Some("text/html; charset=utf-8"));
    &reply.text
}

async fn audit(admin: &Admin) -> Vec<Value> {
    admin.get("/api/admin/audit").await.expect(200)["entries"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_link_shows_a_button_and_the_button_acknowledges_the_incident() {
    let (app, on_call) = watched(by_hand).await;
    let (admin, visitor) = (app.admin().await, app.visitor());
    break_factory(&app, Answer::Status(500)).await;
    let path = path(&on_call.wait_for("factory", "firing").await, "acknowledge_url");
    let id = factory_incident(&admin).await;
    let shown = visitor.get(&path).await.expect(200);
    assert!(
        page(&shown).contains("I am looking into it")
            && shown.text.contains("Nobody has acknowledged it yet")
    );
    assert!(file(&admin, id).await.get("acknowledgedBy").is_none(), "looking is not pressing");
    assert_eq!(audit(&admin).await.len(), 0);

    let pressed = visitor.send(visitor.request(reqwest::Method::POST, &path)).await.expect(200);
    assert!(page(&pressed).contains("acknowledged incident"), "{}", pressed.text);
    let acknowledged = file(&admin, id).await;
    assert_eq!(acknowledged["acknowledgedBy"], "Somebody with the notification's link");
    assert_eq!(told(&acknowledged, "acknowledgement").len(), 1);
    let entry = audit(&admin).await.remove(0);
    assert_eq!(
        (&entry["action"], &entry["subject"]),
        (&json!("incident.acknowledge"), &json!(format!("incident {id}")))
    );
    assert_eq!(entry["requestId"], pressed.header("x-request-id").unwrap());
    assert!(entry["detail"].as_str().unwrap().starts_with("by a notification's link: "), "{entry}");
    // Whoever was first stays.
    let late = admin.post(&format!("/api/admin/incidents/{id}/acknowledge"), &json!({})).await.expect(200);
    assert_eq!(late.message(), "acknowledged by Somebody with the notification's link");
    assert!(page(&visitor.get(&path).await.expect(200)).contains("acknowledged it at"));
}

#[tokio::test]
async fn a_fix_link_ends_the_chaos_at_the_factory_s_own_address() {
    let (app, on_call) = watched(by_hand).await;
    let (admin, visitor) = (app.admin().await, app.visitor());
    let link = app.factory.report_link("canary-key-of-the-link");
    break_factory(&app, Answer::ChaosMonkey(link)).await;
    let firing = on_call.wait_for("factory", "firing").await;
    assert!(firing["message"].as_str().unwrap().contains("the fix link ends it"), "{firing:#}");
    let path = path(&firing, "fix_url");
    assert!(page(&visitor.get(&path).await.expect(200)).contains("End the factory"));
    assert_eq!(app.factory.reports().len(), 0);
    let pressed = visitor.send(visitor.request(reqwest::Method::POST, &path)).await.expect(200);
    assert!(page(&pressed).contains("Problem resolved. Pizza is back on the menu!"), "{}", pressed.text);
    assert_eq!(app.factory.reports(), ["canary-key-of-the-link"]);
    let id = factory_incident(&admin).await;
    let acts = told(&file(&admin, id).await, "act");
    assert!(
        acts[0].contains("Somebody with the notification's link followed the factory's report link"),
        "{acts:?}"
    );
    assert_eq!(audit(&admin).await[0]["action"], "incident.end_chaos");
}

#[tokio::test]
async fn a_fix_link_that_leads_elsewhere_is_not_followed() {
    let elsewhere = Receiver::start().await;
    let (app, on_call) = watched(by_hand).await;
    let visitor = app.visitor();
    let link = elsewhere.url("api/support/some-key/report/the-fix-code").to_string();
    break_factory(&app, Answer::ChaosMonkey(link)).await;
    let path = path(&on_call.wait_for("factory", "firing").await, "fix_url");
    let pressed = visitor.send(visitor.request(reqwest::Method::POST, &path)).await.expect(200);
    assert!(page(&pressed).contains("does not belong to the factory"), "{}", pressed.text);
    assert_eq!(elsewhere.messages().len() + elsewhere.refused(), 0);
}

#[tokio::test]
async fn sessions_are_no_act_links_and_act_links_are_no_sessions() {
    let (app, on_call) = watched(by_hand).await;
    let admin = app.admin().await;
    break_factory(&app, Answer::Status(500)).await;
    let path = path(&on_call.wait_for("factory", "firing").await, "acknowledge_url");
    let token = path.strip_prefix("/act/").unwrap();
    app.visitor().with_token(token).get("/api/user/me").await.expect(401);
    app.visitor().with_token(token).get("/api/admin/incidents").await.expect(401);
    for token in [admin.token(), "nonsense", &token[..token.len() - 2]] {
        let path = format!("/act/{token}");
        app.visitor().get(&path).await.expect(404);
        app.visitor().send(app.visitor().request(reqwest::Method::POST, &path)).await.expect(404);
    }
    let id = factory_incident(&admin).await;
    assert!(file(&admin, id).await.get("acknowledgedBy").is_none());
}
