//! API2:2023 Broken authentication: passwords, and who guesses them.

use domain::Role;
use futures::future::join_all;
use reqwest::Method;
use service::{Service, config::Config};
use std::time::{Duration, Instant};
use store::UserQuery;
use tempfile::TempDir;
use test_kit::{TestApp, Visitor};

/// The historic service made one at its first start, with a password that was in its source.
#[tokio::test]
async fn the_default_admin() {
    let folder = TempDir::new().unwrap();
    let mut config = Config::default();
    config.database.path = folder.path().join("pizza.db");
    let service = Service::open(config).await.unwrap();
    let everybody = UserQuery { page: 0, per_page: 10, name: "*".to_owned() };
    let users = service.store().users(everybody).await.unwrap().users;
    assert!(users.iter().all(|user| !user.roles.contains(&Role::Admin)), "{users:?}");
    assert!(service.store().credentials("a@jwt.com").await.unwrap().is_empty());
}

#[tokio::test]
async fn duplicate_emails() {
    let app = TestApp::start(|_| {}).await;
    for email in ["d@jwt.com", "D@JWT.com"] {
        let reply = app.visitor().register("another", email, "secret").await.expect(409);
        assert_eq!(reply.message(), "this email is already registered");
    }
    app.visitor().login("d@jwt.com", "diner").await;
}

#[tokio::test]
async fn duplicate_emails_by_registering_twice_at_once() {
    let app = TestApp::start(|_| {}).await;
    let visitor = app.visitor();
    let twice = join_all((0..4).map(|_| visitor.register("Kai", "kai@jwt.com", "secret"))).await;
    let mut statuses: Vec<_> = twice.iter().map(|reply| reply.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409, 409, 409]);
}

#[tokio::test]
async fn accounts_that_can_be_probed_by_what_a_login_says() {
    let app = TestApp::start(|_| {}).await;
    let mut unknown = app.visitor().try_login("nobody@jwt.com", "x").await.expect(404);
    let mut wrong = app.visitor().try_login("d@jwt.com", "x").await.expect(404);
    assert_eq!(unknown.text, wrong.text);
    for reply in [&mut unknown, &mut wrong] {
        reply.headers.remove("x-request-id");
        reply.headers.remove("date");
    }
    assert_eq!(unknown.headers, wrong.headers);
}

/// Hashing takes tens of milliseconds and everything else next to nothing, so the quickest of a few tries of
/// either kind, taken in turn, tells whether a password was hashed.
#[tokio::test]
async fn accounts_that_can_be_probed_by_how_long_a_login_takes() {
    let app = TestApp::start(|config| config.auth.login_failures_per_minute = 100).await;
    let visitor = app.visitor();
    let quickest = async |email: &str, best: Duration| {
        let begun = Instant::now();
        visitor.try_login(email, "x").await.expect(404);
        begun.elapsed().min(best)
    };
    let (mut unknown, mut wrong) = (Duration::MAX, Duration::MAX);
    for _ in 0..5 {
        unknown = quickest("nobody@jwt.com", unknown).await;
        wrong = quickest("d@jwt.com", wrong).await;
    }
    assert!(unknown * 4 > wrong, "nobody: {unknown:?}, somebody: {wrong:?}");
}

#[tokio::test]
async fn guessing_passwords() {
    let app = TestApp::start(|_| {}).await;
    let attacker = app.visitor();
    for _ in 0..10 {
        attacker.try_login("d@jwt.com", "guess").await.expect(404);
    }
    let limited = attacker.try_login("D@jwt.com", "guess").await.expect(429);
    assert_eq!(limited.message(), "too many failed logins, please wait before the next try");
    let wait: u64 = limited.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    attacker.try_login("d@jwt.com", "diner").await.expect(429);

    let elsewhere = Visitor::from_address(app.base(), [127, 0, 0, 2]);
    elsewhere.try_login("d@jwt.com", "diner").await.expect(200);
    attacker.try_login("f@jwt.com", "franchisee").await.expect(200);
}

#[tokio::test]
async fn guessing_passwords_all_at_once() {
    let app = TestApp::start(|config| config.auth.login_failures_per_minute = 3).await;
    let attacker = app.visitor();
    let guesses = join_all((0..15).map(|_| attacker.try_login("d@jwt.com", "guess"))).await;
    let told = guesses.iter().filter(|reply| reply.status == 404).count();
    let limited = guesses.iter().filter(|reply| reply.status == 429).count();
    assert_eq!((told, limited), (3, 12), "who waits in line must not learn more than who comes later");
}

/// A failed login that came through these hops.
async fn guess_through(visitor: &Visitor, forwarded_for: &str, password: &str) -> u16 {
    let body = serde_json::json!({ "email": "d@jwt.com", "password": password });
    let request = visitor.request(Method::PUT, "/api/auth").header("x-forwarded-for", forwarded_for);
    visitor.send(request.json(&body)).await.status
}

#[tokio::test]
async fn guessing_passwords_under_many_names_through_a_trusted_proxy() {
    let app = TestApp::start(|config| {
        config.http.trusted_proxies = vec!["127.0.0.0/8".to_owned().try_into().unwrap()];
        config.auth.login_failures_per_minute = 3;
    })
    .await;
    let visitor = app.visitor();
    for number in 0..3 {
        let spoofed = format!("198.51.100.{number}, 203.0.113.9, 127.0.0.7");
        assert_eq!(guess_through(&visitor, &spoofed, "guess").await, 404);
    }
    assert_eq!(
        guess_through(&visitor, "192.0.2.1, 203.0.113.9", "guess").await,
        429,
        "a new name, and no new tries"
    );
    assert_eq!(
        guess_through(&visitor, "203.0.113.10", "diner").await,
        200,
        "somebody else behind the same proxy"
    );
}

#[tokio::test]
async fn guessing_passwords_under_many_names_through_no_trusted_proxy() {
    for trusted in [vec![], vec!["10.0.0.0/8".to_owned().try_into().unwrap()]] {
        let app = TestApp::start(|config| {
            config.http.trusted_proxies = trusted;
            config.auth.login_failures_per_minute = 3;
        })
        .await;
        let visitor = app.visitor();
        for number in 0..3 {
            assert_eq!(guess_through(&visitor, &format!("203.0.113.{number}"), "guess").await, 404);
        }
        assert_eq!(guess_through(&visitor, "203.0.113.9", "guess").await, 429);
    }
}

/// Whoever has one IPv6 address has as many as they like.
#[tokio::test]
async fn guessing_passwords_from_all_the_addresses_of_one_network() {
    let app = TestApp::start(|config| {
        config.http.trusted_proxies = vec!["127.0.0.0/8".to_owned().try_into().unwrap()];
        config.auth.login_failures_per_minute = 3;
    })
    .await;
    let visitor = app.visitor();
    for host in 1..=3 {
        assert_eq!(guess_through(&visitor, &format!("2001:db8:1:1::{host}"), "guess").await, 404);
    }
    assert_eq!(guess_through(&visitor, "2001:db8:1:1:ffff::9", "guess").await, 429);
    assert_eq!(guess_through(&visitor, "2001:db8:1:2::1", "diner").await, 200, "another network");
}

#[tokio::test]
async fn logins_that_succeed_count_against_nobody() {
    let app = TestApp::start(|config| config.auth.login_failures_per_minute = 2).await;
    let visitor = app.visitor();
    for reply in join_all((0..6).map(|_| visitor.try_login("d@jwt.com", "diner"))).await {
        reply.expect(200);
    }
    visitor.try_login("d@jwt.com", "wrong").await.expect(404);
    visitor.try_login("d@jwt.com", "diner").await.expect(200);
    visitor.try_login("d@jwt.com", "wrong").await.expect(404);
    visitor.try_login("d@jwt.com", "wrong").await.expect(429);
}

#[tokio::test]
async fn empty_passwords() {
    let app = TestApp::start(|_| {}).await;
    app.visitor().register("Kai", "kai@jwt.com", "").await.expect(400);
    app.visitor().try_login("a@jwt.com", "").await.expect(404);
}

#[tokio::test]
async fn passwords_in_the_database() {
    let app = TestApp::start(|_| {}).await;
    app.visitor().register("Kai", "kai@jwt.com", "a-canary-password").await.expect(200);
    let kept = app.store().credentials("kai@jwt.com").await.unwrap();
    // OWASP Password Storage Cheat Sheet: argon2id with 19 MiB, 2 passes, 1 lane.
    assert!(
        kept[0].password_hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
        "{}",
        kept[0].password_hash
    );
    for file in std::fs::read_dir(app.config().database.path.parent().unwrap()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap_or_default();
        assert!(!bytes.windows(17).any(|part| part == b"a-canary-password"));
    }
}
