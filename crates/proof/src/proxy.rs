//! A way between two processes that is cut, clogged or slowed on request.

use anyhow::Context;
use std::{net::Ipv4Addr, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{ReadHalf, WriteHalf},
    },
    sync::watch,
    time::{sleep, timeout},
};
use tokio_util::task::AbortOnDropHandle;

/// What the way is like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Mode {
    /// Everything goes through.
    Pass,
    /// Connections are reset, new ones too.
    Cut,
    /// Nothing goes through, and nobody is told; what was on the way arrives when this is over.
    Blackhole,
    /// Everything takes its time.
    Slow {
        /// How much later each piece arrives.
        latency: Duration,
        /// How many bytes a second.
        bandwidth: u32,
    },
    /// What the server says is swallowed, and its side closed; what the client says goes through.
    HalfClosed,
}

/// The largest piece that is carried at once, in bytes.
const PIECE: usize = 8 * 1024;
const CONNECT: Duration = Duration::from_secs(3);

/// A listener on a free port of the loopback that leads to another port. Dropped, it is closed.
pub struct Proxy {
    port: u16,
    mode: watch::Sender<Mode>,
    _accepting: AbortOnDropHandle<()>,
}

impl Proxy {
    /// Leads to a port of the loopback.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn start(to: u16) -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("no port is free")?;
        let port = listener.local_addr()?.port();
        let mode = watch::Sender::new(Mode::Pass);
        let modes = mode.clone();
        let accepting = tokio::spawn(async move {
            loop {
                // One that was gone before it was accepted hurts nobody.
                if let Ok((client, _)) = listener.accept().await {
                    tokio::spawn(carry(client, to, modes.subscribe()));
                }
            }
        });
        Ok(Self { port, mode, _accepting: AbortOnDropHandle::new(accepting) })
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// From now on, for all connections.
    pub fn set(&self, mode: Mode) {
        self.mode.send_replace(mode);
    }
}

async fn carry(mut client: TcpStream, to: u16, mut mode: watch::Receiver<Mode>) {
    let connected = timeout(CONNECT, TcpStream::connect((Ipv4Addr::LOCALHOST, to))).await;
    let Ok(Ok(mut server)) = connected else { return };
    // Small pieces are not to wait for each other: slowness is ours to decide on. An old kernel may refuse.
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (there, back) = (mode.clone(), mode.clone());
    let was_cut = {
        let ((from_client, to_client), (from_server, to_server)) = (client.split(), server.split());
        let both = async {
            tokio::join!(
                one_way(from_client, to_server, there, false),
                one_way(from_server, to_client, back, true)
            )
        };
        tokio::select! {
            _ = both => false,
            // Until it is cut, or the proxy itself is gone.
            _ = mode.wait_for(|mode| *mode == Mode::Cut) => true,
        }
    };
    if was_cut {
        // So that closing is a reset: what is still on the way is thrown away. Who cannot be reset is closed.
        let _ = (client.set_zero_linger(), server.set_zero_linger());
    }
}

/// Carries bytes until their sender is done or the connection breaks.
async fn one_way(
    mut from: ReadHalf<'_>,
    mut to: WriteHalf<'_>,
    mut mode: watch::Receiver<Mode>,
    is_answer: bool,
) {
    let mut piece = vec![0; PIECE];
    loop {
        let read = tokio::select! {
            read = from.read(&mut piece) => read,
            // Who waits for an answer hears at once that there will be none.
            _ = mode.wait_for(|mode| is_answer && *mode == Mode::HalfClosed) => Ok(0),
        };
        let Ok(length @ 1..) = read else { break };
        let Ok(now) = mode.wait_for(|mode| *mode != Mode::Blackhole).await.map(|mode| *mode) else { break };
        match now {
            Mode::Slow { latency, bandwidth } => {
                sleep(latency + Duration::from_secs_f64(length as f64 / f64::from(bandwidth.max(1)))).await;
            }
            Mode::HalfClosed if is_answer => break,
            _ => {}
        }
        if to.write_all(&piece[..length]).await.is_err() {
            break;
        }
    }
    // The other side learns of the end; if it is gone already, it need not.
    let _ = to.shutdown().await;
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::{io::ErrorKind, time::Instant};

    /// A server that says everything again, and a connection to it through a proxy.
    async fn echo() -> (Proxy, TcpStream) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let proxy = Proxy::start(listener.local_addr().unwrap().port()).await.unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut from, mut to) = stream.split();
                    tokio::io::copy(&mut from, &mut to).await
                });
            }
        });
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, proxy.port())).await.unwrap();
        (proxy, stream)
    }

    async fn say(stream: &mut TcpStream, word: &[u8; 4]) -> std::io::Result<[u8; 4]> {
        stream.write_all(word).await?;
        let mut heard = [0; 4];
        stream.read_exact(&mut heard).await?;
        Ok(heard)
    }

    #[tokio::test]
    async fn what_is_cut_is_reset_and_so_is_who_comes_then() {
        let (proxy, mut stream) = echo().await;
        assert_eq!(say(&mut stream, b"ping").await.unwrap(), *b"ping");
        proxy.set(Mode::Cut);
        assert_eq!(stream.read(&mut [0; 4]).await.unwrap_err().kind(), ErrorKind::ConnectionReset);
        let mut other = TcpStream::connect((Ipv4Addr::LOCALHOST, proxy.port())).await.unwrap();
        assert!(say(&mut other, b"ping").await.is_err());
        proxy.set(Mode::Pass);
        let mut other = TcpStream::connect((Ipv4Addr::LOCALHOST, proxy.port())).await.unwrap();
        assert_eq!(say(&mut other, b"ping").await.unwrap(), *b"ping");
    }

    #[tokio::test]
    async fn what_falls_into_the_black_hole_comes_out_when_it_is_gone() {
        let (proxy, mut stream) = echo().await;
        proxy.set(Mode::Blackhole);
        assert!(timeout(Duration::from_millis(100), say(&mut stream, b"ping")).await.is_err());
        proxy.set(Mode::Pass);
        let mut heard = [0; 4];
        stream.read_exact(&mut heard).await.unwrap();
        assert_eq!(heard, *b"ping");
    }

    #[tokio::test]
    async fn slow_is_late_by_the_latency_each_way() {
        let (proxy, mut stream) = echo().await;
        let latency = Duration::from_millis(30);
        proxy.set(Mode::Slow { latency, bandwidth: 1_000_000 });
        let begun = Instant::now();
        assert_eq!(say(&mut stream, b"ping").await.unwrap(), *b"ping");
        assert!(begun.elapsed() >= 2 * latency);
    }

    #[tokio::test]
    async fn half_closed_hears_no_answer() {
        let (proxy, mut stream) = echo().await;
        assert_eq!(say(&mut stream, b"ping").await.unwrap(), *b"ping");
        proxy.set(Mode::HalfClosed);
        assert_eq!(stream.read(&mut [0; 4]).await.unwrap(), 0);
        stream.write_all(b"more").await.unwrap();
    }
}
