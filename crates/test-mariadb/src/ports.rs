//! Ports of the loopback that are still ours after a restart.

use anyhow::bail;
use std::{
    net::{Ipv4Addr, TcpListener},
    process,
    sync::atomic::{AtomicU32, Ordering},
};

/// Below those that the system hands out by itself (from 32768 on Linux), which any connection may take while a node
/// is dead, and below those that the test-kit takes.
const FIRST: u16 = 10_000;
const COUNT: u16 = 6_000;

/// So many ports that nobody listens on.
pub(crate) fn free_ports<const N: usize>() -> anyhow::Result<[u16; N]> {
    let mut free = [0; N];
    for port in &mut free {
        *port = free_port()?;
    }
    Ok(free)
}

fn free_port() -> anyhow::Result<u16> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    // Test programs that run side by side start at different places.
    let start = process::id().wrapping_mul(61);
    for _ in 0..COUNT {
        let step = start.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) % u32::from(COUNT);
        let port = FIRST + u16::try_from(step)?;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(port);
        }
    }
    bail!("no port is free")
}
