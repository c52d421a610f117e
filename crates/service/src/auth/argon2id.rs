//! argon2id (RFC 9106) in memory that each hashing thread keeps.
//!
//! A hash needs 19 MiB for 20 ms. Asked for anew each time, an allocator may keep many times that.

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::phc::{Output, ParamsString, PasswordHash, Salt},
};
use std::cell::RefCell;

/// No hash of ours needs more; one that does would take minutes, and matches nothing.
const MAX_BLOCKS: usize = 256 * 1024;

thread_local! {
    static MEMORY: RefCell<Vec<Block>> = const { RefCell::new(Vec::new()) };
}

/// A new hash of a password with a salt of its own, as a PHC string; `None` if the machine has no randomness.
pub fn hash(password: &[u8]) -> Option<String> {
    let argon2 = Argon2::default();
    let salt = Salt::generate();
    let hash = PasswordHash {
        algorithm: Algorithm::default().ident(),
        version: Some(Version::default().into()),
        params: ParamsString::try_from(argon2.params()).ok()?,
        hash: Some(derive(&argon2, password, &salt, Params::DEFAULT_OUTPUT_LEN)?),
        salt: Some(salt),
    };
    Some(hash.to_string())
}

/// Whether a password has this hash, a PHC string. Takes the same time for every wrong one.
pub fn matches(password: &[u8], hash: &str) -> bool {
    read(hash).is_some_and(|(argon2, salt, expected)| {
        derive(&argon2, password, &salt, expected.len()).is_some_and(|output| output == expected)
    })
}

fn read(hash: &str) -> Option<(Argon2<'static>, Salt, Output)> {
    let hash = PasswordHash::new(hash).ok()?;
    let algorithm = Algorithm::try_from(hash.algorithm.as_str()).ok()?;
    let version = hash.version.map_or(Ok(Version::default()), Version::try_from).ok()?;
    let params = Params::try_from(&hash).ok()?;
    Some((Argon2::new(algorithm, version, params), hash.salt?, hash.hash?))
}

fn derive(argon2: &Argon2<'_>, password: &[u8], salt: &Salt, length: usize) -> Option<Output> {
    let blocks = argon2.params().block_count();
    if blocks > MAX_BLOCKS {
        return None;
    }
    MEMORY.with_borrow_mut(|memory| {
        if memory.len() < blocks {
            memory.resize(blocks, Block::new());
        }
        let mut output = [0; Output::MAX_LENGTH];
        let output = output.get_mut(..length)?;
        // What an earlier hash left there is overwritten before it is read.
        argon2.hash_password_into_with_memory(password, salt, output, &mut memory[..blocks]).ok()?;
        Output::new(output).ok()
    })
}

/// Whether comparing with this hash takes all the work, and by how much output.
#[cfg(test)]
pub fn matches_in_full(hash: &str) -> Option<usize> {
    read(hash).map(|(_, _, expected)| expected.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use argon2::password_hash::PasswordVerifier;

    #[test]
    fn a_hash_is_what_the_library_itself_would_make_whatever_was_in_the_memory() {
        for password in ["diner", "", "字", "another"] {
            let hash = hash(password.as_bytes()).unwrap();
            assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
            let parsed = PasswordHash::new(&hash).unwrap();
            assert!(Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok(), "{password}");
            assert!(matches(password.as_bytes(), &hash), "{password}");
            assert!(!matches(b"wrong", &hash), "{password}");
        }
    }

    #[test]
    fn hashes_with_other_costs_match_and_absurd_ones_do_not() {
        use argon2::password_hash::PasswordHasher;
        let dear = Argon2::from(Params::new(32 * 1024, 3, 2, Some(48)).unwrap());
        let hash = dear.hash_password(b"diner").unwrap().to_string();
        assert!(matches(b"diner", &hash), "{hash}");
        assert!(!matches(b"diner", &hash.replace("m=32768", "m=4000000")));
    }
}
