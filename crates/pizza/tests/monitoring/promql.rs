//! PromQL as it stands in our files, and what has to be put in its place before Prometheus can be asked.

use std::collections::BTreeSet;

/// What names of ours begin with. Words of PromQL, labels and their values do not.
const PREFIXES: [&str; 7] =
    ["pizza_", "pizza:", "http_server_", "http_client_", "db_client_", "process_", "system_"];

/// The expression for a run of a minute that is scraped every second: Grafana's variables are replaced, what looks at
/// the time before an offset looks at the time before a few seconds, and the long window of a burn rate, which is
/// there only while it is bad, is always there.
pub fn for_a_short_run(expression: &str) -> String {
    let short = expression
        .replace("$__rate_interval", "10s")
        .replace("$__range", "1m")
        .replace("$instance", ".*")
        .replace("$franchise", ".*")
        .replace("offset 15m", "offset 5s")
        .replace("offset 5m", "offset 5s")
        .replace(" / 0.1 > 6", " / 0.1");
    assert!(!short.contains('$'), "a variable that nobody replaced: {short}");
    short
}

/// The names of the metrics in an expression.
pub fn metrics(expression: &str) -> BTreeSet<String> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    expression
        .split(|c| !is_name(c))
        .filter(|word| PREFIXES.iter().any(|prefix| word.starts_with(prefix)))
        .map(str::to_owned)
        .collect()
}

#[test]
fn metrics_are_told_from_labels_and_words() {
    let found =
        metrics(r#"sum by (http_route, le) (rate(pizza_a_total{state=~"pizza|x"}[5m])) or pizza:b:percent"#);
    assert_eq!(found, ["pizza:b:percent", "pizza_a_total"].map(str::to_owned).into());
}
