//! The signing key: made at first start, kept where only its owner can read it.

use std::io;
use std::path::Path;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::RsaKeyPair;

use crate::{FactoryError, RsaBits, private_file};

const FILE: &str = "signing-key.pk8";
const SMALLEST_MODULUS_BYTES: usize = 256;

/// The key in `data_dir`, made now if there is none. Takes a second for a new key of 4096 bits.
pub(crate) fn load_or_make(data_dir: &Path, bits: RsaBits) -> Result<RsaKeyPair, FactoryError> {
    let path = data_dir.join(FILE);
    let document = private_file::read_or_make(&path, || generate(bits))
        .map_err(|source| FactoryError::DataDir { path: path.clone(), source })?;
    RsaKeyPair::from_pkcs8(&document)
        .ok()
        .filter(|key| key.public_modulus_len() >= SMALLEST_MODULUS_BYTES)
        .ok_or(FactoryError::Key { path })
}

fn generate(bits: RsaBits) -> io::Result<Vec<u8>> {
    let size = match bits {
        RsaBits::Rsa2048 => KeySize::Rsa2048,
        RsaBits::Rsa4096 => KeySize::Rsa4096,
    };
    let failed = |_| io::Error::other("a signing key could not be made");
    let key = RsaKeyPair::generate(size).map_err(failed)?;
    let document = AsDer::<Pkcs8V1Der<'_>>::as_der(&key).map_err(failed)?;
    tracing::info!(?bits, "made a signing key");
    Ok(document.as_ref().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_key_is_made_once_and_only_its_owner_can_read_it() {
        let dir = tempfile::tempdir().unwrap();
        let first = load_or_make(dir.path(), RsaBits::Rsa2048).unwrap();
        let again = load_or_make(dir.path(), RsaBits::Rsa4096).unwrap();
        let modulus = |key: &RsaKeyPair| {
            use aws_lc_rs::signature::KeyPair;
            key.public_key().as_ref().to_vec()
        };
        assert_eq!(modulus(&first), modulus(&again));
        let mode = fs::metadata(dir.path().join(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_file_that_is_no_key_is_not_replaced() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(FILE), "not a key").unwrap();
        let error = load_or_make(dir.path(), RsaBits::Rsa2048).unwrap_err();
        assert!(matches!(error, FactoryError::Key { .. }));
        assert_eq!(fs::read(dir.path().join(FILE)).unwrap(), b"not a key");
    }
}
