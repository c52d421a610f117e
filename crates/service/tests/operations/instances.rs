//! Two instances on one database.

use super::*;

#[tokio::test]
async fn two_instances_have_one_incident_and_tell_people_once() {
    let (app, on_call) = watched(|config| {
        // An instance that the machine does not let run for so long counts as gone, so time is given.
        config.alerts.speed = 15;
        config.instance = Some("one".to_owned());
    })
    .await;
    let other = app.beside("two").await;
    let admin = app.admin().await;
    let mut orders = Vec::new();
    app.factory.always(Answer::Status(500));
    for instance in [&app, &other] {
        orders.push(instance.diner().await.order(&[1]).await.expect(202).order_id());
        instance.visitor().wait_for_kitchen("closed").await;
    }
    let both = async || {
        let found = alert(&admin, RULE).await["instances"].clone();
        let seen: Vec<_> = found.as_array().unwrap().iter().map(|one| one["instance"].clone()).collect();
        (seen == ["one", "two"]).then_some(())
    };
    eventually("both instances see it", both).await;
    on_call.wait_for("factory", "firing").await;
    app.factory.always(Answer::Pizza);
    // Whose queue is empty learns from the next order only that the factory is well.
    for instance in [&app, &other] {
        let (diner, visitor) = (instance.diner().await, instance.visitor());
        let open = async || {
            orders.push(diner.order_without_waiting(&[2]).await);
            (visitor.kitchen().await == "open").then_some(())
        };
        eventually("the kitchen is open", open).await;
    }
    for order in orders {
        app.diner().await.wait_for(order, "fulfilled").await;
    }
    on_call.wait_for("factory", "resolved").await;
    let id = factory_incident(&admin).await;
    let closed = wait_for_close(&admin, id).await;
    let failed = closed["calls"]["failure"].as_u64().unwrap();
    assert!(failed >= 2, "both instances count: {closed:#}");
    assert_eq!(incidents(&other.admin().await, "factory").await.len(), 1);
    let statuses: Vec<_> = on_call.about("factory").iter().map(|message| message["status"].clone()).collect();
    assert_eq!(statuses, ["firing", "resolved"]);
    for kind in ["first_failure", "drained", "closed"] {
        assert_eq!(told(&closed, kind).len(), 1, "{kind}: {closed:#}");
    }
}
