use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use uuid::Uuid;

/// What is kept of an API key, and what keys are looked up by: a look-up by hash tells a guesser
/// nothing about the key.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Fingerprint([u8; 32]);

impl Fingerprint {
    pub(crate) fn of(secret: impl AsRef<[u8]>) -> Self {
        Self(Sha256::digest(secret).into())
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub(crate) fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

/// Compares without telling how much was right.
pub(crate) fn same(ours: &str, theirs: &str) -> bool {
    ours.as_bytes().ct_eq(theirs.as_bytes()).into()
}

/// 122 random bits from the operating system, fit for a URL.
pub(crate) fn fresh() -> String {
    Uuid::new_v4().simple().to_string()
}

/// 40 random bits that a person can type: no 0 or O, no 1 or I.
pub(crate) fn fresh_code() -> Result<String, Unspecified> {
    const SYMBOLS: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
    let mut bytes = [0; 8];
    rand::fill(&mut bytes)?;
    Ok(bytes.map(|byte| char::from(SYMBOLS[usize::from(byte % 32)])).iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_can_be_typed_and_differ() {
        let codes: std::collections::HashSet<String> = (0..100).map(|_| fresh_code().unwrap()).collect();
        assert_eq!(codes.len(), 100);
        assert!(codes.iter().all(|code| code.len() == 8 && !code.contains(['0', 'O', '1', 'I'])));
    }
}
