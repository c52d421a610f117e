//! Every target over its committed corpus, and over mutations of it that are the same in every run.

#![allow(clippy::unwrap_used)]

use fastrand::Rng;
use fuzz_targets::{TARGETS, Target};
use std::{
    collections::BTreeSet,
    fs, panic,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// Of each target. A debug build makes most of them within a second.
const MUTATIONS: usize = 2_000;
/// A target that is slow is cut short, so that the test is not.
const LONGEST: Duration = Duration::from_secs(3);
const MOST_BYTES: usize = 4_096;

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz")
}

fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = fuzz().join("corpus").join(name);
    let mut files: Vec<_> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files.iter().map(|file| fs::read(file).unwrap()).collect()
}

#[test]
fn what_must_hold_holds_for_the_corpus_and_mutations_of_it() {
    for target in TARGETS {
        try_target(target, MUTATIONS, LONGEST);
    }
}

#[test]
#[ignore = "a minute for each target, where there is no nightly toolchain for scripts/fuzz"]
fn what_must_hold_holds_for_as_many_mutations_as_a_minute_has() {
    for target @ (name, _) in TARGETS {
        println!("{name}: {} executions", try_target(target, usize::MAX, Duration::from_secs(60)));
    }
}

/// The corpus, and so many mutations of it, or as many as this time has; how many that were.
fn try_target(target: &Target, mutations: usize, time: Duration) -> usize {
    let seeds = corpus(target.0);
    assert!(!seeds.is_empty(), "{} has no seeds", target.0);
    for seed in &seeds {
        hold(target, seed);
    }
    let (mut rng, begun) = (Rng::with_seed(20_251_202), Instant::now());
    for number in 0..mutations {
        hold(target, &mutated(&seeds, &mut rng));
        if begun.elapsed() > time {
            return number + 1;
        }
    }
    mutations
}

/// Runs one, and says on what bytes it failed.
fn hold((name, target): &Target, bytes: &[u8]) {
    if panic::catch_unwind(|| target(bytes)).is_err() {
        panic!("{name} fails on b\"{}\"", bytes.escape_ascii());
    }
}

fn mutated(seeds: &[Vec<u8>], rng: &mut Rng) -> Vec<u8> {
    let mut bytes = seeds[rng.usize(..seeds.len())].clone();
    for _ in 0..rng.usize(1..6) {
        let at = rng.usize(..=bytes.len());
        match rng.u8(..6) {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, rng.u8(..)),
            2 if at < bytes.len() => bytes[at] ^= 1 << rng.u8(..8),
            3 if at < bytes.len() => _ = bytes.remove(at),
            4 => {
                let other = &seeds[rng.usize(..seeds.len())];
                let from = rng.usize(..=other.len());
                bytes.truncate(at);
                bytes.extend_from_slice(&other[from..]);
            }
            _ => {
                let interesting: [&[u8]; 8] = [
                    b"\0",
                    b"\xff",
                    b"-1",
                    b"9223372036854775808",
                    b"1e999",
                    b"\r\n",
                    "\u{feff}₿".as_bytes(),
                    b"\"\\",
                ];
                let part = interesting[rng.usize(..interesting.len())];
                bytes.splice(at..at, part.iter().copied());
            }
        }
    }
    bytes.truncate(MOST_BYTES);
    bytes
}

#[test]
fn every_target_has_a_program_and_a_corpus_and_every_program_is_a_target() {
    let names: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names.len(), TARGETS.len());
    let in_folder = |folder: &str| -> BTreeSet<String> {
        let entries = fs::read_dir(fuzz().join(folder)).unwrap();
        entries
            .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
            .collect()
    };
    assert_eq!(in_folder("fuzz_targets"), names);
    assert_eq!(in_folder("corpus"), names);
    let manifest = fs::read_to_string(fuzz().join("Cargo.toml")).unwrap();
    for name in &names {
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
    }
}
