//! What is a pizza and what is not.
#![allow(clippy::unwrap_used)]

mod fake;

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use factory_client::{BadPizza, FactoryClient, VerifyError};
use fake::{Answer, Fake, ORDER, Signer, header, jwks, now, payload};
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use serde_json::{Value, json};

const JWKS: &str = "/.well-known/jwks.json";

async fn reason(fake: &Fake, jwt: &str) -> BadPizza {
    match fake.client().verify(jwt, ORDER).await {
        Err(VerifyError::Bad(reason)) => reason,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn each_of_the_three_algorithms_makes_a_pizza() {
    for signer in [Signer::rsa(), Signer::ec(), Signer::ed()] {
        let fake = Fake::with_keys(&[signer.jwk("k1")]).await;
        let jwt = signer.pizza("k1");
        let pizza = fake.client().verify(&jwt, ORDER).await.unwrap();
        assert_eq!(pizza.jwt(), jwt);
        assert_eq!(pizza.vendor().name, "Us");
        assert!(pizza.expires_at().as_second() > now());
        assert!(!format!("{pizza:?}").contains(&jwt));
    }
}

#[tokio::test]
async fn a_key_that_does_not_name_its_algorithm_is_used_for_its_kinds() {
    let signer = Signer::rsa();
    let mut jwk = signer.jwk("k1");
    (jwk.alg, jwk.usage) = (None, None);
    let fake = Fake::with_keys(&[jwk]).await;
    assert!(fake.client().verify(&signer.pizza("k1"), ORDER).await.is_ok());
}

#[tokio::test]
async fn historic_pizzas_have_their_times_in_the_header_only() {
    let signer = Signer::ed();
    let fake = Fake::with_keys(&[signer.jwk("k1")]).await;
    let mut claims = payload();
    for name in ["iat", "exp", "iss"] {
        claims.as_object_mut().unwrap().remove(name);
    }
    let good = signer.sign(&header("EdDSA", "k1"), &claims);
    assert!(fake.client().verify(&good, ORDER).await.is_ok());

    let mut old = header("EdDSA", "k1");
    old["exp"] = json!(now() - 120);
    assert_eq!(reason(&fake, &signer.sign(&old, &claims)).await, BadPizza::Expired);

    let timeless = signer.sign(&json!({"alg": "EdDSA", "kid": "k1"}), &claims);
    assert_eq!(reason(&fake, &timeless).await, BadPizza::NoTimes);
}

#[tokio::test]
async fn wrong_claims_make_no_pizza() {
    let signer = Signer::ed();
    let fake = Fake::with_keys(&[signer.jwk("k1")]).await;
    let rows: [(&str, Value, BadPizza); 7] = [
        ("/vendor/id", json!("them"), BadPizza::Vendor),
        ("/order/id", json!(ORDER + 1), BadPizza::Order),
        ("/order/id", json!(null), BadPizza::Order),
        ("/order", json!("17"), BadPizza::Order),
        ("/exp", json!(now() - 120), BadPizza::Expired),
        ("/iat", json!(now() + 3600), BadPizza::NotYet),
        ("/vendor", json!(5), BadPizza::Malformed),
    ];
    for (member, value, expected) in rows {
        let mut claims = payload();
        *claims.pointer_mut(member).unwrap() = value;
        let jwt = signer.sign(&header("EdDSA", "k1"), &claims);
        assert_eq!(reason(&fake, &jwt).await, expected, "{member}");
    }
}

#[tokio::test]
async fn an_order_id_may_be_a_numeric_string_and_any_vendor_will_do_when_none_is_configured() {
    let signer = Signer::ed();
    let fake = Fake::with_keys(&[signer.jwk("k1")]).await;
    let mut config = fake.config();
    config.vendor_id = None;
    let mut claims = payload();
    claims["order"]["id"] = json!(ORDER.to_string());
    claims["vendor"]["id"] = json!("anybody");
    let jwt = signer.sign(&header("EdDSA", "k1"), &claims);
    let client = FactoryClient::new(config).unwrap();
    assert!(client.verify(&jwt, ORDER).await.is_ok());
}

#[tokio::test]
async fn a_token_that_is_not_one_is_malformed_and_costs_no_call() {
    let fake = Fake::start().await;
    let dead = format!("dead{}", Signer::ed().pizza("k1"));
    for jwt in ["", "dead", "a.b", "a.b.c.d", "..", "é.é.é", &dead] {
        assert_eq!(reason(&fake, jwt).await, BadPizza::Malformed, "{jwt}");
    }
    assert_eq!(fake.calls(JWKS), 0);
}

#[tokio::test]
async fn a_changed_token_has_a_wrong_signature() {
    let signer = Signer::rsa();
    let fake = Fake::with_keys(&[signer.jwk("k1")]).await;
    let jwt = signer.pizza("k1");
    let (signed, signature) = jwt.rsplit_once('.').unwrap();
    let other = Signer::rsa().pizza("k1");
    let mut claims = payload();
    claims["order"]["price"] = json!(0);
    let changed = fake::signed_part(&header("RS256", "k1"), &claims);
    for bad in [
        other,
        format!("{changed}.{signature}"),
        format!("{signed}."),
        format!("{signed}.AAAA"),
        format!("{signed}.!"),
    ] {
        assert_eq!(reason(&fake, &bad).await, BadPizza::Signature, "{bad}");
    }
}

#[tokio::test]
async fn the_key_decides_the_algorithm() {
    let signer = Signer::rsa();
    let jwk = signer.jwk("k1");
    let fake = Fake::with_keys(std::slice::from_ref(&jwk)).await;

    let none = fake::signed_part(&header("none", "k1"), &payload());
    assert_eq!(reason(&fake, &format!("{none}.")).await, BadPizza::Algorithm);

    // The classic confusion: the public key, which everybody has, as an HMAC secret.
    let signed = fake::signed_part(&header("HS256", "k1"), &payload());
    let public = URL_SAFE_NO_PAD.decode(jwk.n.unwrap()).unwrap();
    let secret = EncodingKey::from_secret(&public);
    let signature = crypto::sign(signed.as_bytes(), &secret, Algorithm::HS256).unwrap();
    let forged = format!("{signed}.{signature}");
    assert_eq!(reason(&fake, &forged).await, BadPizza::Algorithm);

    let other = signer.sign(&header("RS512", "k1"), &payload());
    assert_eq!(reason(&fake, &other).await, BadPizza::Algorithm);
}

#[tokio::test]
async fn critical_extensions_are_refused() {
    let signer = Signer::ed();
    let fake = Fake::with_keys(&[signer.jwk("k1")]).await;
    let mut critical = header("EdDSA", "k1");
    critical["crit"] = json!(["b64"]);
    let jwt = signer.sign(&critical, &payload());
    assert_eq!(reason(&fake, &jwt).await, BadPizza::CriticalExtension);
}

#[tokio::test]
async fn keys_that_are_not_for_pizzas_are_not_used_and_do_not_hide_the_others() {
    let signer = Signer::ed();
    let keys = json!({"keys": [
        {"kty": "oct", "kid": "k1", "k": "c2VjcmV0", "alg": "HS256"},
        {"kty": "RSA", "kid": "k2", "alg": "RS512", "n": "AQAB", "e": "AQAB"},
        {"kty": "RSA", "kid": "k3"},
        {"kty": "EC", "kid": "k4", "crv": "P-521", "x": "AA", "y": "AA"},
        {"kty": "OKP", "kid": "k5", "crv": "Ed25519", "use": "enc", "x": "AA"},
        {"new": "members"},
        signer.jwk("good"),
    ]});
    let fake = Fake::start().await;
    fake.then_keys(Answer::new(200, keys));
    let client = fake.client();
    assert!(client.verify(&signer.pizza("good"), ORDER).await.is_ok());
    for kid in ["k1", "k2", "k3", "k4", "k5", ""] {
        let error = client.verify(&signer.pizza(kid), ORDER).await.unwrap_err();
        assert_eq!(error, VerifyError::Bad(BadPizza::UnknownKey), "{kid}");
    }
    let nameless = signer.sign(&json!({"alg": "EdDSA"}), &payload());
    let error = client.verify(&nameless, ORDER).await.unwrap_err();
    assert_eq!(error, VerifyError::Bad(BadPizza::UnknownKey));
}

#[tokio::test]
async fn unknown_keys_are_asked_for_at_a_bounded_rate() {
    let signer = Signer::ed();
    let fake = Fake::with_keys(&[signer.jwk("k1")]).await;
    let client = fake.client();
    for stranger in 0..50 {
        let jwt = signer.pizza(&format!("stranger-{stranger}"));
        let error = client.verify(&jwt, ORDER).await.unwrap_err();
        assert_eq!(error, VerifyError::Bad(BadPizza::UnknownKey));
    }
    assert!(client.verify(&signer.pizza("k1"), ORDER).await.is_ok());
    assert_eq!(fake.calls(JWKS), 1);
}

#[tokio::test]
async fn those_who_come_together_share_one_fetch() {
    let signer = Signer::ed();
    let fake = Fake::start().await;
    let mut slow = Answer::new(200, jwks(&[signer.jwk("k1")]));
    slow.delay = Duration::from_millis(50);
    fake.then_keys(slow);
    let mut config = fake.config();
    config.jwks_refresh_min_interval = Duration::ZERO;
    let client = FactoryClient::new(config).unwrap();
    let jwt = signer.pizza("k1");
    let (a, b, c) =
        tokio::join!(client.verify(&jwt, ORDER), client.verify(&jwt, ORDER), client.verify(&jwt, ORDER));
    assert!(a.is_ok() && b.is_ok() && c.is_ok());
    assert_eq!(fake.calls(JWKS), 1);
}

#[tokio::test]
async fn a_new_key_is_found_under_a_new_name_and_under_an_old_one() {
    let (old, new) = (Signer::ed(), Signer::ed());
    let fake = Fake::start().await;
    fake.then_keys(Answer::new(200, jwks(&[old.jwk("k1")])));
    fake.then_keys(Answer::new(200, jwks(&[old.jwk("k1"), new.jwk("k2")])));
    fake.then_keys(Answer::new(200, jwks(&[new.jwk("k1")])));
    let mut config = fake.config();
    config.jwks_refresh_min_interval = Duration::ZERO;
    let client = FactoryClient::new(config).unwrap();
    assert!(client.verify(&old.pizza("k1"), ORDER).await.is_ok());
    assert!(client.verify(&new.pizza("k2"), ORDER).await.is_ok());
    assert!(client.verify(&new.pizza("k1"), ORDER).await.is_ok());
    assert_eq!(fake.calls(JWKS), 3);
}

#[tokio::test]
async fn without_keys_nothing_is_known_and_the_factory_is_not_hammered() {
    let signer = Signer::ed();
    let fake = Fake::start().await;
    fake.then_keys(Answer::new(503, "{}"));
    let client = fake.client();
    for _ in 0..5 {
        let error = client.verify(&signer.pizza("k1"), ORDER).await.unwrap_err();
        assert_eq!(error, VerifyError::KeysUnavailable("status 503".to_owned()));
    }
    assert_eq!(fake.calls(JWKS), 1);

    for body in ["<html>".to_owned(), "[]".to_owned(), "x".repeat(70_000)] {
        let fake = Fake::start().await;
        fake.then_keys(Answer::new(200, body));
        let error = fake.client().verify(&signer.pizza("k1"), ORDER).await;
        assert!(matches!(error, Err(VerifyError::KeysUnavailable(_))));
    }
}

#[tokio::test]
async fn a_caller_who_goes_away_leaves_no_verdict_behind() {
    let signer = Signer::ed();
    let fake = Fake::start().await;
    fake.then_keys(Answer::new(200, "{}").never());
    let client = fake.client();
    let jwt = signer.pizza("k1");
    let hasty = tokio::time::timeout(Duration::from_millis(50), client.verify(&jwt, ORDER)).await;
    assert!(hasty.is_err());
    let error = client.verify(&jwt, ORDER).await.unwrap_err();
    assert!(matches!(error, VerifyError::KeysUnavailable(_)));
}
