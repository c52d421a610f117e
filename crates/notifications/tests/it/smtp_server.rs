//! A mail server that takes one connection and writes down what it hears.

use std::net::SocketAddr;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// How it answers.
#[derive(Clone, Copy, Default)]
pub struct Manners {
    /// Instead of `250` to EHLO's list of extensions.
    pub extensions: &'static [&'static str],
    /// The answer to this command, instead of a friendly one; an empty answer is none at all, for ever.
    pub to: Option<(&'static str, &'static str)>,
}

/// A server, and what it will have heard.
pub struct SmtpServer {
    pub address: SocketAddr,
    heard: JoinHandle<Vec<String>>,
}

impl SmtpServer {
    pub async fn start(manners: Manners) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let heard = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let mut stream = BufReader::new(stream);
            say(&mut stream, GREETING).await;
            converse(&mut stream, manners).await
        });
        Self { address, heard }
    }

    /// Every line of the client's, once it has hung up.
    pub async fn heard(self) -> Vec<String> {
        self.heard.await.unwrap()
    }
}

/// What a server says before anybody asks.
pub const GREETING: &str = "220 mail.example ready";

/// Listens and answers until the client hangs up, or asks for TLS and is granted it.
pub async fn converse<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut BufReader<S>,
    manners: Manners,
) -> Vec<String> {
    let mut heard = Vec::new();
    let mut in_mail = false;
    let mut line = String::new();
    while stream.read_line(&mut line).await.is_ok_and(|read| read > 0) {
        let said = line.trim_end_matches(['\r', '\n']).to_owned();
        line.clear();
        heard.push(said.clone());
        if in_mail && said != "." {
            continue;
        }
        let rude = manners.to.filter(|(command, _)| said.starts_with(command)).map(|(_, answer)| answer);
        let answer = match rude {
            Some("") => continue,
            Some(answer) => answer.to_owned(),
            None if said.starts_with("EHLO") => extensions(manners.extensions),
            None if said == "DATA" => "354 go on".to_owned(),
            None if said.starts_with("AUTH") => "235 welcome".to_owned(),
            None => "250 fine".to_owned(),
        };
        in_mail = answer.starts_with("354");
        say(stream, &answer).await;
        if said == "STARTTLS" {
            break;
        }
    }
    heard
}

fn extensions(extensions: &[&str]) -> String {
    let lines = extensions.iter().map(|extension| format!("250-{extension}\r\n"));
    lines.chain(["250 8BITMIME".to_owned()]).collect()
}

pub async fn say(stream: &mut BufReader<impl AsyncRead + AsyncWrite + Unpin>, words: &str) {
    // A client that has gone does not listen.
    let _ = stream.write_all(format!("{words}\r\n").as_bytes()).await;
}
