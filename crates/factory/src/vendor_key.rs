//! The API keys that vendors get when they sign in.

use std::io;
use std::path::Path;

use aws_lc_rs::{hmac, rand};
use secrecy::SecretString;

use crate::{FactoryError, private_file};

const FILE: &str = "vendor-keys.secret";
const SECRET_BYTES: usize = 32;
/// As historic keys: 128 bits in hexadecimal.
const KEY_BYTES: usize = 16;

/// Makes the keys of vendors from one secret. So a vendor that signs in is told the same key each
/// time, none that is in use stops working, and yet no key is on disk.
pub(crate) struct VendorKeys(hmac::Key);

impl VendorKeys {
    /// The secret in `data_dir`, made now if there is none.
    pub(crate) fn load_or_make(data_dir: &Path) -> Result<Self, FactoryError> {
        let path = data_dir.join(FILE);
        match private_file::read_or_make(&path, fresh_secret) {
            Ok(secret) if secret.len() == SECRET_BYTES => {
                Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, &secret)))
            }
            Ok(_) => Err(FactoryError::VendorKeys { path }),
            Err(source) => Err(FactoryError::DataDir { path, source }),
        }
    }

    /// The key of the vendor with this salt, which is no secret and no other vendor's.
    pub(crate) fn key_of(&self, salt: &str) -> SecretString {
        let tag = hmac::sign(&self.0, salt.as_bytes());
        tag.as_ref().iter().take(KEY_BYTES).map(|byte| format!("{byte:02x}")).collect::<String>().into()
    }
}

fn fresh_secret() -> io::Result<Vec<u8>> {
    let mut secret = vec![0; SECRET_BYTES];
    rand::fill(&mut secret).map_err(|_| io::Error::other("there is no randomness"))?;
    Ok(secret)
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    #[test]
    fn a_key_depends_on_secret_and_salt_and_nothing_else() {
        let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let key = |dir: &Path, salt| VendorKeys::load_or_make(dir).unwrap().key_of(salt);
        let first = key(here.path(), "a");
        assert_eq!(first.expose_secret().len(), 32);
        assert_eq!(first.expose_secret(), key(here.path(), "a").expose_secret());
        assert_ne!(first.expose_secret(), key(here.path(), "b").expose_secret());
        assert_ne!(first.expose_secret(), key(there.path(), "a").expose_secret());
    }

    #[test]
    fn a_file_that_is_no_secret_is_not_replaced() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(FILE), "short").unwrap();
        let error = VendorKeys::load_or_make(dir.path()).err().unwrap();
        assert!(matches!(error, FactoryError::VendorKeys { .. }));
        assert_eq!(std::fs::read(dir.path().join(FILE)).unwrap(), b"short");
    }
}
