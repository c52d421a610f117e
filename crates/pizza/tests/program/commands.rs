//! Commands that end by themselves.

use crate::{failing, pizza, text};

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
    for known in [
        "demo",
        "serve",
        "factory",
        "admin create-user",
        "admin doctor",
        "admin restore",
        "chaos start",
        "chaos stop",
        "chaos status",
    ] {
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
