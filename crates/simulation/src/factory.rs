//! The factory: what it does to calls, and the truth about its pizzas.

use crate::{
    counts::Count,
    fate::Fate,
    plan::{Mishap, Poison, Weather, ms, secs},
    world::World,
};
use async_trait::async_trait;
use domain::OrderId;
use factory_api::{ChaosKind, ChaosRequest, OrderRequest, ReportLink, Vendor, VendorClaim};
use factory_client::{
    BadPizza, Failure, FailureKind, Pizza, ReportLinkError, Sent, VendorError, VerifyError,
};
use jiff::Timestamp;
use std::{
    collections::HashMap,
    future::pending,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::{Instant, sleep, timeout};

/// The one factory, which all instances call.
pub(crate) struct Factory {
    world: Arc<World>,
    truth: Mutex<Truth>,
}

#[derive(Default)]
struct Truth {
    /// By idempotency key.
    pizzas: HashMap<String, Baked>,
    /// What each order was called for with.
    asked: HashMap<OrderId, Asked>,
    /// Calls under way, by order.
    under_way: HashMap<OrderId, u32>,
}

struct Baked {
    order: OrderId,
    jwt: String,
    ready_at: Instant,
}

struct Asked {
    key: String,
    request: OrderRequest,
    calls: u32,
    refused: bool,
}

/// An instance's line to the factory.
pub(crate) struct Line {
    pub(crate) factory: Arc<Factory>,
    pub(crate) fate: Arc<Fate>,
}

impl Factory {
    pub(crate) fn new(world: Arc<World>) -> Arc<Self> {
        Arc::new(Self { world, truth: Mutex::default() })
    }

    /// The pizzas that were made for an order.
    pub(crate) fn pizzas_of(&self, order: OrderId) -> Vec<String> {
        let truth = self.truth();
        let theirs = truth.pizzas.values().filter(|baked| baked.order == order);
        theirs.map(|baked| baked.jwt.clone()).collect()
    }

    /// How often an order was called for, and whether it was refused for good.
    pub(crate) fn asked_for(&self, order: OrderId) -> (u32, bool) {
        self.truth().asked.get(&order).map_or((0, false), |asked| (asked.calls, asked.refused))
    }

    fn truth(&self) -> MutexGuard<'_, Truth> {
        self.truth.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What this call meets.
    fn mishap(&self) -> Option<Mishap> {
        let world = &self.world;
        if world.is_calm() {
            return None;
        }
        let now = world.elapsed();
        let phase = world.plan.phases.iter().rev().find(|phase| (phase.from..phase.until).contains(&now))?;
        match phase.weather {
            Weather::All(mishap) => Some(mishap),
            Weather::Some(mishap, chance) => world.percent(chance).then_some(mishap),
            Weather::Mixed(chance) => {
                world.percent(chance).then(|| Mishap::ALL[world.below(Mishap::ALL.len() as u64) as usize])
            }
            Weather::Flapping(mishap, period) => {
                let half = (now - phase.from).as_millis() / period.as_millis().max(1);
                half.is_multiple_of(2).then_some(mishap)
            }
        }
    }

    /// The same key always means the same pizza.
    fn make(&self, key: &str, order: OrderId, takes: Duration) -> (String, Instant) {
        let mut truth = self.truth();
        let serial = truth.pizzas.len();
        if let Some(baked) = truth.pizzas.get(key) {
            self.world.count(Count::SameKeyAgain);
            return (baked.jwt.clone(), baked.ready_at);
        }
        self.world.count(Count::Pizzas);
        let (jwt, ready_at) = (format!("pizza {serial} of order {order}"), Instant::now() + takes);
        truth.pizzas.insert(key.to_owned(), Baked { order, jwt: jwt.clone(), ready_at });
        (jwt, ready_at)
    }

    /// Takes a note of the call, and compares it with earlier ones.
    fn note(&self, request: &OrderRequest, key: &str) {
        let order = OrderId(request.order.id);
        let mut truth = self.truth();
        let asked = truth.asked.entry(order).or_insert_with(|| Asked {
            key: key.to_owned(),
            request: request.clone(),
            calls: 0,
            refused: false,
        });
        asked.calls += 1;
        self.world.must(asked.key == key, "every attempt carries the same idempotency key", || {
            format!("order {order} was {:?} and is {key:?}", asked.key)
        });
        self.world.must(asked.request == *request, "every attempt carries the same words", || {
            format!("order {order} was {:?} and is {request:?}", asked.request)
        });
    }

    /// What the factory does, and says if it says anything.
    async fn answer(&self, request: &OrderRequest, key: &str) -> Sent {
        let world = &self.world;
        let order = OrderId(request.order.id);
        let poison = world.plan.diners.iter().find(|diner| diner.number == request.diner.id);
        match poison.map_or(Poison::None, |diner| diner.poison) {
            Poison::Refused(status) => {
                world.count(Count::PoisonRefused);
                if let Some(asked) = self.truth().asked.get_mut(&order) {
                    asked.refused = true;
                }
                self.takes(1, 200).await;
                return Sent::Refused { status, message: "the factory refuses it".to_owned() };
            }
            Poison::Fails if !world.is_calm() => {
                world.count(Count::PoisonFailed);
                self.takes(1, 200).await;
                return failed(FailureKind::Status, Some(500), None);
            }
            Poison::Fails | Poison::None => {}
        }
        let quick = ms(5 + world.below(400));
        let Some(mishap) = self.mishap() else { return self.pizza(key, order, quick).await };
        world.count(MISHAPS[mishap as usize]);
        match mishap {
            Mishap::Status500 => {
                self.takes(1, 300).await;
                failed(FailureKind::Status, Some(500), None)
            }
            Mishap::Status503 => failed(FailureKind::Status, Some(503), Some(secs(world.below(60)))),
            Mishap::Refused => {
                self.takes(0, 3000).await;
                failed(FailureKind::Connect, None, None)
            }
            Mishap::Hangs => pending().await,
            Mishap::LateSuccess => {
                self.make(key, order, ms(world.below(120_000)));
                pending().await
            }
            Mishap::LostAnswer => {
                self.make(key, order, quick);
                self.takes(1, 2000).await;
                failed(FailureKind::Unreadable, None, None)
            }
            Mishap::MadeAnd500 => {
                self.make(key, order, quick);
                sleep(quick).await;
                failed(FailureKind::Status, Some(500), None)
            }
            Mishap::BadPizza => {
                self.takes(1, 300).await;
                Sent::Made { jwt: "no pizza".to_owned(), report_link: None }
            }
            Mishap::Empty => failed(FailureKind::BadPizza, Some(200), None),
            Mishap::KeysUnavailable => self.pizza(key, order, quick).await,
            Mishap::Throttled => self.pizza(key, order, secs(32)).await,
            Mishap::RateLimited => {
                failed(FailureKind::RateLimited, Some(429), world.percent(80).then(|| secs(world.below(60))))
            }
            Mishap::Conflict => {
                Sent::InProgress { retry_after: world.percent(50).then(|| secs(world.below(20))) }
            }
            Mishap::Unauthorized => failed(FailureKind::Unauthorized, Some(401), None),
            Mishap::Slow => self.pizza(key, order, ms(5000 + world.below(15_000))).await,
        }
    }

    /// A pizza; or 409 while an earlier attempt is being worked on.
    async fn pizza(&self, key: &str, order: OrderId, takes: Duration) -> Sent {
        let under_way = self.truth().pizzas.get(key).map(|baked| baked.ready_at);
        if let Some(ready_at) = under_way.filter(|ready_at| *ready_at > Instant::now()) {
            self.world.count(Count::MishapConflict);
            let left = ready_at - Instant::now();
            return Sent::InProgress { retry_after: self.world.percent(50).then_some(left.min(secs(60))) };
        }
        let (jwt, ready_at) = self.make(key, order, takes);
        tokio::time::sleep_until(ready_at.max(Instant::now() + takes)).await;
        Sent::Made { jwt, report_link: None }
    }

    async fn takes(&self, from: u64, to: u64) {
        sleep(ms(from + self.world.below(to - from))).await;
    }
}

#[async_trait]
impl factory_client::Factory for Line {
    fn host(&self) -> &str {
        "factory.simulated"
    }

    async fn send(&self, request: &OrderRequest, key: &str, _: Option<&str>) -> Sent {
        let (fate, factory) = (&self.fate, &self.factory);
        let order = OrderId(request.order.id);
        let passage = fate.leave_house().await;
        let world = &fate.world;
        world.count(Count::Calls);
        world.event(fate, "calls", order.0, 0);
        let call = fate.sends(order);
        factory.note(request, key);
        let under_way = UnderWay::new(factory, order);
        let patience = world.plan.settings.attempt_timeout;
        let answer = match timeout(patience, factory.answer(request, key)).await {
            Ok(answer) => answer,
            Err(_) => failed(FailureKind::Timeout, None, None),
        };
        drop((call, under_way));
        let told = match &answer {
            Sent::Made { .. } => 200,
            Sent::Refused { status, .. } => i64::from(*status),
            Sent::InProgress { .. } => 409,
            Sent::Failed(failure) => failure.status.map_or(0, i64::from),
        };
        world.event(fate, "is answered", order.0, told);
        fate.come_home(passage).await;
        if !matches!(answer, Sent::Made { .. }) {
            fate.ended(order, false);
        }
        answer
    }

    async fn verify(&self, jwt: &str, order_id: i64) -> Result<Pizza, VerifyError> {
        let (fate, order) = (&self.fate, OrderId(order_id));
        let passage = fate.leave_house().await;
        let world = &fate.world;
        world.count(Count::Verifications);
        let unavailable = self.factory.mishap() == Some(Mishap::KeysUnavailable);
        fate.verifies(order);
        if unavailable {
            self.factory.takes(0, 2000).await;
        }
        let good = jwt.ends_with(&format!(" of order {order}"));
        let verdict = match () {
            () if unavailable => Err(VerifyError::KeysUnavailable("simulated".to_owned())),
            () if !good => Err(VerifyError::Bad(BadPizza::Malformed)),
            () => {
                let vendor = VendorClaim { id: "us".to_owned(), name: String::new() };
                Ok(Pizza::vouched_for(jwt.to_owned(), vendor, Timestamp::MAX))
            }
        };
        world.event(fate, "verifies", order.0, verdict.is_ok().into());
        fate.come_home(passage).await;
        fate.ended(order, verdict.is_ok());
        verdict
    }

    async fn follow_report_link(&self, _: &ReportLink) -> Result<String, ReportLinkError> {
        Err(ReportLinkError::ForeignOrigin)
    }

    async fn vendor(&self) -> Result<Vendor, VendorError> {
        Err(VendorError::Unreachable("simulated".to_owned()))
    }

    async fn set_chaos(&self, _: ChaosKind, _: &ChaosRequest) -> Result<(), VendorError> {
        Err(VendorError::Unreachable("simulated".to_owned()))
    }
}

/// A call under way for an order, whoever makes it.
struct UnderWay<'a> {
    factory: &'a Factory,
    order: OrderId,
}

impl<'a> UnderWay<'a> {
    fn new(factory: &'a Factory, order: OrderId) -> Self {
        let mut truth = factory.truth();
        let calls = truth.under_way.entry(order).or_default();
        *calls += 1;
        if *calls > 1 {
            factory.world.count(Count::TwoCallsAtOnce);
        }
        Self { factory, order }
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        if let Some(calls) = self.factory.truth().under_way.get_mut(&self.order) {
            *calls -= 1;
        }
    }
}

const MISHAPS: [Count; 15] = [
    Count::Mishap500,
    Count::Mishap503,
    Count::MishapRefused,
    Count::MishapHangs,
    Count::MishapLateSuccess,
    Count::MishapLostAnswer,
    Count::MishapMadeAnd500,
    Count::MishapBadPizza,
    Count::MishapEmpty,
    Count::MishapKeysUnavailable,
    Count::MishapThrottled,
    Count::MishapRateLimited,
    Count::MishapConflict,
    Count::MishapUnauthorized,
    Count::MishapSlow,
];

fn failed(kind: FailureKind, status: Option<u16>, retry_after: Option<Duration>) -> Sent {
    let message = "simulated".to_owned();
    Sent::Failed(Failure { kind, status, message, retry_after, report_link: None })
}
