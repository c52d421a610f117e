use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use factory_api::{Jwk, Jwks};
use jsonwebtoken::{Algorithm, DecodingKey, crypto};
use tokio::sync::Mutex;
use url::Url;

use crate::body::read_bounded;
use crate::client::chain;
use crate::verify::{BadPizza, VerifyError};

/// Keys are small and needed at once; a factory that takes longer is not answering.
const FETCH_TIMEOUT: Duration = Duration::from_secs(10);

/// More keys than any factory needs, so that none can fill our memory.
const MOST_KEYS: usize = 32;

/// The factory's public keys by name, fetched when a pizza names one that is not known, and never
/// more often than once in `min_interval`.
pub(crate) struct KeyRing {
    http: reqwest::Client,
    url: Url,
    min_interval: Duration,
    max_bytes: usize,
    keys: RwLock<Arc<Keys>>,
    /// Held while fetching, so that whoever else needs a key waits for the same fetch.
    last_fetch: Mutex<Option<Fetch>>,
}

type Keys = HashMap<String, Arc<Key>>;

struct Fetch {
    at: Instant,
    result: Result<(), String>,
}

impl KeyRing {
    pub(crate) fn new(http: reqwest::Client, url: Url, min_interval: Duration, max_bytes: usize) -> Self {
        Self { http, url, min_interval, max_bytes, keys: RwLock::default(), last_fetch: Mutex::new(None) }
    }

    /// One that has these keys, and asks nobody for others for so long.
    pub(crate) fn holding(self, document: &[u8]) -> Result<Self, String> {
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(read(document)?);
        Ok(Self { last_fetch: Mutex::new(Some(Fetch { at: Instant::now(), result: Ok(()) })), ..self })
    }

    /// The key of that name, asking the factory if it is new to us.
    pub(crate) async fn find(&self, kid: &str) -> Result<Arc<Key>, VerifyError> {
        if let Some(key) = self.known(kid) {
            return Ok(key);
        }
        let fetched = self.refresh(|| self.known(kid).is_some()).await;
        match (self.known(kid), fetched) {
            (Some(key), _) => Ok(key),
            (None, Ok(())) => Err(BadPizza::UnknownKey.into()),
            (None, Err(reason)) => Err(VerifyError::KeysUnavailable(reason)),
        }
    }

    /// The key of that name if the factory has replaced `old` by it.
    pub(crate) async fn find_newer(&self, kid: &str, old: &Key) -> Option<Arc<Key>> {
        let newer = || self.known(kid).filter(|key| **key != *old);
        // Without fresh keys the old one stands.
        let _ = self.refresh(|| newer().is_some()).await;
        newer()
    }

    fn known(&self, kid: &str) -> Option<Arc<Key>> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        keys.get(kid).cloned()
    }

    /// Fetches the keys unless somebody else just did, or too recently; the result of the last fetch.
    async fn refresh(&self, satisfied: impl Fn() -> bool) -> Result<(), String> {
        let mut last = self.last_fetch.lock().await;
        if satisfied() {
            return Ok(());
        }
        if let Some(fetch) = last.as_ref()
            && fetch.at.elapsed() < self.min_interval
        {
            return fetch.result.clone();
        }
        // Stands if the caller goes away in the middle.
        let fetch = last
            .insert(Fetch { at: Instant::now(), result: Err("the last fetch was interrupted".to_owned()) });
        fetch.result = self.fetch().await;
        fetch.result.clone()
    }

    async fn fetch(&self) -> Result<(), String> {
        let keys = self.download().await.inspect_err(|error| {
            tracing::warn!(error, "the factory's keys cannot be fetched");
        })?;
        tracing::info!(keys = keys.len(), "fetched the factory's keys");
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
        Ok(())
    }

    async fn download(&self) -> Result<Keys, String> {
        let request = self.http.get(self.url.clone()).timeout(FETCH_TIMEOUT);
        let response = request.send().await.map_err(chain)?;
        let status = response.status();
        if !status.is_success() {
            return Err(format!("status {}", status.as_u16()));
        }
        let body = read_bounded(response, self.max_bytes).await.map_err(chain)?;
        if body.cut {
            return Err("the answer is too large".to_owned());
        }
        read(&body.bytes)
    }
}

fn read(document: &[u8]) -> Result<Keys, String> {
    let jwks: Jwks =
        serde_json::from_slice(document).map_err(|_| "the answer is not a JSON Web Key Set".to_owned())?;
    Ok(jwks.keys.iter().take(MOST_KEYS).filter_map(named).collect())
}

/// A key that can sign pizzas, parsed once.
pub(crate) struct Key {
    jwk: Jwk,
    algorithm: Algorithm,
    decoding: DecodingKey,
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.jwk == other.jwk
    }
}

impl Key {
    /// `None` for a key that is not for signing, or not for one of the three algorithms a pizza may have.
    fn read(jwk: &Jwk) -> Option<Self> {
        if jwk.usage.as_deref().is_some_and(|usage| usage != "sig") {
            return None;
        }
        let algorithm = match (jwk.kty.as_deref()?, jwk.crv.as_deref()) {
            ("RSA", _) => Algorithm::RS256,
            ("EC", Some("P-256")) => Algorithm::ES256,
            ("OKP", Some("Ed25519")) => Algorithm::EdDSA,
            _ => return None,
        };
        if jwk.alg.as_deref().is_some_and(|alg| alg != name(algorithm)) {
            return None;
        }
        let (x, y) = (jwk.x.as_deref(), jwk.y.as_deref());
        let decoding = match algorithm {
            Algorithm::RS256 => DecodingKey::from_rsa_components(jwk.n.as_deref()?, jwk.e.as_deref()?),
            Algorithm::ES256 => DecodingKey::from_ec_components(x?, y?),
            _ => DecodingKey::from_ed_components(x?),
        };
        Some(Self { jwk: jwk.clone(), algorithm, decoding: decoding.ok()? })
    }

    /// The `alg` that a header must have, for the key decides and not the token.
    pub(crate) fn algorithm_name(&self) -> &'static str {
        name(self.algorithm)
    }

    /// Whether `signature` (base64url) is this key's over `signed`.
    pub(crate) fn has_signed(&self, signed: &str, signature: &str) -> bool {
        crypto::verify(signature, signed.as_bytes(), &self.decoding, self.algorithm).unwrap_or(false)
    }
}

fn named(jwk: &Jwk) -> Option<(String, Arc<Key>)> {
    Some((jwk.kid.clone()?, Arc::new(Key::read(jwk)?)))
}

fn name(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::RS256 => "RS256",
        Algorithm::ES256 => "ES256",
        _ => "EdDSA",
    }
}
