//! What is given to browsers and must come back as it was: form tokens, the cart, a word to be shown once.

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretString};

/// Signs (HMAC-SHA-256) with a key of its own, derived from the one that signs sessions.
pub struct Seal {
    key: hmac::Key,
}

impl Seal {
    /// Derives the key.
    pub fn new(secret: &SecretString) -> Self {
        let secret = hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret().as_bytes());
        let key = hmac::sign(&secret, b"the seal of the pages of JWT Pizza");
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, key.as_ref()) }
    }

    /// The signature of a text for one purpose; it proves nothing for another.
    pub fn sign(&self, purpose: &str, text: &str) -> String {
        URL_SAFE_NO_PAD.encode(hmac::sign(&self.key, signed(purpose, text).as_bytes()))
    }

    /// Whether this is the text's signature for the purpose, in constant time.
    pub fn holds(&self, purpose: &str, text: &str, signature: &str) -> bool {
        URL_SAFE_NO_PAD.decode(signature).is_ok_and(|signature| {
            hmac::verify(&self.key, signed(purpose, text).as_bytes(), &signature).is_ok()
        })
    }

    /// A text with its signature, in characters that a cookie may have.
    pub fn seal(&self, purpose: &str, text: &str) -> String {
        format!("{}.{}", URL_SAFE_NO_PAD.encode(text), self.sign(purpose, text))
    }

    /// The text that was sealed for this purpose, if it was we who did.
    pub fn open(&self, purpose: &str, sealed: &str) -> Option<String> {
        let (text, signature) = sealed.split_once('.')?;
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        self.holds(purpose, &text, signature).then_some(text)
    }
}

/// No purpose has a line break in it.
fn signed(purpose: &str, text: &str) -> String {
    format!("{purpose}\n{text}")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sealed_comes_back_and_nothing_else_does() {
        let seal = Seal::new(&"a secret".into());
        let sealed = seal.seal("cart", "1x2 ₿");
        assert_eq!(seal.open("cart", &sealed).as_deref(), Some("1x2 ₿"));
        assert_eq!(seal.open("flash", &sealed), None, "for another purpose");
        assert_eq!(Seal::new(&"another".into()).open("cart", &sealed), None, "by another key");
        let (_, signature) = sealed.split_once('.').unwrap();
        for forged in
            [format!("{}.{signature}", URL_SAFE_NO_PAD.encode("1x9")), "x".into(), String::new(), ".".into()]
        {
            assert_eq!(seal.open("cart", &forged), None, "{forged}");
        }
    }
}
