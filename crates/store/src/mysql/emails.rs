//! Who has an e-mail address.
//!
//! The historic table has no index on it, lets several accounts have the same one, and compares as its collation
//! likes. So each account has a row in `emailClaim` under its address in lower case: that finds it, and keeps a second
//! one from being opened, on whatever node. What the historic service writes has no such row until it is adopted: at
//! start, and when an address is not found. An address that the historic service changes meanwhile is noticed when
//! the claim is used (it no longer says what the account says) and by housekeeping.

use super::{column::get, connection::Connection, failure::Failure, many, transaction::Transaction};
use mysql_async::Value;
use std::sync::atomic::{AtomicI64, Ordering};

/// Accounts that are adopted or looked over in one go.
const PAGE: u32 = 1000;
/// The ids of nodes interleave, so an account may appear below one that is adopted; hardly ever by more.
const INTERLEAVED: i64 = 256;

/// Two addresses with the same key are the same address.
pub(super) fn email_key(email: &str) -> String {
    email.to_lowercase()
}

/// How far accounts of the historic service were adopted.
#[derive(Default)]
pub(super) struct Adoption {
    /// Every account up to here has its claim, but for those that are in the making.
    upto: AtomicI64,
    /// Housekeeping looked over the claims up to here in this round.
    looked_over: AtomicI64,
}

impl Adoption {
    /// Claims the address of every account that has no claim yet.
    pub(super) async fn adopt_all(&self, db: &mut Connection) -> Result<(), Failure> {
        while self.adopt_after(db, 0).await? {}
        Ok(())
    }

    /// The accounts with this address, the longest known first.
    pub(super) async fn owners(&self, db: &mut Connection, email: &str) -> Result<Vec<i64>, Failure> {
        let key = email_key(email);
        let known = live_owners(db, &key).await?;
        if !known.is_empty() {
            return Ok(known);
        }
        while self.adopt_after(db, self.upto.load(Ordering::Relaxed) - INTERLEAVED).await? {}
        live_owners(db, &key).await
    }

    /// Whether there may be more.
    async fn adopt_after(&self, db: &mut Connection, id: i64) -> Result<bool, Failure> {
        let rows = db
            .rows(
                "SELECT user.id, user.email FROM user LEFT JOIN emailClaim ON emailClaim.userId = user.id
                 WHERE user.id > ? AND emailClaim.userId IS NULL ORDER BY user.id LIMIT ?",
                (id, PAGE),
            )
            .await?;
        let mut accounts = Vec::with_capacity(rows.len());
        for row in &rows {
            accounts.push((get(row, 0)?, email_key(&get::<String>(row, 1)?)));
        }
        adopt(db, &accounts).await?;
        let newest = db.row("SELECT COALESCE(MAX(id), 0) FROM user", ()).await?;
        if let Some(newest) = newest
            && rows.len() < PAGE as usize
        {
            self.upto.fetch_max(get(&newest, 0)?, Ordering::Relaxed);
        }
        Ok(rows.len() == PAGE as usize)
    }

    /// Looks over the claims of some accounts; the next call goes on behind them. Whether there are any.
    pub(super) async fn look_over_some(&self, db: &mut Connection) -> Result<bool, Failure> {
        let after = self.looked_over.load(Ordering::Relaxed);
        let rows = db
            .rows(
                "SELECT user.id, user.email, emailClaim.emailKey FROM user
                 LEFT JOIN emailClaim ON emailClaim.userId = user.id
                 WHERE user.id > ? ORDER BY user.id LIMIT ?",
                (after, PAGE),
            )
            .await?;
        let mut wrong = Vec::new();
        for row in &rows {
            let key = email_key(&get::<String>(row, 1)?);
            if get::<Option<Vec<u8>>>(row, 2)?.as_deref() != Some(key.as_bytes()) {
                wrong.push((get(row, 0)?, key));
            }
        }
        let ids: Vec<Value> = wrong.iter().map(|(id, _): &(i64, _)| Value::from(id)).collect();
        many::execute(db, "DELETE FROM emailClaim WHERE userId IN (IDS)", &[], &ids).await?;
        adopt(db, &wrong).await?;
        let last = rows.last().map_or(Ok(0), |row| get(row, 0))?;
        let more = rows.len() == PAGE as usize;
        self.looked_over.store(if more { last } else { 0 }, Ordering::Relaxed);
        Ok(more)
    }
}

/// Claims an address that nobody has for a new account, or for one that takes another address.
///
/// A claim that no longer says what its account says gives way.
///
/// # Errors
/// [`Failure::Duplicate`] when somebody else was faster.
pub(super) async fn claim(tx: &mut Transaction, email: &str, user: i64) -> Result<(), Failure> {
    let key = email_key(email);
    let stale = tx
        .rows(
            "SELECT emailClaim.userId, user.email FROM emailClaim LEFT JOIN user ON user.id = emailClaim.userId
             WHERE emailClaim.emailKey = ?",
            (key.as_str(),),
        )
        .await?;
    for row in &stale {
        let address: Option<String> = get(row, 1)?;
        if address.is_none_or(|address| email_key(&address) != key) {
            release(tx, get(row, 0)?).await?;
        }
    }
    release(tx, user).await?;
    let claim = "INSERT INTO emailClaim (emailKey, besides, userId) VALUES (?, 0, ?)";
    tx.execute(claim, (key.as_str(), user)).await?;
    Ok(())
}

/// Gives up an account's claim.
pub(super) async fn release(tx: &mut Transaction, user: i64) -> Result<(), Failure> {
    tx.execute("DELETE FROM emailClaim WHERE userId = ?", (user,)).await?;
    Ok(())
}

/// The accounts that claim this key and still have the address.
async fn live_owners(db: &mut Connection, key: &str) -> Result<Vec<i64>, Failure> {
    let rows = db
        .rows(
            "SELECT user.id, user.email FROM emailClaim JOIN user ON user.id = emailClaim.userId
             WHERE emailClaim.emailKey = ? ORDER BY user.id",
            (key,),
        )
        .await?;
    let mut owners = Vec::with_capacity(rows.len());
    for row in &rows {
        if email_key(&get::<String>(row, 1)?) == key {
            owners.push(get(row, 0)?);
        }
    }
    Ok(owners)
}

/// The first account with an address gets the claim that keeps others out, the others one beside it. Whoever adopts
/// the same accounts at the same time does the same.
async fn adopt(db: &mut Connection, accounts: &[(i64, String)]) -> Result<(), Failure> {
    let values = |besides: fn(i64) -> i64, accounts: &[&(i64, String)]| -> Vec<Value> {
        accounts.iter().flat_map(|(id, key)| [key.into(), besides(*id).into(), Value::from(*id)]).collect()
    };
    let claim = "INSERT IGNORE INTO emailClaim (emailKey, besides, userId) VALUES";
    many::insert(db, claim, 3, values(|_| 0, &accounts.iter().collect::<Vec<_>>())).await?;
    let ids: Vec<Value> = accounts.iter().map(|(id, _)| Value::from(*id)).collect();
    let claimed = many::select(db, "SELECT userId FROM emailClaim WHERE userId IN (IDS)", &[], &ids).await?;
    let claimed = claimed.iter().map(|row| get(row, 0)).collect::<Result<Vec<i64>, _>>()?;
    let sharing: Vec<_> = accounts.iter().filter(|(id, _)| !claimed.contains(id)).collect();
    many::insert(db, claim, 3, values(|id| id, &sharing)).await
}
