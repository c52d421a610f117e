//! Orders that the service places itself, so that a quiet night has a signal.

use super::*;

const DINER: &str = "synthetic-orders@jwt-pizza.invalid";

async fn placed(app: &TestApp, result: &str) -> f64 {
    let series = format!("pizza_synthetic_orders_total{{result=\"{result}\"}}");
    app.visitor().metric(&series).await.unwrap_or_else(|| panic!("no {series}"))
}

fn every_second(config: &mut Config) {
    config.synthetic_orders.every = Some(Duration::from_secs(1));
}

#[tokio::test]
async fn synthetic_orders_go_the_whole_way_and_are_no_business() {
    let app = TestApp::start(every_second).await;
    let admin = app.admin().await;
    eventually("three are made", async || (placed(&app, "fulfilled").await >= 3.0).then_some(())).await;
    assert!(app.factory.pizzas_made() >= 3);
    let call = app.factory.calls().remove(0);
    let item = &call.body["order"]["items"][0];
    assert_eq!((&item["price"], &item["description"]), (&json!(0.0), &json!("Veggie (synthetic order)")));
    assert_eq!(admin.revenue_of(1).await, 0.0);
    let metrics = app.visitor().get("/metrics").await.expect(200).text;
    let business = ["pizza_orders_total", "pizza_sold_total", "pizza_revenue_bitcoin_total"];
    for line in metrics.lines().filter(|line| business.iter().any(|name| line.starts_with(name))) {
        assert!(line.ends_with(" 0"), "{line}");
    }
    let diners = app.count(&format!("SELECT count(*) FROM user WHERE email = '{DINER}'"));
    assert_eq!(diners, 1);
}

#[tokio::test]
async fn a_synthetic_order_that_meets_an_outage_raises_the_alarm() {
    let (app, on_call) = watched(|config| {
        by_hand(config);
        every_second(config);
    })
    .await;
    app.factory.always(Answer::Status(500));
    on_call.wait_for("factory", "firing").await;
    eventually("it counts", async || (placed(&app, "queued").await >= 1.0).then_some(())).await;
}

#[tokio::test]
async fn nobody_can_be_the_synthetic_diner() {
    let app = TestApp::start(every_second).await;
    let visitor = app.visitor();
    for email in [DINER, "Synthetic-Orders@JWT-Pizza.invalid"] {
        visitor.register("somebody", email, "a good long passphrase").await.expect(409);
    }
    let diner = app.diner().await;
    let id = diner.get("/api/user/me").await["id"].clone();
    diner.put(&format!("/api/user/{id}"), &json!({ "email": DINER })).await.expect(409);
    eventually("one is made", async || (placed(&app, "fulfilled").await >= 1.0).then_some(())).await;
    for password in ["", "!", "synthetic"] {
        let reply = visitor.try_login(DINER, password).await;
        assert!([400, 404].contains(&reply.status), "{password:?}: {} {}", reply.status, reply.text);
    }
}
