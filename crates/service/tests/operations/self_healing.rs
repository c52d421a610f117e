//! A factory whose answers say how to end its chaos.

use super::*;
use service::config::FollowReportLink;

#[tokio::test]
async fn the_service_ends_the_chaos_by_itself_where_it_may() {
    let (app, on_call) = watched(|config| {
        config.incidents.follow_report_link = FollowReportLink::Auto;
        config.circuit.open = Duration::from_millis(500);
        // A link is news for twice as long.
        config.circuit.open_max = FOR_EVER;
    })
    .await;
    let admin = app.admin().await;
    let link = app.factory.report_link("some-key");
    let order = break_factory(&app, Answer::ChaosMonkey(link)).await;
    let reported = async || (!app.factory.reports().is_empty()).then_some(());
    eventually("the link is followed", reported).await;
    set_circuit(&admin, "forced_closed").await;
    app.diner().await.wait_for(order, "fulfilled").await;
    let id = factory_incident(&admin).await;
    let closed = wait_for_close(&admin, id).await;
    let acts = told(&closed, "act").join("\n");
    assert!(
        acts.contains("The service itself followed the factory's report link. It said: Problem resolved."),
        "{acts}"
    );
    assert_eq!(told(&closed, "report_link").len(), 1);
    assert_eq!(app.factory.reports().len(), 1);
    drop(on_call);
}

#[tokio::test]
async fn the_service_asks_before_it_follows_a_link() {
    let (app, on_call) = watched(by_hand).await;
    let admin = app.admin().await;
    break_factory(&app, Answer::ChaosMonkey(app.factory.report_link("some-key"))).await;
    on_call.wait_for("factory", "firing").await;
    let id = factory_incident(&admin).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(app.factory.reports().len(), 0);
    let ended = admin.post(&format!("/api/admin/incidents/{id}/end-chaos"), &json!({})).await.expect(200);
    assert_eq!(ended.message(), "Problem resolved. Pizza is back on the menu!");
    assert_eq!(app.factory.reports(), ["some-key"]);
}
