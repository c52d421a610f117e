use std::time::Duration;

use secrecy::SecretString;
use url::Url;

/// How to reach the factory. [`FactoryConfig::new`] fills in the defaults.
#[derive(Debug, Clone)]
pub struct FactoryConfig {
    /// Where the factory is; a path, if any, is kept in front of the factory's own paths.
    pub base_url: Url,
    /// The vendor's key, sent as `Authorization: Bearer`.
    pub api_key: SecretString,
    /// The vendor a pizza must be made for; any vendor when absent.
    pub vendor_id: Option<String>,
    /// How long to wait for a connection, 5 s.
    pub connect_timeout: Duration,
    /// How long to wait for the whole answer, 40 s: the factory's throttle holds 32 s and then succeeds.
    pub attempt_timeout: Duration,
    /// The keys are fetched at most once in this time, 10 s, whatever pizzas turn up.
    pub jwks_refresh_min_interval: Duration,
    /// The largest body that is read, 64 KiB.
    pub max_response_bytes: usize,
}

impl FactoryConfig {
    /// A factory at `base_url`, everything else at its default.
    pub fn new(base_url: Url, api_key: SecretString) -> Self {
        Self {
            base_url,
            api_key,
            vendor_id: None,
            connect_timeout: Duration::from_secs(5),
            attempt_timeout: Duration::from_secs(40),
            jwks_refresh_min_interval: Duration::from_secs(10),
            max_response_bytes: 64 * 1024,
        }
    }
}

/// Why no client can be made of a configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The base URL is not `http` or `https`.
    #[error("the factory's URL must begin with http:// or https://")]
    BaseUrl,
    /// The key has characters that no header can carry.
    #[error("the factory's API key has characters that cannot be sent")]
    ApiKey,
    /// The HTTP client could not be set up, most likely its TLS roots.
    #[error("the HTTP client could not be set up")]
    Http(#[source] reqwest::Error),
}
