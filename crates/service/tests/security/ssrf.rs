//! API7:2023 Server side request forgery: the only address that the service ever visits is the configured factory.

use crate::{id_of, patient};
use serde_json::json;
use std::time::Duration;
use test_kit::{Answer, Diner, TestApp};
use tokio::{net::TcpListener, time::timeout};

/// Wherever a client or the factory can put an address, put one where somebody listens.
#[tokio::test]
async fn addresses_from_clients_and_from_the_factory() {
    let app = TestApp::start(patient).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let trap: &'static str = format!("http://{}/trap", listener.local_addr().unwrap()).leak();
    let (admin, diner) = (app.admin().await, app.diner().await);
    let pizza = json!({ "title": trap, "image": trap, "description": trap, "price": 0.001 });
    admin.put("/api/order/menu", &pizza).await.expect(200);
    admin.found_franchise(trap, &[]).await.expect(200);
    diner.put(&format!("/api/user/{}", id_of(&diner).await), &json!({ "name": trap })).await.expect(200);

    let headers = [
        ("x-forwarded-host", trap),
        ("x-original-url", trap),
        ("forwarded", "for=127.0.0.1;host=trap"),
        ("referer", trap),
        ("traceparent", trap),
        ("origin", trap),
    ];
    let mut order = Diner::wants(&[1, 6]);
    for member in ["callback", "url", "factoryUrl", "reportUrl", "webhook"] {
        order[member] = json!(trap);
    }
    app.factory.next([Answer::ChaosMonkey(trap.to_owned()), Answer::WithReportLink(trap.to_owned())]);
    admin.order_with(&headers, &order).await.expect(200);
    app.factory.next([Answer::Refuse(400, trap)]);
    diner.order_with(&headers, &order).await.expect(422);
    for path in ["/api/franchise?name=", "/api/docs?url=", "/docs?url=", "/?url="] {
        diner.get(&format!("{path}{trap}")).await.expect(200);
    }
    let visit = timeout(Duration::from_millis(100), listener.accept()).await;
    assert!(visit.is_err(), "somebody came: {visit:?}");
}
