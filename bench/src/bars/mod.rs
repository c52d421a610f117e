//! The bars, a file each, and what else there is to know.

mod instances;
pub mod micro;
mod p01_menu;
mod p02_session;
mod p03_intake;
mod p04_mariadb;
mod p05_pizza;
mod p06_outage;
mod p07_drain;
mod p08_logins;
mod p09_memory;
mod p10_start;
mod p11_telemetry;
mod p12_history;
mod p13_circuit;
mod p14_calls;
mod p15_build;
mod scale;

use crate::{bench::Bench, row::Row};

/// One bar.
pub struct Bar {
    /// Its name, like P3.
    pub name: &'static str,
    /// What it is about.
    pub what: &'static str,
    /// Measures it.
    pub measure: fn(&Bench) -> anyhow::Result<Vec<Row>>,
}

/// All that can be measured, in the order of docs/performance.md.
pub const ALL: &[Bar] = &[
    Bar { name: "P1", what: "the menu, beside a bare HTTP server", measure: p01_menu::measure },
    Bar {
        name: "P2",
        what: "a read with a session, beside a bare HTTP server",
        measure: p02_session::measure,
    },
    Bar {
        name: "P3",
        what: "orders while the kitchen is closed, beside a bare durable writer",
        measure: p03_intake::measure,
    },
    Bar {
        name: "P4",
        what: "the same on MariaDB, beside a bare multi-row writer",
        measure: p04_mariadb::measure,
    },
    Bar { name: "P5", what: "orders made into pizzas, beside bare RSA signing", measure: p05_pizza::measure },
    Bar { name: "P6", what: "an outage, as diners feel it, beside a good day", measure: p06_outage::measure },
    Bar { name: "P7", what: "the drain of a backlog, beside its factory", measure: p07_drain::measure },
    Bar { name: "P8", what: "logins, and orders during a flood of them", measure: p08_logins::measure },
    Bar { name: "P9", what: "memory, idle and after every kind of load", measure: p09_memory::measure },
    Bar {
        name: "P10",
        what: "from start to ready, empty and with a long history",
        measure: p10_start::measure,
    },
    Bar {
        name: "P11",
        what: "everything told to a collector, beside nothing told to nobody",
        measure: p11_telemetry::measure,
    },
    Bar {
        name: "P12",
        what: "orders and history after ten million orders, beside ten thousand",
        measure: p12_history::measure,
    },
    Bar { name: "P13", what: "what a call pays for the circuit", measure: p13_circuit::measure },
    Bar { name: "P14", what: "calls to the factory during an outage", measure: p14_calls::measure },
];

/// What takes so long that it is measured only when it is named.
pub const WHEN_NAMED: &[Bar] = &[
    Bar { name: "P15", what: "how long a build takes", measure: p15_build::measure },
    Bar { name: "scale", what: "how costs grow with the data", measure: scale::measure },
    Bar { name: "instances", what: "what instances on one database take in", measure: instances::measure },
    Bar { name: "micro", what: "instructions of steps and requests", measure: micro::measure },
];

/// The bar of this name, in either case.
pub fn named(name: &str) -> Result<&'static Bar, String> {
    let all = || ALL.iter().chain(WHEN_NAMED);
    all().find(|bar| bar.name.eq_ignore_ascii_case(name)).ok_or_else(|| {
        let names: Vec<_> = all().map(|bar| bar.name).collect();
        format!("there is no such bar; there are {}", names.join(", "))
    })
}
