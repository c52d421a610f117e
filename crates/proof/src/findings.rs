//! What an experiment found out.

use comfy_table::{CellAlignment, Table, presets::NOTHING};

/// Figures for people, what was broken, and pictures.
#[derive(Default)]
pub struct Findings {
    /// What was counted and measured, in reading order.
    pub figures: Vec<(String, String)>,
    /// Promises that were not kept. None is what is hoped for.
    pub broken: Vec<String>,
    /// Files with their contents: charts as SVG.
    pub files: Vec<(&'static str, String)>,
}

impl Findings {
    pub(crate) fn figure(&mut self, name: &str, value: impl ToString) {
        self.figures.push((name.to_owned(), value.to_string()));
    }

    pub(crate) fn require(&mut self, kept: bool, otherwise: impl FnOnce() -> String) {
        if !kept {
            self.broken.push(otherwise());
        }
    }

    /// As it is shown on a terminal.
    pub fn in_words(&self) -> String {
        let mut table = Table::new();
        table.load_style(NOTHING);
        for (name, value) in &self.figures {
            table.add_row([name, value]);
        }
        if let Some(names) = table.column_mut(0) {
            names.set_cell_alignment(CellAlignment::Left);
        }
        let verdict = match self.broken.as_slice() {
            [] => "Every promise was kept.".to_owned(),
            broken => format!("BROKEN:\n  {}", broken.join("\n  ")),
        };
        format!("{table}\n\n{verdict}")
    }
}
