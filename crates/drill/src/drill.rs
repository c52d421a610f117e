//! A drill from beginning to end: set the stage, let people come, do what the scenario says, wait until everything has
//! settled, and judge.

use crate::{
    follow::Orders,
    inject::Injector,
    journal::Journal,
    live::{Live, say, show},
    observer::Seen,
    result::DrillResult,
    scenario::Scenario,
    site::Site,
    speed::Speed,
    stage::POISON,
    traffic::{Load, Restaurant, Stubbornness, Visit},
    verdict::Played,
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
        let Injector { spans, marks, visits: own_visits, .. } = injector;
        visits.extend(own_visits);

        self.settle(&orders, &seen, site, live).await;
        let length = journal.now();
        eyes.cancel();
        watching.await.context("the observer failed")?;
        following.await.context("those who ask for their orders failed")?;
        say(live, "every order is judged");

        let played =
            Played { journal, restaurant, orders, told: seen.lock().clone(), visits, spans, marks, length };
        Ok(self.judge(site, played).await)
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
}

fn alert_stands(seen: &Seen) -> bool {
    seen.lock().standing().contains_key("factory-success-rate")
}

async fn incident_is_open(site: &Site) -> bool {
    let Some(admin) = &site.admin else { return false };
    let Ok(page) = admin.get("/api/admin/incidents").await else { return false };
    page["incidents"].as_array().is_some_and(|all| all.iter().any(|incident| incident["closedAt"].is_null()))
}
