//! Signing pizzas, and telling ours from others.

use std::sync::Arc;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    KeyPair, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use factory_api::{Jwk, Jwks, PizzaClaims, PizzaHeader};
use jiff::Timestamp;
use serde::Serialize;
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use crate::FactoryError;

/// How long a pizza is good, in seconds.
pub(crate) const GOOD_FOR: i64 = 24 * 60 * 60;

/// Makes and checks pizzas with the one key, parsed once.
pub(crate) struct Baker {
    key: Arc<RsaKeyPair>,
    public: ParsedPublicKey,
    kid: String,
    jwks: Jwks,
    issuer: String,
    /// As many signatures at once as there are cores: more would only share them.
    ovens: Semaphore,
}

/// No pizza came out.
#[derive(Debug, thiserror::Error)]
#[error("the signature could not be made")]
pub(crate) struct SigningFailed;

impl Baker {
    pub(crate) fn new(key: RsaKeyPair, issuer: String) -> Result<Self, FactoryError> {
        let public = key.public_key();
        let n = encode(public.modulus().big_endian_without_leading_zero());
        let e = encode(public.exponent().big_endian_without_leading_zero());
        let kid = thumbprint(&n, &e);
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Ok(Self {
            public: ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public.as_ref())
                .map_err(|_| FactoryError::KeyGeneration)?,
            jwks: Jwks {
                keys: vec![Jwk {
                    kty: Some("RSA".to_owned()),
                    kid: Some(kid.clone()),
                    usage: Some("sig".to_owned()),
                    alg: Some("RS256".to_owned()),
                    n: Some(n),
                    e: Some(e),
                    ..Jwk::default()
                }],
            },
            key: Arc::new(key),
            kid,
            issuer,
            ovens: Semaphore::new(cores),
        })
    }

    pub(crate) fn jwks(&self) -> &Jwks {
        &self.jwks
    }

    /// A pizza that says `claims`, made at `now`; its times and issuer are put into header and claims.
    pub(crate) async fn make(
        &self,
        mut claims: PizzaClaims,
        now: Timestamp,
    ) -> Result<String, SigningFailed> {
        let header = self.header(now);
        (claims.iat, claims.exp) = (header.iat, header.exp);
        claims.iss = header.iss.clone();
        let unsigned = format!("{}.{}", part(&header)?, part(&claims)?);

        let _oven = self.ovens.acquire().await.map_err(|_| SigningFailed)?;
        let key = self.key.clone();
        tokio::task::spawn_blocking(move || sign(&key, unsigned)).await.map_err(|_| SigningFailed)?
    }

    /// A token that looks like a pizza and does not verify, as the historic `badjwt` chaos makes it.
    pub(crate) fn counterfeit(
        &self,
        mut claims: PizzaClaims,
        now: Timestamp,
    ) -> Result<String, SigningFailed> {
        let header = self.header(now);
        (claims.iat, claims.exp) = (header.iat, header.exp);
        claims.iss = header.iss.clone();
        let signature = encode(Sha256::digest(self.kid.as_bytes()));
        Ok(format!("dead{}.{}.{signature}", part(&header)?, part(&claims)?))
    }

    /// What a pizza of ours says, if it is one and still good at `now`.
    pub(crate) fn check(&self, jwt: &str, now: Timestamp) -> Option<PizzaClaims> {
        let (signed, signature) = jwt.rsplit_once('.')?;
        let (header, payload) = signed.split_once('.')?;
        let header: PizzaHeader = serde_json::from_slice(&decode(header)?).ok()?;
        if header.alg != "RS256" || header.kid.as_deref() != Some(&self.kid) {
            return None;
        }
        self.public.verify_sig(signed.as_bytes(), &decode(signature)?).ok()?;
        if header.exp? <= now.as_second() {
            return None;
        }
        serde_json::from_slice(&decode(payload)?).ok()
    }

    fn header(&self, now: Timestamp) -> PizzaHeader {
        PizzaHeader {
            alg: "RS256".to_owned(),
            kid: Some(self.kid.clone()),
            iat: Some(now.as_second()),
            exp: Some(now.as_second().saturating_add(GOOD_FOR)),
            iss: Some(self.issuer.clone()),
        }
    }
}

fn sign(key: &RsaKeyPair, unsigned: String) -> Result<String, SigningFailed> {
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), unsigned.as_bytes(), &mut signature)
        .map_err(|_| SigningFailed)?;
    Ok(format!("{unsigned}.{}", encode(signature)))
}

/// The key's name: its RFC 7638 thumbprint, so that another key never has the same.
fn thumbprint(n: &str, e: &str) -> String {
    encode(Sha256::digest(format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#)))
}

fn part(value: &impl Serialize) -> Result<String, SigningFailed> {
    serde_json::to_vec(value).map(encode).map_err(|_| SigningFailed)
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn decode(part: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(part).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::rsa::KeySize;
    use factory_api::VendorClaim;
    use serde_json::{Value, json};

    fn baker() -> Baker {
        let key = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        Baker::new(key, "https://factory.test".to_owned()).unwrap()
    }

    fn claims() -> PizzaClaims {
        PizzaClaims {
            vendor: VendorClaim { id: "v".to_owned(), name: "V".to_owned() },
            diner: json!({"id": 1}),
            order: json!({"id": 2, "price": 0.0038}),
            iat: None,
            exp: None,
            iss: None,
        }
    }

    #[tokio::test]
    async fn a_pizza_is_good_for_a_day_and_says_so_in_header_and_claims() {
        let baker = baker();
        let made: Timestamp = "2025-12-02T10:10:30Z".parse().unwrap();
        let jwt = baker.make(claims(), made).await.unwrap();
        let seconds = made.as_second();
        let expected = json!({
            "alg": "RS256", "kid": baker.kid, "iat": seconds, "exp": seconds + GOOD_FOR,
            "iss": "https://factory.test",
        });
        let header: Value = serde_json::from_slice(&decode(jwt.split('.').next().unwrap()).unwrap()).unwrap();
        assert_eq!(header, expected);
        let said = baker.check(&jwt, made).unwrap();
        assert_eq!((said.iat, said.exp), (Some(seconds), Some(seconds + GOOD_FOR)));
        assert_eq!(said.order, claims().order);
        let a_day_later = Timestamp::from_second(seconds + GOOD_FOR).unwrap();
        assert!(baker.check(&jwt, a_day_later).is_none());
    }

    #[tokio::test]
    async fn what_is_not_ours_or_was_changed_is_no_pizza() {
        let (baker, stranger) = (baker(), baker());
        let now = Timestamp::now();
        let ours = baker.make(claims(), now).await.unwrap();
        let (signed, signature) = ours.rsplit_once('.').unwrap();
        let (header, _) = signed.split_once('.').unwrap();
        let theirs = stranger.make(claims(), now).await.unwrap();
        let counterfeit = baker.counterfeit(claims(), now).unwrap();
        assert!(counterfeit.starts_with("dead"));
        let payload = part(&json!({"order": "free"})).unwrap();
        let changed = format!("{header}.{payload}.{signature}");
        let unsigned = format!("{signed}.");
        for token in [&theirs, &counterfeit, &changed, &unsigned, "", ".", "..", "a.b.c"] {
            assert!(baker.check(token, now).is_none(), "{token}");
        }
        assert!(baker.check(&ours, now).is_some());
    }
}
