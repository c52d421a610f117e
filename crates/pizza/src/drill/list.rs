//! `pizza drill list`.

use clap::Args;
use comfy_table::{Table, presets::NOTHING};
use drill::{SHIPPED, Scenario};
use std::time::Duration;

/// List the drills that come with the program.
#[derive(Args)]
pub struct List {}

impl List {
    pub fn run(self) -> anyhow::Result<()> {
        let mut table = Table::new();
        table.load_style(NOTHING).set_header(["name", "length", "at --speed 60", "what happens"]);
        for (name, _) in SHIPPED {
            let drill = Scenario::shipped(name)?;
            let length = drill.length();
            table.add_row([name.to_owned(), text(length), text(length / 60), drill.title]);
        }
        println!("{table}\n\nRun one: pizza drill run NAME, or pizza drill run FILE.toml for your own.");
        Ok(())
    }
}

fn text(length: Duration) -> String {
    let seconds = length.as_secs();
    if seconds >= 120 { format!("{} min", seconds / 60) } else { format!("{seconds} s") }
}
