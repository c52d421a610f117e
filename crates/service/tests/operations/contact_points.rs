//! The way to people, when it is blocked.

use super::*;

#[tokio::test]
async fn who_cannot_be_told_is_told_as_soon_as_they_can() {
    let (app, on_call) = watched(by_hand).await;
    on_call.out_of_order(true);
    break_factory(&app, Answer::Status(500)).await;
    let admin = app.admin().await;
    let id = factory_incident(&admin).await;
    let not_told = async || told(&file(&admin, id).await, "not_notified").pop();
    let why = eventually("it is written down that nobody was told", not_told).await;
    assert!(why.contains("on-call") && why.contains("503"), "{why}");
    eventually("it is tried again", async || (on_call.refused() >= 2).then_some(())).await;
    assert_eq!(on_call.messages().len(), 0);

    on_call.out_of_order(false);
    on_call.wait_for("factory", "firing").await;
    let notified = async || told(&file(&admin, id).await, "notified").pop();
    assert_eq!(eventually("it is written down", notified).await, "on-call was told");
    assert_eq!(told(&file(&admin, id).await, "not_notified").len(), 1, "once is enough");
    assert_eq!(on_call.about("factory").len(), 1);
}

/// Nobody would ever take back what is told after its end.
#[tokio::test]
async fn what_is_over_by_the_time_somebody_can_be_told_wakes_nobody() {
    let (app, on_call) = watched(by_hand).await;
    on_call.out_of_order(true);
    break_factory(&app, Answer::Status(500)).await;
    let admin = app.admin().await;
    eventually("somebody would have been told", async || (on_call.refused() > 0).then_some(())).await;
    mend_factory(&app).await;
    wait_for_alert(&admin, RULE, "Normal").await;
    on_call.out_of_order(false);
    on_call.wait_for("factory", "resolved").await;
    let open = "SELECT count(*) FROM notice WHERE settled_at IS NULL AND contact_point = 'on-call'";
    eventually("the outbox is empty", async || (app.count(open) == 0).then_some(())).await;
    let statuses: Vec<_> = on_call.about("factory").iter().map(|message| message["status"].clone()).collect();
    assert_eq!(statuses, ["resolved"]);
}

#[tokio::test]
async fn people_are_told_while_the_database_takes_no_writes() {
    let (app, on_call) = watched(by_hand).await;
    let admin = app.admin().await;
    break_factory(&app, Answer::Status(500)).await;
    // From Pending on, nothing can be written down.
    factory_incident(&admin).await;
    let locked = app.lock_database();
    let firing = on_call.wait_for("factory", "firing").await;
    assert!(firing["message"].as_str().unwrap().contains("1 order waiting"), "{firing:#}");
    drop(locked);
    assert_eq!(on_call.about("factory").len(), 1);
}

#[tokio::test]
async fn a_test_says_of_each_contact_point_whether_it_was_told() {
    let (working, broken) = (Receiver::start().await, Receiver::start().await);
    broken.out_of_order(true);
    let app = TestApp::start(|config| {
        let second = ContactPoint { name: "second".to_owned(), ..on_call(&broken.url("canary-path")) };
        config.alerts.contact_points = vec![on_call(&working.url("hook")), second];
    })
    .await;
    let tested = app.admin().await.post("/api/admin/alerts/test", &json!({})).await.expect(200);
    let points = tested["contactPoints"].as_array().unwrap();
    assert_eq!(points[0], json!({ "name": "on-call", "delivered": true }));
    assert_eq!((&points[1]["name"], &points[1]["delivered"]), (&json!("second"), &json!(false)));
    assert!(points[1]["error"].as_str().unwrap().contains("503"), "{}", tested.text);
    assert!(!tested.text.contains("canary-path"), "{}", tested.text);
    let message = &working.messages()[0];
    assert!(message["title"].as_str().unwrap().contains("Test: JWT Pizza can reach you"), "{message:#}");
}
