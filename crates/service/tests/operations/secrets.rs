//! Where secrets are not: in no notification, in no answer to those they are not for.

use super::*;

const KEY: &str = "canary-key-in-the-report-link";
const HOOK: &str = "canary-path-of-the-webhook";
const PASSWORD: &str = "canary-authorization-of-the-webhook";

#[tokio::test]
async fn the_report_link_s_key_is_in_no_notification_and_in_no_answer_to_others() {
    let (app, on_call) = watched(|config| {
        by_hand(config);
        let everything = ContactPoint {
            name: "everything".to_owned(),
            least_severity: Severity::None,
            ..config.alerts.contact_points[0].clone()
        };
        config.alerts.contact_points.push(everything);
    })
    .await;
    let (admin, diner) = (app.admin().await, app.diner().await);
    let order = break_factory(&app, Answer::ChaosMonkey(app.factory.report_link(KEY))).await;
    on_call.wait_for("factory", "firing").await;
    let id = factory_incident(&admin).await;
    let linked = async || (file(&admin, id).await["hasFixLink"] == true).then_some(());
    eventually("the link is kept", linked).await;
    for path in [
        format!("/api/order/{order}"),
        "/api/order".to_owned(),
        "/api/status".to_owned(),
        "/api/docs".to_owned(),
        "/metrics".to_owned(),
        format!("/api/admin/incidents/{id}"),
        format!("/api/admin/incidents/{id}/report"),
    ] {
        let reply = diner.get(&path).await;
        assert!(!reply.text.contains(KEY), "{path}: {}", reply.text);
    }
    // Not even an admin needs it: there is a call that follows it.
    for path in [
        format!("/api/admin/incidents/{id}"),
        format!("/api/admin/incidents/{id}/report"),
        "/api/admin/incidents".to_owned(),
        "/api/admin/alerts".to_owned(),
        "/api/admin/audit".to_owned(),
    ] {
        let reply = admin.get(&path).await.expect(200);
        assert!(!reply.text.contains(KEY), "{path}: {}", reply.text);
    }
    admin.post(&format!("/api/admin/incidents/{id}/end-chaos"), &json!({})).await.expect(200);
    mend_factory(&app).await;
    wait_for_close(&admin, id).await;
    on_call.wait_for("factory", "resolved").await;
    let messages = format!("{:?}", on_call.messages());
    assert!(messages.contains("chaos monkey") && !messages.contains(KEY), "{messages}");
}

#[tokio::test]
async fn the_secrets_of_a_contact_point_go_to_that_contact_point_only() {
    let receiver = Receiver::start().await;
    let app = TestApp::start(|config| {
        rehearsal(config);
        by_hand(config);
        let mut point = on_call(&receiver.url(HOOK));
        let Kind::Webhook { authorization, .. } = &mut point.kind else { panic!("a webhook") };
        *authorization = Some(format!("Bearer {PASSWORD}").into());
        let nowhere: Url = format!("http://127.0.0.1:9/{HOOK}").parse().unwrap();
        let second = ContactPoint { name: "nowhere".to_owned(), ..on_call(&nowhere) };
        config.alerts.contact_points = vec![point, second];
    })
    .await;
    let admin = app.admin().await;
    break_factory(&app, Answer::Status(500)).await;
    receiver.wait_for("factory", "firing").await;
    assert_eq!(receiver.authorizations(), [format!("Bearer {PASSWORD}")]);
    let id = factory_incident(&admin).await;
    let not_told = async || told(&file(&admin, id).await, "not_notified").pop();
    eventually("the other one could not be told", not_told).await;
    let tested = admin.post("/api/admin/alerts/test", &json!({})).await.expect(200).text;
    let mut said = vec![tested, format!("{:?}", receiver.messages())];
    for path in [
        format!("/api/admin/incidents/{id}"),
        format!("/api/admin/incidents/{id}/report"),
        "/api/admin/alerts".to_owned(),
        "/api/admin/audit".to_owned(),
        "/api/docs".to_owned(),
        "/metrics".to_owned(),
    ] {
        said.push(admin.get(&path).await.expect(200).text);
    }
    for text in said {
        assert!(!text.contains(HOOK) && !text.contains(PASSWORD), "{text}");
    }
}
