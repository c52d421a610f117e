//! At debug level the log has every statement, on both backends, and no value of any.
#![allow(clippy::unwrap_used)]

mod log;

use domain::{Cause, EmailAddress, Name};
use jiff::Timestamp;
use log::Log;
use store::{
    Clock, IncidentOpening, MysqlOptions, MysqlStore, NewUser, OperationsStore, SqliteOptions, SqliteStore,
    Store,
};
use test_mariadb::MariaDb;

/// One test, because a process has one log.
#[tokio::test]
async fn every_statement_is_told_and_no_value() {
    let log = Log::of_the_process(tracing::Level::TRACE);

    let folder = tempfile::tempdir().unwrap();
    let options = SqliteOptions { path: folder.path().join("pizza.db"), clock: Clock::system() };
    handle_secrets(&SqliteStore::open(options).unwrap()).await;
    let sqlite = log.told();
    for statement in
        ["INSERT INTO user (name, email, email_key, password_hash) VALUES (?1, ?2, ?3, ?4)", "COMMIT"]
    {
        assert!(sqlite.contains(&format!("statement=\"{statement}\"")), "{sqlite}");
    }

    let (server, database) = tokio::task::spawn_blocking(|| {
        let server = MariaDb::shared();
        (server, server.fresh_database())
    })
    .await
    .unwrap();
    let options = MysqlOptions::from_url(&server.url(&database)).unwrap();
    handle_secrets(&MysqlStore::open(options).await.unwrap()).await;
    let mysql = log.told();
    for statement in ["INSERT INTO user (name, email, password) VALUES (?, ?, ?)", "COMMIT"] {
        assert!(mysql.contains(&format!("statement=\"{statement}\"")), "{mysql}");
    }

    for text in [sqlite, mysql] {
        assert!(text.contains("DEBUG db: a statement type=\"db\" component=\"store\""), "{text}");
        assert!(!text.contains("canary"), "{text}");
    }
}

async fn handle_secrets(store: &(impl Store + OperationsStore)) {
    let user = NewUser {
        name: Name::from_database("canary".into()),
        email: EmailAddress::from_database("canary@jwt.com".into()),
        password_hash: "canary".into(),
        roles: vec![],
    };
    store.create_user(user).await.unwrap();
    store.credentials("canary@jwt.com").await.unwrap();
    store.session_user("canary").await.unwrap();
    store.keep_setting("key", "canary").await.unwrap();
    let now = Timestamp::now();
    let opening = IncidentOpening { cause: Cause::Factory, began_at: now, opened_at: now };
    let (incident, _) = store.open_incident(opening).await.unwrap();
    store.keep_incident_link(incident.id, "https://factory.example/report?apiKey=canary").await.unwrap();
    assert!(store.incident_link(incident.id).await.unwrap().unwrap().ends_with("canary"));
}
