//! A copy of the source tree that may be broken.

use crate::Mutation;
use anyhow::{Context, Result, ensure};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// A copy of what git tracks.
#[derive(Debug)]
pub struct Tree {
    original: PathBuf,
    copy: PathBuf,
}

impl Tree {
    /// Copies what git tracks in `original`, as it stands now, to `copy`. What is there already and the same is not
    /// touched, so that it need not be built again; what is there and not tracked is removed.
    ///
    /// # Errors
    /// When git does not answer, or a file cannot be copied.
    pub fn copy(original: &Path, copy: &Path) -> Result<Self> {
        let tree = Self { original: original.to_owned(), copy: copy.to_owned() };
        let tracked = tree.tracked()?;
        for file in &tracked {
            tree.refresh(file)?;
        }
        let tracked: BTreeSet<_> = tracked.iter().map(|file| copy.join(file)).collect();
        remove_others(copy, &tracked)?;
        Ok(tree)
    }

    /// Where the copy is.
    pub fn root(&self) -> &Path {
        &self.copy
    }

    /// Applies one break to the copy, and says which files it has changed.
    ///
    /// # Errors
    /// When it does not fit, or a file cannot be written.
    pub fn break_with(&self, mutation: &Mutation) -> Result<Vec<String>> {
        let broken = mutation.applied(&self.copy)?;
        for (file, text) in &broken {
            fs::write(self.copy.join(file), text).context("cannot write the broken file")?;
        }
        Ok(broken.into_keys().collect())
    }

    /// Makes the copy of one file like the original again.
    ///
    /// # Errors
    /// When it cannot be read or written.
    pub fn refresh(&self, file: &str) -> Result<()> {
        let (from, to) = (self.original.join(file), self.copy.join(file));
        let Ok(wanted) = fs::read(&from) else { return remove(&to) };
        if fs::read(&to).is_ok_and(|there| there == wanted) {
            return Ok(());
        }
        if let Some(folder) = to.parent() {
            fs::create_dir_all(folder)?;
        }
        // Copies permissions too: some tests run scripts.
        fs::copy(&from, &to).with_context(|| format!("cannot copy {file}"))?;
        Ok(())
    }

    fn tracked(&self) -> Result<Vec<String>> {
        let listed = Command::new("git").arg("-C").arg(&self.original).args(["ls-files", "-z"]).output()?;
        ensure!(listed.status.success(), "git does not know the tree {}", self.original.display());
        let names = String::from_utf8(listed.stdout).context("a file's name is no text")?;
        Ok(names.split_terminator('\0').map(str::to_owned).collect())
    }
}

fn remove_others(folder: &Path, tracked: &BTreeSet<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            remove_others(&entry.path(), tracked)?;
        } else if !tracked.contains(&entry.path()) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// A file that was deleted and not committed yet is still tracked.
fn remove(file: &Path) -> Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}
