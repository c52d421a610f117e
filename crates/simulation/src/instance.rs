//! An instance of the service: started, killed or stopped, and started again.

use crate::{
    counts::Count,
    edge::Edge,
    factory::{Factory, Line},
    fate::Fate,
    plan::{End, Ending},
    world::World,
};
use service::{
    config::Config,
    fulfilment::{Kitchen, dispatch},
};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use store::Store;
use telemetry::Metrics;
use tokio::{
    sync::Notify,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

/// A place where an instance runs, one incarnation after the other.
pub(crate) struct Instance {
    number: usize,
    world: Arc<World>,
    config: Config,
    store: Arc<dyn Store>,
    factory: Arc<Factory>,
    metrics: Arc<Metrics>,
    alive: Mutex<Option<Alive>>,
    /// Faults have stopped: who is down starts at once.
    hurry: Notify,
}

/// An instance that serves.
#[derive(Clone)]
pub(crate) struct Alive {
    pub(crate) kitchen: Arc<Kitchen>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) fate: Arc<Fate>,
}

impl Instance {
    pub(crate) fn new(
        number: usize,
        world: &Arc<World>,
        store: Arc<dyn Store>,
        factory: Arc<Factory>,
        metrics: Arc<Metrics>,
    ) -> Arc<Self> {
        Arc::new(Self {
            number,
            config: world.plan.config(),
            world: Arc::clone(world),
            store,
            factory,
            metrics,
            alive: Mutex::default(),
            hurry: Notify::new(),
        })
    }

    /// Who answers here, if anybody does.
    pub(crate) fn alive(&self) -> Option<Alive> {
        self.alive.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Runs one incarnation after the other, as the plan says, and the last one for ever.
    pub(crate) async fn run(self: Arc<Self>) {
        let here = |ending: &&Ending| ending.instance == self.number;
        let endings: Vec<Ending> = self.world.plan.endings.iter().filter(here).copied().collect();
        let last = endings.len();
        for (incarnation, ending) in endings.into_iter().enumerate() {
            let (alive, stop) = self.start(incarnation, Some(ending.how));
            self.live(ending.how, &alive, stop).await;
            if self.world.is_calm() && !alive.fate.is_dead() {
                return std::future::pending().await;
            }
            self.set(None);
            // Whoever is asked to hurry does.
            let _ = timeout(ending.down_for, self.hurry.notified()).await;
            self.world.count(Count::Restarts);
        }
        let (_alive, stop) = self.start(last, None);
        std::future::pending::<()>().await;
        stop.cancel();
    }

    /// Faults have stopped.
    pub(crate) fn hurry(&self) {
        self.hurry.notify_one();
    }

    fn start(&self, incarnation: usize, end: Option<End>) -> (Alive, CancellationToken) {
        let fate = Fate::new(Arc::clone(&self.world), self.number, incarnation, end);
        let store = Arc::new(Edge { fate: Arc::clone(&fate), store: Arc::clone(&self.store) });
        let line = Line { factory: Arc::clone(&self.factory), fate: Arc::clone(&fate) };
        let metrics = Arc::clone(&self.metrics);
        let kitchen = Kitchen::new(&self.config, Arc::clone(&store) as _, line, "sim".to_owned(), metrics);
        fate.runs(&kitchen);
        let stop = CancellationToken::new();
        tokio::spawn(dispatch(Arc::clone(&kitchen), stop.clone()));
        self.world.event(&*fate, "starts", 0, 0);
        let alive = Alive { kitchen, store, fate };
        self.set(Some(alive.clone()));
        (alive, stop)
    }

    /// Until it is dead.
    async fn live(&self, how: End, alive: &Alive, stop: CancellationToken) {
        match how {
            End::BeforeEdge(_) | End::AfterEdge(_) => alive.fate.died().await,
            End::Killed(after) => {
                sleep(after).await;
                if !self.world.is_calm() {
                    self.world.count(Count::Kills);
                    alive.fate.die("killed");
                }
            }
            End::Stopped(after, grace) => {
                sleep(after).await;
                if !self.world.is_calm() {
                    self.stop(alive, stop, grace).await;
                }
            }
        }
    }

    /// As the service does it: no new requests, then the dispatcher, then what is at the factory.
    async fn stop(&self, alive: &Alive, stop: CancellationToken, grace: Duration) {
        self.world.count(Count::Stops);
        self.world.event(&*alive.fate, "stops", 0, 0);
        self.set(None);
        alive.fate.stops();
        stop.cancel();
        alive.kitchen.close(grace).await;
        alive.fate.die("has stopped");
    }

    fn set(&self, alive: Option<Alive>) {
        *self.alive.lock().unwrap_or_else(PoisonError::into_inner) = alive;
    }
}
