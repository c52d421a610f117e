//! What the day has to tell: each method is one promise, checked against all that was seen from outside.

use crate::{
    alertmanager::TOKEN,
    clock::{EVALUATION, SCRAPE, after, apart, minutes, seconds},
    day::{ALERTMANAGERS, Day, ON_CALL, WATCHDOG, link_in},
    engines::{AGREED, RULE, SUCCESS_RATE, Way},
    observer::{Labels, Look},
    outage::Call,
    report::{Report, seconds_from},
};
use jiff::Timestamp;
use serde_json::Value;
use std::{collections::BTreeSet, fs, path::Path, time::Duration};

/// How far a time of the report may be from what was seen from outside: the outside looks every 200 ms, and the report
/// shows whole seconds.
const NEAR: f64 = 1.5;
/// From an alert to the messages about it: an evaluation that is under way, and the way itself.
const TOLD_WITHIN: f64 = 2.0;
/// Below this many orders nothing is proved.
const ENOUGH: usize = 50;

/// All that there is to tell.
pub struct Story {
    day: Day,
    service: Way,
    prometheus: Way,
    incident: Value,
    report: Report,
}

impl Story {
    pub fn new(day: Day, [service, prometheus]: [Way; 2], incident: Value, report: Report) -> Self {
        Self { day, service, prometheus, incident, report }
    }

    /// For whoever reads the test's output, and in a file beside the test's program.
    pub fn is_kept(&self) {
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("incident-report-of-the-replay.md");
        fs::write(&file, &self.report.text).unwrap();
        let first = self.first_failure();
        println!("{}\n──── {} ────", self.report.text, file.display());
        println!("seconds after the first failed call      service  Prometheus");
        let times = [
            ("Pending", self.service.pending, Some(self.prometheus.pending)),
            ("Alerting", self.service.alerting, Some(self.prometheus.alerting)),
            ("paged (webhook)", self.day.page.at, None),
            ("Recovering", self.service.recovering.unwrap(), self.prometheus.recovering),
            ("Normal", self.service.normal, Some(self.prometheus.normal)),
        ];
        for (what, service, prometheus) in times {
            let prometheus = prometheus.map_or("-".into(), |at| format!("{:.2}", seconds(first.at, at)));
            println!("{what:<40} {:>7.2}  {prometheus:>10}", seconds(first.at, service));
        }
    }

    pub fn both_engines_go_the_same_way(&self) {
        for (change, difference) in self.service.differences(&self.prometheus) {
            assert!(difference <= AGREED, "{change}: the engines are {difference:?} apart");
        }
        let chaos = self.day.chaos;
        for way in [&self.service, &self.prometheus] {
            assert!(way.pending >= chaos[0], "Pending before the chaos began: {way:?}");
            assert!(way.alerting < chaos[1] && way.normal > chaos[1], "{way:?} for {chaos:?}");
            // The pending period, and not an evaluation more. Samples have whole milliseconds.
            let pending = after(way.pending, minutes(1) - Duration::from_millis(1));
            let within = pending..after(pending, EVALUATION);
            assert!(within.contains(&way.alerting), "Alerting not within {within:?}: {way:?}");
        }
        // What the histories say is what was seen at the time.
        for (state, at) in [("Pending", self.service.pending), ("Alerting", self.service.alerting)] {
            let seen = self.first_look(|look| look.service == state);
            assert!(apart(seen.to, at) < Duration::from_secs(2), "{state} at {at}, and seen at {}", seen.to);
        }
        for (state, at) in [("pending", self.prometheus.pending), ("firing", self.prometheus.alerting)] {
            let seen = self.first_look(|look| look.prometheus == state);
            assert!(apart(seen.to, at) < Duration::from_secs(2), "{state} at {at}, and seen at {}", seen.to);
        }
        let last = self.day.looks.last().unwrap();
        assert_eq!((last.service.as_str(), last.prometheus.as_str()), ("Normal", "Normal"));
    }

    pub fn the_metric_drops_from_100_to_0_and_returns(&self) {
        assert_eq!(
            self.day.success_rate.map(f64::round),
            [100.0, 0.0, 100.0],
            "before, within and after the chaos"
        );
    }

    /// Not only where it is convenient: at every look between the alert's beginning and the end of the chaos.
    pub fn the_alert_stays_while_no_calls_flow(&self) {
        let from = after(self.service.alerting.max(self.prometheus.alerting), Duration::from_millis(500));
        let within: Vec<&Look> =
            self.day.looks.iter().filter(|look| look.from > from && look.to < self.day.chaos[1]).collect();
        assert!(within.len() > ENOUGH, "only {} looks", within.len());
        for look in &within {
            assert_eq!((look.service.as_str(), look.prometheus.as_str()), ("Alerting", "firing"), "{look:?}");
        }
        // Scrapes saw an open circuit, and not one call between them.
        let still = within.windows(2).fold((0, within[0]), |(longest, first), pair| {
            let same =
                pair[0].counts.all_calls() == pair[1].counts.all_calls() && pair[1].counts.circuit == "open";
            let first = if same { first } else { pair[1] };
            (longest.max(pair[1].to.duration_since(first.to).as_millis()), first)
        });
        let longest = Duration::from_millis(u64::try_from(still.0).unwrap());
        assert!(longest > SCRAPE * 2, "calls flowed all the time: none for {longest:?} at most");
    }

    pub fn the_page_says_what_broke_how_many_wait_and_what_to_do(&self) {
        let page = &self.day.page;
        assert!(page.is("firing") && page.body["state"] == "alerting", "{page:?}");
        assert!(
            page.has("firing", &[("alertname", Some(SUCCESS_RATE)), ("severity", Some("page"))]),
            "{page:?}"
        );
        let late = seconds(self.service.alerting, page.at);
        assert!((0.0..TOLD_WITHIN).contains(&late), "paged {late} s after Alerting");

        let text = page.text();
        for said in [
            "The pizza factory fails.",
            "500 \"chaos monkey\"",
            "None is lost.",
            "Likely cause: the factory is running a chaos test",
        ] {
            assert!(text.contains(said), "\"{said}\" is not in\n{text}");
        }
        let waiting: usize = number_before(text, " orders waiting");
        // Of those that were acknowledged without a pizza, as many as there were when the page was written.
        let acknowledged = |until: Timestamp| {
            self.day.orders.iter().filter(|order| !order.at_once && order.date <= until).count()
        };
        let (at_least, at_most) = (acknowledged(self.service.alerting), acknowledged(page.at) + 2);
        assert!(
            (at_least.saturating_sub(2)..=at_most).contains(&waiting),
            "{waiting} of {at_least}..{at_most}"
        );
        assert!(waiting > 0, "{text}");
        let title = page.body["title"].as_str().unwrap();
        assert!(title.contains(&format!("{waiting} orders waiting")), "{title}");

        let [fix, acknowledge, runbook] = ["Fix", "Acknowledge", "Runbook"].map(|name| link_in(page, name));
        assert!(fix.starts_with(&self.day.installation.url("/act/")), "{fix}");
        assert_ne!(fix, acknowledge);
        assert!(runbook.ends_with(&format!("/runbook#{RULE}")), "{runbook}");
        assert_eq!(page.alerts()[0]["annotations"]["acknowledge_url"], acknowledge);
    }

    pub fn alertmanager_pages_for_prometheus_and_for_the_service(&self) {
        let pages = self.day.pager.messages(ALERTMANAGERS);
        for (who, way, rule) in
            [("Prometheus", &self.prometheus, None), ("the service", &self.service, Some(RULE))]
        {
            let labels = [("alertname", Some(SUCCESS_RATE)), ("severity", Some("page")), ("rule", rule)];
            let first = pages.iter().find(|page| page.has("firing", &labels));
            let first = first.unwrap_or_else(|| panic!("nobody was paged for {who}: {pages:?}"));
            assert_eq!(first.authorization.as_deref(), Some(format!("Bearer {TOKEN}").as_str()));
            let late = seconds(way.alerting, first.at);
            // Who joins a group that was told of already waits for the group's next turn.
            let patience = TOLD_WITHIN + AGREED.as_secs_f64();
            assert!((0.0..patience).contains(&late), "{who}: {late} s after Alerting");
        }
        // Nobody is woken for what follows from it: not by the service at all, and not by Prometheus as long as it goes on.
        let until_normal =
            pages.iter().filter(|page| page.at < self.prometheus.normal.min(self.service.normal));
        for page in until_normal.chain(&self.day.pager.messages(ON_CALL)) {
            let waking = page
                .alerts()
                .iter()
                .filter(|alert| alert["status"] == "firing" && alert["labels"]["severity"] == "page");
            for alert in waking {
                // A machine that is so busy that scrapes fail is another matter.
                let name = &alert["labels"]["alertname"];
                assert!(name == SUCCESS_RATE || name == "Service down", "{page:?}");
            }
        }
        assert!(!self.day.pager.messages(WATCHDOG).is_empty(), "the watchdog is silent");
    }

    pub fn everybody_hears_that_it_is_over(&self) {
        let told = self.day.pager.messages(ON_CALL);
        let [_, over] = told.as_slice() else { panic!("one page, and its end: {told:?}") };
        assert!(over.is("resolved") && over.body["state"] == "ok", "{over:?}");
        let late = seconds(self.service.normal, over.at);
        assert!((0.0..TOLD_WITHIN).contains(&late), "told {late} s after Normal");
    }

    /// An alert whose labels change is two alerts, of which one never ends.
    pub fn nobody_s_alert_has_two_severities(&self) {
        let known: BTreeSet<&Labels> = self.day.looks.iter().flat_map(|look| &look.alertmanager).collect();
        let tickets = known.iter().filter(|labels| labels.rule.is_some() && labels.severity == "ticket");
        assert!(tickets.count() > 0, "the service told no ticket: {known:?}");
        for labels in &known {
            let same =
                known.iter().filter(|other| (&other.name, &other.rule) == (&labels.name, &labels.rule));
            assert_eq!(same.count(), 1, "{labels:?} of {known:#?}");
        }
    }

    /// Neither in a message, nor in the report.
    pub fn no_secret_was_told(&self) {
        let told = [ON_CALL, ALERTMANAGERS].map(|to| format!("{:?}", self.day.pager.messages(to)));
        for secret in self.day.installation.secrets() {
            for text in told.iter().chain([&self.report.text]) {
                assert!(!text.contains(secret), "{secret} in {text}");
            }
        }
    }

    pub fn the_report_has_eight_sections(&self) {
        let titles: Vec<&str> = self.report.sections.iter().map(|(title, _)| title.as_str()).collect();
        let expected = [
            "Summary",
            "Detection",
            "Impact",
            "Timeline",
            "Root Cause Analysis",
            "Resolution",
            "Prevention",
            "Action Items",
        ];
        assert_eq!(titles, expected);
        for line in ["* **Status:** Resolved", "* **Orders lost:** 0"] {
            assert!(self.report.header().lines().any(|known| known == line), "{}", self.report.header());
        }
        for (title, body) in &self.report.sections {
            assert!(!body.trim().is_empty(), "{title} is empty");
        }
    }

    pub fn the_report_detects_what_was_seen_from_outside(&self) {
        let trigger = self.report.line("Detection", "**Trigger:**");
        assert!(trigger.contains(SUCCESS_RATE), "{trigger}");
        for (state, at) in [
            ("Pending at ", self.service.pending),
            ("Alerting at ", self.service.alerting),
            ("Normal again at ", self.service.normal),
        ] {
            near(at, time_after(trigger, state), trigger);
        }
        let notified = self.report.line("Detection", "**Notification:** somebody was told at ");
        near(self.day.page.at, time_after(notified, "told at "), notified);
        let shown = number_before(notified, " s after the first failed call");
        let late = seconds(self.first_failure().at, self.day.page.at);
        #[expect(clippy::cast_precision_loss, reason = "a few seconds")]
        let off = (shown as f64 - late).abs();
        assert!(off <= NEAR, "{shown} s for {late} s");
        assert!(self.report.section("Detection").contains(" - on-call was told"), "{}", self.report.text);

        let acknowledged = self
            .report
            .line("Detection", "**Acknowledgement:** by Somebody with the notification's link at ");
        near(self.day.acknowledged_at, time_after(acknowledged, " at "), acknowledged);
        let logs = self.report.line("Detection", "**Logs:** the first failed call, at ");
        near(self.first_failure().at, time_after(logs, "call, at "), logs);
        assert!(logs.contains("HTTP 500, `chaos monkey`"), "{logs}");
    }

    pub fn the_timeline_has_every_fact_at_its_time(&self) {
        let alert = |change: &str| format!("Alert \"{SUCCESS_RATE}\": {change}");
        let recovered =
            self.calls_of(self.service.alerting, self.day.closed_by).find(|call| call.status == 200);
        let last_failure =
            self.calls_of(self.day.chaos[0], self.day.closed_by).rfind(|call| call.status == 500);
        let (recovered, last_failure) = (recovered.unwrap(), last_failure.unwrap());
        let closed = timestamp(&self.incident["closedAt"]);
        let facts = [
            (
                "The first call to the factory failed: HTTP 500, `chaos monkey`".into(),
                self.first_failure().at,
            ),
            ("Circuit open for".into(), self.first_look(|look| look.counts.circuit == "open").to),
            (alert("Normal → **Pending** (value 0 %)"), self.service.pending),
            ("carry a report link".into(), self.service.pending),
            (alert("Pending → **Alerting** (value 0 %)"), self.service.alerting),
            ("on-call was told".into(), self.day.page.at),
            ("Somebody with the notification's link acknowledged".into(), self.day.acknowledged_at),
            ("The last call to the factory that failed: HTTP 500".into(), last_failure.at),
            ("The factory made a pizza again".into(), recovered.at),
            ("Circuit closed".into(), self.last_look(|look| look.counts.circuit != "closed").to),
            (alert("Alerting → **Recovering**"), self.service.recovering.unwrap()),
            (alert("Recovering → **Normal**"), self.service.normal),
            (format!("{SUCCESS_RATE} is 100 %"), self.service.normal),
            ("No order of the incident waits any more".into(), closed),
            ("The incident is closed".into(), closed),
        ];
        let mut wrong = Vec::new();
        for (fact, at) in facts {
            let told = self.moments(&fact);
            if !told.iter().any(|time| seconds_from(at, time).abs() <= NEAR) {
                wrong.push(format!("\"{fact}\" was at {at}, and the timeline has it at {told:?}"));
            }
        }
        assert!(wrong.is_empty(), "{}\n{}", wrong.join("\n"), self.report.section("Timeline"));
        assert!(
            seconds(self.day.chaos[1], recovered.at) < 10.0,
            "{recovered:?}: the factory was back long before"
        );
    }

    pub fn the_numbers_are_those_that_were_counted(&self) {
        let (orders, calls) = (&self.incident["orders"], &self.incident["calls"]);
        let (began, closed) = (timestamp(&self.incident["beganAt"]), timestamp(&self.incident["closedAt"]));
        let mine: Vec<_> =
            self.day.orders.iter().filter(|order| began <= order.date && order.date < closed).collect();
        assert!(mine.len() > ENOUGH, "only {} orders", mine.len());
        assert_eq!(orders["placed"], mine.len(), "orders from {began} to {closed}");
        let hit = self.day.orders.iter().filter(|order| !order.at_once && order.date < closed).count();
        let counted = mine.iter().filter(|order| !order.at_once).count();
        assert_eq!(counted, hit, "diners who had to wait, and those of them whom the incident counts");
        let made = orders["fulfilledAtOnce"].as_u64().unwrap() + orders["fulfilledLater"].as_u64().unwrap();
        assert_eq!(made, mine.len() as u64, "{orders}");
        assert_eq!((&orders["waiting"], &orders["lost"]), (&0.into(), &0.into()), "{orders}");
        assert!(self.day.lost.is_empty(), "{:?}", self.day.lost);
        let pizzas = self.day.installation.pizzas_made().unwrap();
        assert_eq!(pizzas, self.day.orders.len(), "pizzas that the factory made, and orders");

        let of_factory = |status| {
            let calls = self.calls_of(self.first_failure().at, closed);
            calls.filter(|call| call.status == status).count() as u64
        };
        assert_eq!(calls["failure"], of_factory(500), "calls that the factory failed");
        let made = calls["success"].as_u64().unwrap();
        // One may be under way when the counting begins, and when it ends.
        assert!(made.abs_diff(of_factory(200)) <= 2, "{made} of {} calls that it answered", of_factory(200));
        let [before, end] = &self.day.counted;
        assert_eq!(calls["shortCircuited"], end.short_circuited - before.short_circuited);
        for kind in ["timeout", "connectError", "badJwt", "rejected", "errors"] {
            assert_eq!(calls[kind], 0, "{kind}");
        }

        for (row, number) in [
            ("placed", &orders["placed"]),
            ("made later", &orders["fulfilledLater"]),
            ("waiting", &orders["waiting"]),
            ("**lost**", &orders["lost"]),
            ("brought a pizza", &calls["success"]),
            ("answered with an error", &calls["failure"]),
            ("saved by the open circuit", &calls["shortCircuited"]),
        ] {
            assert_eq!(Some(self.report.number(row)), number.as_u64(), "{row}");
        }
    }

    pub async fn nothing_went_wrong_on_the_way(self) {
        assert_eq!(self.day.prometheus.log(), "", "Prometheus has nothing to complain of");
        let logs = self.day.installation.logs().unwrap();
        assert!(!logs.service.contains("panicked at") && !logs.factory.contains("panicked at"));
        assert!(!logs.service.contains("nobody was told"), "a message did not arrive at once");
        self.day.installation.stop().await.unwrap();
    }

    fn first_failure(&self) -> Call {
        *self.day.calls.iter().find(|call| call.status == 500).expect("the factory never failed")
    }

    fn calls_of(&self, from: Timestamp, to: Timestamp) -> impl DoubleEndedIterator<Item = Call> {
        self.day.calls.iter().copied().filter(move |call| from <= call.at && call.at <= to)
    }

    fn first_look(&self, is: impl Fn(&Look) -> bool) -> &Look {
        self.day.looks.iter().find(|look| is(look)).expect("it was never seen")
    }

    fn last_look(&self, is: impl Fn(&Look) -> bool) -> &Look {
        self.day.looks.iter().rfind(|look| is(look)).expect("it was never seen")
    }

    /// The times of the timeline's lines with this text.
    fn moments(&self, contains: &str) -> Vec<String> {
        self.report.moments(contains)
    }
}

#[track_caller]
fn near(at: Timestamp, shown: &str, line: &str) {
    let off = seconds_from(at, shown);
    assert!(off.abs() <= NEAR, "{shown} is {off} s from {at}: {line}");
}

/// The clock's time behind the last of these words.
#[track_caller]
fn time_after<'a>(line: &'a str, words: &str) -> &'a str {
    let at = line.rfind(words).unwrap_or_else(|| panic!("no \"{words}\" in {line}")) + words.len();
    line.get(at..at + "10:10:30".len()).unwrap()
}

/// The number in front of the first of these words.
#[track_caller]
fn number_before(text: &str, words: &str) -> usize {
    let before = text.split(words).next().unwrap();
    let digits: String = before.chars().rev().take_while(char::is_ascii_digit).collect();
    let digits: String = digits.chars().rev().collect();
    digits.parse().unwrap_or_else(|_| panic!("no number before \"{words}\" in\n{text}"))
}

fn timestamp(value: &Value) -> Timestamp {
    value.as_str().unwrap().parse().unwrap()
}
