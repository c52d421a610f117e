//! The verdict on a drill, once nothing moves any more: what everybody says, put together.

use crate::{
    drill::{Drill, Ran, Subject},
    factory_calls::{Call, calls},
    follow::Orders,
    journal::Journal,
    judge::{Histories, find_counterfeits, read_histories},
    observer::Told,
    result::{DrillResult, Found, Mark, VERSION},
    score::{Evidence, Span},
    site::Site,
    traffic::{Restaurant, Visit},
};
use std::sync::Arc;

/// How late this machine's own timers may be before it is said, in seconds.
const STOOD_STILL: f64 = 0.5;

/// A drill that was played to its end.
pub(crate) struct Played {
    pub journal: Journal,
    pub restaurant: Arc<Restaurant>,
    pub orders: Orders,
    pub told: Told,
    pub visits: Vec<Visit>,
    pub spans: Vec<Span>,
    /// What the drill itself did.
    pub marks: Vec<Mark>,
    /// How long it took, in seconds, until everything was settled.
    pub length: f64,
}

impl Drill {
    /// Hears all witnesses, and judges.
    pub(crate) async fn judge(&self, site: &mut Site, played: Played) -> Ran {
        let Played { journal, restaurant, orders, told, visits, spans, mut marks, length } = played;
        let mut notes = std::mem::take(&mut site.notes);
        let histories = read_histories(&restaurant, &orders, &journal).await.unwrap_or_else(|error| {
            notes.push(format!("not measurable here: what the diners' histories say ({error:#})"));
            Histories::default()
        });
        let counterfeits = self.counterfeits(site, &orders, &mut notes).await;
        let calls = self.calls(site, &journal, &mut notes);
        let paged = paged(site, &journal, &spans, &mut notes);
        note_what_was_not_seen(&told, &mut notes);
        let orders = orders.lock().clone();
        let evidence = Evidence {
            scenario: &self.scenario,
            speed: self.speed,
            spans: &spans,
            visits: &visits,
            orders: &orders,
            histories,
            counterfeits,
            calls: calls.as_deref(),
            told: &told,
            paged,
        };
        marks.extend(marks_of(&told, paged));
        marks.sort_by(|one, other| one.at.total_cmp(&other.at));
        let scaled = std::mem::take(&mut site.scaled);
        let result = DrillResult { scaled, notes, marks, ..self.result(&evidence, &journal, length) };
        Ran { result, incident_report: incident_report(site).await, logs: site.logs() }
    }

    fn result(&self, evidence: &Evidence<'_>, journal: &Journal, length: f64) -> DrillResult {
        let (score, phases) = (evidence.score(), evidence.phases());
        DrillResult {
            version: VERSION,
            scenario: self.scenario.name.clone(),
            title: self.scenario.title.clone(),
            subject: match &self.subject {
                Subject::Own(_) => "started by the drill".to_owned(),
                Subject::Theirs(theirs) => theirs.service.to_string(),
            },
            started: journal.wall,
            begins: self.scenario.begins,
            speed: self.speed.factor(),
            scaled: Vec::new(),
            notes: Vec::new(),
            grade: evidence.grade(&score, &phases),
            series: evidence.series(length),
            score,
            phases,
            marks: Vec::new(),
        }
    }

    async fn counterfeits(&self, site: &Site, orders: &Orders, notes: &mut Vec<String>) -> Option<u64> {
        let Some(hand) = &site.hand else {
            notes
                .push("not measurable here: whether pizzas are pizzas (the factory is not known)".to_owned());
            return None;
        };
        match find_counterfeits(&hand.factory, orders).await {
            Ok(count) => Some(count),
            Err(error) => {
                notes.push(format!("not measurable here: whether pizzas are pizzas ({error:#})"));
                None
            }
        }
    }

    fn calls(&self, site: &Site, journal: &Journal, notes: &mut Vec<String>) -> Option<Vec<Call>> {
        let Some(log) = &site.factory_log else {
            notes.push(
                "not measurable here: calls to the factory (its log is not known: see --factory-log)"
                    .to_owned(),
            );
            return None;
        };
        match calls(log, journal) {
            Ok(calls) => Some(calls),
            Err(error) => {
                notes.push(format!("not measurable here: calls to the factory ({error:#})"));
                None
            }
        }
    }
}

/// When somebody was first told of the trouble.
fn paged(site: &Site, journal: &Journal, spans: &[Span], notes: &mut Vec<String>) -> Found {
    let Some(pager) = &site.pager else {
        notes.push("not measurable here: when somebody was told (no pager: see --pager-port)".to_owned());
        return Found::NotMeasurable;
    };
    let first_trouble = spans.iter().find(|span| span.trouble).map_or(0.0, |span| span.from);
    pager.first_firing(journal, first_trouble).map_or(Found::Never, Found::Seconds)
}

fn note_what_was_not_seen(told: &Told, notes: &mut Vec<String>) {
    if !told.alerts_told {
        notes.push("not measurable here: alerts and circuit (no admin, or the service has none)".to_owned());
    }
    if told.hiccup > STOOD_STILL {
        notes.push(format!(
            "this machine stood still for up to {:.1} s: what took long may be its fault",
            told.hiccup
        ));
    }
}

/// The report about the first incident: the newest come first.
async fn incident_report(site: &Site) -> Option<String> {
    let admin = site.admin.as_ref()?;
    let page = admin.get("/api/admin/incidents").await.ok()?;
    let id = page["incidents"].as_array()?.last()?["id"].as_i64()?;
    admin.text(&format!("/api/admin/incidents/{id}/report")).await.ok()
}

fn marks_of(told: &crate::observer::Told, paged: Found) -> Vec<Mark> {
    let mark = |at: f64, kind: &str, text: String| Mark { at, kind: kind.to_owned(), text };
    let alerts =
        told.alerts.iter().map(|change| mark(change.at, "alert", format!("{}: {}", change.rule, change.to)));
    let circuits = told.circuits.iter().map(|(at, event)| mark(*at, "circuit", event.clone()));
    let paged = paged.seconds().map(|at| mark(at, "notification", "somebody is told".to_owned()));
    alerts.chain(circuits).chain(paged).collect()
}
