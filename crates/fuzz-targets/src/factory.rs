use crate::{header_lines, text};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use factory_api::ReportLink;
use factory_client::{FactoryClient, FactoryConfig, FailureKind, KnownKeys, Sent};
use futures::executor::block_on;
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use std::{sync::LazyLock, time::Duration};

/// An Ed25519 key that is used nowhere else: the example of RFC 8037, appendix A, as PKCS #8.
const ED25519: &str = "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g";
const PUBLIC: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
const ORDER: i64 = 12;
const VENDOR: &str = "jwt-pizza";

struct Kitchen {
    keys: KnownKeys,
    pizza: String,
}

static KITCHEN: LazyLock<Kitchen> = LazyLock::new(|| {
    let keys =
        json!({ "keys": [{ "kid": "k", "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "x": PUBLIC }] });
    let keys = KnownKeys::read(keys.to_string().as_bytes()).expect("a key set");
    let now = Timestamp::now().as_second();
    let claims = json!({ "vendor": { "id": VENDOR, "name": "JWT Pizza" }, "diner": { "id": 1, "name": "d", "email": "e" },
        "order": { "id": ORDER }, "iat": now, "exp": now + 1_000_000 });
    let header = Header { kid: Some("k".into()), ..Header::new(Algorithm::EdDSA) };
    let key = EncodingKey::from_ed_der(&STANDARD.decode(ED25519).expect("base64"));
    Kitchen { keys, pizza: encode(&header, &claims, &key).expect("signed") }
});

fn is_pizza(keys: &KnownKeys, jwt: &str) -> bool {
    block_on(keys.verify(jwt, Some(VENDOR), ORDER)).is_ok()
}

/// Nothing is a pizza but what the factory signed: not the bytes, not a change of a real pizza, not the bytes as header
/// and claims under its signature.
pub fn pizza(bytes: &[u8]) {
    let Kitchen { keys, pizza } = &*KITCHEN;
    assert!(is_pizza(keys, pizza));
    if let Some(text) = text(bytes) {
        assert!(!is_pizza(keys, text));
    }
    let (signed, signature) = pizza.rsplit_once('.').expect("three parts");
    let (header, claims) = signed.split_once('.').expect("three parts");
    let other = URL_SAFE_NO_PAD.encode(bytes);
    for forged in [
        format!("{other}.{claims}.{signature}"),
        format!("{header}.{other}.{signature}"),
        format!("{signed}.{other}"),
    ] {
        assert!(forged == *pizza || !is_pizza(keys, &forged), "{forged}");
    }
    let [at, gone, put @ ..] = bytes else { return };
    let begin = usize::from(*at) * pizza.len() / 256;
    let end = (begin + usize::from(*gone % 16)).min(pizza.len());
    let changed = [&pizza.as_bytes()[..begin], put, &pizza.as_bytes()[end..]].concat();
    if let Ok(changed) = String::from_utf8(changed)
        && changed != *pizza
    {
        assert!(!is_pizza(keys, &changed), "{changed}");
    }
}

/// Whatever a factory says its keys are, no pizza of another factory's is one of theirs, unless they have its key.
pub fn jwks(bytes: &[u8]) {
    let Ok(keys) = KnownKeys::read(bytes) else { return };
    if !bytes.windows(PUBLIC.len()).any(|part| part == PUBLIC.as_bytes()) && !bytes.contains(&b'\\') {
        assert!(!is_pizza(&keys, &KITCHEN.pizza));
    }
    for algorithm in ["none", "HS256", "RS256", "ES256", "EdDSA"] {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let (header, claims) = (json!({ "alg": algorithm, "kid": "k" }), json!({ "order": { "id": ORDER } }));
        for signature in ["", "AAAA"] {
            assert!(!is_pizza(&keys, &format!("{}.{}.{signature}", part(&header), part(&claims))));
        }
    }
}

static CLIENT: LazyLock<FactoryClient> = LazyLock::new(|| {
    let url = "http://127.0.0.1:1/".parse().expect("a URL");
    FactoryClient::new(FactoryConfig::new(url, "canary-of-the-vendor".to_owned().into())).expect("a client")
});

/// The first two bytes are the status, the rest is the body. What an answer means goes by its status; no words of it are
/// longer than 1 KiB or show our key, and no wait is longer than a minute.
pub fn factory_answer(bytes: &[u8]) {
    let [high, low, body @ ..] = bytes else { return };
    let status = 100 + u16::from_be_bytes([*high, *low]) % 900;
    let Ok(answer) = http::Response::builder().status(status).header("retry-after", "7").body(body.to_vec())
    else {
        return;
    };
    let sent = block_on(CLIENT.classify(reqwest::Response::from(answer)));
    let shown = format!("{sent:?}");
    assert!(!shown.contains("canary-of-the-vendor"), "{shown}");
    let minute = Duration::from_secs(60);
    match &sent {
        Sent::Made { jwt, .. } => assert!((200..300).contains(&status) && !jwt.is_empty()),
        Sent::Refused { message, .. } => assert!([400, 413, 422].contains(&status) && message.len() <= 1_024),
        Sent::InProgress { retry_after } => {
            assert!(status == 409 && retry_after.is_none_or(|wait| wait <= minute))
        }
        Sent::Failed(failure) => {
            assert!(![400, 409, 413, 422].contains(&status));
            assert!(failure.message.len() <= 1_024 && failure.retry_after.is_none_or(|wait| wait <= minute));
            assert_eq!(failure.kind == FailureKind::RateLimited, status == 429);
        }
    }
}

/// A report link is a secret: whatever it is, showing it shows its origin and no more.
pub fn report_link(bytes: &[u8]) {
    let Some(link) = text(bytes).and_then(ReportLink::parse) else { return };
    let shown = format!("{link} {link:?}");
    let origin = link.expose().origin().ascii_serialization();
    let rest = shown
        .replace(&origin, "")
        .replace("/api/support/[redacted]/report/[redacted]", "")
        .replace("/[redacted]", "");
    assert_eq!(rest, " ReportLink()", "{shown}");
    assert_eq!(ReportLink::parse(link.expose().as_str()), Some(link));
}

/// A factory can ask us to wait a minute at most.
pub fn retry_after(bytes: &[u8]) {
    let now = Timestamp::from_second(1_764_670_230).expect("a time");
    let wait = factory_client::retry_after(&header_lines("retry-after", bytes), now);
    assert!(wait.is_none_or(|wait| wait <= Duration::from_secs(60)));
}
