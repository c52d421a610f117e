//! Encrypted connections to a server that proves who it is.

use crate::conformance::queued;
use std::{fs, path::Path, process::Command, time::Duration};
use store::{HostPort, MysqlOptions, MysqlStore, Tls};
use test_mariadb::MariaDb;

#[tokio::test]
async fn nothing_is_said_to_a_server_before_it_has_proved_who_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let server = server_with_a_certificate_for_its_address(folder.path());
    certificate(folder.path(), "stranger", "CA:TRUE", None);
    let (ca, stranger) = (folder.path().join("ca.pem"), folder.path().join("stranger.pem"));
    let options = |tls, tls_ca: Option<&Path>| {
        let tls_ca = tls_ca.map(Path::to_owned);
        MysqlOptions {
            tls,
            tls_ca,
            ..impatient(&format!("mysql://safe:p%40ss@127.0.0.1:{}/pizza", server.port()))
        }
    };
    queued(&MysqlStore::open(options(Tls::Require, Some(&ca))).await.unwrap()).await;

    let addresses = vec![HostPort { host: "localhost".into(), port: server.port() }];
    let by_another_name = MysqlOptions { addresses, ..options(Tls::Require, Some(&ca)) };
    for (refused, why) in [
        (options(Tls::Require, Some(&stranger)), "signed by a stranger"),
        (options(Tls::Require, None), "signed by nobody whom everybody knows"),
        (by_another_name, "for another name"),
    ] {
        let error = MysqlStore::open(refused).await.err().map(|error| format!("{error:?}"));
        assert!(error.as_ref().is_some_and(|error| error.contains("certificate")), "{why}: {error:?}");
    }

    // This account is let in only through an encrypted connection.
    queued(&MysqlStore::open(options(Tls::Prefer, None)).await.unwrap()).await;
    let plain = MysqlStore::open(options(Tls::Off, None)).await.err().map(|error| format!("{error:?}"));
    assert!(plain.is_some_and(|error| error.contains("Access denied")));
}

#[tokio::test]
async fn a_server_that_cannot_encrypt_is_refused_where_that_is_required() {
    let server = MariaDb::start(&["--skip-ssl"]).unwrap();
    server.sql("", "CREATE DATABASE pizza CHARACTER SET utf8mb4");
    let options = |tls| MysqlOptions { tls, ..impatient(&server.url("pizza")) };
    let refused = MysqlStore::open(options(Tls::Require)).await.err().map(|error| format!("{error:?}"));
    assert!(refused.as_ref().is_some_and(|error| error.contains("SSL")), "{refused:?}");
    for tls in [Tls::Prefer, Tls::Automatic, Tls::Off] {
        queued(&MysqlStore::open(options(tls)).await.unwrap()).await;
    }
}

fn impatient(url: &str) -> MysqlOptions {
    MysqlOptions { start_timeout: Duration::ZERO, ..MysqlOptions::from_url(url).unwrap() }
}

fn server_with_a_certificate_for_its_address(folder: &Path) -> MariaDb {
    certificate(folder, "ca", "CA:TRUE", None);
    certificate(folder, "server", "CA:FALSE", Some("ca"));
    let file = |option, name| format!("--{option}={}", folder.join(name).display());
    let arguments = [file("ssl-ca", "ca.pem"), file("ssl-cert", "server.pem"), file("ssl-key", "server.key")];
    let server = MariaDb::start(&arguments.each_ref().map(String::as_str)).unwrap();
    server.sql(
        "",
        "CREATE DATABASE pizza CHARACTER SET utf8mb4;
         CREATE USER safe IDENTIFIED BY 'p@ss' REQUIRE SSL;
         GRANT ALL ON pizza.* TO safe",
    );
    server
}

/// Makes `name.pem` and `name.key`, signed by another one or by itself.
fn certificate(folder: &Path, name: &str, constraint: &str, signed_by: Option<&str>) {
    fs::write(folder.join("empty"), "[req]\ndistinguished_name = empty\n[empty]\n").unwrap();
    let mut openssl = Command::new("openssl");
    openssl.current_dir(folder).args(["req", "-x509", "-config", "empty", "-nodes", "-days", "2"]);
    openssl.args([
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-subj",
        &format!("/CN={name}"),
    ]);
    openssl.args(["-keyout", &format!("{name}.key"), "-out", &format!("{name}.pem")]);
    openssl.args([
        "-addext",
        "subjectAltName=IP:127.0.0.1",
        "-addext",
        &format!("basicConstraints=critical,{constraint}"),
    ]);
    if let Some(authority) = signed_by {
        openssl.args(["-CA", &format!("{authority}.pem"), "-CAkey", &format!("{authority}.key")]);
    }
    let output = openssl.output().expect("openssl is installed (apt-get install openssl)");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
