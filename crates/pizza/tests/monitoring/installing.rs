//! What an installation is given to start with is accepted by the program.

use crate::files::{in_repository, list, text, yaml};
use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};
use tempfile::TempDir;
use test_kit::{Installation, command, free_port};

/// What `pizza admin doctor` says of a configuration. That there is no factory is not the configuration's fault.
fn doctor(arguments: &[&str], environment: &[(&str, String)], folder: &Path) -> String {
    let mut doctor = command(env!("CARGO_BIN_EXE_pizza"));
    doctor.args(["admin", "doctor"]).args(arguments).current_dir(folder);
    for (key, value) in environment {
        doctor.env(key, value);
    }
    let output = doctor.output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn the_compose_file_configures_the_service_with_keys_that_it_knows() {
    let folder = TempDir::new().unwrap();
    let compose = yaml("deploy/compose.yml");
    let mut environment =
        vec![("PIZZA_DATABASE__PATH", folder.path().join("pizza.db").display().to_string())];
    for (key, value) in compose["services"]["pizza"]["environment"].as_object().unwrap() {
        let value = match (key.as_str(), value.as_str().unwrap()) {
            (key, _) if key.starts_with("OTEL_") => continue,
            // Nobody listens there, and nobody is asked for the name.
            ("PIZZA_FACTORY__URL", _) => "http://127.0.0.1:9".to_owned(),
            ("PIZZA_AUTH__FIRST_ADMIN__EMAIL", _) => "admin@jwt.com".to_owned(),
            (_, secret) if secret.starts_with("${") => "x".repeat(40),
            (_, value) => value.to_owned(),
        };
        environment.push((key, value));
    }
    let said = doctor(&[], &environment, folder.path());
    assert!(said.contains("ok    the configuration is valid"), "{said}");
}

#[test]
fn the_example_for_systemd_is_a_configuration() {
    let folder = TempDir::new().unwrap();
    let example = text("deploy/systemd/pizza.toml");
    let file = folder.path().join("pizza.toml");
    let elsewhere = example
        .replace("/var/lib/jwt-pizza", &folder.path().display().to_string())
        .replace("https://pizza-factory.example", "http://127.0.0.1:9");
    fs::write(&file, elsewhere).unwrap();
    let secrets = [("PIZZA_FACTORY__API_KEY", "x".repeat(40)), ("PIZZA_AUTH__JWT_SECRET", "x".repeat(40))];
    let said = doctor(&["--config", &file.display().to_string()], &secrets, folder.path());
    assert!(said.contains("ok    the configuration is valid"), "{said}");
}

#[test]
fn the_unit_starts_the_program_with_the_file_and_in_the_folder_of_the_example() {
    let unit = text("deploy/systemd/jwt-pizza.service");
    let value = |key: &str| unit.lines().find_map(|line| line.strip_prefix(key)).expect(key).to_owned();
    assert_eq!(value("ExecStart="), "/usr/local/bin/pizza serve --config /etc/jwt-pizza/pizza.toml");
    let state = format!("/var/lib/{}", value("StateDirectory="));
    assert!(text("deploy/systemd/pizza.toml").contains(&format!("path = \"{state}/")), "{state}");
    assert_eq!(value("UMask="), "0077", "nobody else can read the database");
}

#[test]
fn the_image_is_built_by_the_compiler_that_the_workspace_asks_for() {
    let workspace = text("Cargo.toml");
    let wanted = workspace.lines().find_map(|line| line.strip_prefix("rust-version = \"")).unwrap();
    let wanted = wanted.trim_end_matches('"');
    let containerfile = text("deploy/Containerfile");
    let from: Vec<&str> = containerfile.lines().filter_map(|line| line.strip_prefix("FROM ")).collect();
    let [build, run] = from.as_slice() else { panic!("two stages: {from:?}") };
    assert!(build.starts_with(&format!("docker.io/library/rust:{wanted}.")), "{build}");
    assert!(!run.ends_with(":latest") && run.contains(':'), "{run}");
    let user = containerfile.lines().find_map(|line| line.strip_prefix("USER ")).unwrap();
    assert!(user.split(':').all(|id| id.parse::<u32>().unwrap() > 999), "not root: {user}");
    assert!(containerfile.contains("cargo build --release --locked -p pizza"));
    assert!(in_repository("deploy/Containerfile.dockerignore").is_file());
    let volume = containerfile.lines().find_map(|line| line.strip_prefix("VOLUME ")).unwrap();
    for service in ["pizza", "factory"] {
        let mounted = yaml("deploy/compose.yml")["services"][service]["volumes"][0].clone();
        assert_eq!(mounted, format!("{service}:{volume}"));
    }
}

#[tokio::test]
async fn the_health_checks_of_the_containers_tell_who_is_well_from_who_is_not_there() {
    let installation = Installation::start(env!("CARGO_BIN_EXE_pizza"), &[]).await.unwrap();
    for (service, url) in [("pizza", installation.url("")), ("factory", installation.factory_url(""))] {
        let port = url::Url::parse(&url).unwrap().port().unwrap();
        assert!(is_well(service, port), "{service}");
        assert!(!is_well(service, free_port().unwrap()), "{service}");
    }
    // It is not enough that somebody answers.
    let elsewhere = url::Url::parse(&installation.factory_url("")).unwrap().port().unwrap();
    assert!(!is_well("pizza", elsewhere), "the factory has no /readyz");
}

/// What the service's health check in the compose file says of whoever listens on a port.
fn is_well(service: &str, port: u16) -> bool {
    let check = yaml("deploy/compose.yml")["services"][service]["healthcheck"].clone();
    let [how, program, arguments @ ..] = list(&check, "test") else { panic!("a command: {check}") };
    assert_eq!(how, "CMD");
    let mut command = Command::new(program.as_str().unwrap());
    for argument in arguments.iter().map(|argument| argument.as_str().unwrap()) {
        command.arg(argument.replace("/3000 ", &format!("/{port} ")).replace("/3001 ", &format!("/{port} ")));
    }
    command.stderr(Stdio::null()).status().unwrap().success()
}
