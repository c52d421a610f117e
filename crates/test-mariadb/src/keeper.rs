//! A program that does not outlive this process, however this process ends.

use std::{
    io::{self, Write},
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
};

/// A shell that waits on its standard input. A word from us means that the program shall be killed; the end of
/// input without one means that this process is gone, and then its folder goes too.
const KEEP: &str = r#"
"$@" </dev/null >>"$LOG" 2>&1 &
if read -r word; then gone=; else gone=1; fi
kill -9 $! 2>/dev/null
wait $! 2>/dev/null
if [ -n "$gone" ]; then rm -rf "$FOLDER"; fi
"#;

pub(crate) struct Keeper {
    shell: Child,
    leash: Option<ChildStdin>,
}

impl Keeper {
    /// Starts the program with its output appended to `log`. `folder` is deleted if this process dies.
    pub(crate) fn start(program: &Command, log: &Path, folder: &Path) -> io::Result<Self> {
        let mut shell = Command::new("sh");
        shell.args(["-c", KEEP, "sh"]).arg(program.get_program()).args(program.get_args());
        shell.env("LOG", log).env("FOLDER", folder);
        let mut shell = shell.stdin(Stdio::piped()).stdout(Stdio::null()).spawn()?;
        let leash = shell.stdin.take();
        Ok(Self { shell, leash })
    }

    /// SIGKILL, and waits until the program is gone.
    pub(crate) fn kill(&mut self) {
        if let Some(mut leash) = self.leash.take() {
            // If the shell is gone already, so is the program.
            let _ = leash.write_all(b"kill\n");
        }
        let _ = self.shell.wait();
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.kill();
    }
}
