//! The results as a picture: where a bar is promised, how far we are from it; where a figure grows with the data, its
//! curve. SVG without a library: it is a few lines and some text.

use crate::row::{Row, Threshold};
use anyhow::Context;
use std::{fmt::Write, fs, path::Path};

mod bars;
mod curves;

/// Draws all of it: bars into this file, and curves into one beside it if there are both.
pub fn write(rows: &[Row], path: &Path) -> anyhow::Result<()> {
    let is_promised = |row: &&Row| !matches!(row.threshold, Threshold::Anything);
    let bars: Vec<_> = rows.iter().filter(is_promised).collect();
    let curves: Vec<_> = rows.iter().filter(|row| row.bar == "scale").collect();
    let save = |picture: Picture, path: &Path| {
        fs::write(path, picture.finish()).with_context(|| format!("{} cannot be written", path.display()))
    };
    match (bars.is_empty(), curves.is_empty()) {
        (true, true) => Ok(()),
        (true, false) => save(curves::draw(&curves), path),
        (false, true) => save(bars::draw(&bars), path),
        (false, false) => {
            save(bars::draw(&bars), path)?;
            save(curves::draw(&curves), &path.with_extension("scale.svg"))
        }
    }
}

/// Names of colours, readable on white and for people who cannot tell red from green.
const COLOURS: [&str; 6] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"];
const INK: &str = "#333";

struct Picture {
    width: f64,
    height: f64,
    drawn: String,
}

impl Picture {
    fn new(width: f64, height: f64) -> Self {
        Self { width, height, drawn: String::new() }
    }

    fn line(&mut self, from: (f64, f64), to: (f64, f64), colour: &str, thick: f64) {
        // Writing to a string cannot fail; nor below.
        let _ = writeln!(
            self.drawn,
            r#"<line x1="{:.1}" y1="{:.1}" x2="{:.1}" y2="{:.1}" stroke="{colour}" stroke-width="{thick}"/>"#,
            from.0, from.1, to.0, to.1
        );
    }

    fn dot(&mut self, at: (f64, f64), colour: &str) {
        let _ = writeln!(self.drawn, r#"<circle cx="{:.1}" cy="{:.1}" r="4" fill="{colour}"/>"#, at.0, at.1);
    }

    fn text(&mut self, at: (f64, f64), anchor: &str, text: &str) {
        let text = text.replace('&', "&amp;").replace('<', "&lt;");
        let _ = writeln!(
            self.drawn,
            r#"<text x="{:.1}" y="{:.1}" text-anchor="{anchor}" fill="{INK}">{text}</text>"#,
            at.0, at.1
        );
    }

    fn finish(self) -> String {
        let Self { width, height, drawn } = self;
        format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="white"/>
{drawn}</svg>
"#
        )
    }
}
