//! A factory that fails now and then, in every way it can.

use anyhow::Context;
use factory_api::{ChaosKind, ChaosRequest};
use factory_client::FactoryClient;
use fastrand::Rng;
use std::{ops::Range, time::Duration};
use tokio::{
    task::JoinHandle,
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;

const KINDS: [ChaosKind; 5] =
    [ChaosKind::Fail, ChaosKind::Throttle, ChaosKind::Badjwt, ChaosKind::Down, ChaosKind::Flap];
const PATIENCE: Duration = Duration::from_secs(60);

/// How often, and for how long; in seconds.
#[derive(Clone, Debug)]
pub(crate) struct Climate {
    pub calm: Range<f64>,
    pub storm: Range<u64>,
}

/// Storms over the factory, until they are ended.
pub(crate) struct Weather {
    factory: FactoryClient,
    stop: CancellationToken,
    task: JoinHandle<u32>,
}

impl Weather {
    pub fn begin(factory: FactoryClient, climate: Climate, seed: u64) -> Self {
        let stop = CancellationToken::new();
        let task = tokio::spawn(storms(factory.clone(), climate, Rng::with_seed(seed), stop.clone()));
        Self { factory, stop, task }
    }

    /// The sun shines, and there were so many storms.
    pub async fn end(mut self) -> anyhow::Result<u32> {
        self.stop.cancel();
        let storms = (&mut self.task).await?;
        let begun = Instant::now();
        // One that is down cannot be told anything before it comes back by itself.
        while let Err(error) = self.factory.set_chaos(ChaosKind::None, &ChaosRequest::default()).await {
            if begun.elapsed() > PATIENCE {
                return Err(error).context("the factory does not come back");
            }
            sleep(Duration::from_millis(100)).await;
        }
        Ok(storms)
    }
}

impl Drop for Weather {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn storms(factory: FactoryClient, climate: Climate, mut random: Rng, stop: CancellationToken) -> u32 {
    let mut storms = 0;
    loop {
        let calm = climate.calm.start + random.f64() * (climate.calm.end - climate.calm.start);
        let seconds = random.u64(climate.storm.clone());
        let window = ChaosRequest {
            start_date: None,
            duration_seconds: Some(seconds),
            probability: Some(if random.bool() { 1.0 } else { 0.7 }),
            delay_seconds: Some(random.u64(1..3)),
            period_seconds: Some(1),
        };
        let kind = KINDS[random.usize(..KINDS.len())];
        let storm = async {
            sleep(Duration::from_secs_f64(calm)).await;
            let began = factory.set_chaos(kind, &window).await.is_ok();
            sleep(Duration::from_secs(seconds)).await;
            began
        };
        tokio::select! {
            began = storm => storms += u32::from(began),
            () = stop.cancelled() => return storms,
        }
    }
}
