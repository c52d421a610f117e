//! What is done to the factory and to the service, at its time.

use crate::{
    follow::Orders,
    journal::Journal,
    result::Mark,
    scenario::{Phase, Scenario, Victim},
    score::{Span, duration},
    speed::Speed,
    stage::Stage,
    traffic::{Habit, Restaurant, Visit, Visitor},
};
use anyhow::Context;
use factory_api::{ChaosKind, ChaosRequest};
use factory_client::{FactoryClient, FactoryConfig};
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, sleep, sleep_until};
use url::Url;

const PATIENCE: Duration = Duration::from_secs(10);

/// The factory's side: where it is, and who may make it misbehave.
#[derive(Clone)]
pub(crate) struct Hand {
    pub factory: String,
    /// Made once: making a client takes a while, and chaos is to begin on time.
    client: FactoryClient,
}

/// Everything that is done from outside in the course of a scenario.
pub(crate) struct Injector<'a> {
    pub scenario: &'a Scenario,
    pub speed: Speed,
    pub journal: Journal,
    pub hand: Option<&'a Hand>,
    pub stage: Option<&'a mut Stage>,
    pub restaurant: Arc<Restaurant>,
    pub poison: Option<i64>,
    pub orders: Orders,
    pub spans: Vec<Span>,
    pub marks: Vec<Mark>,
    pub visits: Vec<Visit>,
}

impl Injector<'_> {
    /// Plays all phases; returns when the last is over.
    pub async fn play(&mut self) -> anyhow::Result<()> {
        let scenario = self.scenario;
        let mut from = Duration::ZERO;
        for phase in &scenario.phases {
            sleep_until(self.at(from)).await;
            let to = from + self.speed.shorten(phase.length);
            self.play_phase(phase, from, to)
                .await
                .with_context(|| format!("in the phase \"{}\"", phase.name))?;
            from = to;
        }
        sleep_until(self.at(from)).await;
        Ok(())
    }

    async fn play_phase(&mut self, phase: &Phase, from: Duration, to: Duration) -> anyhow::Result<()> {
        let mut span = Span {
            name: phase.name.clone(),
            chaos: phase.chaos.map(|chaos| chaos.kind.to_string()),
            trouble: phase.is_trouble(),
            total: phase.is_total(),
            // Whoever was killed before may have taken longer to come back than was planned.
            from: self.spans.last().map_or(0.0, |last| last.to).max(from.as_secs_f64()),
            to: to.as_secs_f64(),
        };
        let ends = if phase.chaos.is_some() { self.start_chaos(phase).await? } else { None };
        if let Some(ends) = ends {
            // What the factory was told decides, not what we meant.
            span.to = ends.max(span.from);
        }
        self.spans.push(span);
        for number in 0..phase.poisoned {
            self.poison(number).await;
        }
        if let Some(after) = phase.kill_after {
            sleep_until(self.at(from + self.speed.shorten(after))).await;
            self.kill(phase.kills, self.speed.shorten(phase.dead_for)).await?;
            let now = self.journal.now();
            if let Some(span) = self.spans.last_mut() {
                span.to = span.to.max(now);
            }
        }
        if let (Some(chaos), Some(ends)) = (phase.chaos, ends)
            && ends > to.as_secs_f64() + 0.1
            && chaos.kind != ChaosKind::Down
        {
            // It was rounded up to whole seconds, so it is ended by hand.
            sleep_until(self.at(to)).await;
            self.tell_factory(ChaosKind::None, &ChaosRequest::default()).await?;
            if let Some(span) = self.spans.last_mut() {
                span.to = self.journal.now();
            }
        }
        Ok(())
    }

    fn at(&self, offset: Duration) -> Instant {
        self.journal.began + offset
    }

    /// Starts the chaos of a phase; it ends by itself, at the time that is returned.
    async fn start_chaos(&mut self, phase: &Phase) -> anyhow::Result<Option<f64>> {
        let Some(chaos) = phase.chaos else { return Ok(None) };
        let seconds = self.speed.whole_seconds(phase.length);
        let window = ChaosRequest {
            start_date: None,
            duration_seconds: Some(seconds),
            probability: Some(chaos.probability),
            delay_seconds: chaos.delay.map(|delay| self.speed.whole_seconds(delay)),
            period_seconds: chaos.period.map(|period| self.speed.whole_seconds(period)),
        };
        let now = self.journal.now();
        self.tell_factory(chaos.kind, &window).await?;
        self.mark(format!("{} begins", chaos.kind));
        Ok(Some(now + duration(seconds as f64).as_secs_f64()))
    }

    async fn tell_factory(&self, kind: ChaosKind, window: &ChaosRequest) -> anyhow::Result<()> {
        let hand = self.hand.context("the factory's URL and key are needed to make it misbehave")?;
        hand.tell(kind, window).await
    }

    /// An order that can never be made.
    async fn poison(&mut self, number: u32) {
        let Some(poison) = self.poison else { return };
        let visitor = Visitor {
            restaurant: Arc::clone(&self.restaurant),
            habit: Habit::Order,
            diner: 0,
            key: format!("poisoned-{number}-{:08x}", fastrand::u32(..)),
            items: vec![poison],
            stubborn: None,
        };
        let visit = visitor.visit(self.journal.began, self.journal.began.elapsed()).await;
        self.orders.add(&visit);
        self.visits.push(visit);
    }

    async fn kill(&mut self, victim: Victim, dead_for: Duration) -> anyhow::Result<()> {
        let who = match (victim, self.scenario.instances) {
            (Victim::Database, _) => "the database",
            (Victim::Service, 1) => "the service",
            (Victim::Service, _) => "an instance",
        };
        self.mark(format!("{who} is killed"));
        let stage = self.stage.as_mut().context("only what is the drill's own is killed")?;
        match victim {
            Victim::Service => stage.kill_service()?,
            Victim::Database => stage.kill_database().await?,
        }
        sleep(dead_for).await;
        match victim {
            Victim::Service => stage.start_service().await?,
            Victim::Database => stage.restart_database().await?,
        }
        self.mark(format!("{who} is ready again"));
        Ok(())
    }

    fn mark(&mut self, text: String) {
        self.marks.push(Mark { at: self.journal.now(), kind: "drill".to_owned(), text });
    }
}

impl Hand {
    pub fn new(factory: String, api_key: String) -> anyhow::Result<Self> {
        let url = Url::parse(&factory).context("the factory's address is not a URL")?;
        let config = FactoryConfig { attempt_timeout: PATIENCE, ..FactoryConfig::new(url, api_key.into()) };
        Ok(Self { factory, client: FactoryClient::new(config)? })
    }

    /// Makes the factory misbehave, or ends that.
    pub async fn tell(&self, kind: ChaosKind, window: &ChaosRequest) -> anyhow::Result<()> {
        Ok(self.client.set_chaos(kind, window).await?)
    }
}
