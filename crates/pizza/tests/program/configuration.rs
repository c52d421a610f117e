//! What the program does not start with, and how it says so.

use crate::{failing, pizza};
use tempfile::TempDir;
use test_kit::{Process, free_port};

#[test]
fn an_error_in_the_configuration_names_the_key() {
    for (variable, value, key) in [
        ("PIZZA_HTTP__PORT", "70000", "http.port"),
        ("PIZZA_HTTP__PROT", "3000", "http.prot"),
        ("PIZZA_HTPP__PORT", "3000", "htpp"),
        ("PIZZA_FACTORY__URL", "ftp://factory", "factory.url"),
        ("PIZZA_FACTORY__URL", "nowhere", "factory.url"),
        ("PIZZA_FULFILMENT__LEASE", "1s", "fulfilment.lease"),
        ("PIZZA_FULFILMENT__POLL", "soon", "fulfilment.poll"),
        ("PIZZA_CIRCUIT__FAILURE_RATE", "2", "failure_rate"),
        ("PIZZA_ORDERS__WHEN_CLOSED", "panic", "orders.when_closed"),
        ("PIZZA_AUTH__PASSWORD_POLICY", "none", "auth.password_policy"),
        ("PIZZA_AUTH__JWT_SECRET", "short", "auth.jwt_secret"),
        ("PIZZA_LOG__LEVEL", "!!", "log.level"),
        ("PIZZA_LOG__FORMAT", "xml", "log.format"),
    ] {
        let output = failing(pizza(&["serve"]).env(variable, value));
        // The environment's names are in upper case, and so are their keys in its errors.
        assert!(output.to_lowercase().contains(key), "{variable}={value}: {output}");
    }
}

#[test]
fn an_error_in_a_configuration_file_names_the_key_and_the_file() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("pizza.toml");
    std::fs::write(&file, "[http]\nport = \"many\"\n").unwrap();
    let error = failing(pizza(&["serve", "--config"]).arg(&file));
    assert!(error.contains("http.port") && error.contains("pizza.toml"), "{error}");
    let error = failing(pizza(&["serve", "--config"]).arg(folder.path().join("missing.toml")));
    assert!(error.contains("missing.toml"), "{error}");
}

#[test]
fn a_secret_is_not_quoted_by_the_error_that_refuses_it() {
    let error = failing(pizza(&["serve"]).env("PIZZA_AUTH__JWT_SECRET", "13579"));
    assert!(error.contains("auth.jwt_secret") && !error.contains("13579"), "{error}");
}

#[tokio::test]
async fn a_key_that_reads_as_a_number_is_a_key_and_a_factory_s_vendors_are_not_the_service_s_business() {
    let folder = TempDir::new().unwrap();
    let port = free_port().unwrap();
    let mut serve = pizza(&["serve", "--port", &port.to_string()]);
    serve
        .current_dir(folder.path())
        .env("PIZZA_FACTORY__API_KEY", "0012")
        .env("PIZZA_FACTORY__VENDOR_ID", "42");
    serve.env("PIZZA_FACTORY_VENDORS", "42:0012");
    let mut serve = Process::spawn("serve", serve, folder.path().join("serve.log")).unwrap();
    serve.answers(&format!("http://127.0.0.1:{port}/readyz")).await.unwrap();
    assert!(serve.terminate().await.unwrap().success());
}

#[test]
fn a_port_that_is_taken_is_said_to_be() {
    let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    for arguments in [["serve", "--port"], ["factory", "--port"], ["demo", "--port"]] {
        let folder = TempDir::new().unwrap();
        let error = failing(pizza(&arguments).arg(&port).current_dir(folder.path()));
        assert!(error.contains(&port) && error.contains("--port"), "{error}");
    }
}

#[test]
fn a_factory_refuses_what_it_cannot_be() {
    for (arguments, why) in [
        (["--rsa-bits", "1000"], "2048 or 4096"),
        (["--vendor", "no-key"], "id:api-key"),
        (["--log-format", "xml"], "log.format"),
    ] {
        let folder = TempDir::new().unwrap();
        let error = failing(pizza(&["factory"]).args(arguments).current_dir(folder.path()));
        assert!(error.contains(why), "{error}");
    }
}
