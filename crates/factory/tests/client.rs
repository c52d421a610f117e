//! Our client against our factory.
#![allow(clippy::unwrap_used)]

mod running;

use factory_api::{ChaosKind, ChaosRequest, OrderRequest};
use factory_client::{BadPizza, FactoryClient, FactoryConfig, FailureKind, Sent, VerifyError};
use running::{KEY, Running, order};
use serde_json::json;

fn client(factory: &Running) -> FactoryClient {
    let url = factory.url("/").parse().unwrap();
    let mut config = FactoryConfig::new(url, KEY.into());
    config.vendor_id = Some("one".to_owned());
    FactoryClient::new(config).unwrap()
}

fn request(id: i64) -> OrderRequest {
    serde_json::from_value(order(id)).unwrap()
}

#[tokio::test]
async fn an_order_becomes_a_verified_pizza() {
    let factory = Running::start().await;
    let client = client(&factory);
    let Sent::Made { jwt, report_link } = client.send(&request(17), "k", None).await else {
        panic!("not made");
    };
    assert_eq!(report_link, None);
    let pizza = client.verify(&jwt, 17).await.unwrap();
    assert_eq!(pizza.vendor().id, "one");
    let other = client.verify(&jwt, 18).await;
    assert_eq!(other, Err(VerifyError::Bad(BadPizza::Order)));
    let again = client.send(&request(17), "k", None).await;
    assert_eq!(again, Sent::Made { jwt, report_link: None });
    let refused = client.send(&request(18), "k", None).await;
    assert!(matches!(refused, Sent::Refused { status: 422, .. }));
}

#[tokio::test]
async fn chaos_is_a_failure_with_a_link_that_ends_it() {
    let factory = Running::start().await;
    let client = client(&factory);
    factory.chaos("fail", json!({})).await;
    let Sent::Failed(failure) = client.send(&request(17), "k", None).await else {
        panic!("not failed");
    };
    assert_eq!((failure.kind, failure.status), (FailureKind::Status, Some(500)));
    let link = failure.report_link.unwrap();
    let ended = client.follow_report_link(&link).await.unwrap();
    assert_eq!(ended, "Problem resolved. Pizza is back on the menu!");
    assert!(matches!(client.send(&request(17), "k", None).await, Sent::Made { .. }));
}

#[tokio::test]
async fn a_counterfeit_is_made_and_is_no_pizza() {
    let factory = Running::start().await;
    let client = client(&factory);
    factory.chaos("badjwt", json!({})).await;
    let Sent::Made { jwt, report_link } = client.send(&request(17), "k", None).await else {
        panic!("not made");
    };
    assert!(report_link.is_some());
    let verified = client.verify(&jwt, 17).await;
    assert!(matches!(verified, Err(VerifyError::Bad(_))));
}

#[tokio::test]
async fn an_order_that_does_not_fit_is_a_failure_of_the_factorys() {
    let factory = Running::start().await;
    let mut empty = request(17);
    empty.order.items.clear();
    let Sent::Failed(failure) = client(&factory).send(&empty, "k", None).await else {
        panic!("not failed");
    };
    assert_eq!((failure.kind, failure.status), (FailureKind::Status, Some(503)));
}

#[tokio::test]
async fn the_client_can_start_see_and_end_chaos() {
    let factory = Running::start().await;
    let client = client(&factory);
    let window = ChaosRequest { duration_seconds: Some(60), ..ChaosRequest::default() };
    client.set_chaos(ChaosKind::Flap, &window).await.unwrap();
    let chaos = client.vendor().await.unwrap().chaos.unwrap();
    assert_eq!((chaos.kind, chaos.active), (ChaosKind::Flap, true));
    client.set_chaos(ChaosKind::None, &window).await.unwrap();
    assert_eq!(client.vendor().await.unwrap().chaos, None);
}
