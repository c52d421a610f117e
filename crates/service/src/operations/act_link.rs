//! Links in notifications by which somebody who is not logged in may acknowledge an incident or end the chaos: signed,
//! good for a day, and for this one thing only.

use domain::IncidentId;
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use url::Url;

/// How long a link works, in seconds.
const GOOD_FOR: i64 = 24 * 3600;

/// What such a link allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ActLink {
    /// To take the incident on.
    Acknowledge,
    /// To follow the factory's link that ends its chaos.
    EndChaos,
}

/// Makes links, and reads them.
pub struct ActLinks {
    sign: EncodingKey,
    verify: DecodingKey,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    act: ActLink,
    incident: i64,
    exp: i64,
}

impl ActLinks {
    /// With a key of their own, made from the secret that sessions are signed with: neither passes for the other.
    pub fn new(secret: &str) -> Self {
        let key = Sha256::new().chain_update(b"act-link:").chain_update(secret).finalize();
        Self { sign: EncodingKey::from_secret(&key), verify: DecodingKey::from_secret(&key) }
    }

    /// The link at this address of the service; `None` only if it cannot be signed.
    pub fn link(&self, service: &Url, act: ActLink, incident: IncidentId) -> Option<Url> {
        let claims = Claims { act, incident: incident.0, exp: Timestamp::now().as_second() + GOOD_FOR };
        let token = encode(&Header::new(Algorithm::HS256), &claims, &self.sign).ok()?;
        service.join(&format!("act/{token}")).ok()
    }

    /// What a token of such a link allows, if it is ours and still good.
    pub fn read(&self, token: &str) -> Option<(ActLink, IncidentId)> {
        let mut rules = Validation::new(Algorithm::HS256);
        rules.leeway = 0;
        let claims = decode::<Claims>(token, &self.verify, &rules).ok()?.claims;
        Some((claims.act, IncidentId(claims.incident)))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn token(link: &Url) -> &str {
        link.path().strip_prefix("/act/").unwrap()
    }

    #[test]
    fn a_link_allows_what_it_was_made_for_and_only_here() {
        let links = ActLinks::new("a secret");
        let service: Url = "https://pizza.example/".parse().unwrap();
        let link = links.link(&service, ActLink::Acknowledge, IncidentId(5)).unwrap();
        assert_eq!(links.read(token(&link)), Some((ActLink::Acknowledge, IncidentId(5))));
        assert_eq!(ActLinks::new("another secret").read(token(&link)), None);
        assert_eq!(links.read("nonsense"), None);
        assert_eq!(links.read(&token(&link).replace('.', "")), None);
    }

    #[test]
    fn a_link_ends() {
        let links = ActLinks::new("a secret");
        let claims = Claims { act: ActLink::EndChaos, incident: 5, exp: Timestamp::now().as_second() - 1 };
        let old = encode(&Header::new(Algorithm::HS256), &claims, &links.sign).unwrap();
        assert_eq!(links.read(&old), None);
    }
}
