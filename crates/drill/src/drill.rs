//! A drill from beginning to end: set the stage, let people come, do what the scenario says, wait until everything has
//! settled, and judge.

use crate::{
    factory_calls::{Call, calls},
    follow::Orders,
    inject::Injector,
    journal::Journal,
    judge::{Histories, find_counterfeits, read_histories},
    live::{Live, say, show},
    observer::Seen,
    result::{DrillResult, Found, Mark, VERSION},
    scenario::Scenario,
    score::Evidence,
    site::Site,
    speed::Speed,
    stage::POISON,
    traffic::{Load, Restaurant, Stubbornness, Visit},
};
use anyhow::{Context, bail};
use factory_api::{ChaosKind, ChaosRequest};
use std::{path::PathBuf, sync::Arc, time::Duration};
use tokio::{
    sync::watch,
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;
use url::Url;

/// How long a diner waits for an answer: the factory's throttle, and what comes on top.
const PATIENCE: Duration = Duration::from_secs(40);
/// For how long after the end orders may still be made, in real life; and at every speed.
const DRAINED_WITHIN: Duration = Duration::from_secs(30 * 60);
const DRAINED_WITHIN_AT_LEAST: Duration = Duration::from_secs(60);
/// For how long after that the alert may take to be over, in real life; and at every speed.
const NORMAL_WITHIN: Duration = Duration::from_secs(6 * 60);
const NORMAL_WITHIN_AT_LEAST: Duration = Duration::from_secs(15);
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// A drill to be run.
pub struct Drill {
    /// What happens.
    pub scenario: Scenario,
    /// How much faster than in real life.
    pub speed: Speed,
    /// To whom.
    pub subject: Subject,
}

/// Who is under drill.
pub enum Subject {
    /// A service and a factory that the drill starts itself: the path of `pizza`.
    Own(PathBuf),
    /// A service that runs already.
    Theirs(Box<Theirs>),
}

/// A service that runs already, and what is known of it. What is not known is not measured.
pub struct Theirs {
    /// Where it is.
    pub service: Url,
    /// Somebody says that they own its host.
    pub owned: bool,
    /// Where its factory is, and the key of its vendor there.
    pub factory: Option<(Url, String)>,
    /// An admin's e-mail address and password.
    pub admin: Option<(String, String)>,
    /// The factory's log (JSON lines): who was called how often.
    pub factory_log: Option<PathBuf>,
    /// A loopback port to which the service's contact point sends its pages.
    pub pager_port: Option<u16>,
}

/// What came of a drill.
pub struct Ran {
    /// The figures.
    pub result: DrillResult,
    /// The service's own report about the incident, if it wrote one.
    pub incident_report: Option<String>,
    /// The logs of service and factory by their files' names, if they are the drill's own.
    pub logs: Vec<(String, Vec<u8>)>,
}

impl Drill {
    /// Runs it. `stop` ends it early, with an error, and leaves no chaos behind.
    ///
    /// # Errors
    /// When the stage cannot be set, or the subject cannot be reached.
    pub async fn run(self, live: watch::Sender<Live>, stop: CancellationToken) -> anyhow::Result<Ran> {
        live.send_modify(|live| *live = self.announced());
        let mut site = tokio::select! {
            site = self.site() => site?,
            () = stop.cancelled() => bail!("stopped before it began"),
        };
        let hand = site.hand.clone();
        let ran = tokio::select! {
            ran = self.on_site(&mut site, &live) => ran,
            () = stop.cancelled() => Err(anyhow::anyhow!("stopped; there is no result")),
        };
        if let (Err(_), Some(hand), Subject::Theirs(_)) = (&ran, hand, &self.subject) {
            // Whoever stops a drill does not want the chaos to go on. It ends by itself where this does not arrive.
            let _ = hand.tell(ChaosKind::None, &ChaosRequest::default()).await;
        }
        ran
    }

    async fn on_site(&self, site: &mut Site, live: &watch::Sender<Live>) -> anyhow::Result<Ran> {
        let services: Vec<Url> =
            site.services.iter().map(|service| service.parse()).collect::<Result<_, _>>()?;
        let mut restaurant = Restaurant::open(&services, self.scenario.traffic.diners, PATIENCE).await?;
        let poison = restaurant.reserve(POISON);
        let restaurant = Arc::new(restaurant);
        let length = self.speed.shorten(self.scenario.length());
        let mut load = Load::new(self.scenario.traffic.rate, length)?;
        let every = self.speed.shorten(Duration::from_secs(1)).max(Duration::from_millis(100));
        load.stubborn = Some(Stubbornness { every, until: PATIENCE });

        let journal = Journal::open();
        let (orders, seen) = (Orders::new(Arc::clone(&restaurant), journal), Seen::default());
        let eyes = CancellationToken::new();
        let _closed = eyes.clone().drop_guard();
        let watching = tokio::spawn(seen.clone().watch(
            Arc::clone(&restaurant),
            site.admin.clone(),
            journal,
            eyes.clone(),
        ));
        tokio::spawn(seen.clone().watch_the_clock(eyes.clone()));
        let following = tokio::spawn(orders.clone().follow(eyes.clone()));

        let mut injector = Injector {
            scenario: &self.scenario,
            speed: self.speed,
            journal,
            hand: site.hand.as_ref(),
            stage: site.stage.as_mut(),
            restaurant: Arc::clone(&restaurant),
            poison,
            orders: orders.clone(),
            spans: Vec::new(),
            marks: Vec::new(),
            visits: Vec::new(),
        };
        let coming = self.let_people_come(load, &restaurant, &orders, &seen, journal, live);
        let (mut visits, ()) = tokio::try_join!(coming, injector.play())?;
        let Injector { spans, mut marks, visits: own_visits, .. } = injector;
        visits.extend(own_visits);

        self.settle(&orders, &seen, site, live).await;
        let length = journal.now();
        eyes.cancel();
        watching.await.context("the observer failed")?;
        following.await.context("those who ask for their orders failed")?;
        say(live, "every order is judged");

        let mut notes = std::mem::take(&mut site.notes);
        let histories = read_histories(&restaurant, &orders, &journal).await.unwrap_or_else(|error| {
            notes.push(format!("not measurable here: what the diners' histories say ({error:#})"));
            Histories::default()
        });
        let counterfeits = self.counterfeits(site, &orders, &mut notes).await;
        let calls = self.calls(site, &journal, &mut notes);
        let first_trouble = spans.iter().find(|span| span.trouble).map_or(0.0, |span| span.from);
        let paged = site.pager.as_ref().map_or(Found::NotMeasurable, |pager| {
            pager.first_firing(&journal, first_trouble).map_or(Found::Never, Found::Seconds)
        });
        if site.pager.is_none() {
            notes.push("not measurable here: when somebody was told (no pager: see --pager-port)".to_owned());
        }
        let told = seen.lock().clone();
        if !told.alerts_told {
            notes.push(
                "not measurable here: alerts and circuit (no admin, or the service has none)".to_owned(),
            );
        }
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
        let (score, phases) = (evidence.score(), evidence.phases());
        marks.extend(marks_of(&told, paged));
        marks.sort_by(|one, other| one.at.total_cmp(&other.at));
        let result = DrillResult {
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
            scaled: std::mem::take(&mut site.scaled),
            notes,
            grade: evidence.grade(&score, &phases),
            series: evidence.series(length),
            score,
            phases,
            marks,
        };
        Ok(Ran { result, incident_report: incident_report(site).await, logs: site.logs() })
    }

    /// Lets them come until the last of them is served.
    async fn let_people_come(
        &self,
        load: Load,
        restaurant: &Arc<Restaurant>,
        orders: &Orders,
        seen: &Seen,
        journal: Journal,
        live: &watch::Sender<Live>,
    ) -> anyhow::Result<Vec<Visit>> {
        let mut traffic = load.begin(Arc::clone(restaurant), journal.began, &CancellationToken::new());
        let progress = traffic.progress();
        let mut visits = Vec::new();
        let mut beat = tokio::time::interval(LOOK_EVERY);
        loop {
            tokio::select! {
                visit = traffic.next() => match visit {
                    Some(visit) => {
                        orders.add(&visit);
                        visits.push(visit);
                    }
                    None => return Ok(visits),
                },
                _ = beat.tick() => {
                    let now = journal.now();
                    live.send_modify(|live| {
                        live.phase = self.phase_at(now);
                        (live.at, live.length) = (now, load.duration.as_secs_f64());
                    });
                    show(live, orders, seen, Some(&progress));
                }
            }
        }
    }

    fn phase_at(&self, now: f64) -> String {
        let mut ends = Duration::ZERO;
        let phase = self.scenario.phases.iter().find(|phase| {
            ends += self.speed.shorten(phase.length);
            now < ends.as_secs_f64()
        });
        phase.or(self.scenario.phases.last()).map(|phase| phase.name.clone()).unwrap_or_default()
    }

    /// Waits until nobody waits for a pizza and the alert is over, or for long enough.
    async fn settle(&self, orders: &Orders, seen: &Seen, site: &Site, live: &watch::Sender<Live>) {
        let bound = |real: Duration, least: Duration| Instant::now() + self.speed.shorten(real).max(least);
        say(live, "the backlog is drained");
        let until = bound(DRAINED_WITHIN, DRAINED_WITHIN_AT_LEAST);
        while orders.waiting() > 0 && Instant::now() < until {
            let quarantined = seen.lock().quarantined.clone();
            orders.quarantined(&quarantined);
            show(live, orders, seen, None);
            sleep(LOOK_EVERY).await;
        }
        if site.admin.is_none() {
            return;
        }
        say(live, "the alert is over");
        let until = bound(NORMAL_WITHIN, NORMAL_WITHIN_AT_LEAST);
        while Instant::now() < until && (alert_stands(seen) || incident_is_open(site).await) {
            show(live, orders, seen, None);
            sleep(LOOK_EVERY).await;
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

fn alert_stands(seen: &Seen) -> bool {
    seen.lock().standing().contains_key("factory-success-rate")
}

async fn incident_is_open(site: &Site) -> bool {
    let Some(admin) = &site.admin else { return false };
    let Ok(page) = admin.get("/api/admin/incidents").await else { return false };
    page["incidents"].as_array().is_some_and(|all| all.iter().any(|incident| incident["closedAt"].is_null()))
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
