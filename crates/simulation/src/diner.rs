//! Somebody who orders: asks, waits or hangs up, asks again, looks, cancels. What the HTTP handlers do between them and
//! the kitchen is done here in the same order.

use crate::{
    counts::Count,
    instance::{Alive, Instance},
    plan::{Diner, ms, secs},
    told::Told,
    world::World,
};
use domain::{Bitcoin, FranchiseId, IdempotencyKey, MenuId, OrderId, OrderItem, OrderState, StoreId, UserId};
use service::fulfilment::{KitchenState, Made, Receipt};
use std::{sync::Arc, time::Duration};
use store::{Cancellation, Idempotency, NewOrder, OrderRecord, Placed, StoreError};
use tokio::{
    sync::Mutex,
    time::{Instant, sleep, timeout},
};

/// What a diner needs to get around.
pub(crate) struct Visit {
    pub(crate) world: Arc<World>,
    pub(crate) instances: Vec<Arc<Instance>>,
    pub(crate) told: Arc<Told>,
    pub(crate) diner: Diner,
    /// The order that their key has stood for.
    pub(crate) mine: Mutex<Option<OrderId>>,
}

/// What the service answers.
enum Answer {
    /// 200, 202 or 422: the order; how it ended, if it did; its pizza. A 202 does not say that nothing has happened.
    Order(OrderId, Option<OrderState>, Option<String>),
    /// 422: the key stands for another order.
    KeyReused,
}

/// No answer, or a 5xx.
struct NoAnswer;

impl From<StoreError> for NoAnswer {
    fn from(_: StoreError) -> Self {
        Self
    }
}

impl Visit {
    /// From the first request to the last look.
    pub(crate) async fn go(self: Arc<Self>) {
        sleep(self.diner.at).await;
        let repeats: Vec<_> =
            self.diner.repeats.iter().map(|repeat| tokio::spawn(Arc::clone(&self).repeat(*repeat))).collect();
        let order = self.order().await;
        if let Some(order) = order {
            self.cancel(order).await;
            self.look(order).await;
        }
        for repeat in repeats {
            // A panic in it is a panic of the whole seed, and told of there.
            let _ = repeat.await;
        }
    }

    /// Asks until there is an answer; without a key only once, for who has none might get two orders.
    async fn order(&self) -> Option<OrderId> {
        let mut instance = self.diner.instance;
        let mut patience = self.diner.hangs_up_after;
        loop {
            let asking = self.ask(instance);
            let answer = match patience.take() {
                None => asking.await,
                Some(patience) => match timeout(patience, asking).await {
                    Ok(answer) => answer,
                    Err(_) => {
                        self.world.count(Count::HangUps);
                        Err(NoAnswer)
                    }
                },
            };
            match answer {
                Ok(order) => return order,
                Err(NoAnswer) if !self.diner.keyed => return None,
                Err(NoAnswer) => {}
            }
            self.world.count(Count::OrderErrors);
            sleep(ms(200 + self.world.below(4000))).await;
            instance = self.world.below(self.instances.len() as u64) as usize;
        }
    }

    /// The same request again, at the same time or later, perhaps elsewhere.
    async fn repeat(self: Arc<Self>, (after, instance): (Duration, usize)) {
        if self.diner.keyed {
            sleep(after).await;
            // What it comes to is told in `ask`.
            let _ = self.ask(instance).await;
        }
    }

    /// One request, and what it says.
    async fn ask(&self, instance: usize) -> Result<Option<OrderId>, NoAnswer> {
        let alive = self.instances[instance].alive().ok_or(NoAnswer)?;
        let answer = tokio::select! {
            biased;
            answer = self.handled(&alive) => answer?,
            () = alive.fate.died() => return Err(NoAnswer),
        };
        let Answer::Order(order, state, pizza) = answer else {
            self.world.must(false, "a key stands for its own request", || {
                format!("diner {} was told that their key stands for another order", self.diner.number)
            });
            return Ok(None);
        };
        self.told.acknowledged(order, self.diner.number);
        if let Some(end) = state {
            self.told.stands(order, end, pizza.as_deref());
        }
        if self.diner.keyed {
            let mut mine = self.mine.lock().await;
            let first = *mine.get_or_insert(order);
            self.world.must(first == order, "one key is one order", || {
                format!("diner {} got order {first}, and under the same key order {order}", self.diner.number)
            });
        }
        Ok(Some(order))
    }

    /// As `POST /api/order` does it.
    async fn handled(&self, alive: &Alive) -> Result<Answer, NoAnswer> {
        let begun = Instant::now();
        let order = self.request();
        if let Some(idempotency) = &order.idempotency {
            match alive.store.placed_earlier(order.diner.id, idempotency).await? {
                Some(Placed::Replayed(id)) => return self.again(alive, id).await,
                Some(Placed::KeyReused) => return Ok(Answer::KeyReused),
                Some(Placed::Saved { .. }) | None => {}
            }
        }
        let wait = self.diner.wait;
        match alive.kitchen.place(order).await? {
            Receipt::Making { id, made, .. } => {
                self.world.count(Count::Orders);
                let left = wait.saturating_sub(begun.elapsed());
                let made = timeout(left, made).await.ok().and_then(Result::ok).unwrap_or(Made::Later);
                Ok(match made {
                    Made::Fulfilled { jwt } => Answer::Order(id, Some(OrderState::Fulfilled), Some(jwt)),
                    Made::Rejected { .. } => Answer::Order(id, Some(OrderState::Rejected), None),
                    Made::Later => Answer::Order(id, None, None),
                })
            }
            Receipt::Queued { id, .. } => {
                self.world.count(Count::Orders);
                self.wait_in_queue(alive, id, begun + wait).await
            }
            Receipt::Replayed(id) => self.again(alive, id).await,
            Receipt::KeyReused => Ok(Answer::KeyReused),
        }
    }

    async fn wait_in_queue(&self, alive: &Alive, id: OrderId, until: Instant) -> Result<Answer, NoAnswer> {
        let is_open = || alive.kitchen.status().state == KitchenState::Open;
        if !is_open() {
            return Ok(Answer::Order(id, None, None));
        }
        let mut watcher = alive.kitchen.watch(id);
        loop {
            let order = self.existing(alive, id).await?;
            let patience = until.saturating_duration_since(Instant::now());
            if order.state.is_final() || !is_open() || !watcher.news_within(patience).await {
                return Ok(answer(order));
            }
        }
    }

    async fn again(&self, alive: &Alive, id: OrderId) -> Result<Answer, NoAnswer> {
        Ok(answer(self.existing(alive, id).await?))
    }

    /// An order that we were told of exists.
    async fn existing(&self, alive: &Alive, id: OrderId) -> Result<OrderRecord, NoAnswer> {
        let order = alive.store.order(id).await?;
        self.world.must(order.is_some(), "what was acknowledged exists", || {
            format!("order {id} of diner {} is unknown", self.diner.number)
        });
        order.ok_or(NoAnswer)
    }

    /// As `DELETE /api/order/{id}` does it.
    async fn cancel(&self, order: OrderId) {
        let Some((after, instance)) = self.diner.cancels else { return };
        sleep(after).await;
        let Some(alive) = self.instances[instance].alive() else { return };
        let cancelled = tokio::select! {
            biased;
            cancelled = alive.store.cancel_order(order) => cancelled,
            () = alive.fate.died() => return,
        };
        match cancelled {
            Ok(Cancellation::Cancelled) => {
                alive.kitchen.order_changed(order);
                self.world.count(Count::Cancelled);
                self.told.stands(order, OrderState::Cancelled, None);
            }
            Ok(Cancellation::TooLate(state)) => {
                self.world.count(Count::CancelledTooLate);
                self.told.stands(order, state, None);
            }
            Ok(Cancellation::Unknown) => {
                self.world
                    .must(false, "what was acknowledged exists", || format!("order {order} is unknown"));
            }
            Err(_) => {}
        }
    }

    /// Looks now and then, wherever somebody answers.
    async fn look(&self, order: OrderId) {
        for _ in 0..3 {
            sleep(secs(1 + self.world.below(8))).await;
            let instance = self.world.below(self.instances.len() as u64) as usize;
            let Some(alive) = self.instances[instance].alive() else { continue };
            tokio::select! {
                biased;
                seen = alive.store.order(order) => match seen {
                    Ok(Some(record)) => self.told.looked_at(&record),
                    Ok(None) => self.world.must(false, "what was acknowledged exists", || format!("order {order} is unknown")),
                    Err(_) => {}
                },
                () = alive.fate.died() => {}
            }
        }
    }

    fn request(&self) -> NewOrder {
        let diner = &self.diner;
        let item = |number| OrderItem {
            menu_id: MenuId(number),
            description: "Veggie".to_owned(),
            price: Bitcoin::from_satoshi(380_000),
        };
        let key = IdempotencyKey::parse(&format!("order of {}", diner.number)).ok();
        NewOrder {
            diner: domain::Diner {
                id: UserId(diner.number),
                name: format!("diner {}", diner.number),
                email: format!("{}@jwt.com", diner.number),
            },
            franchise: FranchiseId(diner.franchise),
            store: StoreId(diner.franchise * 10),
            items: (1..=diner.items as i64).map(item).collect(),
            idempotency: key
                .filter(|_| diner.keyed)
                .map(|key| Idempotency { key, request_hash: [diner.number as u8; 32] }),
            traceparent: None,
            claim: None,
        }
    }
}

/// What is said of an order that was placed before.
fn answer(order: OrderRecord) -> Answer {
    Answer::Order(order.id, Some(order.state).filter(|state| state.is_final()), order.jwt)
}
