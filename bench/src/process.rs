//! The servers that are measured: processes of their own, started, awaited, and ended with their owner.

use anyhow::{Context, bail};
use std::{
    fs,
    io::{Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

const READY_WITHIN: Duration = Duration::from_secs(30);
const ASK_EVERY: Duration = Duration::from_millis(1);

/// A running server.
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    /// From before its start to its first good answer.
    pub ready_after: Duration,
    child: Child,
}

impl Server {
    /// Starts a server that will listen at `address`, and waits until `path` there answers 200.
    /// Its environment is only what `command` sets, so that two runs are alike.
    pub fn start(command: &mut Command, address: SocketAddr, path: &str) -> anyhow::Result<Self> {
        let begun = Instant::now();
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn();
        let child = child.with_context(|| format!("{} does not start", command.get_program().display()))?;
        let mut server = Self { address, child, ready_after: Duration::ZERO };
        while !answers_ok(address, path) {
            if let Some(status) = server.child.try_wait()? {
                bail!("{} ended before it was ready: {status}", command.get_program().display());
            }
            if begun.elapsed() > READY_WITHIN {
                bail!("{} was not ready within {READY_WITHIN:?}", command.get_program().display());
            }
            thread::sleep(ASK_EVERY);
        }
        server.ready_after = begun.elapsed();
        Ok(server)
    }

    /// The memory it has now, in bytes.
    pub fn memory(&self) -> anyhow::Result<u64> {
        self.status_bytes("VmRSS:")
    }

    /// What of it is its own, in bytes: heap and stacks. The rest is its program and the libraries, as they lie in files.
    pub fn own_memory(&self) -> anyhow::Result<u64> {
        self.status_bytes("RssAnon:")
    }

    /// The most memory it ever had, in bytes.
    pub fn peak_memory(&self) -> anyhow::Result<u64> {
        self.status_bytes("VmHWM:")
    }

    fn status_bytes(&self, name: &str) -> anyhow::Result<u64> {
        let path = format!("/proc/{}/status", self.child.id());
        let status =
            fs::read_to_string(&path).with_context(|| format!("{path} tells the memory on Linux"))?;
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let kib =
            line.and_then(|rest| rest.split_whitespace().next()).and_then(|kib| kib.parse::<u64>().ok());
        Ok(kib.with_context(|| format!("{path} has no {name}"))? * 1024)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port of loopback where nobody listens.
pub fn free_address() -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port")?;
    Ok(listener.local_addr()?)
}

fn answers_ok(address: SocketAddr, path: &str) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
        let mut status = [0; b"HTTP/1.1 200".len()];
        stream.read_exact(&mut status)?;
        Ok(status == *b"HTTP/1.1 200")
    };
    ask().unwrap_or(false)
}
