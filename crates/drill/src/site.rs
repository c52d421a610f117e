//! What a drill is about: a service and a factory of its own, or somebody else's.

use crate::{
    door::Door,
    drill::{Drill, Subject, Theirs},
    inject::Hand,
    pager::Pager,
    speed::{Scaled, Speed},
    stage::{Admin, AdminSession, POISON, Stage},
    traffic::Restaurant,
};
use anyhow::ensure;
use std::{path::PathBuf, time::Duration};

/// All that is known of the subject, whoever started it.
pub(crate) struct Site {
    /// The addresses of its instances.
    pub(crate) services: Vec<String>,
    pub(crate) hand: Option<Hand>,
    pub(crate) admin: Option<AdminSession>,
    pub(crate) factory_log: Option<PathBuf>,
    pub(crate) pager: Option<Pager>,
    pub(crate) stage: Option<Stage>,
    _door: Option<Door>,
    pub(crate) scaled: Vec<Scaled>,
    pub(crate) notes: Vec<String>,
}

impl Drill {
    /// Sets the stage, or finds it set.
    pub(crate) async fn site(&self) -> anyhow::Result<Site> {
        let mut scaled: Vec<Scaled> = Vec::new();
        if self.speed != Speed::REAL {
            let phases = self.scenario.phases.iter();
            scaled.extend(phases.map(|phase| {
                Scaled::new(
                    format!("phase: {}", phase.name),
                    phase.length,
                    self.speed.shorten(phase.length),
                    false,
                )
            }));
            scaled.extend(self.scaled_chaos());
        }
        match &self.subject {
            Subject::Own(program) => self.own_site(program.clone(), scaled).await,
            Subject::Theirs(theirs) => self.their_site(theirs, scaled).await,
        }
    }

    /// What the factory is told in whole seconds.
    fn scaled_chaos(&self) -> impl Iterator<Item = Scaled> {
        let times = self.scenario.phases.iter().filter_map(|phase| phase.chaos);
        let times = times.flat_map(|chaos| [("chaos: delay", chaos.delay), ("chaos: period", chaos.period)]);
        times.filter_map(|(what, time)| {
            let real = time?;
            let short = Duration::from_secs(self.speed.whole_seconds(real));
            Some(Scaled::new(what, real, short, short > self.speed.shorten(real)))
        })
    }

    async fn own_site(&self, program: PathBuf, mut scaled: Vec<Scaled>) -> anyhow::Result<Site> {
        let pager = Pager::on(0).await?;
        let mut stage = Stage::set(&program, &self.scenario, self.speed, &pager.url).await?;
        let mut door = None;
        if self.scenario.phases.iter().any(|phase| phase.poisoned > 0) {
            let opened = Door::open(&stage.factory_url(), POISON).await?;
            stage.lead_through(&opened.url);
            door = Some(opened);
        }
        let mut notes = Vec::new();
        if door.is_some() {
            notes.push("calls for poisoned orders fail at a door of the drill's before the factory, and are not counted".to_owned());
        }
        stage.start_service().await?;
        let services = stage.service_urls();
        // An admin looks at the first instance, which is never the one that is killed while there are others.
        let admin = stage.admin.log_in(&services[0]).await?;
        admin.seed().await?;
        scaled.extend(stage.scaled.iter().cloned());
        if self.speed != Speed::REAL {
            notes.push(format!(
                "not shortened: the rate of visits ({} a second), and the time that a diner waits for an answer",
                self.scenario.traffic.rate
            ));
        }
        Ok(Site {
            services,
            hand: Some(Hand::new(stage.factory_url(), stage.api_key.clone())?),
            admin: Some(admin),
            factory_log: Some(stage.factory_log()),
            pager: Some(pager),
            stage: Some(stage),
            _door: door,
            scaled,
            notes,
        })
    }

    async fn their_site(&self, theirs: &Theirs, scaled: Vec<Scaled>) -> anyhow::Result<Site> {
        ensure!(
            !self.scenario.needs_own_stage(),
            "the drill \"{}\" kills the service or poisons orders, so the drill must start the service itself: leave --target out",
            self.scenario.name
        );
        Restaurant::allowed(&theirs.service, theirs.owned)?;
        let has_chaos = self.scenario.phases.iter().any(|phase| phase.chaos.is_some());
        ensure!(
            theirs.factory.is_some() || !has_chaos,
            "to make the factory misbehave, its URL and its vendor's key are needed: --factory-url, --factory-admin-key"
        );
        if let Some((factory, _)) = &theirs.factory {
            Restaurant::allowed(factory, theirs.owned)?;
        }
        let mut notes = Vec::new();
        if self.speed != Speed::REAL {
            notes
                .push("not shortened: the settings of the service, which the drill did not start".to_owned());
        }
        let service = theirs.service.as_str().trim_end_matches('/').to_owned();
        let admin = match &theirs.admin {
            Some((email, password)) => {
                let admin = Admin { email: email.clone(), password: password.clone() };
                Some(admin.log_in(&service).await?)
            }
            None => None,
        };
        let pager = match theirs.pager_port {
            Some(port) => Some(Pager::on(port).await?),
            None => None,
        };
        let hand = theirs.factory.as_ref();
        let hand = hand.map(|(url, key)| Hand::new(url.to_string(), key.clone())).transpose()?;
        Ok(Site {
            services: vec![service],
            hand,
            admin,
            factory_log: theirs.factory_log.clone(),
            pager,
            stage: None,
            _door: None,
            scaled,
            notes,
        })
    }
}

impl Site {
    /// The logs of service and factory by their files' names, if they are the drill's own.
    pub(crate) fn logs(&self) -> Vec<(String, Vec<u8>)> {
        let logs = self.stage.iter().flat_map(Stage::logs);
        let read = |file: PathBuf| {
            Some((file.file_name()?.to_string_lossy().into_owned(), std::fs::read(&file).ok()?))
        };
        logs.filter_map(read).collect()
    }
}
