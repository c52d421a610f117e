//! Mail over TLS, from the first byte and from STARTTLS on, to a server whose certificate is trusted, or is not.

use crate::samples::{firing, notifier};
use crate::smtp_server::{GREETING, Manners, converse, say};
use notifications::DeliveryError;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::BufReader;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// Tells the second run of the test where the certificates are.
const FOLDER: &str = "NOTIFICATIONS_TEST_CERTIFICATES";

const LOGGED_IN: Manners = Manners { extensions: &["AUTH PLAIN"], to: None };

#[tokio::test]
async fn mail_goes_over_tls_to_a_server_whose_authority_the_machine_trusts() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else {
        return run_again_with_trust(
            "tls::mail_goes_over_tls_to_a_server_whose_authority_the_machine_trusts",
        );
    };
    for scheme in ["smtps", "smtp"] {
        let (address, heard) = server(&folder, scheme == "smtp").await;
        assert_eq!(deliver(scheme, address).await, Ok(()), "{scheme}");
        let (in_clear, protected) = heard.await.unwrap();
        if scheme == "smtp" {
            assert_eq!(in_clear, ["EHLO mail.example", "STARTTLS"]);
        }
        for said in ["AUTH PLAIN", "MAIL FROM", "Subject: Factory down", "QUIT"] {
            assert!(protected.iter().any(|line| line.starts_with(said)), "{scheme}: {said}: {protected:?}");
        }
    }
}

#[tokio::test]
async fn a_certificate_that_the_machine_does_not_trust_gets_no_mail() {
    let folder = tempfile::tempdir().unwrap();
    make_certificates(folder.path());
    for scheme in ["smtps", "smtp"] {
        let (address, heard) = server(folder.path(), scheme == "smtp").await;
        let error = deliver(scheme, address).await.unwrap_err();
        assert!(matches!(error, DeliveryError::Temporary { .. }), "{scheme}: {error}");
        let (_, protected) = heard.await.unwrap();
        assert!(protected.is_empty(), "{scheme}: {protected:?}");
    }
}

async fn deliver(scheme: &str, server: SocketAddr) -> Result<(), DeliveryError> {
    let toml = format!(
        "type = 'email'\nserver = '{scheme}://localhost:{}'\nfrom = 'pizza@mail.example'\n\
         to = 'on-call@mail.example'\nuser = 'pizza'\npassword = 's3cret'",
        server.port()
    );
    notifier(&toml).with_deadline(Duration::from_secs(60)).deliver("phone", &firing()).await
}

/// The machine's authorities are read from the environment, which is the same for all tests of a process.
fn run_again_with_trust(test: &str) {
    let folder = tempfile::tempdir().unwrap();
    make_certificates(folder.path());
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test])
        .env(FOLDER, folder.path())
        .env("SSL_CERT_FILE", folder.path().join("authority.pem"))
        .env_remove("SSL_CERT_DIR")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

/// An authority, and a server that it vouches for.
fn make_certificates(folder: &Path) {
    std::fs::write(folder.join("empty"), "[req]\ndistinguished_name = name\n[name]\n").unwrap();
    let authority = ["-subj", "/CN=authority", "-addext", "basicConstraints = critical, CA:TRUE"];
    openssl(folder, "authority", &authority);
    let vouched = ["-CA", "authority.pem", "-CAkey", "authority.key"];
    let server = ["-subj", "/CN=mail", "-addext", "subjectAltName = DNS:localhost"];
    let use_for = ["-addext", "basicConstraints = CA:FALSE", "-addext", "extendedKeyUsage = serverAuth"];
    openssl(folder, "server", &[&server[..], &vouched, &use_for].concat());
}

fn openssl(folder: &Path, name: &str, arguments: &[&str]) {
    let output = Command::new("openssl")
        .current_dir(folder)
        .args(["req", "-x509", "-config", "empty", "-nodes", "-days", "2", "-newkey", "ec"])
        .args(["-pkeyopt", "ec_paramgen_curve:P-256"])
        .args(["-keyout", &format!("{name}.key"), "-out", &format!("{name}.pem")])
        .args(arguments)
        .output()
        .expect("openssl runs; it is in the Debian package of this name, see scripts/install-test-packages");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// What a server heard in clear, and what it heard once the connection was protected.
type Heard = (Vec<String>, Vec<String>);

async fn server(folder: &Path, starttls: bool) -> (SocketAddr, JoinHandle<Heard>) {
    let certificate = CertificateDer::from_pem_file(folder.join("server.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(folder.join("server.key")).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let heard = tokio::spawn(async move {
        let mut stream = BufReader::new(listener.accept().await.unwrap().0);
        let mut in_clear = Vec::new();
        if starttls {
            say(&mut stream, GREETING).await;
            let offer = Manners { extensions: &["STARTTLS"], to: Some(("STARTTLS", "220 go on")) };
            in_clear = converse(&mut stream, offer).await;
        }
        let Ok(stream) = acceptor.accept(stream.into_inner()).await else { return (in_clear, Vec::new()) };
        let mut stream = BufReader::new(stream);
        if !starttls {
            say(&mut stream, GREETING).await;
        }
        (in_clear, converse(&mut stream, LOGGED_IN).await)
    });
    (address, heard)
}
