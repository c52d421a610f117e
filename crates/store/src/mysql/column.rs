//! How our types are kept in columns.

use super::failure::Failure;
use crate::Token;
use domain::{Bitcoin, FranchiseId, OrderState, Role};
use jiff::{Timestamp, civil::DateTime, tz::Offset};
use mysql_async::{Row, Value, prelude::FromValue};
use std::{fmt::Display, str::FromStr, time::Duration};

/// What a DATETIME column of ours can hold at most; also the latest time that a lease can end.
const LATEST: Timestamp = Timestamp::constant(253_402_128_000, 0);

/// A column of any type that the driver converts.
pub(super) fn get<T: FromValue>(row: &Row, column: usize) -> Result<T, Failure> {
    row.get_opt(column).and_then(Result::ok).ok_or_else(|| unreadable(row, column))
}

/// A DATETIME, which is UTC in our sessions. What is no date at all reads as the epoch.
pub(super) fn time(row: &Row, column: usize) -> Result<Timestamp, Failure> {
    Ok(optional_time(row, column)?.unwrap_or(Timestamp::UNIX_EPOCH))
}

pub(super) fn optional_time(row: &Row, column: usize) -> Result<Option<Timestamp>, Failure> {
    match row.as_ref(column) {
        Some(Value::NULL) => Ok(None),
        Some(&Value::Date(year, month, day, hour, minute, second, micros)) => {
            let part = |n: u8| n.cast_signed();
            // The historic service may have been run without strict mode, which keeps 0000-00-00.
            let date = DateTime::new(
                year.cast_signed(),
                part(month),
                part(day),
                part(hour),
                part(minute),
                part(second),
                micros.cast_signed().saturating_mul(1000),
            );
            Ok(date.ok().and_then(|date| Offset::UTC.to_timestamp(date).ok()))
        }
        // A statement that was not prepared answers in texts.
        Some(Value::Bytes(text)) => {
            let text = String::from_utf8_lossy(text).replace(' ', "T");
            let date: Option<DateTime> = text.parse().ok();
            Ok(date.and_then(|date| Offset::UTC.to_timestamp(date).ok()))
        }
        _ => Err(unreadable(row, column)),
    }
}

/// Whole milliseconds, within what a column can hold.
pub(super) fn time_value(time: Timestamp) -> Value {
    let time = time.clamp(Timestamp::UNIX_EPOCH, LATEST);
    let date = Offset::UTC.to_datetime(time);
    let part = |n: i8| n.unsigned_abs();
    Value::Date(
        date.year().unsigned_abs(),
        part(date.month()),
        part(date.day()),
        part(date.hour()),
        part(date.minute()),
        part(date.second()),
        u32::from(date.millisecond().unsigned_abs()) * 1000,
    )
}

/// The time after a while, within what a column can hold.
pub(super) fn after(now: Timestamp, duration: Duration) -> Timestamp {
    now.checked_add(duration).map_or(LATEST, |time| time.min(LATEST))
}

/// The time a while ago.
pub(super) fn before(now: Timestamp, duration: Duration) -> Timestamp {
    now.checked_sub(duration).unwrap_or(Timestamp::MIN)
}

/// An amount that was selected in whole satoshi. Historic prices came from clients: any number is possible.
pub(super) fn bitcoin(row: &Row, column: usize) -> Result<Bitcoin, Failure> {
    get(row, column).map(Bitcoin::from_satoshi)
}

pub(super) fn state(row: &Row, column: usize) -> Result<OrderState, Failure> {
    get::<String>(row, column)?.parse().map_err(Failure::Unreadable)
}

/// A word that stands for one of ours.
pub(super) fn word<T: FromStr<Err: Display>>(row: &Row, column: usize) -> Result<T, Failure> {
    get::<String>(row, column)?.parse().map_err(|error: T::Err| Failure::Unreadable(error.to_string()))
}

/// The role and object of two columns; `None` for a role we do not know, or for none at all.
pub(super) fn role(row: &Row, first: usize) -> Result<Option<Role>, Failure> {
    let (word, object) = (get::<Option<String>>(row, first)?, get::<Option<i64>>(row, first + 1)?);
    Ok(match (word.as_deref(), object) {
        (Some("diner"), _) => Some(Role::Diner),
        (Some("franchisee"), Some(franchise)) => Some(Role::Franchisee(FranchiseId(franchise))),
        (Some("admin"), _) => Some(Role::Admin),
        _ => None,
    })
}

/// What [`role`] reads back.
pub(super) fn role_columns(role: Role) -> (&'static str, i64) {
    match role {
        Role::Diner => ("diner", 0),
        Role::Franchisee(franchise) => ("franchisee", franchise.0),
        Role::Admin => ("admin", 0),
    }
}

pub(super) fn token_value(token: &Token) -> Value {
    Value::Bytes(token.0.as_bytes().to_vec())
}

/// The historic service's ids are 32 bits wide. No id of a row that exists is wider.
pub(super) fn fits_an_id(id: i64, what: &str) -> Result<(), Failure> {
    match i32::try_from(id) {
        Ok(_) => Ok(()),
        Err(_) => Err(Failure::DoesNotFit(format!("{what} {id} is no id of the historic tables"))),
    }
}

/// The historic service's prices are DECIMAL(10, 8).
pub(super) fn fits_a_price(price: Bitcoin) -> Result<(), Failure> {
    if (0..10_000_000_000).contains(&price.satoshi()) {
        return Ok(());
    }
    Err(Failure::DoesNotFit(format!(
        "a price of {price} does not fit the historic tables: at most 99.99999999"
    )))
}

pub(super) fn fits_a_text(text: &str, what: &str) -> Result<(), Failure> {
    if text.chars().count() <= 255 {
        return Ok(());
    }
    Err(Failure::DoesNotFit(format!("a {what} of more than 255 characters does not fit the historic tables")))
}

/// Names of ours are VARBINARY columns of so many bytes.
pub(super) fn fits_bytes(text: &str, most: usize, what: &str) -> Result<(), Failure> {
    if text.len() <= most {
        return Ok(());
    }
    Err(Failure::DoesNotFit(format!("a {what} of more than {most} bytes cannot be kept")))
}

fn unreadable(row: &Row, column: usize) -> Failure {
    let name = row.columns_ref().get(column).map(|column| column.name_str().into_owned());
    Failure::Unreadable(format!("column {} cannot be read", name.as_deref().unwrap_or("that is missing")))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_time_is_one_that_a_column_can_hold() {
        assert_eq!(LATEST.to_string(), "9999-12-30T00:00:00Z");
    }

    #[test]
    fn a_while_never_leaves_what_a_column_can_hold() {
        assert_eq!(after(Timestamp::UNIX_EPOCH, Duration::MAX), LATEST);
        assert_eq!(after(Timestamp::MAX, Duration::ZERO), LATEST);
        assert_eq!(after(Timestamp::UNIX_EPOCH, Duration::from_secs(1)).as_millisecond(), 1000);
        assert_eq!(before(Timestamp::UNIX_EPOCH, Duration::MAX), Timestamp::MIN);
        assert_eq!(before(Timestamp::UNIX_EPOCH, Duration::from_secs(1)).as_millisecond(), -1000);
    }

    #[test]
    fn times_are_kept_in_whole_milliseconds() {
        let time = Timestamp::new(1_800_000_000, 123_456_789).unwrap();
        assert_eq!(time_value(time), Value::Date(2027, 1, 15, 8, 0, 0, 123_000));
        assert_eq!(time_value(Timestamp::MIN), Value::Date(1970, 1, 1, 0, 0, 0, 0));
    }

    #[test]
    fn what_does_not_fit_a_historic_column_says_so() {
        assert!(fits_a_price(Bitcoin::from_satoshi(9_999_999_999)).is_ok());
        assert!(fits_a_price(Bitcoin::from_satoshi(10_000_000_000)).is_err());
        assert!(fits_an_id(i64::from(i32::MAX), "order").is_ok());
        assert!(fits_an_id(i64::from(i32::MAX) + 1, "order").is_err());
        assert!(fits_a_text(&"字".repeat(255), "name").is_ok());
        assert!(fits_a_text(&"字".repeat(256), "name").is_err());
        assert!(fits_bytes(&"字".repeat(85), 255, "rule").is_ok());
        assert!(fits_bytes(&"字".repeat(86), 255, "rule").is_err());
    }
}
