//! A small disk of its own, which can be filled to its last byte.

use anyhow::{Context, bail, ensure};
use clap::ValueEnum;
use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};
use tempfile::TempDir;

/// What kind of disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FileSystem {
    /// In a file, mounted through a loop device.
    Ext4,
    /// In memory.
    Tmpfs,
    /// The first of these that this machine lets us mount.
    Any,
}

/// Mounted until it is dropped. The ballast takes what is to be taken of it.
pub(crate) struct SmallDisk {
    pub file_system: FileSystem,
    mounted: PathBuf,
    _folder: TempDir,
}

const BALLAST: &str = "ballast";

impl SmallDisk {
    /// Needs to be root.
    pub fn mount(file_system: FileSystem, mebibytes: u32) -> anyhow::Result<Self> {
        match file_system {
            FileSystem::Any => Self::mount(FileSystem::Ext4, mebibytes).or_else(|no_ext4| {
                let tmpfs = Self::mount(FileSystem::Tmpfs, mebibytes);
                tmpfs.with_context(|| {
                    format!(
                        "neither ext4 ({no_ext4:#}) nor tmpfs can be mounted: be root, with CAP_SYS_ADMIN"
                    )
                })
            }),
            one => Self::mount_one(one, mebibytes),
        }
    }

    fn mount_one(file_system: FileSystem, mebibytes: u32) -> anyhow::Result<Self> {
        let folder = TempDir::with_prefix("pizza-disk-")?;
        let mounted = folder.path().join("disk");
        fs::create_dir(&mounted)?;
        let at = mounted.display().to_string();
        if file_system == FileSystem::Ext4 {
            let image = folder.path().join("image");
            File::create(&image)?.set_len(u64::from(mebibytes) * 1024 * 1024)?;
            let image = image.display().to_string();
            // Nothing is kept back for root, which we are.
            run("mkfs.ext4", &["-q", "-m", "0", &image]).context("install the package e2fsprogs")?;
            run("mount", &["-o", "loop", &image, &at])?;
        } else {
            run("mount", &["-t", "tmpfs", "-o", &format!("size={mebibytes}m"), "tmpfs", &at])?;
        }
        Ok(Self { file_system, mounted, _folder: folder })
    }

    pub fn path(&self) -> &Path {
        &self.mounted
    }

    /// Takes everything but so many KiB.
    pub fn fill(&self, leave: u64) -> anyhow::Result<()> {
        let mut ballast = File::options().create(true).append(true).open(self.mounted.join(BALLAST))?;
        let take = self.free()?.saturating_sub(leave * 1024);
        let piece = vec![7; 4096];
        for _ in 0..take / 4096 {
            match ballast.write_all(&piece) {
                Ok(()) => {}
                Err(error) if error.kind() == std::io::ErrorKind::StorageFull => break,
                Err(error) => return Err(error).context("the disk cannot be filled"),
            }
        }
        // A file system may give room away before it looks whether there is any.
        match ballast.sync_all() {
            Err(error) if error.kind() != std::io::ErrorKind::StorageFull => bail!("the disk fails: {error}"),
            _ => Ok(()),
        }
    }

    /// Gives back what was taken.
    pub fn relieve(&self) -> anyhow::Result<()> {
        Ok(fs::remove_file(self.mounted.join(BALLAST))?)
    }

    /// In bytes.
    pub fn free(&self) -> anyhow::Result<u64> {
        let room = rustix::fs::statvfs(&self.mounted)?;
        Ok(room.f_bavail * room.f_frsize)
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Whoever still has a file open there keeps the disk until they are gone.
        let _ = run("umount", &["--lazy", &self.mounted.display().to_string()]);
    }
}

fn run(program: &str, arguments: &[&str]) -> anyhow::Result<()> {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output();
    let output = output.with_context(|| format!("{program} cannot be run"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{program} {}: {}", arguments.join(" "), said.trim());
    Ok(())
}
