//! The service dies in the middle of an outage.

use super::*;

#[tokio::test]
async fn an_incident_goes_on_after_a_crash_and_nobody_is_told_twice() {
    let (mut app, on_call) = watched(|_| {}).await;
    let order = break_factory(&app, Answer::Status(500)).await;
    on_call.wait_for("factory", "firing").await;
    let id = factory_incident(&app.admin().await).await;
    let settled = "SELECT count(*) FROM notice WHERE settled_at IS NOT NULL AND contact_point = 'on-call'";
    eventually("the notice is settled", async || (app.count(settled) > 0).then_some(())).await;
    let failures_before = {
        let look = async || {
            let calls = file(&app.admin().await, id).await["calls"]["failure"].as_u64().unwrap();
            (calls > 0).then_some(calls)
        };
        eventually("failures are counted", look).await
    };
    app.crash().await;
    app.come_back().await;
    let admin = app.admin().await;
    app.visitor().wait_for_kitchen("closed").await;
    app.factory.always(Answer::Pizza);
    app.diner().await.wait_for(order, "fulfilled").await;
    on_call.wait_for("factory", "resolved").await;
    let closed = wait_for_close(&admin, id).await;
    assert_eq!(incidents(&admin, "factory").await.len(), 1);
    let statuses: Vec<_> = on_call.about("factory").iter().map(|message| message["status"].clone()).collect();
    assert_eq!(statuses, ["firing", "resolved"]);
    assert_eq!(told(&closed, "first_failure").len(), 1, "{closed:#}");
    let failed = closed["calls"]["failure"].as_u64().unwrap();
    assert!(failed > failures_before, "{failed} after {failures_before}: what was counted before is counted");
}

#[tokio::test]
async fn an_outage_that_ends_while_the_service_is_down_is_still_said_to_be_over() {
    let (mut app, on_call) = watched(|_| {}).await;
    break_factory(&app, Answer::Status(500)).await;
    on_call.wait_for("factory", "firing").await;
    let id = factory_incident(&app.admin().await).await;
    app.stop().await;
    app.factory.always(Answer::Pizza);
    app.come_back().await;
    on_call.wait_for("factory", "resolved").await;
    wait_for_close(&app.admin().await, id).await;
}
