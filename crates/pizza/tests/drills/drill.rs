//! `pizza drill run`, as a person would run it, and what it wrote.

use ::drill::DrillResult;
use std::{path::PathBuf, process::Output};
use tempfile::TempDir;
use test_kit::command;
use tokio::sync::Semaphore;

/// Drills at one time. Their times are real, and a machine has few cores.
pub static PLACES: Semaphore = Semaphore::const_new(ALL);
/// Whoever takes all has the machine for itself.
const ALL: usize = 2;
/// A machine whose timers were late by so many seconds tells nothing about a service.
const STILL: f64 = 1.0;
const TRIES: u32 = 4;

/// A drill that was run.
pub struct Ran {
    pub result: DrillResult,
    pub shown: String,
    pub folder: TempDir,
}

/// How a drill is run.
pub struct Run {
    arguments: Vec<String>,
    places: u32,
}

impl Run {
    /// A shipped one, or that of a file.
    pub fn of(name: &str, speed: u32) -> Self {
        let arguments = ["drill", "run", name, "--speed", &speed.to_string()];
        Self { arguments: arguments.map(str::to_owned).into(), places: 1 }
    }

    /// With the machine for itself.
    pub fn undisturbed(mut self) -> Self {
        self.places = ALL as u32;
        self
    }

    /// With more flags.
    pub fn with(mut self, flags: &[&str]) -> Self {
        self.arguments.extend(flags.iter().map(|flag| (*flag).to_owned()));
        self
    }

    /// Runs it to its end, which must be a good one; again, if the machine stood still meanwhile: that is nobody's fault
    /// who is under drill.
    pub async fn play(self) -> Ran {
        let _place = PLACES.acquire_many(self.places).await.unwrap();
        let mut ran = self.once().await;
        for _ in 1..TRIES {
            if ran.result.score.hiccup < STILL {
                break;
            }
            println!("once more: the machine stood still for {} s", ran.result.score.hiccup);
            ran = self.once().await;
        }
        ran
    }

    async fn once(&self) -> Ran {
        let folder = TempDir::new().unwrap();
        let out = folder.path().to_str().unwrap().to_owned();
        let output = pizza(self.arguments.iter().cloned().chain(["--out".to_owned(), out]).collect()).await;
        let shown = String::from_utf8(output.stdout).unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}\n{errors}", output.status);
        println!("{shown}");
        let result = std::fs::read_to_string(folder.path().join("result.json")).unwrap();
        Ran { result: serde_json::from_str(&result).unwrap(), shown, folder }
    }
}

impl Ran {
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.file(name)).unwrap()
    }

    /// What our service promises in every drill.
    pub fn nobody_lost_an_order(&self) {
        let score = &self.result.score;
        assert!(score.placed >= 20, "only {} orders: this proves nothing", score.placed);
        assert_eq!(score.acknowledged, score.placed, "{score:?}");
        assert_eq!((score.lost, score.doubled, score.counterfeits), (0, 0, Some(0)), "{score:?}");
        assert_eq!(score.fulfilled + score.quarantined, score.placed, "{score:?}");
        assert_eq!(score.rejected, 0, "{score:?}");
        // The better letters are about times too, which a busy machine spoils.
        assert_ne!(self.result.grade.letter, 'F', "{:?}", self.result.grade);
    }

    /// Somebody was woken, and the alert is over.
    pub fn somebody_was_told(&self) {
        let score = &self.result.score;
        for found in [score.to_pending, score.to_alerting, score.to_notification, score.to_normal] {
            assert!(found.seconds().is_some(), "{score:?}");
        }
    }

    /// Somebody was killed and came back, so many times.
    pub fn had(&self, killed: &str, back: &str, times: usize) {
        let marks = |text: &str| self.result.marks.iter().filter(|mark| mark.text == text).count();
        assert_eq!((marks(killed), marks(back)), (times, times), "{:?}", self.result.marks);
    }

    /// While none could succeed.
    pub fn the_factory_was_left_alone(&self) {
        let calls = self.result.score.calls_per_order_in_total_outage.unwrap();
        assert!(calls < 0.6, "{calls} calls for each order");
    }
}

/// Runs the program.
pub async fn pizza(arguments: Vec<String>) -> Output {
    let run = move || command(env!("CARGO_BIN_EXE_pizza")).args(arguments).output().unwrap();
    tokio::task::spawn_blocking(run).await.unwrap()
}
