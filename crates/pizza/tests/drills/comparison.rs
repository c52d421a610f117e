//! `pizza drill compare`, and what it refuses.

use crate::drill::pizza;
use ::drill::{DrillResult, Found, Grade, Score, Series, VERSION};
use std::path::Path;

fn result(lost: u64) -> DrillResult {
    let score = Score {
        placed: 100,
        acknowledged: 100 - lost,
        refused: lost,
        lost,
        doubled: 0,
        counterfeits: None,
        fulfilled: 100 - lost,
        fulfilled_within: 1,
        fulfilled_after: 2,
        rejected: 0,
        quarantined: 0,
        factory_calls: None,
        calls_per_order_in_total_outage: None,
        to_pending: Found::Seconds(0.5),
        to_alerting: Found::Never,
        to_notification: Found::NotMeasurable,
        to_recovering: Found::Never,
        to_normal: Found::NotMeasurable,
        to_first_fulfilment: Found::Seconds(1.0),
        to_drained: Found::Seconds(2.0),
        first_failure: 1.0,
        hiccup: 0.0,
    };
    DrillResult {
        version: VERSION,
        scenario: "throttle".into(),
        title: "<slow> & late".into(),
        subject: "somebody".into(),
        started: "2025-12-02T10:00:00Z".parse().unwrap(),
        begins: "10:00:00".parse().unwrap(),
        speed: 60,
        scaled: Vec::new(),
        notes: Vec::new(),
        phases: Vec::new(),
        score,
        grade: Grade { letter: if lost > 0 { 'F' } else { 'A' }, because: Vec::new(), rule: String::new() },
        marks: Vec::new(),
        series: Series { part: 1.0, arrivals: vec![1, 2], ..Series::default() },
    }
}

async fn compare(one: &Path, other: &Path, chart: &Path) -> std::process::Output {
    let [one, other, chart] = [one, other, chart].map(|path| path.to_str().unwrap().to_owned());
    pizza(vec!["drill".into(), "compare".into(), one, other, "--chart".into(), chart]).await
}

#[tokio::test]
async fn two_results_are_shown_side_by_side_and_drawn_one_under_the_other() {
    let folder = tempfile::tempdir().unwrap();
    let [good, bad, chart] = ["good.json", "bad.json", "both.svg"].map(|name| folder.path().join(name));
    std::fs::write(&good, serde_json::to_vec(&result(0)).unwrap()).unwrap();
    std::fs::write(&bad, serde_json::to_vec(&result(7)).unwrap()).unwrap();
    let output = compare(&good, &bad, &chart).await;
    let shown = String::from_utf8(output.stdout).unwrap();
    let line =
        |name: &str| shown.lines().find(|line| line.trim_start().starts_with(name)).unwrap().to_owned();
    assert_eq!(line("lost").split_whitespace().collect::<Vec<_>>(), ["lost", "0", "7"], "{shown}");
    assert!(line("first failure to Alerting").contains("never"), "{shown}");
    assert!(line("first failure to somebody told").contains("not measurable here"), "{shown}");
    assert!(std::fs::read(chart.with_extension("png")).unwrap().starts_with(b"\x89PNG"));
    let drawn = std::fs::read_to_string(&chart).unwrap();
    assert_eq!(
        drawn.matches("&lt;slow&gt; &amp; late").count(),
        2,
        "both are drawn, and titles are text: {drawn}"
    );
}

#[tokio::test]
async fn a_result_of_another_version_and_what_is_no_result_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let [good, bad, chart] = ["good.json", "bad.json", "both.svg"].map(|name| folder.path().join(name));
    std::fs::write(&good, serde_json::to_vec(&result(0)).unwrap()).unwrap();
    for (text, said) in
        [("{\"version\":2}", "version 2"), ("{}", "version null"), ("no", "no result of a drill")]
    {
        std::fs::write(&bad, text).unwrap();
        let output = compare(&good, &bad, &chart).await;
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && errors.contains(said), "{text}: {errors}");
    }
}

#[tokio::test]
async fn what_cannot_be_run_is_refused_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.toml");
    std::fs::write(&file, "title = \"t\"\ncolour = \"red\"\n").unwrap();
    let file = file.to_str().unwrap();
    for (arguments, said) in [
        (vec!["nonsense"], "2025-12-02-factory-outage"),
        (vec![file], "colour"),
        (vec!["throttle", "--speed", "121"], "1 to 120"),
        (vec!["throttle", "--target", "http://127.0.0.1:1"], "--factory-url"),
        (vec!["poison-order", "--target", "http://127.0.0.1:1"], "leave --target out"),
        (
            vec![
                "throttle",
                "--target",
                "http://192.0.2.1",
                "--factory-url",
                "http://127.0.0.1:1",
                "--factory-admin-key",
                "k",
            ],
            "--i-own-this-host",
        ),
    ] {
        let out = folder.path().join("out").to_str().unwrap().to_owned();
        let all = ["drill", "run"].into_iter().chain(arguments.iter().copied()).chain(["--out", &out]);
        let output = pizza(all.map(str::to_owned).collect()).await;
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && errors.contains(said), "{arguments:?}: {errors}");
    }
}
