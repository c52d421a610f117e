//! The table fits the tree: a row whose code has changed is mended with the code, not found out in the night.
#![allow(clippy::unwrap_used)]

use mutations::{Catch, Mutation, Table, TestRun, Tree, markdown};
use std::{fs, path::Path, time::Duration};

fn workspace() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn row(file: &str, find: &str, test: &str) -> Mutation {
    Mutation {
        name: "a".to_owned(),
        breaks: "something".to_owned(),
        file: file.to_owned(),
        find: find.to_owned(),
        replace: "false".to_owned(),
        also: vec![],
        package: "p".to_owned(),
        program: "lib".to_owned(),
        test: test.to_owned(),
    }
}

/// A tree of one package with one test.
fn tree() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("crates/p/src");
    fs::create_dir_all(&source).unwrap();
    fs::write(source.join("lib.rs"), "fn right() -> bool { true }\nfn it_is_right() {}\n").unwrap();
    folder
}

#[test]
fn every_row_fits_the_tree() {
    let table = Table::read(&workspace().join("crates/mutations/mutations.toml")).unwrap();
    let defects: Vec<_> = table.defects(&workspace()).iter().map(ToString::to_string).collect();
    assert!(defects.is_empty(), "{defects:#?}");
    assert!(table.mutations.len() >= 25);
}

#[test]
fn a_row_that_does_not_fit_is_a_defect() {
    let (tree, file) = (tree(), "crates/p/src/lib.rs");
    let defects = |row: Mutation| Table { mutations: vec![row] }.defects(tree.path()).len();
    assert_eq!(defects(row(file, "true", "it_is_right")), 0);
    assert_eq!(defects(row(file, "maybe", "it_is_right")), 1, "it is not there");
    assert_eq!(defects(row(file, "right()", "it_is_right")), 1, "it is there twice");
    assert_eq!(defects(row(file, "true", "it_is_wrong")), 1, "no such test");
    assert_eq!(defects(row("crates/p/src/main.rs", "true", "it_is_right")), 1, "no such file");
    let twice = Table { mutations: vec![row(file, "true", "it_is_right"); 2] };
    assert_eq!(twice.defects(tree.path()).len(), 1, "one name for two");
}

#[test]
fn a_copy_is_broken_and_made_whole_and_the_original_never_touched() {
    let (original, copy, file) = (tree(), tempfile::tempdir().unwrap(), "crates/p/src/lib.rs");
    let git = |args: &[&str]| {
        let ended = std::process::Command::new("git").arg("-C").arg(original.path()).args(args).status();
        assert!(ended.unwrap().success());
    };
    git(&["init", "--quiet"]);
    git(&["add", file]);
    fs::write(copy.path().join("left.rs"), "from another time").unwrap();
    let tree = Tree::copy(original.path(), copy.path()).unwrap();
    assert!(!copy.path().join("left.rs").exists());
    let (here, there) = (original.path().join(file), copy.path().join(file));
    let whole = fs::read_to_string(&here).unwrap();
    tree.break_with(&row(file, "true", "it_is_right")).unwrap();
    assert!(fs::read_to_string(&there).unwrap().contains("false"));
    assert_eq!(fs::read_to_string(&here).unwrap(), whole);
    tree.refresh(file).unwrap();
    assert_eq!(fs::read_to_string(&there).unwrap(), whole);
}

#[test]
fn only_a_test_that_ran_and_failed_is_a_catch() {
    let catch = |run| Catch { mutation: row("f", "true", "t"), run, took: Duration::ZERO };
    let runs = [
        (TestRun::Failed("it was 3".to_owned()), true),
        (TestRun::Hung, true),
        (TestRun::Passed, false),
        (TestRun::NotBuilt("error".to_owned()), false),
        (TestRun::Missing, false),
    ];
    for (run, caught) in runs {
        assert_eq!(catch(run.clone()).caught(), caught, "{run:?}");
    }
    let table = markdown(&[catch(TestRun::Hung), catch(TestRun::Passed)]);
    assert!(table.contains("| something | `f` | `p` `t` | caught |"), "{table}");
    assert!(table.contains("SURVIVED") && table.contains("1 of 2 caught."), "{table}");
}
