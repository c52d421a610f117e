//! A client that does with its socket whatever a test wants.

use crate::{PATIENCE, Server};
use std::{io, net::IpAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::{sleep, timeout},
};

pub struct Client(pub TcpStream);

impl Client {
    pub async fn connect(server: &Server) -> Self {
        Self(TcpStream::connect(server.address).await.unwrap())
    }

    pub async fn from(server: &Server, address: impl Into<IpAddr>) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((address.into(), 0).into()).unwrap();
        Self(socket.connect(server.address).await.unwrap())
    }

    /// One that holds hardly any bytes that nobody has read.
    pub async fn with_a_small_buffer(server: &Server) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        Self(socket.connect(server.address).await.unwrap())
    }

    pub async fn send(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.unwrap();
    }

    pub async fn get(&mut self, path: &str) {
        self.send(&format!("GET {path} HTTP/1.1\r\nhost: h\r\n\r\n")).await;
    }

    /// Sends a byte now and then until the server has closed.
    pub async fn drip(&mut self) {
        let dripping = async {
            while self.0.write_all(b"x").await.is_ok() {
                sleep(Duration::from_millis(10)).await
            }
        };
        timeout(PATIENCE, dripping).await.expect("never closed");
    }

    /// Whatever comes until it ends with this.
    pub async fn until(&mut self, end: &str) -> String {
        let mut text = String::new();
        while !text.ends_with(end) {
            let byte = timeout(PATIENCE, self.0.read_u8()).await.expect("nothing came");
            text.push(byte.unwrap_or_else(|error| panic!("{error} after {text}")).into());
        }
        text
    }

    /// Whatever comes until the server closes.
    pub async fn rest(&mut self) -> io::Result<String> {
        let mut bytes = Vec::new();
        timeout(PATIENCE, self.0.read_to_end(&mut bytes)).await.expect("never closed")?;
        Ok(String::from_utf8(bytes).unwrap())
    }

    /// Waits until the server has closed, in whatever way.
    pub async fn until_closed(&mut self) -> String {
        self.rest().await.unwrap_or_default()
    }
}
