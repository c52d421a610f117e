//! How one-time codes reach vendors.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde_json::json;

use crate::private_file;

/// A file of letters that grows beyond this, in bytes, is begun anew: its codes are long past.
const LARGEST_FILE: u64 = 1024 * 1024;

/// Where letters with one-time codes go.
#[derive(Debug, Clone, Default)]
pub enum Mail {
    /// Into the log, as a warning with the target `factory::mail`: the one line with a code in it.
    #[default]
    Log,
    /// Into a file that only its owner can read, a JSON object a line.
    File(PathBuf),
    /// Nowhere: nobody can sign in.
    Off,
}

/// A letter with a one-time code.
pub(crate) struct Letter {
    pub(crate) vendor_id: String,
    /// The vendor's e-mail address, if it told one.
    pub(crate) to: Option<String>,
    pub(crate) code: String,
}

impl Mail {
    /// Delivers the letter, or logs that it could not be.
    pub(crate) async fn deliver(&self, letter: Letter) {
        match self {
            Self::Log => tracing::warn!(
                target: "factory::mail",
                vendor = letter.vendor_id,
                to = letter.to,
                code = letter.code,
                "a one-time code, here for want of a mailer"
            ),
            Self::File(path) => {
                let path = path.clone();
                let added = tokio::task::spawn_blocking(move || add(&path, &letter)).await;
                if let Err(error) = added.unwrap_or_else(|panic| Err(io::Error::other(panic))) {
                    tracing::error!(%error, "a one-time code could not be delivered");
                }
            }
            Self::Off => tracing::info!(vendor = letter.vendor_id, "no mailer, no one-time code"),
        }
    }
}

fn add(path: &Path, letter: &Letter) -> io::Result<()> {
    let Letter { vendor_id, to, code } = letter;
    let line = json!({"at": Timestamp::now(), "vendor": vendor_id, "to": to, "code": code});
    let mut file = private_file::append(path)?;
    if file.metadata()?.len() > LARGEST_FILE {
        file.set_len(0)?;
    }
    file.write_all(format!("{line}\n").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn letter() -> Letter {
        Letter { vendor_id: "v".to_owned(), to: None, code: "CODE".to_owned() }
    }

    #[tokio::test]
    async fn a_file_of_letters_is_private_and_does_not_grow_for_ever() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("letters");
        let mail = Mail::File(path.clone());
        mail.deliver(letter()).await;
        mail.deliver(letter()).await;
        let written = std::fs::read_to_string(&path).unwrap();
        assert_eq!(written.matches(r#""code":"CODE""#).count(), 2);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);

        std::fs::write(&path, vec![b' '; 1024 * 1024 + 1]).unwrap();
        mail.deliver(letter()).await;
        assert!(std::fs::metadata(&path).unwrap().len() < 1024);
    }
}
