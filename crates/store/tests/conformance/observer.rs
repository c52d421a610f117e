//! Whoever observes a store hears of every verb.

use super::{Backend, Damage, incidents, queued};
use crate::Database;
use domain::Cause;
use std::{
    mem,
    sync::{Arc, Mutex},
    time::Duration,
};
use store::StoreObserver;

#[derive(Default)]
struct Ear(Mutex<Vec<(&'static str, bool, Duration)>>);

impl StoreObserver for Ear {
    fn verb(&self, verb: &'static str, ok: bool, took: Duration) {
        self.0.lock().unwrap().push((verb, ok, took));
    }
}

#[tokio::test]
async fn each_verb_is_heard_of_by_its_name_and_whether_the_store_could_do_it() {
    let database = Database::fresh().await;
    let ear = Arc::new(Ear::default());
    let store = database.observed_by(Arc::clone(&ear) as Arc<dyn StoreObserver>).await;
    let heard = || mem::take(&mut *ear.0.lock().unwrap());
    assert!(heard().is_empty(), "opening is no verb");

    let order = queued(&*store).await;
    store.menu().await.unwrap();
    store.prune().await.unwrap();
    store.check().await.unwrap();
    store.open_incident(incidents::opening(Cause::Intake, 0)).await.unwrap();
    store.claim_notices(1, super::lease(&store::Token::new())).await.unwrap();
    let all = heard();
    let verbs: Vec<_> = all.iter().map(|(verb, ok, _)| (*verb, *ok)).collect();
    let expected = ["place_order", "menu", "prune", "check", "open_incident", "claim_notices"];
    assert_eq!(verbs, expected.map(|verb| (verb, true)), "each once, whatever it takes");
    assert!(all.iter().any(|(_, _, took)| *took > Duration::ZERO));

    database.damage(order, Damage::StateMangled).await;
    store.order(order).await.unwrap_err();
    assert_eq!(heard().iter().map(|(verb, ok, _)| (*verb, *ok)).collect::<Vec<_>>(), [("order", false)]);
}
