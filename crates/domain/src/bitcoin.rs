//! Amounts of bitcoin: exact, eight decimals, never a binary float in arithmetic.

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::{fmt, iter::Sum, str::FromStr};

/// An amount in units of 1e-8 bitcoin (one satoshi).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bitcoin {
    satoshi: i64,
}

/// Why a text or number is not an amount.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BitcoinError {
    /// Not a decimal number at all, or not finite.
    #[error("a price must be a number")]
    NotANumber,
    /// Below zero.
    #[error("a price must not be negative")]
    Negative,
    /// Finer than one satoshi.
    #[error("a price has at most 8 decimals")]
    TooFine,
    /// More than the 21 million bitcoin there can ever be.
    #[error("a price must be at most 21000000")]
    TooLarge,
}

impl Bitcoin {
    /// The most bitcoin there can ever be: 21 million.
    pub const MAX: Self = Self { satoshi: 2_100_000_000_000_000 };

    /// An amount from whole units of 1e-8 bitcoin, as a database keeps them.
    pub const fn from_satoshi(satoshi: i64) -> Self {
        Self { satoshi }
    }

    /// The amount in whole units of 1e-8 bitcoin.
    pub const fn satoshi(self) -> i64 {
        self.satoshi
    }

    fn decimal(self) -> Decimal {
        Decimal::new(self.satoshi, 8).normalize()
    }
}

impl FromStr for Bitcoin {
    type Err = BitcoinError;

    fn from_str(text: &str) -> Result<Self, BitcoinError> {
        let amount = Decimal::from_str_exact(text)
            .or_else(|_| Decimal::from_scientific(text))
            .map_err(|_| BitcoinError::NotANumber)?
            .normalize();
        if amount.is_sign_negative() && !amount.is_zero() {
            return Err(BitcoinError::Negative);
        }
        if amount.scale() > 8 {
            return Err(BitcoinError::TooFine);
        }
        if amount > Self::MAX.decimal() {
            return Err(BitcoinError::TooLarge);
        }
        let satoshi = amount.mantissa() * 10_i128.pow(8 - amount.scale());
        i64::try_from(satoshi).map(Self::from_satoshi).map_err(|_| BitcoinError::TooLarge)
    }
}

impl fmt::Display for Bitcoin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.decimal().fmt(f)
    }
}

impl Sum for Bitcoin {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        Self::from_satoshi(amounts.fold(0, |sum, amount| sum.saturating_add(amount.satoshi)))
    }
}

/// A plain JSON number, as the historic clients need it.
///
/// The shortest decimal of the nearest double is the very decimal we hold, because an amount has
/// at most 16 significant digits; a test walks the edges.
impl Serialize for Bitcoin {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[expect(clippy::cast_precision_loss, reason = "at most 2.1e15, exact in a double")]
        serializer.serialize_f64(self.satoshi as f64 / 1e8)
    }
}

impl<'de> Deserialize<'de> for Bitcoin {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Number;
        impl de::Visitor<'_> for Number {
            type Value = Bitcoin;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a price in bitcoin, with at most 8 decimals")
            }
            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Bitcoin, E> {
                number.to_string().parse().map_err(E::custom)
            }
            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Bitcoin, E> {
                number.to_string().parse().map_err(E::custom)
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Bitcoin, E> {
                number.to_string().parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_f64(Number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_back_is_exact() {
        for text in ["0", "0.0038", "0.00000001", "1", "20999999.99999999", "21000000"] {
            assert_eq!(text.parse::<Bitcoin>().map(|b| b.to_string()).as_deref(), Ok(text));
        }
    }

    #[test]
    fn a_satoshi_is_the_hundred_millionth_part() {
        for (text, satoshi) in [("0.00000001", 1), ("0.0038", 380_000), ("21000000", 2_100_000_000_000_000)] {
            assert_eq!(text.parse::<Bitcoin>().map(Bitcoin::satoshi), Ok(satoshi));
        }
        assert_eq!(Bitcoin::MAX.satoshi(), 2_100_000_000_000_000);
    }

    #[test]
    fn what_is_not_an_amount_says_why() {
        for (text, why) in [
            ("", BitcoinError::NotANumber),
            ("NaN", BitcoinError::NotANumber),
            ("inf", BitcoinError::NotANumber),
            ("-0.1", BitcoinError::Negative),
            ("0.000000001", BitcoinError::TooFine),
            ("1e-9", BitcoinError::TooFine),
            ("21000000.00000001", BitcoinError::TooLarge),
        ] {
            assert_eq!(text.parse::<Bitcoin>(), Err(why), "{text}");
        }
    }

    #[test]
    fn sums_do_not_drift_as_binary_floats_would() {
        let tenth: Bitcoin = Bitcoin::from_satoshi(10_000_000);
        assert_eq!(std::iter::repeat_n(tenth, 3).sum::<Bitcoin>().to_string(), "0.3");
    }

    #[test]
    fn json_numbers_carry_the_exact_decimal_both_ways() {
        for text in ["0.0038", "0.00000001", "99.99999999", "20999999.99999999", "5.0"] {
            let amount: Bitcoin = serde_json::from_str(text).expect(text);
            let json = serde_json::to_string(&amount).expect("a number");
            assert_eq!(json.parse::<Bitcoin>(), Ok(amount), "{json}");
            assert_eq!(text.parse::<Bitcoin>(), Ok(amount));
        }
        assert!(serde_json::from_str::<Bitcoin>("0.000000001").is_err());
    }

    #[test]
    fn a_json_number_without_a_point_is_an_amount_and_what_is_none_says_why() {
        let read = |json: &str| serde_json::from_str::<Bitcoin>(json).map_err(|error| error.to_string());
        assert_eq!(read("3"), Ok(Bitcoin::from_satoshi(300_000_000)));
        for (json, why) in [
            ("-3", "a price must not be negative"),
            ("\"0.1\"", "a price in bitcoin, with at most 8 decimals"),
        ] {
            assert!(read(json).unwrap_err().contains(why), "{json}: {:?}", read(json));
        }
    }
}
