//! What a request is made of, as far as it can be had alone. `benches/micro.rs` measures the time of each with divan,
//! and `bench micro` counts instructions, which are the same on a busy machine.

use domain::{Bitcoin, Menu, MenuId, MenuItem, price_items};
use resilience::{Circuit, CircuitConfig};
use std::{hint::black_box, time::Instant};

/// Something small that happens again and again.
pub type Step = Box<dyn FnMut()>;

/// The name of one, and what makes it ready.
pub type Named = (&'static str, fn() -> Step);

/// All of them.
pub const STEPS: [Named; 3] = [
    ("circuit: acquire and succeed", circuit),
    ("order: its items priced", pricing),
    ("log: a body redacted", redaction),
];

fn circuit() -> Step {
    let now = Instant::now();
    let circuit = Circuit::new(CircuitConfig::default(), now, 1, |_| {});
    Box::new(move || {
        if let Ok(permit) = black_box(&circuit).acquire(black_box(now)) {
            permit.succeed(black_box(now));
        }
    })
}

fn menu() -> Menu {
    let item = |id: i64| MenuItem {
        id: MenuId(id),
        title: format!("Pizza {id}"),
        image: format!("pizza{id}.png"),
        price: Bitcoin::from_satoshi(380_000 + id),
        description: "A garden of delight".to_owned(),
    };
    Menu((1..=5).map(item).collect())
}

fn pricing() -> Step {
    let menu = menu();
    Box::new(move || {
        let _ = black_box(price_items(black_box(&menu), black_box(&[MenuId(1), MenuId(5)])));
    })
}

fn redaction() -> Step {
    let body = br#"{"name":"pizza diner","email":"d@jwt.com","password":"diner"}"#;
    Box::new(move || {
        black_box(telemetry::redact::body(black_box(body), &["a-key-of-the-factory"]));
    })
}
