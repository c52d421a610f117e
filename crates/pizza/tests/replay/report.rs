//! The incident's own report, read as a person reads it.

use jiff::{Timestamp, civil::Time, tz::TimeZone};

/// Markdown, taken apart.
pub struct Report {
    pub text: String,
    /// Each section's title and body, in order.
    pub sections: Vec<(String, String)>,
}

impl Report {
    pub fn read(text: String) -> Self {
        let mut parts = text.split("\n## ");
        let _header = parts.next();
        let section = |part: &str| {
            let (title, body) = part.split_once('\n').unwrap();
            (title.to_owned(), body.to_owned())
        };
        let sections = parts.map(section).collect();
        Self { text, sections }
    }

    /// What is above the first section.
    pub fn header(&self) -> &str {
        self.text.split("\n## ").next().unwrap_or_default()
    }

    #[track_caller]
    pub fn section(&self, title: &str) -> &str {
        let section = self.sections.iter().find(|(known, _)| known == title);
        &section.unwrap_or_else(|| panic!("no section {title} in\n{}", self.text)).1
    }

    /// The line of a section that begins like this (behind its bullet).
    #[track_caller]
    pub fn line(&self, section: &str, begins: &str) -> &str {
        let mut lines = self.section(section).lines().map(|line| line.trim_start().trim_start_matches("* "));
        let line = lines.find(|line| line.starts_with(begins));
        line.unwrap_or_else(|| panic!("no line \"{begins}\" in\n{}", self.section(section)))
    }

    /// The times of the timeline's lines that contain this.
    pub fn moments(&self, contains: &str) -> Vec<String> {
        let lines = self.section("Timeline").lines().filter_map(|line| {
            let (time, text) = line.strip_prefix("* **")?.split_once("** - ")?;
            text.contains(contains).then(|| time.to_owned())
        });
        lines.collect()
    }

    /// The number in the row of a table.
    #[track_caller]
    pub fn number(&self, row: &str) -> u64 {
        let begins = format!("| {row} | ");
        let mut lines = self.section("Impact").lines();
        let cell = lines.find_map(|line| line.strip_prefix(begins.as_str())?.strip_suffix(" |"));
        let cell = cell.unwrap_or_else(|| panic!("no row \"{row}\" in\n{}", self.section("Impact")));
        cell.replace(',', "").parse().unwrap_or_else(|_| panic!("{row}: {cell}"))
    }
}

/// How many seconds a time of the report is from a moment, whatever the day: the replay is far shorter than one.
#[track_caller]
pub fn seconds_from(moment: Timestamp, shown: &str) -> f64 {
    let clock = shown.rsplit(' ').next().unwrap();
    let time: Time = clock.parse().unwrap_or_else(|error| panic!("{shown}: {error}"));
    let day = f64::from(24 * 60 * 60);
    let seconds = |time: Time| time.duration_since(Time::midnight()).as_secs_f64();
    let apart = (seconds(time) - seconds(TimeZone::UTC.to_datetime(moment).time())).rem_euclid(day);
    if apart > day / 2.0 { apart - day } else { apart }
}
