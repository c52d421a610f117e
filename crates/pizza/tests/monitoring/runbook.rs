//! Whoever is woken finds the chapter, and every command in it exists.

use crate::files::{rule_ids, text};
use factory_client::FailureKind;
use std::collections::BTreeSet;
use test_kit::{Installation, command};

fn runbook() -> String {
    text("docs/runbook.md")
}

fn anchors() -> Vec<String> {
    let runbook = runbook();
    let after = runbook.split("<a id=\"").skip(1);
    after.map(|rest| rest.split_once('"').unwrap().0.to_owned()).collect()
}

/// Each chapter of an alert: its anchor and its text.
fn chapters() -> Vec<(String, String)> {
    let runbook = runbook();
    let parts: Vec<&str> = runbook.split("<a id=\"").skip(1).collect();
    let chapters = parts.into_iter().map(|part| {
        let (anchor, text) = part.split_once("\"></a>\n").unwrap();
        (anchor.to_owned(), text.split("\n---\n").next().unwrap().to_owned())
    });
    chapters.collect()
}

/// Every command that begins with `pizza`, as words: in blocks of code and between backticks.
fn commands() -> BTreeSet<Vec<String>> {
    let runbook = runbook();
    let blocks = runbook.lines().filter(|line| line.starts_with("    ")).map(str::trim);
    let inline = runbook.split('`').skip(1).step_by(2);
    let starts = blocks.chain(inline).filter(|line| line.starts_with("pizza "));
    starts.map(|line| line.split_whitespace().skip(1).map(str::to_owned).collect()).collect()
}

#[test]
fn every_alert_has_its_chapter_in_order_and_no_chapter_is_without_an_alert() {
    assert_eq!(anchors(), rule_ids());
}

#[test]
fn a_chapter_says_all_that_somebody_who_was_woken_asks() {
    for (anchor, chapter) in chapters() {
        assert!(chapter.starts_with("## "), "{anchor}");
        let mut from = 0;
        for question in [
            "**What it means.**",
            "**What diners feel.**",
            "**What to look at.**",
            "**What to do",
            "**How to know it is over.**",
            "**Call for help**",
        ] {
            let at = chapter[from..].find(question);
            from += at.unwrap_or_else(|| panic!("{anchor} does not say, in its place: {question}"));
        }
        assert!(chapter.lines().count() < 70, "{anchor} is too long for three in the morning");
    }
}

#[test]
fn the_name_of_a_chapter_is_the_name_of_the_alert() {
    let rules = crate::files::yaml("deploy/alerts/grafana/alerting.yml");
    for rule in crate::files::list(&rules["groups"][0], "rules") {
        let (id, name) = (crate::files::word(rule, "uid"), crate::files::word(rule, "title"));
        let (_, chapter) = chapters().into_iter().find(|(anchor, _)| anchor == id).expect(id);
        assert!(chapter.starts_with(&format!("## {name} (")), "{id}: {name}");
    }
}

#[test]
fn links_within_the_page_lead_somewhere() {
    let (runbook, anchors) = (runbook(), anchors());
    let links: Vec<&str> = runbook.split("](#").skip(1).map(|rest| rest.split_once(')').unwrap().0).collect();
    assert!(links.len() > 15);
    for link in links {
        assert!(anchors.iter().any(|anchor| anchor == link), "{link}");
    }
}

#[test]
fn lines_are_short_enough_to_be_read_half_asleep() {
    for line in runbook().lines().filter(|line| !line.starts_with('|') && !line.starts_with("    ")) {
        assert!(line.chars().count() <= 120, "{line}");
    }
}

#[test]
fn the_chapter_of_the_factory_knows_every_way_in_which_it_fails() {
    let (_, chapter) = chapters().into_iter().next().unwrap();
    use FailureKind::*;
    let failures = [Connect, Timeout, Status, RateLimited, BadPizza, Unauthorized, Unreadable];
    for kind in failures.map(FailureKind::as_str).into_iter().chain(["bad_jwt", "keys_unavailable"]) {
        let rows = chapter.lines().filter(|line| line.starts_with('|'));
        let first_cells = rows.map(|row| row.split('|').nth(1).unwrap());
        assert!(first_cells.into_iter().any(|cell| cell.contains(&format!("`{kind}`"))), "{kind}");
    }
}

#[test]
fn every_command_is_one_of_the_programs() {
    let mut asked = 0;
    for words in commands() {
        let subcommand: Vec<&str> =
            words.iter().take(2).map(String::as_str).filter(|word| !word.starts_with('-')).collect();
        let output = command(env!("CARGO_BIN_EXE_pizza")).args(&subcommand).arg("--help").output().unwrap();
        let help = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "pizza {subcommand:?}");
        assert!(
            help.contains(&format!("Usage: pizza {}", subcommand.join(" "))),
            "pizza {subcommand:?}\n{help}"
        );
        for flag in words.iter().filter(|word| word.starts_with("--")) {
            assert!(help.contains(flag.as_str()), "pizza {subcommand:?} has no {flag}");
        }
        asked += 1;
    }
    assert!(asked >= 4, "{asked}");
}

#[tokio::test]
async fn every_path_is_one_of_the_apis() {
    let installation = Installation::start(env!("CARGO_BIN_EXE_pizza"), &[]).await.unwrap();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let document = http.get(installation.url("/api/openapi.json")).send().await.unwrap();
    let document: serde_json::Value = document.json().await.unwrap();
    let mut asked = 0;
    for line in runbook().lines() {
        for (at, _) in line.match_indices("api /api/").map(|(at, _)| (at + 4, ())).chain(direct(line)) {
            let path: String = line[at..].chars().take_while(|c| !" '`?\"".contains(*c)).collect();
            let path = path.replace("/12/", "/{id}/");
            let method = if line.contains("-X PUT") {
                "put"
            } else if line.contains("-X POST") {
                "post"
            } else {
                "get"
            };
            assert!(document["paths"][&path][method].is_object(), "{method} {path}: {line}");
            asked += 1;
        }
    }
    assert!(asked > 25, "{asked}");
}

/// Where in a line a path follows the address of the service.
fn direct(line: &str) -> impl Iterator<Item = (usize, ())> {
    let addresses = ["http://localhost:3000", "api '", "$A"];
    let found = addresses
        .into_iter()
        .flat_map(move |address| line.match_indices(address).map(move |(at, _)| at + address.len()));
    found.filter(|at| line[*at..].starts_with('/')).map(|at| (at, ()))
}
