//! The bars, a file each. P4, P7, P8, P11, P12 and P15 will join them when there is something to measure.

mod p01_menu;
mod p02_session;
mod p03_intake;
mod p05_pizza;
mod p06_outage;
mod p09_memory;
mod p10_start;
mod p13_circuit;
mod p14_calls;

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
    Bar { name: "P5", what: "orders made into pizzas, beside bare RSA signing", measure: p05_pizza::measure },
    Bar { name: "P6", what: "an outage, as diners feel it, beside a good day", measure: p06_outage::measure },
    Bar { name: "P9", what: "memory, idle and after every kind of load", measure: p09_memory::measure },
    Bar {
        name: "P10",
        what: "from start to ready, empty and with a long history",
        measure: p10_start::measure,
    },
    Bar { name: "P13", what: "what a call pays for the circuit", measure: p13_circuit::measure },
    Bar { name: "P14", what: "calls to the factory during an outage", measure: p14_calls::measure },
];

/// The bar of this name, in either case.
pub fn named(name: &str) -> Result<&'static Bar, String> {
    ALL.iter().find(|bar| bar.name.eq_ignore_ascii_case(name)).ok_or_else(|| {
        let names: Vec<_> = ALL.iter().map(|bar| bar.name).collect();
        format!("there is no such bar; there are {}", names.join(", "))
    })
}
