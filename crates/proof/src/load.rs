//! Diners who order at random times, however the service fares, and send again what was not answered.

use crate::{
    diner::{Diner, Shop},
    ledger::{Acknowledged, Ledger},
    stage::Stage,
};
use fastrand::Rng;
use futures::future::join;
use reqwest::{Client, RequestBuilder};
use serde_json::Value;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    task::{JoinHandle, JoinSet},
    time::{sleep, sleep_until},
};
use tokio_util::sync::CancellationToken;

/// More than this many diners do not wait at once; who comes then, goes.
const WAITING: usize = 1500;
const AGAIN: std::ops::Range<u64> = 50..300;

/// How somebody orders.
#[derive(Clone, Copy, Debug)]
enum Manner {
    /// Does not wait for the pizza at all.
    Async,
    /// Waits for so many seconds; for as long as the service thinks right, if none.
    Wait(Option<u32>),
    /// Sends the same request twice at the same time.
    Twice,
    /// Hangs up after so many milliseconds, and asks again.
    HangsUp(u64),
}

/// Diners who keep coming until they are told to stop.
pub(crate) struct Load {
    pub ledger: Arc<Ledger>,
    crowd: Arc<Crowd>,
    stop: CancellationToken,
    coming: JoinHandle<()>,
}

struct Crowd {
    http: Client,
    shop: Shop,
    diners: Arc<Vec<Diner>>,
    ledger: Arc<Ledger>,
}

impl Load {
    /// So many orders a second, on average.
    pub fn begin(stage: &Stage, rate: f64, seed: u64) -> Self {
        let (ledger, stop) = (Arc::new(Ledger::new()), CancellationToken::new());
        let crowd = Arc::new(Crowd {
            http: stage.http.clone(),
            shop: stage.shop,
            diners: Arc::clone(&stage.diners),
            ledger: Arc::clone(&ledger),
        });
        let coming = tokio::spawn(Arc::clone(&crowd).come(rate, Rng::with_seed(seed), stop.clone()));
        Self { ledger, crowd, stop, coming }
    }

    /// Nobody comes any more; returns when all who came have been served. Whoever gave up asks once more, with the
    /// same key, because only so one can tell whether their order was made twice.
    pub async fn end(mut self) -> anyhow::Result<Arc<Ledger>> {
        self.stop.cancel();
        (&mut self.coming).await?;
        let open = |wishes: &[crate::ledger::Wish]| -> Vec<usize> {
            let open = wishes.iter().enumerate().filter(|(_, wish)| wish.acknowledged.is_empty());
            open.map(|(number, _)| number).collect()
        };
        let open = open(&self.ledger.pages().wishes);
        let mut asking = JoinSet::new();
        for wish in open {
            if asking.len() >= 32 {
                asking.join_next().await;
            }
            let crowd = Arc::clone(&self.crowd);
            asking.spawn(async move { crowd.insist(wish, Manner::Async, &mut Rng::with_seed(1)).await });
        }
        asking.join_all().await;
        Ok(Arc::clone(&self.ledger))
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Crowd {
    async fn come(self: Arc<Self>, rate: f64, mut random: Rng, stop: CancellationToken) {
        let mut inside = JoinSet::new();
        let mut next = tokio::time::Instant::now();
        loop {
            // Open-loop: who comes does not care how those before them fared.
            next += Duration::from_secs_f64(-(1.0 - random.f64()).ln() / rate);
            tokio::select! {
                () = sleep_until(next) => {}
                () = stop.cancelled() => break,
            }
            while inside.try_join_next().is_some() {}
            if inside.len() < WAITING {
                inside.spawn(Arc::clone(&self).visit(random.fork()));
            }
        }
        inside.join_all().await;
    }

    async fn visit(self: Arc<Self>, mut random: Rng) {
        let key = format!("{:032x}", random.u128(..));
        let wish = self.ledger.wish(key, random.usize(..self.diners.len()), random.i64(0..Shop::PIZZAS));
        let manner = match random.u32(0..10) {
            0..3 => Manner::Async,
            3..6 => Manner::Wait(None),
            6..8 => Manner::Wait(Some(1)),
            8 => Manner::Twice,
            _ => Manner::HangsUp(random.u64(2..200)),
        };
        if random.u32(0..10) == 0 {
            self.ask(wish, manner).await;
        } else {
            self.insist(wish, manner, &mut random).await;
        }
    }

    /// Asks again and again, until there is an acknowledgement.
    async fn insist(&self, wish: usize, manner: Manner, random: &mut Rng) {
        let mut acknowledged = self.ask(wish, manner).await;
        while !acknowledged {
            sleep(Duration::from_millis(random.u64(AGAIN))).await;
            let manner = if let Manner::HangsUp(_) = manner { Manner::Async } else { manner };
            acknowledged = self.ask(wish, manner).await;
        }
    }

    async fn ask(&self, wish: usize, manner: Manner) -> bool {
        let wanted = self.ledger.wanted(wish);
        let order = || self.diners[wanted.diner].order(&self.http, self.shop, &wanted.key, wanted.pizza);
        match manner {
            Manner::Async => self.send(wish, order().header("Prefer", "respond-async")).await,
            Manner::Wait(None) => self.send(wish, order()).await,
            Manner::Wait(Some(seconds)) => {
                self.send(wish, order().header("Prefer", format!("wait={seconds}"))).await
            }
            Manner::Twice => {
                let (one, other) = join(self.send(wish, order()), self.send(wish, order())).await;
                one || other
            }
            Manner::HangsUp(millis) => self.send(wish, order().timeout(Duration::from_millis(millis))).await,
        }
    }

    /// Whether it was acknowledged; what else was said is written down.
    async fn send(&self, wish: usize, request: RequestBuilder) -> bool {
        let sent = Instant::now();
        self.ledger.sends();
        let answered = async {
            let answer = request.send().await?;
            let (status, retry_after) =
                (answer.status().as_u16(), answer.headers().contains_key("retry-after"));
            Ok::<_, reqwest::Error>((status, retry_after, answer.text().await?))
        };
        let Ok((status, retry_after, text)) = answered.await else {
            self.ledger.broken();
            return false;
        };
        let body: Value = serde_json::from_str(&text).unwrap_or_default();
        match (status, body["order"]["id"].as_i64()) {
            (200 | 202, Some(order)) => {
                let jwt = body["jwt"].as_str().map(str::to_owned);
                self.ledger.acknowledged(wish, Acknowledged { order, jwt }, sent);
                return true;
            }
            (503, None) if retry_after && body["message"].is_string() => self.ledger.refused(),
            _ => self.ledger.odd(format!("{status}: {text}")),
        }
        false
    }
}
