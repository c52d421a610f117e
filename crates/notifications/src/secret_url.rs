use std::fmt;

use url::Url;

/// The address of a receiver. Whoever knows it can write there, so only its origin is ever shown.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretUrl(Url);

impl SecretUrl {
    /// An `http` or `https` address without a user name, which would be a second place for credentials.
    pub fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        let sound = matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.username().is_empty()
            && url.password().is_none();
        sound.then_some(Self(url))
    }

    /// The address, to call it.
    pub fn expose(&self) -> &Url {
        &self.0
    }

    /// `path` below this address, whether or not it ends with a slash.
    pub(crate) fn below(&self, path: &str) -> Url {
        let mut url = self.0.clone();
        url.set_path(&format!("{}/{path}", self.0.path().trim_end_matches('/')));
        url
    }
}

impl fmt::Debug for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/[redacted]", self.0.origin().ascii_serialization())
    }
}
