//! One connection: how it is set up, and how statements run on it.

use super::{
    column::get,
    failure::Failure,
    options::{HostPort, MysqlOptions, Tls},
};
use crate::statement;
use mysql_async::{
    Conn, DriverError, Error, OptsBuilder, Params, Row, SslOpts, Statement, prelude::Queryable,
};
use secrecy::ExposeSecret;
use std::{
    collections::HashMap,
    time::{Duration, Instant},
};
use tokio::time::timeout;

/// More than there are statements in this crate, so that each is prepared once for each connection.
const STATEMENTS: usize = 512;
/// How long a statement waits for a row that another transaction holds.
const LOCK_WAIT_SECONDS: u32 = 5;

/// The `wsrep_local_state` of a node that has what its cluster has.
const SYNCED: &str = "4";

/// What [`Facts`] are asked for. A server that does not know one leaves it out.
const VARIABLES: &str =
    "SHOW VARIABLES WHERE Variable_name IN ('version', 'read_only', 'auto_increment_increment',
    'innodb_flush_log_at_trx_commit', 'log_bin', 'sync_binlog', 'wsrep_on')";

/// A connection whose session is ours: UTC, strict, READ COMMITTED, committing each statement by itself.
pub(super) struct Connection {
    driver: Conn,
    facts: Facts,
    is_behind: bool,
    statement_timeout: Duration,
    is_patient: bool,
    in_transaction: bool,
    /// The id of the statement that was prepared last: the server counts them.
    newest_statement: u32,
}

/// What is worth knowing about the server: its variables.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts(HashMap<String, String>);

impl Facts {
    /// A variable, in lower case; `None` if this server has none of that name.
    pub(super) fn get(&self, variable: &str) -> Option<&str> {
        self.0.get(variable).map(String::as_str)
    }

    fn is_on(&self, variable: &str) -> bool {
        self.get(variable).is_some_and(|value| value != "off" && value != "0")
    }

    /// Whether this is a node of a Galera cluster.
    pub(super) fn is_galera(&self) -> bool {
        self.is_on("wsrep_on")
    }

    /// Whether a transaction may be rolled back without an error; see [`Connection::prepared`].
    fn may_forget_transactions(&self) -> bool {
        self.is_galera() && self.is_mariadb()
    }

    fn is_mariadb(&self) -> bool {
        self.get("version").is_some_and(|version| version.contains("mariadb"))
    }

    /// Whether rows that are written later have larger ids, but for those of a few seconds: not where each of several
    /// servers gives ids out of a large stock of its own.
    pub(super) fn ids_follow_time(&self) -> bool {
        !self.get("version").is_some_and(|version| version.contains("tidb") || version.contains("vitess"))
    }

    /// Whether the ids of the rows of one INSERT are numbers without gaps.
    pub(super) fn ids_are_contiguous(&self) -> bool {
        self.get("auto_increment_increment") == Some("1") && !self.is_galera()
    }
}

impl Connection {
    /// Connects to one address and takes the session over. An address whose server cannot take writes now is no
    /// better than one that does not answer.
    pub(super) async fn open(options: &MysqlOptions, address: &HostPort) -> Result<Self, Failure> {
        let driver = connect(options, address).await?;
        let mut connection = Self {
            driver,
            facts: Facts::default(),
            is_behind: false,
            statement_timeout: options.statement_timeout,
            is_patient: false,
            in_transaction: false,
            newest_statement: 0,
        };
        connection.facts = Facts(connection.pairs(VARIABLES).await?);
        connection.refuse_what_takes_no_writes().await?;
        connection.set_session(options).await?;
        Ok(connection)
    }

    pub(super) fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Whether this node of a cluster had something else to do when we came: while it gives its data to another
    /// one, it may take no writes, or answer late.
    pub(super) fn is_behind(&self) -> bool {
        self.is_behind
    }

    /// Lets statements take as long as they take: for what reads or changes whole tables. Afterwards the connection
    /// is closed, not kept.
    pub(super) async fn take_your_time(&mut self) -> Result<(), Failure> {
        let unlimited = if self.facts.is_mariadb() { "max_statement_time" } else { "max_execution_time" };
        self.command(&format!("SET SESSION {unlimited} = 0")).await?;
        self.statement_timeout = Duration::from_secs(24 * 60 * 60);
        self.is_patient = true;
        Ok(())
    }

    pub(super) fn is_patient(&self) -> bool {
        self.is_patient
    }

    /// All rows of a prepared statement.
    pub(super) async fn rows(
        &mut self,
        sql: &str,
        params: impl Into<Params> + Send,
    ) -> Result<Vec<Row>, Failure> {
        let statement = self.prepared(sql).await?;
        timed(self.statement_timeout, sql, self.driver.exec(&statement, params.into())).await
    }

    /// The first row of a prepared statement.
    pub(super) async fn row(
        &mut self,
        sql: &str,
        params: impl Into<Params> + Send,
    ) -> Result<Option<Row>, Failure> {
        let statement = self.prepared(sql).await?;
        timed(self.statement_timeout, sql, self.driver.exec_first(&statement, params.into())).await
    }

    /// Runs a prepared statement, and answers how many rows it changed.
    pub(super) async fn execute(
        &mut self,
        sql: &str,
        params: impl Into<Params> + Send,
    ) -> Result<u64, Failure> {
        let statement = self.prepared(sql).await?;
        timed(self.statement_timeout, sql, self.driver.exec_drop(&statement, params.into())).await?;
        Ok(self.driver.affected_rows())
    }

    /// Runs statements that cannot be prepared, or are not worth it, and answers all their rows. Never with anything
    /// from outside in them.
    pub(super) async fn command(&mut self, sql: &str) -> Result<Vec<Row>, Failure> {
        let all = async {
            let mut result = self.driver.query_iter(sql).await?;
            let mut rows: Vec<Row> = result.collect().await?;
            while !result.is_empty() {
                rows.extend(result.collect::<Row>().await?);
            }
            // The error of a statement behind the first one is told only here.
            result.drop_result().await?;
            Ok(rows)
        };
        timed(self.statement_timeout, sql, all).await
    }

    /// Says that a transaction begins or ends here: [`Connection::prepared`] must know.
    pub(super) fn in_transaction(&mut self, is: bool) {
        self.in_transaction = is;
    }

    /// A statement, prepared once for each connection.
    ///
    /// When a node of a MariaDB cluster rolls a transaction back because another node was faster, the next statement
    /// fails with 1213. But if it happens just while a statement is being prepared, nothing fails: what comes next would
    /// run outside, each statement for itself, and COMMIT would answer that all is well. So after each PREPARE within
    /// a transaction the server is asked whether there still is one, before anything runs. (Seen on 10.11; the tests
    /// of `proof` ask the server itself.) Behind another statement in one packet COMMIT lies in the same way: it is
    /// always sent alone.
    async fn prepared(&mut self, sql: &str) -> Result<Statement, Failure> {
        let statement = in_time(self.statement_timeout, self.driver.prep(sql)).await?;
        let is_new = statement.id() > self.newest_statement;
        self.newest_statement = self.newest_statement.max(statement.id());
        if is_new && self.in_transaction && self.facts.may_forget_transactions() {
            let rows = self.command("SELECT @@in_transaction").await?;
            is_inside(&rows)?;
        }
        Ok(statement)
    }

    /// The id that the last INSERT gave; of several rows the first one's.
    pub(super) fn last_insert_id(&self) -> Result<i64, Failure> {
        let id = self.driver.last_insert_id().and_then(|id| i64::try_from(id).ok());
        id.ok_or_else(|| Failure::Unreadable("an INSERT gave no id".into()))
    }

    /// Whether the server still answers.
    pub(super) async fn answers_within(&mut self, limit: Duration) -> bool {
        in_time(limit, self.driver.ping()).await.is_ok()
    }

    /// What a SHOW statement says of each name, in lower case.
    async fn pairs(&mut self, sql: &str) -> Result<HashMap<String, String>, Failure> {
        let rows = self.command(sql).await?;
        let pairs = rows.iter().filter_map(|row| Some((row.get_opt(0)?.ok()?, row.get_opt(1)?.ok()?)));
        Ok(pairs.map(|(name, value): (String, String)| (name, value.to_lowercase())).collect())
    }

    async fn refuse_what_takes_no_writes(&mut self) -> Result<(), Failure> {
        if self.facts.is_on("read_only") {
            return Err(Failure::Unreachable("is read-only".into()));
        }
        if !self.facts.is_galera() {
            return Ok(());
        }
        // A node that has lost the others, or is told to, refuses this like anything that is of use.
        self.command("DO 1").await?;
        let state = self.pairs("SHOW STATUS LIKE 'wsrep_local_state'").await?;
        self.is_behind = state.get("wsrep_local_state").map(String::as_str) != Some(SYNCED);
        Ok(())
    }

    async fn set_session(&mut self, options: &MysqlOptions) -> Result<(), Failure> {
        let seconds = options.statement_timeout.as_secs_f64();
        let limit = match self.facts.is_mariadb() {
            true => format!("max_statement_time = {seconds}"),
            // MySQL limits only what reads.
            false => format!("max_execution_time = {}", options.statement_timeout.as_millis()),
        };
        // On a cluster, what another node has committed is seen and compared with before the node answers.
        let sync = if self.facts.is_galera() { ", wsrep_sync_wait = 3" } else { "" };
        self.command(&format!(
            "SET NAMES utf8mb4, time_zone = '+00:00', sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION',
                 autocommit = 1, innodb_lock_wait_timeout = {LOCK_WAIT_SECONDS}, {limit}{sync}"
        ))
        .await?;
        self.command("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED").await?;
        Ok(())
    }
}

/// What `@@in_transaction` says in the first row.
fn is_inside(rows: &[Row]) -> Result<(), Failure> {
    match rows.first().map(|row| get::<u8>(row, 0)).transpose()? {
        Some(1) => Ok(()),
        _ => Err(Failure::Vanished("the server says that there is no transaction".into())),
    }
}

/// Runs a statement, and tells the log.
async fn timed<T>(
    limit: Duration,
    sql: &str,
    work: impl Future<Output = mysql_async::Result<T>>,
) -> Result<T, Failure> {
    let start = Instant::now();
    let done = in_time(limit, work).await;
    statement::ran(sql, start.elapsed());
    done
}

/// Runs something on a connection. Out of time, nobody knows what it still does, so the connection is given up.
async fn in_time<T>(
    limit: Duration,
    work: impl Future<Output = mysql_async::Result<T>>,
) -> Result<T, Failure> {
    Ok(timeout(limit, work).await.map_err(|_| Failure::NoAnswer)??)
}

async fn connect(options: &MysqlOptions, address: &HostPort) -> Result<Conn, Failure> {
    match (options.tls, address.is_loopback()) {
        (Tls::Off, _) | (Tls::Automatic, true) => {
            Ok(Conn::new(driver_options(options, address, None)).await?)
        }
        (Tls::Require, _) | (Tls::Automatic, false) => {
            Ok(Conn::new(driver_options(options, address, Some(trust(options)))).await?)
        }
        (Tls::Prefer, _) => {
            let whoever = SslOpts::default().with_danger_accept_invalid_certs(true);
            match Conn::new(driver_options(options, address, Some(whoever))).await {
                Err(Error::Driver(DriverError::NoClientSslFlagFromServer)) => {
                    Ok(Conn::new(driver_options(options, address, None)).await?)
                }
                connected => Ok(connected?),
            }
        }
    }
}

/// The certificates that a server's may be signed by.
fn trust(options: &MysqlOptions) -> SslOpts {
    match &options.tls_ca {
        Some(path) => {
            SslOpts::default().with_root_certs(vec![path.clone().into()]).with_disable_built_in_roots(true)
        }
        None => SslOpts::default(),
    }
}

fn driver_options(options: &MysqlOptions, address: &HostPort, tls: Option<SslOpts>) -> OptsBuilder {
    OptsBuilder::default()
        .ip_or_hostname(&address.host)
        .tcp_port(address.port)
        .user(Some(&options.user))
        .pass(Some(options.password.expose_secret()))
        .db_name(Some(&options.database))
        .ssl_opts(tls)
        .prefer_socket(false)
        .tcp_nodelay(true)
        .tcp_keepalive(Some(Duration::from_secs(30)))
        .stmt_cache_size(STATEMENTS)
        // A row that was found and changed to what it was counts as changed.
        .client_found_rows(true)
}
