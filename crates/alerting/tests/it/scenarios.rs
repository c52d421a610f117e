//! What can happen to a pizza service.

use crate::{replay::Replay, world::World};

const OUTAGE_BEGINS: u64 = 10 * 60;
const OUTAGE_ENDS: u64 = 22 * 60;

/// Every scenario.
pub fn all() -> Vec<Replay> {
    let mut all = vec![
        second_of_december(),
        outage_without_diners(),
        flapping(),
        no_traffic(),
        counter_resets(),
        slow(),
        queue_growth(),
        slo_burn(),
        login_surge(),
        worker_without_heartbeat(),
        worker_that_dispatches_nothing(),
        intake_failing(),
        quarantine(),
        forced_open(),
        service_down(),
        one_of_two_instances(),
    ];
    all.extend((1..=3).map(chance));
    all
}

/// The incident report: ten minutes of health, 500s for twelve minutes, recovery and drain. 10:00 is second 0.
pub fn second_of_december() -> Replay {
    outage("the outage of 2 December", 40, OUTAGE_BEGINS)
}

/// An outage that begins at this second, seen for so many minutes.
pub fn outage(name: &'static str, minutes: u64, begins: u64) -> Replay {
    let mut kitchen = Kitchen::default();
    Replay::of(name, minutes, move |world, now| {
        kitchen.second(world, now, (begins..OUTAGE_ENDS).contains(&now), true);
    })
}

/// The trap of a ratio: the diners go home and nothing is counted any more, but the circuit is still open.
pub fn outage_without_diners() -> Replay {
    let mut kitchen = Kitchen::default();
    Replay::of("an outage whose diners go home", 25, move |world, now| {
        kitchen.second(world, now, (300..1200).contains(&now), now < 400);
    })
}

/// A factory that works for fifty seconds now and then.
pub fn flapping() -> Replay {
    Replay::of("flapping", 30, |world, now| {
        let works = !(300..1200).contains(&now) || now % 150 >= 100;
        if works { world.order_made() } else { world.factory_call("failure") }
    })
}

/// An hour and more of orders, then none.
pub fn no_traffic() -> Replay {
    Replay::of("no traffic", 130, |world, now| {
        if now < 4200 && now.is_multiple_of(10) {
            world.order_made();
        }
        if now == 7200 {
            world.order_made();
        }
    })
}

/// The process starts again, in health and in an outage.
pub fn counter_resets() -> Replay {
    Replay::of("counter resets", 30, |world, now| {
        if matches!(now, 400 | 407 | 1000) {
            world.start();
        }
        if (900..1200).contains(&now) {
            world.factory_call("timeout")
        } else {
            world.order_made()
        }
        if now.is_multiple_of(7) {
            world.order_request("5xx");
        }
    })
}

/// One route of three is slow for a quarter of an hour.
pub fn slow() -> Replay {
    Replay::of("slow", 40, |world, now| {
        let slow = (300..1200).contains(&now);
        world.answer("/api/order/menu", if slow && now.is_multiple_of(20) { 3.0 } else { 0.01 });
        world.answer("/api/docs", 0.3);
        if now.is_multiple_of(60) {
            // Slow, and too rare to say so.
            world.answer("/api/franchise", 8.0);
        }
    })
}

/// More orders than pizzas for a quarter of an hour, though the circuit stays closed.
pub fn queue_growth() -> Replay {
    let mut depth = 0_u64;
    Replay::of("queue growth", 45, move |world, now| {
        world.dispatched(1.0);
        match now {
            300..1200 if now.is_multiple_of(3) => depth += 1,
            1800.. => depth = depth.saturating_sub(1),
            _ => {}
        }
        world.queue(depth, if depth > 0 { depth * 3 } else { 0 });
    })
}

/// Most orders take too long, for more than an hour.
pub fn slo_burn() -> Replay {
    Replay::of("SLO burn", 110, |world, now| {
        let bad = (600..4800).contains(&now) && !now.is_multiple_of(10);
        if now.is_multiple_of(2) {
            world.slo(if bad { "missed" } else { "met" });
        }
    })
}

/// An hour with the usual typing errors, then somebody tries passwords.
pub fn login_surge() -> Replay {
    Replay::of("login surge", 100, |world, now| {
        world.login("success");
        if now.is_multiple_of(30) {
            world.login("failure");
        }
        if (4200..4800).contains(&now) {
            world.login("failure");
            world.login("throttled");
        }
    })
}

/// The worker hangs.
pub fn worker_without_heartbeat() -> Replay {
    Replay::of("a worker that hangs", 20, |world, now| {
        world.heartbeat(if (300..720).contains(&now) { 300 } else { now });
    })
}

/// The worker goes round and takes nothing from the queue.
pub fn worker_that_dispatches_nothing() -> Replay {
    Replay::of("a worker that takes nothing", 25, |world, now| {
        let stuck = (300..900).contains(&now);
        if !stuck {
            world.dispatched(1.0);
        }
        world.queue(u64::from(stuck) * 5, if stuck { now - 300 } else { 0 });
    })
}

/// One order in ten is answered with an error of ours.
pub fn intake_failing() -> Replay {
    Replay::of("order intake failing", 25, |world, now| {
        let fails = (300..600).contains(&now) && now.is_multiple_of(10);
        world.order_request(if fails { "5xx" } else { "2xx" });
        if now == 1000 || now == 1010 {
            // Two are not enough to wake anybody.
            world.order_request("5xx");
        }
    })
}

/// An order waits for a person.
pub fn quarantine() -> Replay {
    Replay::of("quarantine", 15, |world, now| world.quarantined(u64::from((200..500).contains(&now))))
}

/// Somebody opens the circuit by hand.
pub fn forced_open() -> Replay {
    Replay::of("forced open", 15, |world, now| {
        world.circuit(if (200..500).contains(&now) { "forced_open" } else { "closed" });
    })
}

/// The service does not answer, then is gone altogether.
pub fn service_down() -> Replay {
    Replay::of("service down", 25, |world, now| {
        world.order_made();
        world.reachable(!(300..500).contains(&now));
        if now == 800 {
            world.vanish();
        }
        if (800..1100).contains(&now) {
            world.vanish();
        }
        if now == 1100 {
            world.start();
        }
    })
}

/// One of two instances has troubles of its own, and leaves.
pub fn one_of_two_instances() -> Replay {
    Replay::of("one of two instances", 25, |world, now| {
        world.order_made();
        world.at("b:9000");
        match now {
            60 => world.start(),
            61..300 => world.heartbeat(now),
            600 => world.circuit("open"),
            900 => world.vanish(),
            _ => {}
        }
        world.at("a:9000");
    })
}

/// Anything, from a seed.
fn chance(seed: u64) -> Replay {
    let mut dice = Dice(seed);
    let name = ["chance 1", "chance 2", "chance 3"][(seed as usize - 1) % 3];
    Replay::of(name, 90, move |world, now| {
        world.at(["a:9000", "b:9000"][dice.roll(2)]);
        for _ in 0..dice.roll(3) {
            world.factory_call(["success", "failure", "timeout"][dice.roll(3)]);
            world.order(["fulfilled", "queued", "refused"][dice.roll(3)]);
            world.order_request(["2xx", "4xx", "5xx"][dice.roll(3)]);
            world.slo(["met", "missed", "missed", "missed"][dice.roll(4)]);
            world.login(["success", "failure", "throttled"][dice.roll(3)]);
            world.answer(["/a", "/b", "/c"][dice.roll(3)], dice.roll(4000) as f64 / 1000.0);
        }
        match dice.roll(400) {
            0..5 => world.circuit(["closed", "open", "half_open", "forced_open"][dice.roll(4)]),
            5..20 => world.queue(dice.roll(60) as u64, dice.roll(600) as u64),
            20..25 => world.quarantined(dice.roll(2) as u64),
            25..30 => world.dispatched(1.0),
            30..32 => world.start(),
            32 => world.vanish(),
            33 => world.reachable(false),
            34..40 => world.reachable(true),
            40..43 => world.unseen = true,
            43..60 => world.unseen = false,
            60..200 => world.heartbeat(now),
            _ => {}
        }
        world.at("a:9000");
    })
}

/// A kitchen with a circuit breaker, as its metrics show it.
#[derive(Default)]
struct Kitchen {
    /// When each queued order was placed.
    queue: std::collections::VecDeque<u64>,
    failures: u32,
    /// When the circuit tries again, if it is open.
    probe_at: Option<u64>,
    open_for: u64,
    /// When the circuit closed.
    closed_at: u64,
}

impl Kitchen {
    fn second(&mut self, world: &mut World, now: u64, factory_is_down: bool, diner_orders: bool) {
        match self.probe_at {
            Some(probe_at) if now >= probe_at => self.probe(world, now, factory_is_down),
            Some(_) => world.circuit("open"),
            None => {}
        }
        if diner_orders {
            self.order(world, now, factory_is_down);
        }
        if self.probe_at.is_none() && !factory_is_down {
            // More and more at a time.
            for _ in 0..((now - self.closed_at) / 10).min(10) {
                if self.queue.pop_front().is_some() {
                    world.order_drained();
                }
            }
        }
        if diner_orders && now >= 60 {
            let late = self.queue.front().is_some_and(|placed| now - placed >= 60);
            world.slo(if late { "missed" } else { "met" });
        }
        let oldest = self.queue.front().map_or(0, |placed| now - placed);
        world.queue(self.queue.len() as u64, oldest);
    }

    fn order(&mut self, world: &mut World, now: u64, factory_is_down: bool) {
        if self.probe_at.is_some() {
            world.order_short_circuited();
            self.queue.push_back(now);
        } else if factory_is_down {
            for _ in 0..3 {
                world.factory_call("failure");
            }
            self.failures += 3;
            world.order("queued");
            world.order_request("2xx");
            self.queue.push_back(now);
            if self.failures >= 5 {
                self.open_for = 5;
                self.probe_at = Some(now + self.open_for);
                world.circuit("open");
            }
        } else {
            world.order_made();
        }
    }

    fn probe(&mut self, world: &mut World, now: u64, factory_is_down: bool) {
        world.circuit("half_open");
        world.dispatched(1.0);
        if factory_is_down {
            world.factory_call("failure");
            self.open_for = (self.open_for * 2).min(60);
            self.probe_at = Some(now + self.open_for);
        } else {
            world.factory_call("success");
            world.circuit("closed");
            *self = Self { queue: std::mem::take(&mut self.queue), closed_at: now, ..Self::default() };
        }
    }
}

/// Numbers that are the same everywhere: a linear congruential generator (Knuth's MMIX).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % sides) as usize
    }
}
