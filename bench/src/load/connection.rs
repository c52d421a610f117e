//! One keep-alive connection, as cheap as can be: what the generator spends, the server cannot have.

use anyhow::{Context, bail};
use std::net::SocketAddr;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// One request at a time, over one connection.
pub struct Connection {
    stream: TcpStream,
    answer: Vec<u8>,
    body_at: usize,
}

impl Connection {
    /// Connects.
    pub async fn open(target: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(target).await.context("the server does not accept a connection")?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, answer: Vec::with_capacity(16 * 1024), body_at: 0 })
    }

    /// Sends a whole request and reads the whole answer; its status.
    pub async fn exchange(&mut self, request: &[u8]) -> anyhow::Result<u16> {
        self.stream.write_all(request).await.context("the server closed the connection")?;
        self.answer.clear();
        let head = loop {
            if self.stream.read_buf(&mut self.answer).await? == 0 {
                bail!("the server closed the connection instead of answering");
            }
            if let Some(head) = Head::read(&self.answer)? {
                break head;
            }
        };
        self.body_at = head.length;
        while self.answer.len() < head.length + head.content_length {
            if self.stream.read_buf(&mut self.answer).await? == 0 {
                bail!("the server closed the connection within an answer");
            }
        }
        Ok(head.status)
    }

    /// The body of the last answer.
    pub fn body(&self) -> &[u8] {
        &self.answer[self.body_at..]
    }
}

#[derive(Debug, PartialEq)]
struct Head {
    status: u16,
    length: usize,
    content_length: usize,
}

impl Head {
    /// The head of an answer, once it is there as a whole.
    fn read(answer: &[u8]) -> anyhow::Result<Option<Self>> {
        let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
        let mut lines = answer[..end].split(|&byte| byte == b'\n');
        let status = lines.next().and_then(status).context("an answer without a status")?;
        let content_length = lines.find_map(content_length).context("an answer without Content-Length")?;
        Ok(Some(Self { status, length: end + 4, content_length }))
    }
}

fn status(line: &[u8]) -> Option<u16> {
    std::str::from_utf8(line).ok()?.split(' ').nth(1)?.trim_end().parse().ok()
}

fn content_length(line: &[u8]) -> Option<usize> {
    const NAME: &[u8] = b"content-length:";
    let (name, value) = line.split_at_checked(NAME.len())?;
    if !name.eq_ignore_ascii_case(NAME) {
        return None;
    }
    std::str::from_utf8(value).ok()?.trim().parse().ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_once_it_is_whole() {
        let whole = b"HTTP/1.1 202 Accepted\r\nlocation: /x\r\nContent-Length: 2\r\n\r\n{}";
        let head = Head::read(whole).unwrap().unwrap();
        assert_eq!(head, Head { status: 202, length: whole.len() - 2, content_length: 2 });
        assert_eq!(Head::read(&whole[..40]).unwrap(), None);
    }

    #[test]
    fn an_answer_whose_end_is_unknown_is_an_error() {
        assert!(Head::read(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").is_err());
        assert!(Head::read(b"nonsense\r\n\r\n").is_err());
    }
}
