//! One seed, from its plan to its end.

use crate::{
    block_on::block_on,
    counts::{Count, Counts},
    diner::Visit,
    factory::Factory,
    instance::Instance,
    memory::MemoryStore,
    plan::{Doing, Plan, ms, secs},
    told::Told,
    world::{Violation, World},
};
use domain::{OrderEvent, OrderId, OrderState};
use jiff::Timestamp;
use resilience::{Event, Mode};
use std::{
    cell::OnceCell,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use store::{Clock, Redrive, SqliteOptions, SqliteStore, Store};
use telemetry::{Metrics, MetricsOptions};
use tempfile::TempDir;
use tokio::{
    runtime::{Builder, Runtime},
    sync::Mutex,
    task::JoinHandle,
    time::{sleep, timeout},
};

/// What keeps the orders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Backend {
    /// A store in memory.
    #[default]
    Memory,
    /// The real one on SQLite, in a file that is gone afterwards.
    Sqlite,
}

/// What a seed came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The first promise that was broken.
    pub violation: Option<Violation>,
    /// What was seen.
    pub counts: Counts,
    /// Of everything that happened, in order: the same plan has the same one.
    pub fingerprint: u64,
}

/// Runs a plan to its end, in simulated time. `verbose` prints everything that happens.
pub fn run(plan: &Plan, backend: Backend, verbose: bool) -> Outcome {
    let runtime = paused_runtime(plan.seed);
    let outcome = runtime.block_on(async {
        let world = World::new(plan.clone(), verbose);
        let database = Database::open(&world, backend);
        // The name of a temporary folder has taken some of the seed's chance.
        fastrand::seed(plan.seed);
        let scene = Scene::set(&world, &database, metrics());
        scene.play().await;
        let (violation, counts, fingerprint) = world.end();
        Outcome { violation, counts, fingerprint }
    });
    // Those who wait for ever are dropped with the runtime.
    drop(runtime);
    outcome
}

/// Time and chance of a seed.
pub(crate) fn paused_runtime(seed: u64) -> Runtime {
    fastrand::seed(seed);
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime that does no I/O needs nothing that could be missing")
}

/// The store as each instance opens it.
pub(crate) struct Database {
    stores: Vec<Arc<dyn Store>>,
    /// The file's folder.
    _folder: Option<TempDir>,
}

impl Database {
    pub(crate) fn open(world: &World, backend: Backend) -> Self {
        let clock = Arc::clone(&world.database_clock);
        match backend {
            Backend::Memory => {
                let store: Arc<dyn Store> = Arc::new(MemoryStore::new(clock));
                Self { stores: vec![store; world.plan.instances], _folder: None }
            }
            Backend::Sqlite => {
                let memory = std::path::Path::new("/dev/shm");
                let folder = if memory.is_dir() { TempDir::new_in(memory) } else { TempDir::new() };
                let folder = folder.expect("there is room for a temporary folder");
                let options = || SqliteOptions {
                    path: folder.path().join("pizza.db"),
                    clock: {
                        let clock = Arc::clone(&clock);
                        Clock::new(move || {
                            Timestamp::from_millisecond(clock.load(Ordering::Relaxed)).unwrap_or_default()
                        })
                    },
                };
                let open = |_| {
                    let store = SqliteStore::open(options());
                    Arc::new(store.expect("a new database in a new folder")) as Arc<dyn Store>
                };
                Self { stores: (0..world.plan.instances).map(open).collect(), _folder: Some(folder) }
            }
        }
    }

    /// The truth, past all that is simulated.
    fn truth(&self) -> &dyn Store {
        &*self.stores[0]
    }
}

thread_local! {
    /// Setting metrics up takes longer than a seed. Nothing that is simulated reads them.
    static METRICS: OnceCell<Arc<Metrics>> = const { OnceCell::new() };
}

fn metrics() -> Arc<Metrics> {
    let new =
        || Arc::new(Metrics::new(MetricsOptions::new("simulated")).expect("no collector is configured"));
    METRICS.with(|metrics| Arc::clone(metrics.get_or_init(new)))
}

/// Everybody in a world.
pub(crate) struct Scene<'a> {
    world: Arc<World>,
    database: &'a Database,
    factory: Arc<Factory>,
    instances: Vec<Arc<Instance>>,
    told: Arc<Told>,
    visits: Vec<JoinHandle<()>>,
}

impl<'a> Scene<'a> {
    pub(crate) fn set(world: &Arc<World>, database: &'a Database, metrics: Arc<Metrics>) -> Self {
        let factory = Factory::new(Arc::clone(world));
        let told = Arc::new(Told::new(Arc::clone(world)));
        let instance = |(number, store): (usize, &Arc<dyn Store>)| {
            Instance::new(number, world, Arc::clone(store), Arc::clone(&factory), Arc::clone(&metrics))
        };
        let instances: Vec<_> = database.stores.iter().enumerate().map(instance).collect();
        for instance in &instances {
            tokio::spawn(Arc::clone(instance).run());
        }
        let visit = |diner: &crate::plan::Diner| {
            let visit = Visit {
                world: Arc::clone(world),
                instances: instances.clone(),
                told: Arc::clone(&told),
                diner: diner.clone(),
                mine: Mutex::new(None),
            };
            tokio::spawn(Arc::new(visit).go())
        };
        let visits = world.plan.diners.iter().map(visit).collect();
        tokio::spawn(jumps(Arc::clone(world)));
        tokio::spawn(acts(Arc::clone(world), instances.clone()));
        Self { world: Arc::clone(world), database, factory, instances, told, visits }
    }

    /// Faults until they stop, then the time that healing may take, then the account.
    async fn play(mut self) {
        let world = Arc::clone(&self.world);
        tokio::select! {
            biased;
            () = world.broken() => {}
            () = self.whole_story() => self.settle_accounts(),
        }
    }

    async fn whole_story(&mut self) {
        let healed_at = self.world.plan.healed_at;
        while self.world.elapsed() < healed_at {
            sleep(secs(2).min(healed_at)).await;
            if self.is_quiet() {
                break;
            }
        }
        self.heal();
        let healed = self.world.elapsed();
        let bound = self.drain_bound();
        let quiet = timeout(bound, async {
            while !self.is_quiet() {
                sleep(secs(1)).await;
                self.redrive();
            }
        });
        let drained = quiet.await.is_ok();
        let took = self.world.elapsed() - healed;
        self.world.count_most(Count::LongestDrain, took.as_secs());
        self.world.count_many(Count::SimulatedSeconds, self.world.elapsed().as_secs());
        self.world.must(drained, "the backlog drains", || {
            let stats = block_on(self.database.truth().queue_stats());
            format!("{} s after the faults stopped: {stats:?}", took.as_secs())
        });
    }

    /// What may be left when the faults stop: a call that hangs, a lease, a delay, an open circuit; one after the other,
    /// and then the orders one by one.
    fn drain_bound(&self) -> Duration {
        let plan = &self.world.plan;
        let settings = &plan.settings;
        let longest = settings.attempt_timeout + settings.lease * 2 + secs(60) + secs(72) * 2;
        longest + plan.set_back() + secs(2) * plan.diners.len() as u32 + settings.poll * 20
    }

    fn heal(&self) {
        self.world.calm_down();
        for instance in &self.instances {
            instance.hurry();
            if let Some(alive) = instance.alive() {
                let history = alive.kitchen.circuit_history();
                let openings = history.iter().filter(|change| matches!(change.event, Event::Opened { .. }));
                self.world.count_many(Count::Openings, openings.count() as u64);
                alive.kitchen.set_circuit_mode(Mode::Automatic);
                alive.kitchen.resume();
                alive.kitchen.set_chaos(false);
            }
        }
    }

    /// A person looks after what is in quarantine.
    fn redrive(&self) {
        let store = self.database.truth();
        let quarantined = block_on(store.orders_in(OrderState::Quarantined, 1, 1000));
        for order in quarantined.into_iter().flat_map(|page| page.orders) {
            self.world.set_database_clock();
            if matches!(block_on(store.redrive_order(order.id)), Ok(Redrive::Queued)) {
                self.world.count(Count::Redriven);
            }
        }
    }

    /// Nobody waits for anything.
    fn is_quiet(&self) -> bool {
        let stats = block_on(self.database.truth().queue_stats());
        let waiting = stats.map_or(1, |stats| stats.queued + stats.making + stats.quarantined);
        waiting == 0 && self.visits.iter().all(JoinHandle::is_finished)
    }

    /// Every promise that can only be looked into at the end.
    fn settle_accounts(&self) {
        let (world, store) = (&self.world, self.database.truth());
        for (order, story) in self.told.stories() {
            let kept = block_on(store.order(order)).ok().flatten();
            let theirs = kept.is_some_and(|kept| story.diner == Some(kept.diner.0));
            world.must(theirs, "what was acknowledged exists", || format!("order {order} is gone"));
        }
        for id in (1..).map(OrderId) {
            let Ok(Some(order)) = block_on(store.order(id)) else { break };
            world.must(order.state.is_final(), "every order comes to an end", || {
                format!("order {id} is still {}", order.state)
            });
            self.told.looked_at(&order);
            self.compare_with_the_factory(id, &order);
            self.walk_through_history(id, order.state);
            world.count(match order.state {
                OrderState::Fulfilled => Count::Fulfilled,
                OrderState::Rejected => Count::Rejected,
                _ => continue,
            });
        }
        self.count_orders_of_diners();
    }

    fn compare_with_the_factory(&self, id: OrderId, order: &store::OrderRecord) {
        let world = &self.world;
        let made = self.factory.pizzas_of(id);
        let (calls, refused) = self.factory.asked_for(id);
        world.must(made.len() <= 1, "the factory makes one pizza for one order", || {
            format!("order {id} has {made:?}")
        });
        world.must(order.attempts >= calls, "no call without an attempt recorded before it", || {
            format!("order {id} has {} attempts on record, and was called for {calls} times", order.attempts)
        });
        match order.state {
            OrderState::Fulfilled => {
                world.must(
                    order.jwt.is_some() && order.jwt == made.first().cloned(),
                    "a pizza is the factory's",
                    || format!("order {id} has {:?}, and the factory made {made:?}", order.jwt),
                );
            }
            OrderState::Rejected => {
                world.must(refused, "only the factory rejects", || format!("order {id} was never refused"));
            }
            OrderState::Cancelled => {
                let diner = world.plan.diners.iter().find(|diner| diner.number == order.diner.0);
                let wanted = diner.is_some_and(|diner| diner.cancels.is_some());
                world.must(wanted, "only its diner cancels an order", || format!("order {id} is cancelled"));
            }
            _ => {}
        }
        let revenue = order.state == OrderState::Fulfilled;
        world.must(revenue || order.jwt.is_none(), "a cancelled or rejected order is never revenue", || {
            format!("order {id} is {} and has {:?}", order.state, order.jwt)
        });
    }

    /// Every step of an order was a legal one.
    fn walk_through_history(&self, id: OrderId, state: OrderState) {
        let events = block_on(self.database.truth().status_events(id, 0)).unwrap_or_default();
        let states: Vec<_> = events.iter().map(|event| event.state).collect();
        let begins =
            states.first().is_some_and(|first| matches!(first, OrderState::Queued | OrderState::Making));
        let legal =
            states.windows(2).all(|step| STEPS.iter().any(|event| step[0].after(*event) == Ok(step[1])));
        let ends = states.last() == Some(&state);
        self.world
            .must(begins && legal && ends, "every step is legal", || format!("order {id} went {states:?}"));
        if states.contains(&OrderState::Quarantined) {
            self.world.count(Count::Quarantined);
        }
    }

    /// Who asked again under one key has one order.
    fn count_orders_of_diners(&self) {
        for diner in self.world.plan.diners.iter().filter(|diner| diner.keyed) {
            let theirs = block_on(self.database.truth().orders_of(domain::UserId(diner.number), 1, 100));
            let orders = theirs.map_or(0, |orders| orders.len());
            self.world.must(orders == 1, "one key is one order", || {
                format!("diner {} has {orders} orders under one key", diner.number)
            });
        }
    }
}

const STEPS: [OrderEvent; 8] = [
    OrderEvent::Claimed,
    OrderEvent::PizzaVerified,
    OrderEvent::RefusedForGood,
    OrderEvent::RetryLater,
    OrderEvent::LeaseExpired,
    OrderEvent::KeptFailing,
    OrderEvent::Cancelled,
    OrderEvent::Redriven,
];

async fn jumps(world: Arc<World>) {
    for jump in &world.plan.jumps {
        sleep(jump.at.saturating_sub(world.elapsed())).await;
        if !world.is_calm() {
            world.jump(jump.by);
        }
    }
}

/// What people do to the kitchen.
async fn acts(world: Arc<World>, instances: Vec<Arc<Instance>>) {
    for act in &world.plan.acts {
        sleep(act.at.saturating_sub(world.elapsed())).await;
        if world.is_calm() {
            return;
        }
        let Some(alive) = instances[act.instance].alive() else { continue };
        world.count(Count::ActsOfPeople);
        world.event(&*alive.fate, "is switched", act.what as i64, 0);
        let kitchen = &alive.kitchen;
        match act.what {
            Doing::ForceOpen => kitchen.set_circuit_mode(Mode::ForcedOpen),
            Doing::ForceClosed => kitchen.set_circuit_mode(Mode::ForcedClosed),
            Doing::Automatic => kitchen.set_circuit_mode(Mode::Automatic),
            Doing::Pause => kitchen.pause(),
            Doing::Resume => kitchen.resume(),
            Doing::Chaos => kitchen.set_chaos(true),
            Doing::NoChaos => kitchen.set_chaos(false),
            Doing::RedriveAll => {
                let quarantined =
                    timeout(ms(500), alive.store.orders_in(OrderState::Quarantined, 1, 100)).await;
                for order in quarantined.into_iter().flatten().flat_map(|page| page.orders) {
                    let redriven = timeout(ms(500), alive.store.redrive_order(order.id)).await;
                    if let Ok(Ok(Redrive::Queued)) = redriven {
                        world.count(Count::Redriven);
                        kitchen.order_changed(order.id);
                    }
                }
            }
        }
    }
}
