//! MariaDB's own programs, as both a server alone and a node of a cluster need them.

use anyhow::{Context, bail, ensure};
use std::{
    env, fs, io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

const MEMORY: &str = "/dev/shm";
/// What a cluster takes, generously, in KiB. In a container the memory's folder may be tiny.
const ROOM: u64 = 1024 * 1024;

/// Where files are in memory, if there is room: they survive a kill of the server, and a sync of them takes no time.
pub(crate) fn quickest_folder() -> PathBuf {
    if room_in_kib(MEMORY).is_some_and(|room| room > ROOM) { MEMORY.into() } else { env::temp_dir() }
}

fn room_in_kib(folder: &str) -> Option<u64> {
    let output = Command::new("df").args(["-k", "--output=avail", folder]).output().ok()?;
    String::from_utf8(output.stdout).ok()?.lines().nth(1)?.trim().parse().ok()
}

/// Where a server puts temporary tables: one of its own, because a server that starts deletes what it finds there.
pub(crate) fn temporary(home: &Path) -> io::Result<PathBuf> {
    let folder = home.join("tmp");
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// Makes the files of a new server in `home`, whose `root` has no password; they belong to `user` if we may give them
/// away.
pub(crate) fn install(home: &Path, user: &str) -> anyhow::Result<()> {
    let mut command = Command::new("mariadb-install-db");
    command
        .args(["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db"])
        .arg(format!("--user={user}"))
        .arg(format!("--datadir={}", home.join("data").display()))
        .env("TMPDIR", temporary(home)?)
        .stdin(Stdio::null());
    let output = command.output().context(
        "mariadb-install-db cannot be run; install the package mariadb-server (apt-get install mariadb-server)",
    )?;
    let error = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "mariadb-install-db failed: {error}");
    Ok(())
}

/// Runs statements as the command-line client does: its output, a line a row, columns separated by tabs.
pub(crate) fn client(socket: &Path, database: &str, statements: &str) -> anyhow::Result<String> {
    let output = Command::new("mariadb")
        .args(["--no-defaults", "--batch", "--skip-column-names", "--default-character-set=utf8mb4"])
        .arg(format!("--socket={}", socket.display()))
        .args([
            "--user=root",
            "--connect-timeout=10",
            &format!("--database={database}"),
            "--execute",
            statements,
        ])
        .stdin(Stdio::null())
        .output()
        .context("the client is installed with the server")?;
    if !output.status.success() {
        bail!("{statements}: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
