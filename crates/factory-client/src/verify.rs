use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use factory_api::{PizzaClaims, PizzaHeader, VendorClaim};
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;

use crate::keys::{Key, KeyRing};

/// How far the factory's clock may be from ours, in seconds.
const CLOCK_LEEWAY: i64 = 60;

/// A verified pizza: signed by the factory, for our vendor, of the order asked about, and still good.
#[derive(Clone, PartialEq, Eq)]
pub struct Pizza {
    jwt: String,
    vendor: VendorClaim,
    expires_at: Timestamp,
}

impl Pizza {
    /// A pizza that another [`crate::Factory`] than the real one vouches for.
    pub fn vouched_for(jwt: String, vendor: VendorClaim, expires_at: Timestamp) -> Self {
        Self { jwt, vendor, expires_at }
    }

    /// The token, which is what the diner gets.
    pub fn jwt(&self) -> &str {
        &self.jwt
    }

    /// The token, taken out.
    pub fn into_jwt(self) -> String {
        self.jwt
    }

    /// The vendor it was made for.
    pub fn vendor(&self) -> &VendorClaim {
        &self.vendor
    }

    /// When it is no longer good.
    pub fn expires_at(&self) -> Timestamp {
        self.expires_at
    }
}

impl fmt::Debug for Pizza {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pizza")
            .field("jwt", &"[redacted]")
            .field("vendor", &self.vendor)
            .field("expires_at", &self.expires_at)
            .finish()
    }
}

/// Why a token could not be verified.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// It is not a pizza, and never will be.
    #[error("not a pizza: {0}")]
    Bad(BadPizza),
    /// The factory's keys cannot be had, so nothing is known; verify again later, and do not order
    /// again. The text says why.
    #[error("the factory's keys cannot be fetched: {0}")]
    KeysUnavailable(String),
}

/// What is wrong with a token that is not a pizza.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadPizza {
    /// Not three base64url parts with JSON in them.
    #[error("it is not a readable token")]
    Malformed,
    /// The header asks for an extension (`crit`) that nobody here understands.
    #[error("its header has a critical extension")]
    CriticalExtension,
    /// The header's algorithm is not the key's.
    #[error("its algorithm is not the key's")]
    Algorithm,
    /// The header names no key, or none of the factory's.
    #[error("it is signed with no key of the factory's")]
    UnknownKey,
    /// The signature is wrong.
    #[error("its signature is wrong")]
    Signature,
    /// It was made for another vendor.
    #[error("it is another vendor's")]
    Vendor,
    /// It is the pizza of another order.
    #[error("it is another order's")]
    Order,
    /// Neither header nor claims say when it was made and until when it is good.
    #[error("it does not say when it was made and expires")]
    NoTimes,
    /// It is no longer good.
    #[error("it has expired")]
    Expired,
    /// It claims to be made in the future.
    #[error("it is made in the future")]
    NotYet,
}

impl From<BadPizza> for VerifyError {
    fn from(reason: BadPizza) -> Self {
        Self::Bad(reason)
    }
}

/// Everything a token must pass, the signature before anything it claims.
pub(crate) async fn verify(
    keys: &KeyRing,
    jwt: &str,
    vendor_id: Option<&str>,
    order_id: i64,
) -> Result<Pizza, VerifyError> {
    let token = Token::split(jwt)?;
    let header: Header = decode(token.header)?;
    check_signature(keys, &token, &header).await?;
    let claims: PizzaClaims = decode(token.payload)?;
    if vendor_id.is_some_and(|id| id != claims.vendor.id) {
        return Err(BadPizza::Vendor.into());
    }
    if !names_order(&claims.order, order_id) {
        return Err(BadPizza::Order.into());
    }
    let expires_at = check_times(&header.pizza, &claims, Timestamp::now())?;
    Ok(Pizza { jwt: jwt.to_owned(), vendor: claims.vendor, expires_at })
}

#[derive(Deserialize)]
struct Header {
    #[serde(flatten)]
    pizza: PizzaHeader,
    crit: Option<IgnoredAny>,
}

struct Token<'a> {
    signed: &'a str,
    header: &'a str,
    payload: &'a str,
    signature: &'a str,
}

impl<'a> Token<'a> {
    fn split(jwt: &'a str) -> Result<Self, BadPizza> {
        let (signed, signature) = jwt.rsplit_once('.').ok_or(BadPizza::Malformed)?;
        let (header, payload) = signed.split_once('.').ok_or(BadPizza::Malformed)?;
        Ok(Self { signed, header, payload, signature })
    }
}

fn decode<T: DeserializeOwned>(part: &str) -> Result<T, BadPizza> {
    let json = URL_SAFE_NO_PAD.decode(part).map_err(|_| BadPizza::Malformed)?;
    serde_json::from_slice(&json).map_err(|_| BadPizza::Malformed)
}

async fn check_signature(keys: &KeyRing, token: &Token<'_>, header: &Header) -> Result<(), VerifyError> {
    if header.crit.is_some() {
        return Err(BadPizza::CriticalExtension.into());
    }
    let kid = header.pizza.kid.as_deref().ok_or(BadPizza::UnknownKey)?;
    let key = keys.find(kid).await?;
    match signed_by(&key, token, header) {
        // The factory may have a new key under the old name.
        Err(BadPizza::Signature) => match keys.find_newer(kid, &key).await {
            Some(newer) => Ok(signed_by(&newer, token, header)?),
            None => Err(BadPizza::Signature.into()),
        },
        result => Ok(result?),
    }
}

fn signed_by(key: &Key, token: &Token<'_>, header: &Header) -> Result<(), BadPizza> {
    if header.pizza.alg != key.algorithm_name() {
        return Err(BadPizza::Algorithm);
    }
    if key.has_signed(token.signed, token.signature) { Ok(()) } else { Err(BadPizza::Signature) }
}

/// Whether the order's id is this one, as a number or as a numeric string.
fn names_order(order: &Value, order_id: i64) -> bool {
    match &order["id"] {
        Value::Number(id) => id.as_i64() == Some(order_id),
        Value::String(id) => id.parse() == Ok(order_id),
        _ => false,
    }
}

/// Historic pizzas say their times in the protected header only.
fn check_times(header: &PizzaHeader, claims: &PizzaClaims, now: Timestamp) -> Result<Timestamp, BadPizza> {
    let made = claims.iat.or(header.iat).ok_or(BadPizza::NoTimes)?;
    let expires = claims.exp.or(header.exp).ok_or(BadPizza::NoTimes)?;
    let now = now.as_second();
    if made > now + CLOCK_LEEWAY {
        return Err(BadPizza::NotYet);
    }
    if expires < now - CLOCK_LEEWAY {
        return Err(BadPizza::Expired);
    }
    // A time beyond what the calendar holds is as good as never.
    Ok(Timestamp::from_second(expires).unwrap_or(Timestamp::MAX))
}
