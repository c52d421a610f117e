//! What became of every order, once nothing moves any more: by the diners' histories, and by the factory's own word about
//! each pizza.

use crate::{
    follow::{End, Order, Orders},
    journal::Journal,
    traffic::{Restaurant, client},
};
use anyhow::ensure;
use futures::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};
use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

const AT_ONCE: usize = 4;
const PER_PAGE: usize = 10;
/// More pages than anybody's orders of one drill have.
const PAGES: usize = 2000;
/// An order of more pizzas was never one.
const MOST_PIZZAS: usize = 20;
const PATIENCE: Duration = Duration::from_secs(60);

/// What the histories say that the answers did not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Histories {
    /// Orders that are written down, and were never acknowledged, and have no pizza.
    pub paid_for_and_failed: u64,
    /// Orders that are written down once too often.
    pub doubled: u64,
}

/// An order in a diner's history.
#[derive(Clone, Debug, PartialEq)]
struct Entry {
    id: i64,
    pizzas: usize,
    status: Option<String>,
    jwt: Option<String>,
}

/// Reads every diner's history, and corrects the orders by it.
pub(crate) async fn read_histories(
    restaurant: &Restaurant,
    orders: &Orders,
    journal: &Journal,
) -> anyhow::Result<Histories> {
    let all: Vec<Vec<Entry>> = stream::iter(0..restaurant.diners.len())
        .map(|diner| history(restaurant, diner))
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    let mut found = Histories::default();
    let mut orders = orders.lock();
    for (diner, entries) in all.iter().enumerate() {
        let own = orders.iter_mut().filter(|order| order.diner == diner).collect();
        let of_one = compare(own, entries, journal.now());
        found.paid_for_and_failed += of_one.paid_for_and_failed;
        found.doubled += of_one.doubled;
    }
    Ok(found)
}

/// One diner's orders, and what is written down of them.
fn compare(mut own: Vec<&mut Order>, entries: &[Entry], now: f64) -> Histories {
    let entries: Vec<&Entry> = entries.iter().filter(|entry| entry.pizzas <= MOST_PIZZAS).collect();
    let by_id: HashMap<i64, &Entry> = entries.iter().map(|entry| (entry.id, *entry)).collect();
    for order in &mut own {
        let Some(entry) = order.id.and_then(|id| by_id.get(&id)) else { continue };
        if let Some(jwt) = &entry.jwt {
            order.show(jwt, now);
        }
        if order.end == End::NotTold || order.end == End::Waiting {
            order.end = match entry.status.as_deref() {
                Some("rejected") => End::Rejected,
                Some("cancelled") => End::Cancelled,
                _ => order.end,
            };
        }
    }
    let known: HashSet<i64> =
        own.iter().filter(|order| order.acknowledged).filter_map(|order| order.id).collect();
    let unknown: Vec<&&Entry> = entries.iter().filter(|entry| !known.contains(&entry.id)).collect();
    // Whoever was told of no order may still have one; whoever has more than they wanted has one twice.
    let unanswered = own.iter().filter(|order| !order.acknowledged || order.id.is_none()).count();
    let settled = |entry: &&&Entry| {
        entry.jwt.is_some() || matches!(entry.status.as_deref(), Some("rejected" | "cancelled"))
    };
    Histories {
        paid_for_and_failed: unknown.iter().filter(|entry| !settled(entry)).count() as u64,
        doubled: unknown.len().saturating_sub(unanswered) as u64,
    }
}

async fn history(restaurant: &Restaurant, diner: usize) -> anyhow::Result<Vec<Entry>> {
    let mut entries: Vec<Entry> = Vec::new();
    for page in 1..=PAGES {
        let url = restaurant.at(&format!("/api/order?page={page}"));
        let answer = restaurant.http.get(url).bearer_auth(restaurant.diners[diner].token()).send().await?;
        ensure!(answer.status().is_success(), "a diner's history is answered with {}", answer.status());
        let body: Value = answer.json().await?;
        let found: Vec<Entry> = body["orders"].as_array().into_iter().flatten().filter_map(entry).collect();
        let count = found.len();
        // A service that knows no pages shows the first again.
        let news = found.into_iter().filter(|entry| !entries.contains(entry)).collect::<Vec<_>>();
        if news.is_empty() {
            break;
        }
        entries.extend(news);
        if count < PER_PAGE {
            break;
        }
    }
    Ok(entries)
}

fn entry(order: &Value) -> Option<Entry> {
    let text = |key: &str| order[key].as_str().map(str::to_owned);
    let pizzas = order["items"].as_array().map_or(0, Vec::len);
    Some(Entry { id: order["id"].as_i64()?, pizzas, status: text("status"), jwt: text("jwt") })
}

/// How many orders were shown something that the factory does not know as the pizza of this order. Those have no pizza:
/// they are not fulfilled.
pub(crate) async fn find_counterfeits(factory: &str, orders: &Orders) -> anyhow::Result<u64> {
    let http = client(PATIENCE)?;
    let url = format!("{}/api/order/verify", factory.trim_end_matches('/'));
    let shown: Vec<(usize, Option<i64>, String)> = {
        let all = orders.lock();
        let pizzas = |(index, order): (usize, &Order)| {
            order.shown.iter().map(move |jwt| (index, order.id, jwt.clone())).collect::<Vec<_>>()
        };
        all.iter().enumerate().flat_map(pizzas).collect()
    };
    let judged = stream::iter(shown).map(|(index, id, jwt)| {
        let request = http.post(&url).json(&json!({ "jwt": jwt }));
        async move {
            let answer = request.send().await?;
            let good = answer.status().is_success();
            let body: Value = answer.json().await.unwrap_or_default();
            let for_it = id.is_none() || body["payload"]["order"]["id"].as_i64() == id;
            anyhow::Ok((index, good && for_it))
        }
    });
    let judged: Vec<(usize, bool)> = judged.buffered(AT_ONCE).try_collect().await?;
    let bad: HashSet<usize> = judged.into_iter().filter(|(_, good)| !good).map(|(index, _)| index).collect();
    let mut all = orders.lock();
    for index in &bad {
        all[*index].end = End::Waiting;
    }
    Ok(bad.len() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(id: Option<i64>, acknowledged: bool) -> Order {
        Order {
            diner: 0,
            placed: 1.0,
            answered: 2.0,
            acknowledged,
            refused: false,
            id,
            shown: Vec::new(),
            end: End::Waiting,
        }
    }

    fn written(id: i64, jwt: Option<&str>) -> Entry {
        Entry { id, pizzas: 1, status: None, jwt: jwt.map(str::to_owned) }
    }

    #[test]
    fn an_order_that_was_answered_with_an_error_and_is_written_down_was_paid_for_and_failed() {
        let (mut good, mut failed) = (order(Some(1), true), order(None, false));
        good.show("pizza", 2.0);
        let found = compare(vec![&mut good, &mut failed], &[written(1, None), written(2, None)], 9.0);
        assert_eq!(found, Histories { paid_for_and_failed: 1, doubled: 0 });
    }

    #[test]
    fn an_order_that_is_written_down_twice_is_doubled() {
        let mut one = order(Some(1), true);
        let found = compare(vec![&mut one], &[written(1, Some("a")), written(2, Some("b"))], 9.0);
        assert_eq!(found, Histories { paid_for_and_failed: 0, doubled: 1 });
        assert_eq!(one.end, End::Fulfilled(9.0));
    }

    #[test]
    fn two_different_pizzas_for_one_order_are_both_kept() {
        let mut one = order(Some(1), true);
        one.show("a", 2.0);
        compare(vec![&mut one], &[written(1, Some("b"))], 9.0);
        assert_eq!((one.shown.len(), one.end), (2, End::Fulfilled(2.0)));
    }

    #[test]
    fn an_order_of_21_was_never_one() {
        let feast = Entry { pizzas: 21, ..written(5, None) };
        assert_eq!(compare(Vec::new(), &[feast], 9.0), Histories::default());
    }
}
