//! What a break came to, and how people read it.

use crate::{Mutation, TestRun};
use std::{fmt::Write, time::Duration};

/// One break that was tried.
#[derive(Clone, Debug)]
pub struct Catch {
    /// The break.
    pub mutation: Mutation,
    /// How its test went.
    pub run: TestRun,
    /// How long building and testing took.
    pub took: Duration,
}

impl Catch {
    /// Whether the test noticed. What does not compile is no break.
    pub fn caught(&self) -> bool {
        matches!(self.run, TestRun::Failed(_) | TestRun::Hung)
    }

    /// How it went, in words.
    pub fn verdict(&self) -> String {
        match &self.run {
            TestRun::Passed => "SURVIVED".to_owned(),
            TestRun::Failed(words) if words.is_empty() => "caught".to_owned(),
            TestRun::Failed(words) => format!("caught: {words}"),
            TestRun::Hung => "caught: it hangs".to_owned(),
            TestRun::NotBuilt(errors) => format!("DEFECT, does not compile: {errors}"),
            TestRun::Missing => "DEFECT, no such test".to_owned(),
        }
    }
}

/// The table for docs/proof.md.
pub fn markdown(catches: &[Catch]) -> String {
    let mut table = String::from("| what is broken | where | the test that notices | |\n|---|---|---|---|\n");
    for catch in catches {
        let Mutation { breaks, file, package, program, test, .. } = &catch.mutation;
        let verdict = if catch.caught() { "caught".to_owned() } else { catch.verdict() };
        let program = if program == "lib" { String::new() } else { format!(" {program}") };
        // Writing to a text does not fail.
        let _ = writeln!(table, "| {breaks} | `{file}` | `{package}{program}` `{test}` | {verdict} |");
    }
    let caught = catches.iter().filter(|catch| catch.caught()).count();
    let _ = writeln!(table, "\n{caught} of {} caught.", catches.len());
    table
}
