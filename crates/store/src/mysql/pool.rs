//! The connections: a limited number of them, to the first server that answers.
//!
//! Not the driver's pool: that knows one address, waits for ever, and hands back connections of which nobody knows
//! what state they are in. Here a connection is kept only when its user says that all went well.

use super::{connection::Connection, failure::Failure, options::MysqlOptions};
use mysql_async::Error;
use std::{
    ops::{Deref, DerefMut},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// A connection that was idle for so long is closed: a firewall may have forgotten it.
const STALE_AFTER: Duration = Duration::from_secs(300);
/// A connection that was idle for so long is asked whether it is still there.
const ASK_AFTER: Duration = Duration::from_secs(5);
/// How long it may take to say so.
const ASK_FOR: Duration = Duration::from_secs(1);

#[derive(Clone)]
pub(super) struct Pool(Arc<Shared>);

struct Shared {
    options: MysqlOptions,
    permits: Arc<Semaphore>,
    idle: Mutex<Vec<Idle>>,
    /// Which of the addresses answered last.
    current: AtomicUsize,
    /// How often connections were lost: those from before are not kept.
    losses: AtomicU64,
}

struct Idle {
    connection: Connection,
    since: Instant,
}

/// A connection in use. Dropped, it is closed; what its session had not committed is rolled back by the server.
pub(super) struct Borrowed {
    connection: Connection,
    losses: u64,
    pool: Pool,
    // The last to go: only then may another one be opened.
    _permit: OwnedSemaphorePermit,
}

impl Pool {
    pub(super) fn new(options: MysqlOptions) -> Self {
        let permits = Arc::new(Semaphore::new(options.connections.max(1) as usize));
        Self(Arc::new(Shared {
            options,
            permits,
            idle: Mutex::default(),
            current: AtomicUsize::new(0),
            losses: AtomicU64::new(0),
        }))
    }

    /// An idle connection that still answers, or a new one.
    pub(super) async fn borrow(&self) -> Result<Borrowed, Failure> {
        let permits = Arc::clone(&self.0.permits);
        let permit = match timeout(self.0.options.acquire_timeout, permits.acquire_owned()).await {
            Ok(Ok(permit)) => permit,
            _ => return Err(Failure::Unreachable("all connections to the database are in use".into())),
        };
        let losses = self.0.losses.load(Ordering::SeqCst);
        let mut connection = match self.idle_connection().await {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        if let Some(clock) = &self.0.options.clock {
            let millis = clock.timestamp().as_millisecond();
            connection.command(&format!("SET timestamp = {}.{:03}", millis / 1000, millis % 1000)).await?;
        }
        Ok(Borrowed { connection, losses, pool: self.clone(), _permit: permit })
    }

    /// A connection was lost, so the idle ones are probably no better: the next user opens a new one.
    pub(super) fn lost(&self) {
        self.0.losses.fetch_add(1, Ordering::SeqCst);
        self.idle().clear();
    }

    async fn idle_connection(&self) -> Option<Connection> {
        loop {
            let Idle { mut connection, since } = self.idle().pop()?;
            let idle_for = since.elapsed();
            if idle_for < ASK_AFTER || idle_for < STALE_AFTER && connection.answers_within(ASK_FOR).await {
                return Some(connection);
            }
        }
    }

    /// Tries each address once, first the one that answered last. A node that is behind its cluster will do if there
    /// is no other.
    async fn connect(&self) -> Result<Connection, Failure> {
        let options = &self.0.options;
        let first = self.0.current.load(Ordering::Relaxed);
        let (mut refusals, mut not_let_in, mut behind) = (Vec::new(), 0, None);
        for n in 0..options.addresses.len() {
            let at = (first + n) % options.addresses.len();
            let address = &options.addresses[at];
            match timeout(options.connect_timeout, Connection::open(options, address)).await {
                Ok(Ok(connection)) if connection.is_behind() => behind = behind.or(Some((at, connection))),
                Ok(Ok(connection)) => return Ok(self.now_at(at, connection)),
                Ok(Err(failure)) => {
                    not_let_in += usize::from(is_about_us(&failure));
                    refusals.push(format!("{address}: {}", reason(&failure)));
                }
                Err(_) => refusals.push(format!("{address}: no answer in {:?}", options.connect_timeout)),
            }
        }
        if let Some((at, connection)) = behind {
            return Ok(self.now_at(at, connection));
        }
        let text = format!("no database server can be used ({})", refusals.join("; "));
        Err(if not_let_in == refusals.len() { Failure::NotLetIn(text) } else { Failure::Unreachable(text) })
    }

    fn now_at(&self, at: usize, connection: Connection) -> Connection {
        if self.0.current.swap(at, Ordering::Relaxed) != at {
            let address = &self.0.options.addresses[at];
            tracing::warn!("type" = "db", component = "pool", %address, "another database server is used now");
        }
        connection
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Idle>> {
        // A list of idle connections is as good after a panic as before.
        self.0.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Borrowed {
    /// Keeps the connection for the next user: all went well, and no transaction is open.
    pub(super) fn give_back(self) {
        let Self { connection, losses, pool, _permit } = self;
        let mut idle = pool.idle();
        if losses == pool.0.losses.load(Ordering::SeqCst) && !connection.is_patient() {
            idle.push(Idle { connection, since: Instant::now() });
        }
    }
}

impl Deref for Borrowed {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.connection
    }
}

impl DerefMut for Borrowed {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.connection
    }
}

/// Whether waiting does not help: access denied, unknown database, host not allowed.
fn is_about_us(failure: &Failure) -> bool {
    let code = match failure {
        Failure::Refused(Error::Server(error)) => error.code,
        _ => return false,
    };
    matches!(code, 1044 | 1045 | 1049 | 1130 | 1524 | 1698)
}

/// What the server said, without our own words around it.
fn reason(failure: &Failure) -> String {
    match failure {
        Failure::Lost(error) | Failure::Refused(error) => error.to_string(),
        other => other.to_string(),
    }
}
