//! The established connections, which can be ended together.

use crate::{
    Limits,
    clients::{Clients, Place},
    connection,
    guests::{Guests, Presence},
    limits::connections_with_files,
};
use axum::Router;
use std::{io, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// How long to wait when no connection can be accepted, for some files to be closed most likely, or when all places are
/// taken by people who are being served.
const BREATHER: Duration = Duration::from_millis(100);

/// The established connections of one server.
pub struct Connections {
    app: Router,
    limits: Arc<Limits>,
    slots: Arc<Semaphore>,
    clients: Arc<Clients>,
    guests: Arc<Guests>,
    open: Open,
}

/// Those that will be ended together.
#[derive(Default)]
struct Open {
    tasks: TaskTracker,
    /// Answer what was asked, then close.
    finish: CancellationToken,
    /// Close.
    cut: CancellationToken,
}

impl Connections {
    /// None yet. Raises the process's limit of open files if these limits need it.
    ///
    /// # Panics
    /// When [`Limits::header_bytes`] is below 8,192, as soon as somebody connects.
    pub fn new(app: Router, limits: Limits) -> Self {
        let slots = connections_with_files(limits.connections);
        Self {
            // Routes that know they need no more state are not prepared anew for every request.
            app: app.with_state(()),
            slots: Arc::new(Semaphore::new(slots.min(Semaphore::MAX_PERMITS))),
            clients: Clients::new(limits.connections_per_client),
            guests: Arc::default(),
            limits: Arc::new(limits),
            open: Open::default(),
        }
    }

    /// Accepts connections and serves each on a task of its own, for ever. Losing this future loses no connection.
    pub async fn accept(&self, listener: &TcpListener) {
        loop {
            let slot = self.slot().await;
            match listener.accept().await {
                Ok((stream, peer)) => self.serve(stream, peer, slot),
                Err(error) if is_of_the_client(&error) => {}
                Err(error) => {
                    tracing::warn!(%error, "no connection can be accepted");
                    sleep(BREATHER).await;
                }
            }
        }
    }

    /// Ends all connections, giving answers under way `grace` to get out. Others may be accepted afterwards.
    pub async fn close(&mut self, grace: Duration) {
        let open = std::mem::take(&mut self.open);
        open.finish.cancel();
        open.tasks.close();
        if tokio::time::timeout(grace, open.tasks.wait()).await.is_err() {
            open.cut.cancel();
            open.tasks.wait().await;
        }
    }

    /// A place for one more. When all are taken, somebody who wants nothing at the moment has to leave, so that one is
    /// free for whoever comes.
    async fn slot(&self) -> OwnedSemaphorePermit {
        let slots = || Arc::clone(&self.slots);
        if let Ok(slot) = slots().try_acquire_owned() {
            return slot;
        }
        loop {
            self.guests.make_room();
            if let Ok(slot) = timeout(BREATHER, slots().acquire_owned()).await {
                return slot.expect("it is never closed");
            }
        }
    }

    fn serve(&self, stream: TcpStream, peer: SocketAddr, slot: OwnedSemaphorePermit) {
        let Some(place) = self.clients.admit(peer.ip()) else {
            tracing::debug!(%peer, "this client has as many connections as it may");
            return;
        };
        let (guest, presence) = self.guests.welcome(&self.open.finish);
        let (app, limits) = (self.app.clone(), Arc::clone(&self.limits));
        let (finish, cut) = (self.open.finish.clone(), self.open.cut.clone());
        self.open.tasks.spawn(async move {
            let _counts: (Presence, OwnedSemaphorePermit, Place) = (presence, slot, place);
            tokio::select! {
                biased;
                () = connection::serve((stream, peer), app, &limits, guest, &finish) => {}
                () = cut.cancelled() => {}
            }
        });
    }
}

/// A client that left before it was accepted is no reason to wait.
fn is_of_the_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionReset | Interrupted)
}
