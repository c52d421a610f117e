//! Reads a new password: from PIZZA_NEW_PASSWORD or standard input, never from a flag that others can see.

use anyhow::{Context, bail};
use secrecy::SecretString;
use std::io::{self, IsTerminal};

pub fn read() -> anyhow::Result<SecretString> {
    if let Ok(password) = std::env::var("PIZZA_NEW_PASSWORD") {
        return Ok(password.into());
    }
    if io::stdin().is_terminal() {
        println!("Password (it is shown as you type; pipe it in to avoid that):");
    }
    let mut line = String::new();
    io::stdin().read_line(&mut line).context("the password could not be read")?;
    let password = line.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        bail!("no password: pipe it in, or set PIZZA_NEW_PASSWORD");
    }
    Ok(password.to_owned().into())
}
