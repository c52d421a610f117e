//! A database that both instances use: on one server, or on a cluster.

use std::sync::{Arc, Mutex};
use test_mariadb::{Galera, MariaDb};
use tokio::{
    sync::{Mutex as Turn, MutexGuard},
    task::spawn_blocking,
};

/// One drill at a time on the cluster, which they share.
static TURN: Turn<()> = Turn::const_new(());

/// Where the orders are.
pub struct Database {
    pub name: String,
    server: Server,
}

enum Server {
    One(Arc<Mutex<MariaDb>>),
    Cluster(&'static Galera, #[expect(dead_code, reason = "held, not read")] MutexGuard<'static, ()>),
}

impl Database {
    /// On a server of its own.
    pub async fn server() -> Self {
        let server = spawn_blocking(|| MariaDb::start(&[]).unwrap()).await.unwrap();
        let name = server.fresh_database();
        Self { name, server: Server::One(Arc::new(Mutex::new(server))) }
    }

    /// On the cluster.
    pub async fn cluster() -> Self {
        let turn = TURN.lock().await;
        let cluster = spawn_blocking(Galera::shared).await.unwrap();
        let name = spawn_blocking(|| cluster.fresh_database()).await.unwrap();
        Self { name, server: Server::Cluster(cluster, turn) }
    }

    /// As an instance is told it: each has another node as its first.
    pub fn url(&self, instance: usize) -> String {
        match &self.server {
            Server::One(server) => server.lock().unwrap().url(&self.name),
            Server::Cluster(cluster, _) => cluster.url(&self.name, instance),
        }
    }

    /// What the database says, with all that was committed anywhere.
    pub fn sql(&self, statements: &str) -> String {
        let statements = format!("SET wsrep_sync_wait = 15; {statements}");
        match &self.server {
            Server::One(server) => server.lock().unwrap().sql(&self.name, &statements),
            Server::Cluster(cluster, _) => cluster.sql(2, &self.name, &statements),
        }
    }

    /// SIGKILL for the server.
    pub async fn kill(&self) {
        self.with_the_server(MariaDb::kill).await;
    }

    /// Starts the server again.
    pub async fn restart(&self) {
        self.with_the_server(|server| server.restart().unwrap()).await;
    }

    /// SIGKILL for a node.
    pub async fn kill_node(&self, node: usize) {
        let cluster = self.the_cluster();
        spawn_blocking(move || cluster.kill(node)).await.unwrap();
    }

    /// Starts a node again, and waits until it has all that the others have.
    pub async fn let_node_rejoin(&self, node: usize) {
        let cluster = self.the_cluster();
        spawn_blocking(move || cluster.rejoin(node)).await.unwrap().unwrap();
    }

    async fn with_the_server(&self, act: impl FnOnce(&mut MariaDb) + Send + 'static) {
        let Server::One(server) = &self.server else { panic!("a cluster dies node by node") };
        let server = Arc::clone(server);
        spawn_blocking(move || act(&mut server.lock().unwrap())).await.unwrap();
    }

    fn the_cluster(&self) -> &'static Galera {
        let Server::Cluster(cluster, _) = &self.server else { panic!("one server has no nodes") };
        cluster
    }
}
