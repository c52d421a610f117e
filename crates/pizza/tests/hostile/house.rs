//! The house that is attacked: a whole installation, and what its service takes of the machine.

use crate::wire::{Answer, Wire, request};
use serde_json::{Value, json};
use std::{
    fs,
    net::SocketAddr,
    path::PathBuf,
    time::{Duration, Instant},
};
use test_kit::Installation;

pub struct House {
    pub installation: Installation,
    pub address: SocketAddr,
}

/// What the service takes of the machine.
#[derive(Clone, Copy, Debug)]
pub struct Vitals {
    /// Resident memory, in bytes.
    pub memory: u64,
    /// Open files, connections among them.
    pub files: usize,
}

impl House {
    pub async fn open(settings: &[(&str, &str)]) -> Self {
        let program = std::env::var("PIZZA_PROGRAM").map_or(env!("CARGO_BIN_EXE_pizza").into(), |program| {
            // Tests run in the folder of their package.
            let from_root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").join(&program);
            from_root.canonicalize().unwrap().display().to_string()
        });
        let installation = Installation::start(&program, settings).await.unwrap();
        let url: url::Url = installation.url("").parse().unwrap();
        let address = ([127, 0, 0, 1], url.port().unwrap()).into();
        Self { installation, address }
    }

    pub async fn ask(&self, request: Vec<u8>) -> Answer {
        Wire::open(self.address).await.unwrap().ask(request).await.unwrap()
    }

    /// Opens an account; gives its session.
    pub async fn register(&self, name: &str) -> String {
        let answer = self.ask(request("POST", "/api/auth", None, Some(&person(name)))).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()["token"].as_str().unwrap().to_owned()
    }

    /// An order that nobody waits for.
    pub fn order(&self, token: &str) -> Vec<u8> {
        let (franchise, store) = self.installation.store();
        let order = json!({ "franchiseId": franchise.0, "storeId": store.0, "items": [{ "menuId": 1 }] });
        request("POST", "/api/order", Some(token), Some(&order))
    }

    pub fn vitals(&self) -> Vitals {
        let process = self.process();
        let status = fs::read_to_string(process.join("status")).unwrap();
        let memory = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB"));
        let memory = memory.unwrap().trim().parse::<u64>().unwrap() * 1024;
        Vitals { memory, files: fs::read_dir(process.join("fd")).unwrap().count() }
    }

    /// Waits until the service has no more than so many files open, for so long at most.
    pub async fn until_files_are_closed(&self, most: usize, within: Duration) {
        let begun = Instant::now();
        while self.vitals().files > most {
            assert!(begun.elapsed() < within, "{:?} after {within:?}, not {most}", self.vitals());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Nothing panicked, and no answer was our fault.
    pub fn assert_no_fault(&self) {
        let logs = self.installation.logs().unwrap().service;
        for line in logs.lines() {
            let line: Value = serde_json::from_str(line).unwrap_or_default();
            assert_ne!(line["status"], 500, "{line}");
            assert!(!line.to_string().contains("panicked"), "{line}");
        }
        assert!(!logs.contains("panicked at"), "{logs}");
    }

    /// Where the system tells of the service's process.
    fn process(&self) -> PathBuf {
        let own = format!("\0serve\0--port\0{}\0", self.address.port());
        let processes = fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path());
        let is_ours = |process: &PathBuf| {
            fs::read(process.join("cmdline")).is_ok_and(|line| String::from_utf8_lossy(&line).contains(&own))
        };
        processes.into_iter().find(is_ours).expect("the service runs")
    }
}

/// Who can register and log in.
pub fn person(name: &str) -> Value {
    json!({ "name": name, "email": format!("{name}@jwt.com"), "password": format!("the passphrase of {name}") })
}
