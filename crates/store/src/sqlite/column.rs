//! How our types are kept in columns.

use super::clock::Millis;
use crate::Token;
use domain::{Bitcoin, OrderState, Role};
use jiff::Timestamp;
use rusqlite::{
    Row, ToSql,
    types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, Type, ValueRef},
};
use std::{fmt::Display, str::FromStr};

impl ToSql for Millis {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        self.0.to_sql()
    }
}

impl FromSql for Millis {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_i64().map(Self)
    }
}

pub(super) fn time(row: &Row<'_>, column: usize) -> rusqlite::Result<Timestamp> {
    row.get::<_, Millis>(column).map(Timestamp::from)
}

pub(super) fn optional_time(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Timestamp>> {
    Ok(row.get::<_, Option<Millis>>(column)?.map(Timestamp::from))
}

pub(super) fn bitcoin(row: &Row<'_>, column: usize) -> rusqlite::Result<Bitcoin> {
    row.get(column).map(Bitcoin::from_satoshi)
}

/// A count is never negative and no file holds 2^63 rows.
pub(super) fn count(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(column).map(i64::unsigned_abs)
}

pub(super) fn state(row: &Row<'_>, column: usize) -> rusqlite::Result<OrderState> {
    let word = row.get_ref(column)?.as_str()?;
    word.parse().map_err(|error: String| nonsense(column, error))
}

/// A word that stands for one of ours.
pub(super) fn word<T: FromStr<Err: Display>>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    let word = row.get_ref(column)?.as_str()?;
    word.parse().map_err(|error: T::Err| nonsense(column, error.to_string()))
}

/// The role and object of a row of `user_role`; `None` for a role we do not know.
pub(super) fn role(row: &Row<'_>, first: usize) -> rusqlite::Result<Option<Role>> {
    let object = row.get(first + 1)?;
    Ok(match row.get_ref(first)?.as_str()? {
        "diner" => Some(Role::Diner),
        "franchisee" => Some(Role::Franchisee(domain::FranchiseId(object))),
        "admin" => Some(Role::Admin),
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

pub(super) fn token_column(token: &Token) -> [u8; 16] {
    token.0.into_bytes()
}

pub(super) fn nonsense(column: usize, error: String) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(FromSqlError::Other(error.into())))
}
