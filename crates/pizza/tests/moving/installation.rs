//! What the historic service leaves behind, and our program on it.

use jsonwebtoken::{EncodingKey, Header, encode};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use tempfile::TempDir;
use test_kit::{Process, command, free_port};
use test_mariadb::MariaDb;

const PROGRAM: &str = env!("CARGO_BIN_EXE_pizza");
const HISTORIC: &str = include_str!("historic.sql");
const HISTORIC_TABLES: [&str; 8] =
    ["auth", "user", "menu", "franchise", "store", "userRole", "dinerOrder", "orderItem"];
/// Far shorter than ours must be.
const JWT_SECRET: &str = "toomanysecrets";

/// A database that the historic service made and used.
pub struct Installation {
    server: &'static MariaDb,
    database: String,
    historic_token: String,
    folder: TempDir,
}

/// What is in the historic tables.
pub struct HistoricTables {
    pub definitions: BTreeMap<&'static str, String>,
    pub rows: BTreeMap<&'static str, BTreeSet<String>>,
}

impl Installation {
    pub fn of_the_historic_service() -> Self {
        let historic_token = historic_token();
        let signature = historic_token.rsplit('.').next().unwrap();
        let server = MariaDb::shared();
        let database = server.fresh_database();
        server.sql(&database, &HISTORIC.replace("TOKEN-SIGNATURE", signature));
        Self { server, database, historic_token, folder: TempDir::new().unwrap() }
    }

    pub fn sql(&self, statements: &str) -> String {
        self.server.sql(&self.database, statements)
    }

    pub fn historic_tables(&self) -> HistoricTables {
        let rows = |table| self.sql(&format!("SELECT * FROM {table}")).lines().map(str::to_owned).collect();
        HistoricTables {
            definitions: HISTORIC_TABLES.map(|table| (table, self.definition(table))).into(),
            rows: HISTORIC_TABLES.map(|table| (table, rows(table))).into(),
        }
    }

    /// Without the counter, which counts on.
    fn definition(&self, table: &str) -> String {
        let words = self.sql(&format!("SHOW CREATE TABLE {table}"));
        let words = words.split_whitespace().filter(|word| !word.starts_with("AUTO_INCREMENT="));
        words.collect::<Vec<_>>().join(" ")
    }

    /// Starts our service where the historic one was, beside a factory.
    pub async fn serve(&self) -> Running {
        let [port, factory_port] = [free_port().unwrap(), free_port().unwrap()];
        let at = |port| format!("http://127.0.0.1:{port}");
        let mut factory = command(PROGRAM);
        factory.args(["factory", "--vendor", "acme:secret", "--port", &factory_port.to_string(), "--data"]);
        factory.arg(self.folder.path().join("factory"));
        let mut factory = Process::spawn("factory", factory, self.folder.path().join("factory.log")).unwrap();
        factory.answers(&format!("{}/livez", at(factory_port))).await.unwrap();

        let environment = vec![
            ("PIZZA_DATABASE__URL", self.server.url(&self.database)),
            ("PIZZA_AUTH__LEGACY_JWT_SECRET", JWT_SECRET.to_owned()),
            ("PIZZA_AUTH__UPGRADE_HASHES", "false".to_owned()),
            ("PIZZA_AUTH__PASSWORD_POLICY", "historic".to_owned()),
            ("PIZZA_FACTORY__URL", at(factory_port)),
            ("PIZZA_FACTORY__API_KEY", "secret".to_owned()),
        ];
        let mut serve = command(PROGRAM);
        serve.args(["serve", "--port", &port.to_string()]).envs(environment.clone());
        let mut service = Process::spawn("service", serve, self.folder.path().join("service.log")).unwrap();
        service.answers(&format!("{}/readyz", at(port))).await.unwrap();
        let http = Client::builder().no_proxy().build().unwrap();
        let historic_token = self.historic_token.clone();
        Running { base: at(port), http, historic_token, environment, service, _factory: factory }
    }
}

/// A session token as the historic service signs them: no end, and no name of its own.
fn historic_token() -> String {
    let an_hour_ago = jiff::Timestamp::now().as_second() - 3600;
    let claims = json!({
        "id": 2, "name": "pizza diner", "email": "d@jwt.com", "roles": [{ "role": "diner" }], "iat": an_hour_ago,
    });
    encode(&Header::default(), &claims, &EncodingKey::from_secret(JWT_SECRET.as_bytes())).unwrap()
}

/// Our service on that database.
pub struct Running {
    pub historic_token: String,
    base: String,
    http: Client,
    environment: Vec<(&'static str, String)>,
    service: Process,
    _factory: Process,
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
}

impl Running {
    pub async fn get(&self, path: &str, token: Option<&str>) -> Answer {
        self.send(Method::GET, path, token, None).await
    }

    pub async fn delete(&self, path: &str, token: Option<&str>) -> Answer {
        self.send(Method::DELETE, path, token, None).await
    }

    pub async fn post(&self, path: &str, token: Option<&str>, body: &Value) -> Answer {
        self.post_text(path, token, &body.to_string()).await
    }

    pub async fn post_text(&self, path: &str, token: Option<&str>, body: &str) -> Answer {
        self.send(Method::POST, path, token, Some(body)).await
    }

    pub async fn put_text(&self, path: &str, token: Option<&str>, body: &str) -> Answer {
        self.send(Method::PUT, path, token, Some(body)).await
    }

    pub async fn login(&self, email: &str, password: &str) -> Value {
        let who = json!({ "email": email, "password": password }).to_string();
        let answer = self.put_text("/api/auth", None, &who).await;
        assert_eq!(answer.status, 200, "{email}: {answer:?}");
        answer.body
    }

    pub async fn token(&self, email: &str, password: &str) -> String {
        self.login(email, password).await["token"].as_str().unwrap().to_owned()
    }

    async fn send(&self, method: Method, path: &str, token: Option<&str>, body: Option<&str>) -> Answer {
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.header("Content-Type", "application/json").body(body.to_owned());
        }
        let answer = request.send().await.unwrap();
        Answer { status: answer.status().as_u16(), body: answer.json().await.unwrap() }
    }

    /// What `pizza admin doctor` prints.
    pub fn doctor(&self) -> String {
        let mut doctor = command(PROGRAM);
        let output = doctor.args(["admin", "doctor"]).envs(self.environment.clone()).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    pub async fn ends_cleanly(self) {
        assert!(self.service.terminate().await.unwrap().success());
    }
}
