//! Passwords: argon2id, on a bounded number of threads, so that a login flood cannot starve orders.
//! Those of the historic service are bcrypt: they still match.

use super::{
    argon2id,
    hashing::{HashingThreads, NotDone, WAITING},
};
use crate::config::PasswordPolicy;
use domain::{EmailAddress, Name};
use secrecy::{ExposeSecret, SecretString};
use std::thread::available_parallelism;

/// The longest password, in bytes: hashing must not be a way to keep us busy.
pub const MAX_BYTES: usize = 1024;
const MIN_CHARS: usize = 8;
/// The historic service's hashes cost 10, and each more doubles the time; this one takes about two seconds.
const MAX_BCRYPT_COST: u32 = 15;

/// Passwords that every attacker tries first and that are long enough to pass otherwise: sequences, keyboard walks,
/// and the words of always with the digits of always. In lower case, one a line.
const WORST: &str = include_str!("worst_passwords.txt");

/// Why a password is not taken. The texts are what the person reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordRefused {
    /// Longer than [`MAX_BYTES`].
    #[error("password must be at most {MAX_BYTES} bytes")]
    TooLong,
    /// Shorter than the strict policy wants.
    #[error("password must have at least {MIN_CHARS} characters")]
    TooShort,
    /// One of the first that anybody would try.
    #[error("password is one of the most common ones; please choose another")]
    TooCommon,
    /// The very name or address that everybody knows.
    #[error("password must not be your name or your email")]
    YourOwnName,
}

/// Whether a new password of this owner is acceptable. Empty ones are refused earlier, with the other missing fields.
pub fn check_new_password(
    password: &SecretString,
    (name, email): (&Name, &EmailAddress),
    policy: PasswordPolicy,
) -> Result<(), PasswordRefused> {
    let password = password.expose_secret();
    if password.len() > MAX_BYTES {
        return Err(PasswordRefused::TooLong);
    }
    if policy == PasswordPolicy::Historic {
        return Ok(());
    }
    if password.chars().count() < MIN_CHARS {
        return Err(PasswordRefused::TooShort);
    }
    let lower = password.trim().to_lowercase();
    if WORST.lines().any(|worst| worst == lower) {
        return Err(PasswordRefused::TooCommon);
    }
    if [name.as_str(), email.as_str()].iter().any(|known| known.trim().to_lowercase() == lower) {
        return Err(PasswordRefused::YourOwnName);
    }
    Ok(())
}

/// Hashes and checks passwords, no more at a time than the machine has cores.
pub struct Passwords {
    threads: HashingThreads,
}

/// What an unknown user's password is compared with, so that the answer takes as long as for a known one.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IGF0IGFsbA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Why a password was neither hashed nor compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// As many wait for it as may.
    #[error("too many passwords wait to be hashed")]
    Busy,
    /// The machine has no randomness or no memory.
    #[error("a password could not be hashed")]
    Failed,
}

impl From<NotDone> for HashError {
    fn from(not_done: NotDone) -> Self {
        match not_done {
            NotDone::Busy => Self::Busy,
            NotDone::GivenUp => Self::Failed,
        }
    }
}

impl Passwords {
    /// Ready to hash.
    pub fn new() -> Result<Self, HashError> {
        let cores = available_parallelism().map_or(1, usize::from);
        Ok(Self { threads: HashingThreads::start(cores, WAITING).map_err(|_| HashError::Failed)? })
    }

    /// The PHC string of a new password.
    pub async fn hash(&self, password: SecretString) -> Result<String, HashError> {
        self.threads.run(move || hash(&password)).await?
    }

    /// Which of the hashes the password matches, if any. Takes the same time when there is no hash at all.
    pub async fn matching(
        &self,
        password: SecretString,
        mut hashes: Vec<String>,
    ) -> Result<Option<usize>, HashError> {
        let nobody = hashes.is_empty();
        if nobody {
            hashes.push(NOBODY.to_owned());
        }
        let find = move || hashes.iter().position(|hash| matches(&password, hash));
        let matching = self.threads.run(find).await?;
        Ok(matching.filter(|_| !nobody))
    }
}

fn hash(password: &SecretString) -> Result<String, HashError> {
    argon2id::hash(password.expose_secret().as_bytes()).ok_or(HashError::Failed)
}

/// Whether this is a hash that the historic service made, and can read.
pub fn is_historic(hash: &str) -> bool {
    hash.starts_with("$2")
}

fn matches(password: &SecretString, hash: &str) -> bool {
    if is_historic(hash) {
        matches_bcrypt(password, hash)
    } else {
        argon2id::matches(password.expose_secret().as_bytes(), hash)
    }
}

/// Like the historic service, bcrypt reads no more than 72 bytes of a password.
fn matches_bcrypt(password: &SecretString, hash: &str) -> bool {
    let bounded = hash.parse::<bcrypt::HashParts>().is_ok_and(|parts| parts.get_cost() <= MAX_BCRYPT_COST);
    bounded && bcrypt::verify(password.expose_secret(), hash).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_matches_its_own_hash_and_no_other() {
        let passwords = Passwords::new().unwrap();
        let one = passwords.hash("diner".into()).await.unwrap();
        let two = passwords.hash("diner2".into()).await.unwrap();
        assert!(one.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{one}");
        assert_eq!(passwords.matching("diner2".into(), vec![one.clone(), two]).await.unwrap(), Some(1));
        assert_eq!(passwords.matching("wrong".into(), vec![one]).await.unwrap(), None);
    }

    #[tokio::test]
    async fn of_two_users_with_one_email_the_password_decides_whatever_the_kind_of_hash() {
        let passwords = Passwords::new().unwrap();
        let historic = bcrypt::hash("historic", 4).unwrap();
        let ours = passwords.hash("ours".into()).await.unwrap();
        let hashes = || vec![historic.clone(), ours.clone()];
        assert_eq!(passwords.matching("historic".into(), hashes()).await.unwrap(), Some(0));
        assert_eq!(passwords.matching("ours".into(), hashes()).await.unwrap(), Some(1));
        assert_eq!(passwords.matching("other".into(), hashes()).await.unwrap(), None);
    }

    #[test]
    fn bcrypt_hashes_of_every_historic_kind_match() {
        // The test vectors of the reference implementation, under each prefix that was ever in use.
        let vector = "$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
        for kind in ["$2a", "$2b", "$2y"] {
            assert!(matches(&"U*U".into(), &format!("{kind}{vector}")), "{kind}");
            assert!(!matches(&"U*V".into(), &format!("{kind}{vector}")), "{kind}");
        }
        let long = "x".repeat(100);
        let hash = bcrypt::hash(&long[..72], 4).unwrap();
        assert!(matches(&long.into(), &hash), "no more than 72 bytes count");
    }

    #[test]
    fn a_hash_that_is_none_matches_nothing_and_takes_no_time() {
        let good = bcrypt::hash("x", 4).unwrap();
        let dear = good.replacen("$04$", "$31$", 1);
        let cut = &good[..40];
        for garbage in [
            "",
            "$",
            "$2",
            "$2b$",
            "$2b$10$",
            "$2b$99$x",
            "$2z$10$",
            "$2b$04$字字字字字字字字",
            "x",
            "$argon2id$",
            &dear,
            cut,
        ] {
            assert!(!matches(&"x".into(), garbage), "{garbage}");
            assert!(!matches(&"".into(), garbage), "{garbage}");
        }
    }

    #[tokio::test]
    async fn nobody_has_no_password_and_takes_as_long_as_somebody() {
        let passwords = Passwords::new().unwrap();
        assert_eq!(passwords.matching("".into(), vec![]).await.unwrap(), None);
        let ours = passwords.hash("x".into()).await.unwrap();
        let costs = |hash: &str| hash.split('$').take(4).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(costs(NOBODY), costs(&ours));
        assert_eq!(
            argon2id::matches_in_full(NOBODY),
            argon2id::matches_in_full(&ours),
            "neither is cut short"
        );
    }

    #[test]
    fn the_list_of_the_worst_is_in_order_and_holds_nothing_that_is_refused_anyway() {
        let worst: Vec<_> = WORST.lines().collect();
        assert!(worst.len() > 500, "{}", worst.len());
        assert!(worst.is_sorted_by(|one, next| one < next));
        for password in worst {
            assert!(
                password.chars().count() >= MIN_CHARS && password.to_lowercase() == password,
                "{password}"
            );
        }
    }

    #[test]
    fn the_strict_policy_says_what_is_wrong() {
        let (name, email) = (Name::parse("Kai Chen").unwrap(), EmailAddress::parse("Kai@jwt.com").unwrap());
        let check = |password: &str, policy| check_new_password(&password.into(), (&name, &email), policy);
        use PasswordPolicy::{Historic, Strict};
        assert_eq!(check("short", Strict), Err(PasswordRefused::TooShort));
        for common in
            ["Password", "PASSWORD123", "12345678", "qwertyuiop", "TooManySecrets", " iloveyou ", "Pizza2025"]
        {
            assert_eq!(check(common, Strict), Err(PasswordRefused::TooCommon), "{common}");
        }
        assert_eq!(check("kai chen", Strict), Err(PasswordRefused::YourOwnName));
        assert_eq!(check("kai@JWT.com", Strict), Err(PasswordRefused::YourOwnName));
        assert_eq!(check("correct horse", Strict), Ok(()));
        assert_eq!(check("a", Historic), Ok(()));
        assert_eq!(check(&"x".repeat(1024), Strict), Ok(()));
        assert_eq!(check(&"x".repeat(1025), Historic), Err(PasswordRefused::TooLong));
    }
}
