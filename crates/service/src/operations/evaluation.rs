//! The alert rules, evaluated over our own metrics, so that an installation without Prometheus or Grafana still pages.

use super::{
    Operations,
    database::{failed, in_time},
    telling::Way,
};
use alerting::{Evaluation, Evaluator, Instance, Pause, PauseError, Severity, Snapshot, State, Transition};
use jiff::Timestamp;
use std::{
    sync::{MutexGuard, PoisonError},
    time::Duration,
};
use store::{AlertChange, AlertNews, AlertPause, AlertRow, StoreError};

/// An instance that has not written for so many evaluations is gone, and its alerts with it.
const GONE_AFTER: u32 = 3;

/// The recording rule of the factory's success rate.
const SUCCESS_RATE: &str = "pizza:factory_success:percent";

/// A rule as people look at it.
#[derive(Clone, Debug)]
pub struct AlertView {
    /// The rule's id.
    pub id: &'static str,
    /// Its name.
    pub name: &'static str,
    /// What broke, if it alerts.
    pub summary: &'static str,
    /// Whom it wakes.
    pub severity: Severity,
    /// The worst state it is in, on any instance.
    pub state: State,
    /// The alerts that are not Normal, and whose they are.
    pub alerts: Vec<(String, Instance)>,
    /// Who paused it, and until when.
    pub pause: Option<AlertPause>,
}

/// Why an alert was not paused.
#[derive(Debug, thiserror::Error)]
pub enum PauseAlertError {
    /// It cannot be.
    #[error(transparent)]
    Refused(#[from] PauseError),
    /// It could not be written down.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Operations {
    /// How often the rules are evaluated.
    pub fn interval(&self) -> Duration {
        self.evaluator().rules().interval()
    }

    /// Goes on where this instance was before it was restarted.
    pub(super) async fn restore(&self) {
        self.metrics.incidents_open(0);
        match self.store.alerts(Duration::ZERO, Some(&self.instance)).await {
            Ok(rows) => {
                let instances = rows.iter().filter_map(|(_, row)| serde_json::from_str(&row.document).ok());
                self.evaluator().restore(instances);
            }
            Err(error) => failed(&error, "the alerts of before the restart are not known"),
        }
        self.look_for_open_incidents().await;
        self.tell_what_was_left_untold().await;
    }

    /// Takes in our metrics as they are now.
    pub(super) fn scrape(&self) {
        let text = self.metrics.to_text().unwrap_or_default();
        match Snapshot::parse(&text) {
            Ok(snapshot) => self.evaluator().record(Timestamp::now(), &snapshot),
            Err(error) => {
                tracing::error!("type" = "alert", component = "alerts", %error, "our metrics cannot be read");
            }
        }
    }

    /// Evaluates every rule, and sees to what is new.
    pub(super) async fn evaluate(&self) {
        let now = Timestamp::now();
        let mut transitions = self.follow_pauses(now).await;
        let Evaluation { transitions: evaluated, paused, .. } = self.evaluator().evaluate(now);
        transitions.extend(evaluated);
        transitions.iter().for_each(log);
        paused.iter().for_each(log_pause);
        self.show_states();
        match self.record(&transitions).await {
            Some(news) => {
                self.look_for_open_incidents().await;
                self.follow(&transitions).await;
                self.tell_news(&news, &transitions, Way::Outbox).await;
            }
            None => self.tell_news(&news_of(&transitions), &transitions, Way::Direct).await,
        }
        let afterwards = async {
            self.gather().await;
            self.close_what_is_over().await;
        };
        in_time(afterwards).await;
    }

    /// Waits until an alert has been Pending, or Recovering, for as long as it has to be; without end if none is.
    pub(super) async fn a_period_is_over(&self) {
        let now = Timestamp::now();
        let ends = self.evaluator().next_change();
        match ends.map(|at| Duration::try_from(at.duration_since(now)).unwrap_or_default()) {
            Some(left) => tokio::time::sleep(left).await,
            None => std::future::pending().await,
        }
    }

    /// Pauses are for every instance: whoever made them wrote them down.
    async fn follow_pauses(&self, now: Timestamp) -> Vec<Transition> {
        let Ok(pauses) = self.store.alert_pauses().await else { return Vec::new() };
        let mut evaluator = self.evaluator();
        let ended: Vec<_> = evaluator
            .status()
            .iter()
            .filter(|status| {
                status.paused_until.is_some() && !pauses.iter().any(|pause| pause.rule == status.rule.id)
            })
            .map(|status| status.rule.id)
            .collect();
        for rule in ended {
            evaluator.resume(rule);
        }
        let pause = |pause: &AlertPause| evaluator.pause(&pause.rule, now, pause.until).unwrap_or_default();
        pauses.iter().flat_map(pause).collect()
    }

    /// Writes down how the alerts stand; what is new for the whole installation. `None`: the database is away.
    async fn record(&self, transitions: &[Transition]) -> Option<AlertNews> {
        let rows = self.evaluator().instances().map(row).collect();
        let changes = transitions.iter().map(change).collect();
        let recorded = self.store.record_alerts(&self.instance, rows, changes, self.gone_after());
        match in_time(recorded).await? {
            Ok(news) => Some(news),
            Err(error) => {
                failed(&error, "the states of alerts could not be written down");
                None
            }
        }
    }

    /// Of 100 orders that wanted a pizza within the last minute, how many got one. `None`: nobody wanted one.
    pub fn success_rate(&self, at: Timestamp) -> Option<f64> {
        let evaluator = self.evaluator();
        let rate = evaluator.rules().recordings().iter().find(|recording| recording.name == SUCCESS_RATE)?;
        rate.value.evaluate(evaluator.memory(), at).first().map(|sample| sample.value)
    }

    fn show_states(&self) {
        for status in self.evaluator().status() {
            self.metrics.alert_state(status.rule.id, status.state.as_str());
        }
    }

    /// Every rule, with the alerts of every instance that lives.
    pub async fn alerts(&self) -> Result<Vec<AlertView>, StoreError> {
        let rows = self.store.alerts(self.gone_after(), None).await?;
        let pauses = self.store.alert_pauses().await?;
        let evaluator = self.evaluator();
        let view = |rule: &alerting::Rule| {
            let of_rule = rows.iter().filter(|(_, row)| row.rule == rule.id);
            let read = |(instance, row): &(String, AlertRow)| {
                Some((instance.clone(), serde_json::from_str::<Instance>(&row.document).ok()?))
            };
            let alerts: Vec<_> = of_rule.filter_map(read).collect();
            AlertView {
                id: rule.id,
                name: rule.name,
                summary: rule.summary,
                severity: rule.severity,
                state: alerts.iter().map(|(_, alert)| alert.state).max().unwrap_or(State::Normal),
                alerts,
                pause: pauses.iter().find(|pause| pause.rule == rule.id).cloned(),
            }
        };
        Ok(evaluator.rules().iter().map(view).collect())
    }

    /// Pauses a rule, by its id or name, on every instance.
    pub async fn pause_alert(
        &self,
        rule: &str,
        until: Timestamp,
        by: String,
    ) -> Result<AlertPause, PauseAlertError> {
        let id = self.evaluator().rules().find(rule).ok_or(PauseError::NoSuchRule)?.id;
        check_pause(Timestamp::now(), until)?;
        // As it is kept.
        let until = Timestamp::from_millisecond(until.as_millisecond()).unwrap_or(until);
        let pause = AlertPause { rule: id.to_owned(), until, by };
        self.store.pause_alert(pause.clone()).await?;
        Ok(pause)
    }

    pub(super) fn gone_after(&self) -> Duration {
        self.interval() * GONE_AFTER
    }

    pub(super) fn evaluator(&self) -> MutexGuard<'_, Evaluator> {
        // States are replaced whole, so they are whole after any panic.
        self.evaluator.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Without a database, what is new here counts as new for everybody: rather twice than never.
fn news_of(transitions: &[Transition]) -> AlertNews {
    let of = |which: fn(&Transition) -> bool| {
        let mine = transitions.iter().filter(move |transition| which(transition));
        mine.map(|transition| (transition.rule.clone(), labels(&transition.labels))).collect()
    };
    AlertNews { began: of(Transition::begins_alert), ended: of(Transition::ends_alert) }
}

fn check_pause(now: Timestamp, until: Timestamp) -> Result<(), PauseError> {
    let length = until.duration_since(now);
    match length.is_positive() {
        false => Err(PauseError::NotInFuture),
        true if length > alerting::MAX_PAUSE => Err(PauseError::TooLong),
        true => Ok(()),
    }
}

fn row(instance: &Instance) -> AlertRow {
    AlertRow {
        rule: instance.rule.clone(),
        labels: labels(&instance.labels),
        firing: matches!(instance.state, State::Alerting | State::Recovering),
        // Plain data of ours always serialises.
        document: serde_json::to_string(instance).unwrap_or_default(),
    }
}

fn change(transition: &Transition) -> AlertChange {
    AlertChange {
        at: transition.at,
        rule: transition.rule.clone(),
        labels: labels(&transition.labels),
        from: transition.from.as_str().to_owned(),
        to: transition.to.as_str().to_owned(),
        value: transition.value,
    }
}

/// Labels in an order that is always the same.
pub(super) fn labels(labels: &alerting::Labels) -> String {
    labels.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(",")
}

fn log(transition: &Transition) {
    let (rule, labels, from, to) =
        (&transition.rule, labels(&transition.labels), transition.from.as_str(), transition.to.as_str());
    let (value, severity) = (transition.value, transition.severity.as_str());
    macro_rules! line {
        ($level:ident) => {
            tracing::$level!(
                "type" = "alert",
                component = "alerts",
                rule,
                labels,
                from,
                to,
                value,
                severity,
                "{}: {from} → {to}",
                transition.name
            )
        };
    }
    match (transition.severity, transition.to) {
        (Severity::Page, State::Alerting) => line!(error),
        (Severity::None, _) | (_, State::Normal) => line!(info),
        _ => line!(warn),
    }
}

/// Said at each evaluation: a pause that nobody remembers has hidden outages.
fn log_pause(pause: &Pause) {
    let (rule, until) = (&pause.rule, pause.until);
    tracing::warn!("type" = "alert", component = "alerts", rule, %until, "this rule is paused");
}
