//! Signs pizzas, good ones and others.

use crate::fake_factory::VENDOR;
use aws_lc_rs::{
    rand::SystemRandom,
    rsa::KeySize,
    signature::{KeyPair, RSA_PKCS1_SHA256, RsaKeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use factory_api::{Jwk, Jwks};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::sync::OnceLock;

const KEY_NAME: &str = "oven-1";
const DAY: i64 = 24 * 3600;

/// What is wrong with a pizza.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    None,
    Signature,
    Order,
    Vendor,
    Algorithm,
}

/// The one key of all fake factories of this process: making one takes longer than a test should.
pub(crate) struct Oven {
    key: RsaKeyPair,
}

impl Oven {
    pub(crate) fn hot() -> &'static Self {
        static OVEN: OnceLock<Oven> = OnceLock::new();
        OVEN.get_or_init(|| Self { key: RsaKeyPair::generate(KeySize::Rsa2048).expect("an RSA key") })
    }

    pub(crate) fn keys(&self) -> Jwks {
        let public = self.key.public_key();
        let key = Jwk {
            kty: Some("RSA".to_owned()),
            kid: Some(KEY_NAME.to_owned()),
            usage: Some("sig".to_owned()),
            alg: Some("RS256".to_owned()),
            n: Some(base64(public.modulus().big_endian_without_leading_zero())),
            e: Some(base64(public.exponent().big_endian_without_leading_zero())),
            ..Jwk::default()
        };
        Jwks { keys: vec![key] }
    }

    /// The pizza of what a call asked for.
    pub(crate) fn bake(&self, call: &Value, flaw: Flaw) -> String {
        let made = Timestamp::now().as_second();
        let times = json!({ "iat": made, "exp": made + DAY, "iss": "fake factory" });
        let algorithm = if flaw == Flaw::Algorithm { "none" } else { "RS256" };
        let header = merged(json!({ "alg": algorithm, "kid": KEY_NAME }), &times);
        let vendor = if flaw == Flaw::Vendor { "somebody else" } else { VENDOR };
        let mut order = call["order"].clone();
        if flaw == Flaw::Order {
            order["id"] = Value::from(order["id"].as_i64().unwrap_or_default() + 1);
        }
        let claims =
            json!({ "vendor": { "id": vendor, "name": vendor }, "diner": call["diner"], "order": order });
        let signed = format!("{}.{}", base64(header.to_string()), base64(merged(claims, &times).to_string()));
        match flaw {
            Flaw::Algorithm => format!("{signed}."),
            Flaw::Signature => format!("{signed}.{}", base64(self.sign("something else"))),
            _ => format!("{signed}.{}", base64(self.sign(&signed))),
        }
    }

    fn sign(&self, text: &str) -> Vec<u8> {
        let mut signature = vec![0; self.key.public_modulus_len()];
        let signed = self.key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature);
        signed.expect("a signature fits into the modulus' length");
        signature
    }
}

fn merged(mut one: Value, other: &Value) -> Value {
    for (name, value) in other.as_object().into_iter().flatten() {
        one[name] = value.clone();
    }
    one
}

fn base64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
