//! docs/security.md names every test of this suite, and no test that is not there.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
const SUITE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/security");

#[test]
fn tests_in_the_document_that_do_not_exist() {
    for (file, test) in named() {
        let source = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        assert!(tests(&source).any(|name| name == test), "{test} is not in {}", file.display());
    }
}

#[test]
fn tests_of_this_suite_that_are_not_in_the_document() {
    let named: BTreeSet<_> = named().into_iter().collect();
    let mut count = 0;
    for entry in fs::read_dir(SUITE).unwrap() {
        let file = entry.unwrap().path();
        for test in tests(&fs::read_to_string(&file).unwrap()) {
            assert!(named.contains(&(file.clone(), test.to_owned())), "{test} of {}", file.display());
            count += 1;
        }
    }
    assert!(count > 60, "only {count} tests were found");
}

#[test]
fn holes_without_a_test() {
    let document = document();
    let holes = document.lines().skip_while(|line| !line.starts_with("## Holes"));
    let holes = holes.take_while(|line| !line.starts_with("## ASVS"));
    let rows: Vec<_> = holes.filter(|line| line.starts_with("| ") && !line.starts_with("| hole")).collect();
    assert!(rows.len() > 40, "only {} holes were found", rows.len());
    for row in rows {
        assert!(row.contains("::"), "{row}");
    }
}

fn document() -> String {
    fs::read_to_string(Path::new(ROOT).join("docs/security.md")).unwrap()
}

/// Every test that the document names: `module::test` of this suite, or `path/of/a/file.rs::test` of another.
fn named() -> Vec<(PathBuf, String)> {
    let document = document();
    let spans = document.split('`').skip(1).step_by(2);
    let named = spans.filter_map(|span| span.split_once("::"));
    let named = named.map(|(file, test)| match file.contains('/') {
        true => (Path::new(ROOT).join(file), test.to_owned()),
        false => (Path::new(SUITE).join(file).with_extension("rs"), test.to_owned()),
    });
    named.collect()
}

/// The names of the tests in a source file.
fn tests(source: &str) -> impl Iterator<Item = &str> {
    let marks = ["#[test]\n", "#[tokio::test]\n", "#[tokio::test(flavor = \"multi_thread\")]\n"];
    let marked = marks.into_iter().flat_map(|mark| source.split(mark).skip(1));
    marked.filter_map(|after| {
        let (_, name) = after.lines().find(|line| line.contains("fn "))?.split_once("fn ")?;
        name.split('(').next()
    })
}
