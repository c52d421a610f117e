//! Copies of a database file: made while it is in use, put back while it is not.

use super::{connection, migrations};
use rusqlite::{Connection, ErrorCode};
use std::{
    ffi::OsString,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

/// How often the progress of a backup is told.
const GLANCE: Duration = Duration::from_millis(100);

/// Why there is no backup, or why it was not put back. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// There is no such file.
    #[error("{0} does not exist")]
    Missing(PathBuf),
    /// Something is there already.
    #[error("{0} exists already, and is not overwritten")]
    Exists(PathBuf),
    /// Somebody has the database open.
    #[error("{0} is in use: stop the service first")]
    InUse(PathBuf),
    /// The copy is not what it should be.
    #[error("{path} is damaged: {verdict}")]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What SQLite says.
        verdict: String,
    },
    /// It is a database of something else, or of a later program.
    #[error("{path} is not a database that this program can use (schema version {version})")]
    Foreign {
        /// Which file.
        path: PathBuf,
        /// The schema version it has.
        version: i64,
    },
    /// SQLite refused.
    #[error("SQLite refused")]
    Sqlite(#[from] rusqlite::Error),
    /// The operating system refused.
    #[error("{path} could not be written")]
    Io {
        /// Which file or folder.
        path: PathBuf,
        /// What it says.
        #[source]
        source: io::Error,
    },
}

/// Copies the database at `source` to the new file `target`, as it is at one moment, while it is in use.
/// Tells `progress` how many bytes are written of about how many. The copy is checked, and on disk.
pub(super) fn backup(
    source: &Path,
    target: &Path,
    progress: impl FnMut(u64, u64),
) -> Result<(), BackupError> {
    if !source.exists() {
        return Err(BackupError::Missing(source.to_owned()));
    }
    if target.exists() {
        return Err(BackupError::Exists(target.to_owned()));
    }
    // Whoever finds a file at `target` shall find a whole one.
    let partial = beside(target, ".partial");
    remove(&partial)?;
    let copied = copy(source, &partial, progress).and_then(|()| check(&partial));
    if copied.is_err() {
        // The error that counts is the one we have.
        let _ = fs::remove_file(&partial);
    }
    copied?;
    move_durably(&partial, target)
}

/// Puts a backup in the place of the database at `target`, which must not be in use. What was there is kept
/// beside it; answers where.
pub(super) fn restore(backup: &Path, target: &Path) -> Result<Option<PathBuf>, BackupError> {
    if !backup.exists() {
        return Err(BackupError::Missing(backup.to_owned()));
    }
    check(backup)?;
    let fresh = beside(target, ".restored");
    remove(&fresh)?;
    fs::copy(backup, &fresh).map_err(failed(&fresh))?;
    check(&fresh)?;
    let kept = if target.exists() { Some(set_aside(target)?) } else { None };
    move_durably(&fresh, target)?;
    Ok(kept)
}

fn copy(source: &Path, target: &Path, mut progress: impl FnMut(u64, u64)) -> Result<(), BackupError> {
    let connection = connection::reading(source)?;
    let number = |pragma| connection.query_row(pragma, [], |row| row.get::<_, u32>(0)).map(u64::from);
    let about = number("PRAGMA page_count")? * number("PRAGMA page_size")?;
    let into = target.display().to_string();
    // SQLite takes an empty file as if there were none.
    connection::make_private(target).map_err(failed(target))?;
    thread::scope(|scope| {
        // One read transaction: what is committed meanwhile is not in it, and nobody waits for it.
        let vacuum = scope.spawn(move || connection.execute("VACUUM INTO ?1", [into]));
        while !vacuum.is_finished() {
            progress(size_of(target), about);
            thread::sleep(GLANCE);
        }
        vacuum.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })?;
    let written = size_of(target);
    progress(written, written);
    File::open(target).and_then(|file| file.sync_all()).map_err(failed(target))
}

/// Whether this file is a whole database of ours.
fn check(path: &Path) -> Result<(), BackupError> {
    let connection = connection::reading(path)?;
    let verdict: String = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if verdict != "ok" {
        return Err(BackupError::Damaged { path: path.to_owned(), verdict });
    }
    let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let known = 1..=migrations::KNOWN;
    if known.contains(&version) {
        Ok(())
    } else {
        Err(BackupError::Foreign { path: path.to_owned(), version })
    }
}

/// Moves a database that nobody has open out of the way.
fn set_aside(path: &Path) -> Result<PathBuf, BackupError> {
    let alone = alone(path)?;
    let kept = (1..)
        .map(|n| beside(path, &format!(".before-restore-{n}")))
        .find(|kept| !kept.exists())
        .expect("no folder holds that many files");
    fs::rename(path, &kept).map_err(failed(path))?;
    // Only now may somebody else open what will be there.
    drop(alone);
    for tail in ["-wal", "-shm"] {
        remove(&beside(path, tail))?;
    }
    Ok(kept)
}

/// A connection that nobody shares the file with, its write-ahead log folded in.
fn alone(path: &Path) -> Result<Connection, BackupError> {
    let in_use = |error: rusqlite::Error| match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => BackupError::InUse(path.to_owned()),
        _ => error.into(),
    };
    let connection = connection::writing(path).map_err(in_use)?;
    connection.busy_timeout(Duration::ZERO)?;
    // Every open connection to a file with a write-ahead log holds a shared lock on it.
    connection.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(())).map_err(in_use)?;
    connection.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE").map_err(in_use)?;
    Ok(connection)
}

fn move_durably(from: &Path, to: &Path) -> Result<(), BackupError> {
    fs::rename(from, to).map_err(failed(to))?;
    let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed(folder))
}

fn remove(path: &Path) -> Result<(), BackupError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(path)(error)),
        _ => Ok(()),
    }
}

fn beside(path: &Path, tail: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(tail);
    name.into()
}

fn size_of(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |file| file.len())
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> BackupError {
    let path = path.to_owned();
    move |source| BackupError::Io { path, source }
}
