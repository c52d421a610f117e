use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use crate::mail::Mail;

/// How a factory is set up. [`FactoryConfig::new`] fills in the defaults.
#[derive(Debug, Clone)]
pub struct FactoryConfig {
    /// Where the signing key and the ledger are kept; made if it is not there.
    pub data_dir: PathBuf,
    /// The size of a signing key made at first start, 2048 bits. A key that is there stays.
    pub rsa_bits: RsaBits,
    /// How long an order that does not fit is held before it is refused, 32 s.
    pub oven_delay: Duration,
    /// How the world reaches this factory: the issuer of its pizzas and the origin of its report
    /// links. The listener's address when absent.
    pub public_url: Option<Url>,
    /// Vendors that exist from the start.
    pub seed_vendors: Vec<SeedVendor>,
    /// The ids of vendors that are made administrators at each start, none. They make others, and
    /// one that is no longer named here stays one until another takes the role away.
    pub admins: Vec<String>,
    /// How many vendors there may be, 1,000: anybody may register.
    pub most_vendors: usize,
    /// The origins whose pages may call this factory beside its own, `http://localhost:*`, where
    /// the star stands for any port.
    pub allowed_origins: Vec<String>,
    /// How the one-time codes of vendors that sign in reach them, through the log.
    pub mail: Mail,
}

impl FactoryConfig {
    /// A factory that keeps its things in `data_dir`, with no vendors yet.
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            rsa_bits: RsaBits::default(),
            oven_delay: Duration::from_secs(32),
            public_url: None,
            seed_vendors: Vec::new(),
            admins: Vec::new(),
            most_vendors: 1_000,
            allowed_origins: vec!["http://localhost:*".to_owned()],
            mail: Mail::default(),
        }
    }
}

/// A vendor that exists from the start; its name and key replace those of an earlier start.
#[derive(Debug, Clone)]
pub struct SeedVendor {
    /// The vendor's id.
    pub id: String,
    /// The vendor's name.
    pub name: String,
    /// The key it calls with.
    pub api_key: SecretString,
}

/// The size of the signing key.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RsaBits {
    /// 2048 bits: about 4,000 pizzas per second and core.
    #[default]
    Rsa2048,
    /// 4096 bits, as the historic factory: about 700.
    Rsa4096,
}

impl TryFrom<u32> for RsaBits {
    type Error = UnknownRsaBits;

    fn try_from(bits: u32) -> Result<Self, UnknownRsaBits> {
        match bits {
            2048 => Ok(Self::Rsa2048),
            4096 => Ok(Self::Rsa4096),
            other => Err(UnknownRsaBits(other)),
        }
    }
}

/// A key size that this factory does not make.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a signing key has 2048 or 4096 bits, not {0}")]
pub struct UnknownRsaBits(pub u32);
