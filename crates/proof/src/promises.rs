//! What is promised, asked of the service as a diner asks, and of the factory's own ledger.

use crate::{findings::Findings, ledger::Ledger, stage::Stage};
use anyhow::{Context, ensure};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use futures::{StreamExt, stream};
use indicatif::ProgressBar;
use serde_json::Value;
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};
use tokio::time::sleep;

/// So long nothing may become of any order before those that are left count as lost: longer than a lease, and than
/// the circuit stays open.
const PATIENCE: Duration = Duration::from_secs(90);
const LOOK_EVERY: Duration = Duration::from_millis(200);
const AT_ONCE: usize = 16;
/// How many of many a line names.
const NAMED: usize = 5;

/// An order, and whose it is.
#[derive(Clone, Debug)]
struct Order {
    id: i64,
    diner: usize,
}

/// Waits until the backlog is drained, and checks every acknowledgement that was ever given. All faults are over, and
/// every diner has been answered.
pub(crate) async fn check(
    stage: &Stage,
    ledger: &Ledger,
    findings: &mut Findings,
    bar: &ProgressBar,
) -> anyhow::Result<()> {
    let pages = ledger.pages().clone();
    let mut orders: BTreeMap<i64, Order> = BTreeMap::new();
    let (mut two_orders, mut two_keys, mut answered) = (Vec::new(), Vec::new(), Vec::new());
    for wish in &pages.wishes {
        let Some(first) = wish.acknowledged.first() else { continue };
        if wish.acknowledged.iter().any(|again| again.order != first.order) {
            two_orders.push(format!("key {}: {:?}", wish.key, wish.acknowledged));
        }
        if orders.insert(first.order, Order { id: first.order, diner: wish.diner }).is_some() {
            two_keys.push(first.order);
        }
        let pizzas = wish.acknowledged.iter().filter_map(|said| Some((said.order, said.jwt.clone()?)));
        answered.extend(pizzas);
    }
    findings.figure("orders wanted, each with its idempotency key", pages.wishes.len());
    findings.figure("requests for them", pages.sent);
    findings.figure("broken or given up / refused with 503", format!("{} / {}", pages.broken, pages.refused));
    findings.figure("acknowledged", orders.len());
    findings.require(pages.odd.is_empty(), || format!("answers that nobody expects: {:?}", pages.odd));
    findings.require(pages.acknowledged() == pages.wishes.len(), || "not every diner was answered".into());
    findings.require(two_orders.is_empty(), || format!("keys with two orders: {}", some(&two_orders)));
    findings.require(two_keys.is_empty(), || format!("orders of two keys: {}", some(&two_keys)));

    let drained = Instant::now();
    let (shown, lost) = drain(stage, orders.values().cloned().collect(), bar).await?;
    findings.figure("fulfilled", shown.len());
    findings
        .figure("time to drain, after the last answer", format!("{:.1} s", drained.elapsed().as_secs_f64()));
    findings.figure("lost", lost.len());
    findings.require(lost.is_empty(), || format!("LOST: {}", some(&lost)));

    let changed: Vec<_> =
        answered.iter().filter(|(id, jwt)| shown.get(id) != Some(jwt)).map(|(id, _)| id).collect();
    findings.require(changed.is_empty(), || format!("answered with another pizza: {}", some(&changed)));
    let history = history(stage, bar).await?;
    let unwanted = history.iter().filter(|id| !orders.contains_key(id)).collect::<Vec<_>>();
    findings.require(unwanted.is_empty(), || format!("orders that nobody was told of: {}", some(&unwanted)));
    findings.require(history.len() == orders.len(), || {
        format!("{} orders in the diners' histories, {} were acknowledged", history.len(), orders.len())
    });
    check_factory(stage, &shown, findings)?;
    let panics = stage.panics()?;
    findings.require(panics.is_empty(), || format!("panics: {}", some(&panics)));
    Ok(())
}

/// The pizza of each order, and what is wrong with those that got none.
async fn drain(
    stage: &Stage,
    mut left: Vec<Order>,
    bar: &ProgressBar,
) -> anyhow::Result<(BTreeMap<i64, String>, Vec<String>)> {
    let (mut shown, mut lost) = (BTreeMap::new(), Vec::new());
    let mut progress = Instant::now();
    bar.set_length(left.len() as u64);
    while !left.is_empty() && progress.elapsed() < PATIENCE {
        bar.set_position(shown.len() as u64);
        bar.set_message("orders that have their pizza");
        let look = |order: Order| async move { (look_at(stage, &order).await, order) };
        let looks: Vec<_> = stream::iter(left.drain(..)).map(look).buffer_unordered(AT_ONCE).collect().await;
        for (seen, order) in looks {
            match seen.with_context(|| format!("order {} cannot be looked at", order.id))? {
                Seen::Fulfilled(jwt) => {
                    progress = Instant::now();
                    shown.insert(order.id, jwt);
                }
                Seen::Waits => left.push(order),
                Seen::Gone(why) => lost.push(format!("order {}: {why}", order.id)),
            }
        }
        if !left.is_empty() {
            sleep(LOOK_EVERY).await;
        }
    }
    lost.extend(left.iter().map(|order| format!("order {}: nothing becomes of it", order.id)));
    Ok((shown, lost))
}

enum Seen {
    Fulfilled(String),
    Waits,
    Gone(String),
}

async fn look_at(stage: &Stage, order: &Order) -> anyhow::Result<Seen> {
    let path = format!("/api/order/{}", order.id);
    let answer = stage.diners[order.diner].get(&stage.http, &path).send().await?;
    let (status, text) = (answer.status(), answer.text().await?);
    let body: Value = serde_json::from_str(&text).unwrap_or_default();
    Ok(match (body["status"].as_str(), body["jwt"].as_str()) {
        (Some("fulfilled"), Some(jwt)) => Seen::Fulfilled(jwt.to_owned()),
        (Some("queued" | "making"), _) => Seen::Waits,
        _ => Seen::Gone(format!("{status} {text}")),
    })
}

/// The number of every order that the service shows its diners.
async fn history(stage: &Stage, bar: &ProgressBar) -> anyhow::Result<Vec<i64>> {
    let mut orders = Vec::new();
    for (number, diner) in stage.diners.iter().enumerate() {
        bar.set_message(format!("histories, {number} of {}", stage.diners.len()));
        for page in 1.. {
            let answer = diner.get(&stage.http, &format!("/api/order?page={page}")).send().await?;
            ensure!(answer.status().is_success(), "a history is answered with {}", answer.status());
            let body: Value = answer.json().await?;
            let listed = body["orders"].as_array().context("a history without orders")?;
            if listed.is_empty() {
                break;
            }
            orders.extend(listed.iter().filter_map(|order| order["id"].as_i64()));
        }
    }
    Ok(orders)
}

/// One pizza for each order, and it is the one that the diner is shown.
fn check_factory(
    stage: &Stage,
    shown: &BTreeMap<i64, String>,
    findings: &mut Findings,
) -> anyhow::Result<()> {
    let mut made: BTreeMap<i64, Vec<String>> = BTreeMap::new();
    for jwt in stage.pizzas()? {
        made.entry(order_in(&jwt)?).or_default().push(jwt);
    }
    findings.figure("pizzas that the factory made", made.values().map(Vec::len).sum::<usize>());
    let doubled: Vec<_> = made.iter().filter(|(_, pizzas)| pizzas.len() > 1).map(|(id, _)| id).collect();
    findings.figure("doubled", doubled.len());
    findings.require(doubled.is_empty(), || format!("DOUBLED: {}", some(&doubled)));
    let other = |(id, jwt): &(&i64, &String)| made.get(id).is_none_or(|pizzas| !pizzas.contains(jwt));
    let others: Vec<_> = shown.iter().filter(other).map(|(id, _)| id).collect();
    findings.require(others.is_empty(), || format!("shown with a pizza of nobody's: {}", some(&others)));
    let nobodys: Vec<_> = made.keys().filter(|id| !shown.contains_key(id)).collect();
    findings.require(nobodys.is_empty(), || format!("made for no order that is shown: {}", some(&nobodys)));
    Ok(())
}

fn order_in(jwt: &str) -> anyhow::Result<i64> {
    let claims = jwt.split('.').nth(1).context("a pizza without claims")?;
    let claims: Value = serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(claims)?)?;
    claims["order"]["id"].as_i64().context("a pizza of no order")
}

fn some<T: std::fmt::Debug>(all: &[T]) -> String {
    let named: Vec<_> = all.iter().take(NAMED).map(|one| format!("{one:?}")).collect();
    let more = all.len().saturating_sub(NAMED);
    if more > 0 { format!("{} and {more} more", named.join(", ")) } else { named.join(", ") }
}
