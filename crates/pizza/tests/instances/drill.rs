//! The drill: diners order steadily, and one after the other everybody dies.

use crate::{
    database::Database,
    diner::{Acknowledged, Diner},
    installation::{INSTANCES, Installation},
    promises,
};
use std::time::Duration;
use test_kit::eventually;
use tokio::{task::JoinHandle, time::sleep};
use tokio_util::sync::CancellationToken;

const DINERS: [&str; 4] = ["ada", "grace", "linus", "guido"];
/// How long everybody is there, and how long somebody is not, before the next thing happens.
const CALM: Duration = Duration::from_millis(1500);
const RESCUED: &str = "rescued orders whose lease ran out";

/// A drill that is going on.
pub struct Drill {
    installation: Installation,
    ordering: Vec<JoinHandle<Vec<Acknowledged>>>,
    no_more_orders: CancellationToken,
}

impl Drill {
    pub async fn begin(database: Database) -> Self {
        let installation = Installation::on(database).await;
        let no_more_orders = CancellationToken::new();
        let mut ordering = Vec::new();
        for name in DINERS {
            let diner = Diner::register(&installation, name).await;
            ordering.push(tokio::spawn(diner.order_steadily(no_more_orders.clone())));
        }
        Self { installation, ordering, no_more_orders }
    }

    pub async fn kill_node_and_let_it_rejoin(&mut self, node: usize) {
        sleep(CALM).await;
        self.installation.database.kill_node(node).await;
        sleep(CALM).await;
        self.installation.database.let_node_rejoin(node).await;
    }

    pub async fn kill_database_and_start_it_again(&mut self) {
        sleep(CALM).await;
        self.installation.database.kill().await;
        sleep(CALM).await;
        self.installation.database.restart().await;
    }

    /// The one that was killed stays away until then, or it might rescue them itself.
    pub async fn kill_instance_until_the_other_has_rescued_its_orders(&mut self, instance: usize) {
        sleep(CALM).await;
        let rescuer = (instance + 1) % INSTANCES;
        let rescues = self.rescues(rescuer);
        self.installation.kill(instance);
        let look = async || (self.rescues(rescuer) > rescues).then_some(());
        eventually("the orders of the dead instance are rescued", look).await;
        self.installation.start(instance).await;
    }

    /// No more orders; then everything that was promised is looked at.
    pub async fn end(self) {
        sleep(CALM).await;
        self.no_more_orders.cancel();
        let mut orders = Vec::new();
        for diner in self.ordering {
            orders.extend(diner.await.unwrap());
        }
        promises::are_kept(&self.installation, &orders).await;
        self.installation.ends_cleanly().await;
    }

    fn rescues(&self, instance: usize) -> usize {
        self.installation.log(instance).matches(RESCUED).count()
    }
}
