use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The protected header of a pizza. The historic factory keeps the times here and only here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PizzaHeader {
    /// The signature algorithm, `RS256`.
    pub alg: String,
    /// Which key of the factory's JWKS signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kid: Option<String>,
    /// When the pizza was made, seconds since the epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iat: Option<i64>,
    /// When the pizza is no longer good, seconds since the epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exp: Option<i64>,
    /// Which factory made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iss: Option<String>,
}

/// The payload of a pizza. `diner` and `order` are what the vendor sent, unread.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PizzaClaims {
    /// The vendor whose key paid for it.
    pub vendor: VendorClaim,
    /// The diner as the vendor described them.
    pub diner: Value,
    /// The order as the vendor described it.
    pub order: Value,
    /// When the pizza was made, seconds since the epoch; absent from historic pizzas.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iat: Option<i64>,
    /// When the pizza is no longer good, seconds since the epoch; absent from historic pizzas.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exp: Option<i64>,
    /// Which factory made it; absent from historic pizzas.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iss: Option<String>,
}

/// The vendor as a pizza names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VendorClaim {
    /// The vendor's id.
    pub id: String,
    /// The vendor's name.
    #[serde(default)]
    pub name: String,
}

/// `POST /api/order/verify`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifyRequest {
    /// The pizza in question.
    pub jwt: String,
}

/// A 200 to `POST /api/order/verify`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VerifyResponse {
    /// `valid`.
    pub message: String,
    /// What the pizza says.
    pub payload: VerifiedPayload,
}

/// What a valid pizza says, without its times.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VerifiedPayload {
    /// The vendor whose key paid for it.
    pub vendor: VendorClaim,
    /// The diner as the vendor described them.
    pub diner: Value,
    /// The order as the vendor described it.
    pub order: Value,
}

/// `GET /.well-known/jwks.json` (RFC 7517).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jwks {
    /// The factory's public keys.
    pub keys: Vec<Jwk>,
}

/// One public key (RFC 7517, RFC 7518 section 6, RFC 8037). Every member is optional so that one
/// strange key does not hide the others.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Jwk {
    /// `RSA`, `EC` or `OKP`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kty: Option<String>,
    /// The name by which a pizza's header refers to the key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kid: Option<String>,
    /// `sig` when the key signs.
    #[serde(rename = "use", skip_serializing_if = "Option::is_none")]
    pub usage: Option<String>,
    /// The one algorithm the key is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alg: Option<String>,
    /// RSA modulus, base64url.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub n: Option<String>,
    /// RSA exponent, base64url.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub e: Option<String>,
    /// The curve of an `EC` or `OKP` key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crv: Option<String>,
    /// X coordinate, or the public key of an `OKP` key, base64url.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub x: Option<String>,
    /// Y coordinate, base64url.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub y: Option<String>,
}
