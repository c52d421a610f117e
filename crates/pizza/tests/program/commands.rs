//! Commands that end by themselves.

use crate::{failing, pizza, text};
use std::{
    io::Write,
    process::{Command, Output, Stdio},
};
use tempfile::TempDir;

#[test]
fn an_administrator_opens_accounts_with_passwords_that_are_never_flags() {
    let folder = TempDir::new().unwrap();
    let create = |email: &str, password: &str| {
        let mut create =
            pizza(&["admin", "create-user", "--name", "Ada", "--email", email, "--role", "admin"]);
        create.current_dir(folder.path());
        with_input(&mut create, password)
    };
    let created = create("ada@jwt.com", "correct horse battery\n");
    assert!(created.status.success(), "{created:?}");
    assert!(text(&created.stdout).contains("ada@jwt.com"), "{created:?}");
    for (email, password, why) in [
        ("ada@jwt.com", "correct horse battery\n", "has an account already"),
        ("bob@jwt.com", "short\n", "at least 8 characters"),
        ("bob@jwt.com", "", "no password"),
        ("no address", "correct horse battery\n", "--email"),
    ] {
        let refused = create(email, password);
        assert!(!refused.status.success(), "{refused:?}");
        assert!(text(&refused.stderr).contains(why), "{why} is not in {refused:?}");
    }
}

#[test]
fn every_command_explains_itself() {
    let mut explained = Vec::new();
    let mut to_ask = vec![Vec::<String>::new()];
    while let Some(command) = to_ask.pop() {
        let output = pizza(&[]).args(&command).arg("--help").output().unwrap();
        let help = text(&output.stdout);
        assert!(output.status.success() && help.contains("Usage: pizza"), "{command:?}: {output:?}");
        to_ask.extend(subcommands(&help).into_iter().map(|name| [command.clone(), vec![name]].concat()));
        explained.push(command.join(" "));
    }
    for known in
        ["demo", "serve", "factory", "admin create-user", "chaos start", "chaos stop", "chaos status"]
    {
        assert!(explained.iter().any(|command| command == known), "{known} is not in {explained:?}");
    }
}

#[test]
fn without_a_command_it_says_what_there_is() {
    let error = failing(&mut pizza(&[]));
    assert!(error.contains("Usage: pizza") && error.contains("demo"), "{error}");
}

/// The names below `Commands:`, without the command that only repeats this help.
fn subcommands(help: &str) -> Vec<String> {
    let names =
        help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let names = names.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names = names.filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "help").map(str::to_owned).collect()
}

fn with_input(command: &mut Command, input: &str) -> Output {
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().unwrap();
    // It may have refused before it read anything.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}
