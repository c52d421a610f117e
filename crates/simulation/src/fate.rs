//! One incarnation of an instance: whether it lives, and what it has leave to do.

use crate::{
    counts::Count,
    plan::{Doing, End, secs},
    world::World,
};
use domain::OrderId;
use resilience::{Event, Snapshot, State};
use service::fulfilment::Kitchen;
use std::{
    collections::{HashMap, HashSet},
    fmt,
    future::pending,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};
use tokio::{sync::Notify, time::Instant};

/// A process that was killed does nothing any more: whatever of it goes on here waits at its next edge for ever. All
/// that it had in memory is lost to everybody else, which is what SIGKILL does.
pub(crate) struct Fate {
    pub(crate) instance: usize,
    pub(crate) incarnation: usize,
    pub(crate) world: Arc<World>,
    dead: AtomicBool,
    died: Notify,
    stops: AtomicBool,
    edges: AtomicU64,
    end: Option<End>,
    kitchen: OnceLock<Weak<Kitchen>>,
    leave: Mutex<Leave>,
}

/// What the instance may send.
#[derive(Default)]
struct Leave {
    /// Attempts that were recorded and not made yet, by order: when each was asked for.
    recorded: HashMap<OrderId, Vec<Instant>>,
    /// Orders that the factory was called for, and whose attempt goes on.
    called: HashSet<OrderId>,
    /// Calls at the factory.
    in_flight: u32,
    /// Probes at the factory: the circuit's generation, whose order, and since when.
    probes: Vec<(u64, OrderId, Instant)>,
    /// The generation in which a probe has succeeded.
    proven: Option<u64>,
    /// When a pizza was last verified.
    made_at: Option<Instant>,
    /// The latest generation of a closed circuit whose right to be closed was looked into.
    looked_into: u64,
}

impl Fate {
    pub(crate) fn new(world: Arc<World>, instance: usize, incarnation: usize, end: Option<End>) -> Arc<Self> {
        Arc::new(Self {
            instance,
            incarnation,
            world,
            dead: AtomicBool::new(false),
            died: Notify::new(),
            stops: AtomicBool::new(false),
            edges: AtomicU64::new(0),
            end,
            kitchen: OnceLock::new(),
            leave: Mutex::default(),
        })
    }

    pub(crate) fn runs(&self, kitchen: &Arc<Kitchen>) {
        // It is set once, by whoever starts the instance.
        let _ = self.kitchen.set(Arc::downgrade(kitchen));
    }

    pub(crate) fn is_dead(&self) -> bool {
        self.dead.load(Ordering::Relaxed)
    }

    pub(crate) fn die(&self, how: &'static str) {
        self.dead.store(true, Ordering::Relaxed);
        self.world.event(self, how, 0, 0);
        self.died.notify_waiters();
    }

    pub(crate) async fn died(&self) {
        let died = self.died.notified();
        if !self.is_dead() {
            died.await;
        }
    }

    /// From now on it may give up what it has begun.
    pub(crate) fn stops(&self) {
        self.stops.store(true, Ordering::Relaxed);
    }

    /// On the way out: the number of this passage, if the process lives to see it.
    pub(crate) async fn leave_house(&self) -> u64 {
        if self.is_dead() {
            return pending().await;
        }
        let passage = self.edges.fetch_add(1, Ordering::Relaxed);
        if self.end == Some(End::BeforeEdge(passage)) {
            self.kill_unless_calm().await;
        }
        passage
    }

    /// On the way back.
    pub(crate) async fn come_home(&self, passage: u64) {
        if self.is_dead() {
            return pending().await;
        }
        if self.end == Some(End::AfterEdge(passage)) {
            self.kill_unless_calm().await;
        }
    }

    async fn kill_unless_calm(&self) {
        if !self.world.is_calm() {
            self.world.count(Count::Kills);
            self.die("killed at an edge");
            pending().await
        }
    }

    /// An attempt at this order is on record, and was asked for at this time.
    pub(crate) fn may_send(&self, order: OrderId, asked_at: Instant, afresh: bool) {
        let mut leave = self.lock();
        if afresh {
            leave.called.remove(&order);
            leave.recorded.remove(&order);
        }
        leave.recorded.entry(order).or_default().push(asked_at);
    }

    /// The instance calls the factory for this order: may it?
    pub(crate) fn sends(self: &Arc<Self>, order: OrderId) -> Call {
        let world = &self.world;
        let settings = &world.plan.settings;
        let mut leave = self.lock();
        let asked_at = leave.recorded.get_mut(&order).and_then(Vec::pop);
        world.must(asked_at.is_some(), "no call without an attempt recorded before it", || {
            format!("{self} calls for order {order}")
        });
        leave.called.insert(order);
        leave.in_flight += 1;
        let cap = settings.fresh_in_flight + settings.backlog_in_flight;
        world.must(leave.in_flight <= cap, "calls stay within the concurrency cap", || {
            format!("{self} has {} calls in flight, {cap} are allowed", leave.in_flight)
        });
        if let Some(asked_at) = asked_at {
            self.weigh(&mut leave, order, asked_at);
        }
        Call(Arc::clone(self))
    }

    /// The instance verifies a pizza of this order. Without a call before it, that is the attempt.
    pub(crate) fn verifies(&self, order: OrderId) {
        let mut leave = self.lock();
        if !leave.called.contains(&order)
            && let Some(asked_at) = leave.recorded.get_mut(&order).and_then(Vec::pop)
        {
            self.weigh(&mut leave, order, asked_at);
        }
    }

    /// The attempt at this order is over for the circuit.
    pub(crate) fn ended(&self, order: OrderId, well: bool) {
        let mut leave = self.lock();
        leave.called.remove(&order);
        if well {
            leave.made_at = Some(Instant::now());
        }
        if let Some(place) = leave.probes.iter().position(|(_, of, _)| *of == order) {
            let (generation, ..) = leave.probes.remove(place);
            if well {
                leave.proven = Some(generation);
            }
        }
    }

    /// The instance has put an order back into the queue: an attempt that was spent on it was made. Unless it stops, or
    /// fails calls itself, for a drill.
    pub(crate) fn releases(&self, order: OrderId) {
        let left = self.lock().recorded.remove(&order).map_or(0, |recorded| recorded.len());
        let drill = self.world.plan.acts.iter().any(|act| act.what == Doing::Chaos);
        let excused = drill || self.stops.load(Ordering::Relaxed);
        self.world.must(left == 0 || excused, "no attempt is spent on a call that is not made", || {
            format!("{self} puts order {order} back, and has not made {left} attempts that are on record")
        });
    }

    /// The instance holds a failure against the order itself: others were made lately. What it wants to write down may
    /// wait for the store as long as the lease lasts.
    pub(crate) fn blames(&self, order: OrderId) {
        let config = self.world.plan.config();
        let lately = config.circuit.window + config.fulfilment.lease + secs(30);
        let others = self.lock().made_at.is_some_and(|at| at.elapsed() <= lately);
        self.world.must(others, "no order is blamed for an outage", || {
            format!("{self} blames order {order}, and has made nothing else lately")
        });
    }

    /// Whether the circuit allows this attempt.
    fn weigh(&self, leave: &mut Leave, order: OrderId, asked_at: Instant) {
        let Some(kitchen) = self.kitchen.get().and_then(Weak::upgrade) else { return };
        let circuit = kitchen.circuit();
        self.look_into(leave, &kitchen, &circuit);
        // Leave that was given before the circuit changed its state stays good.
        let before = match circuit.state {
            State::Open => asked_at.into_std() <= circuit.since,
            // What was open a moment ago gave no leave then.
            State::HalfOpen => asked_at.into_std() < circuit.since,
            State::Closed => true,
        };
        if before {
            return;
        }
        let world = &self.world;
        world.must(circuit.state != State::Open, "no call while the circuit is open", || {
            format!(
                "{self} tries order {order}, and the circuit has been open since before it asked for leave"
            )
        });
        if circuit.state == State::Open {
            return;
        }
        // A probe that takes longer than this has lost its place to another one.
        let keeps = world.plan.settings.lease.saturating_sub(secs(1));
        leave
            .probes
            .retain(|(generation, _, since)| *generation == circuit.generation && since.elapsed() < keeps);
        leave.probes.push((circuit.generation, order, asked_at));
        let places = if leave.proven == Some(circuit.generation) { 3 } else { 1 };
        world.must(
            leave.probes.len() <= places,
            "no more probes than a half-open circuit has places",
            || format!("{self} has {} probes out, {places} are allowed", leave.probes.len()),
        );
    }

    /// A circuit that was open closes because a probe succeeded, or because a person said so.
    fn look_into(&self, leave: &mut Leave, kitchen: &Kitchen, circuit: &Snapshot) {
        if circuit.state != State::Closed || circuit.generation <= leave.looked_into {
            return;
        }
        leave.looked_into = circuit.generation;
        let closed = |event: &Event| matches!(event, Event::Closed { generation, .. } if *generation == circuit.generation);
        if kitchen.circuit_history().iter().any(|transition| closed(&transition.event)) {
            let proven = leave.proven.is_some_and(|proven| proven + 1 == circuit.generation);
            self.world.must(proven, "only a probe that succeeded closes the circuit", || {
                format!(
                    "{self} has closed its circuit, and no probe of generation {} succeeded",
                    circuit.generation - 1
                )
            });
        }
    }

    fn lock(&self) -> MutexGuard<'_, Leave> {
        self.leave.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call at the factory.
pub(crate) struct Call(Arc<Fate>);

impl Drop for Call {
    fn drop(&mut self) {
        self.0.lock().in_flight -= 1;
    }
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "instance {}.{}", self.instance, self.incarnation)
    }
}
