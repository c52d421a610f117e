//! A way to the database on which connections break when it hurts most: at COMMIT.

use std::{
    net::Ipv4Addr,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
};

/// What happens to some of the commits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The connection breaks before the server hears of it.
    NotSent,
    /// The connection breaks before the client hears that it happened.
    NotAnswered,
    /// The client's connection breaks, and the server hears of the commit only after a while.
    SentLate,
}

const LATE: Duration = Duration::from_millis(100);

/// Counts the commits of all its connections together.
pub struct Proxy {
    pub port: u16,
    commits: Arc<AtomicU32>,
}

impl Proxy {
    /// Leads to the server at `port`, with this fault at every n-th commit.
    pub async fn start(port: u16, fault: Fault, every: u32) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let own = listener.local_addr().unwrap().port();
        let commits = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&commits);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap();
                client.set_nodelay(true).unwrap();
                server.set_nodelay(true).unwrap();
                tokio::spawn(forward(client, server, fault, every, Arc::clone(&count)));
            }
        });
        Self { port: own, commits }
    }

    pub fn commits(&self) -> u32 {
        self.commits.load(Ordering::SeqCst)
    }
}

async fn forward(client: TcpStream, server: TcpStream, fault: Fault, every: u32, commits: Arc<AtomicU32>) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let back = tokio::spawn(async move {
        let _ = tokio::io::copy(&mut from_server, &mut to_client).await;
        (from_server, to_client)
    });
    while let Ok(packet) = packet(&mut from_client).await {
        let is_commit = packet[4..] == *b"\x03COMMIT";
        if is_commit && (commits.fetch_add(1, Ordering::SeqCst) + 1).is_multiple_of(every) {
            back.abort();
            // Its halves are dropped with it, which closes the client's connection as soon as ours is.
            drop(from_client);
            return fail(fault, to_server, &packet).await;
        }
        if to_server.write_all(&packet).await.is_err() {
            break;
        }
    }
    back.abort();
}

async fn fail(fault: Fault, mut to_server: OwnedWriteHalf, commit: &[u8]) {
    match fault {
        Fault::NotSent => return,
        Fault::NotAnswered => {}
        Fault::SentLate => tokio::time::sleep(LATE).await,
    }
    to_server.write_all(commit).await.unwrap();
    // The server ends with what it has to do before it notices that nobody listens.
    to_server.flush().await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
}

/// One packet of the protocol, with its header: three bytes of length and a number.
async fn packet(from: &mut OwnedReadHalf) -> std::io::Result<Vec<u8>> {
    let mut packet = vec![0; 4];
    from.read_exact(&mut packet).await?;
    let length = usize::from(packet[0]) | usize::from(packet[1]) << 8 | usize::from(packet[2]) << 16;
    packet.resize(4 + length, 0);
    from.read_exact(&mut packet[4..]).await?;
    Ok(packet)
}
