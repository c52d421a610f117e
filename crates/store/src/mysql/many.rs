//! Statements about many rows.
//!
//! Their texts are few, so that each is prepared once: rows are inserted in groups of certain sizes, and a list of ids
//! is filled up to a power of two with its last one.

use super::{connection::Connection, failure::Failure};
use mysql_async::{Row, Value};

/// The most rows in one statement.
const LARGEST: usize = 256;

/// Inserts rows of `columns` values each: `sql` is the statement up to and with `VALUES`.
pub(super) async fn insert(
    db: &mut Connection,
    sql: &str,
    columns: usize,
    mut values: Vec<Value>,
) -> Result<(), Failure> {
    while !values.is_empty() {
        let group = group(values.len() / columns);
        let rest = values.split_off(group * columns);
        db.execute(&insertion(sql, columns, group), values).await?;
        values = rest;
    }
    Ok(())
}

/// The same for a table that gives ids: answers each row's, in order.
pub(super) async fn insert_with_ids(
    db: &mut Connection,
    sql: &str,
    columns: usize,
    mut values: Vec<Value>,
) -> Result<Vec<i64>, Failure> {
    let contiguous = db.facts().ids_are_contiguous();
    let mut ids = Vec::with_capacity(values.len() / columns);
    while !values.is_empty() {
        // Where ids have gaps, a row alone is the only one whose id is known.
        let group = if contiguous { group(values.len() / columns) } else { 1 };
        let rest = values.split_off(group * columns);
        db.execute(&insertion(sql, columns, group), values).await?;
        let first = db.last_insert_id()?;
        ids.extend(first..first + group as i64);
        values = rest;
    }
    Ok(ids)
}

/// The rows of a query in which `(IDS)`, once or several times, stands for the ids in question, whatever their number.
/// `params` come before the ids.
pub(super) async fn select(
    db: &mut Connection,
    sql: &str,
    params: &[Value],
    ids: &[Value],
) -> Result<Vec<Row>, Failure> {
    let mut rows = Vec::new();
    for ids in ids.chunks(LARGEST) {
        let (sql, ids) = listed(sql, ids);
        rows.extend(db.rows(&sql, [params, &ids].concat()).await?);
    }
    Ok(rows)
}

/// A statement in which `(IDS)` stands for the ids in question; how many rows it changed.
pub(super) async fn execute(
    db: &mut Connection,
    sql: &str,
    params: &[Value],
    ids: &[Value],
) -> Result<u64, Failure> {
    let mut changed = 0;
    for ids in ids.chunks(LARGEST) {
        let (sql, ids) = listed(sql, ids);
        changed += db.execute(&sql, [params, &ids].concat()).await?;
    }
    Ok(changed)
}

/// How many of so many rows go into the next statement: few sizes, and yet few statements for any number.
fn group(rows: usize) -> usize {
    match rows {
        0..16 => rows,
        16..64 => rows / 8 * 8,
        64..LARGEST => rows / 32 * 32,
        _ => LARGEST,
    }
}

fn insertion(sql: &str, columns: usize, rows: usize) -> String {
    let mut text = String::with_capacity(sql.len() + rows * (columns * 2 + 2));
    text.push_str(sql);
    for row in 0..rows {
        text.push_str(if row == 0 { " (" } else { ",(" });
        for column in 0..columns {
            text.push_str(if column == 0 { "?" } else { ",?" });
        }
        text.push(')');
    }
    text
}

fn listed(sql: &str, ids: &[Value]) -> (String, Vec<Value>) {
    let length = ids.len().next_power_of_two();
    let mut ids = ids.to_vec();
    if let Some(last) = ids.last().cloned() {
        ids.resize(length, last);
    }
    let ids = vec![ids; sql.matches("(IDS)").count()].concat();
    (sql.replace("(IDS)", &format!("({})", vec!["?"; length].join(", "))), ids)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_number_of_rows_is_inserted_by_few_statements_of_few_sizes() {
        let mut sizes = std::collections::HashSet::new();
        for rows in 1..=LARGEST {
            let (mut left, mut statements) = (rows, 0);
            while left > 0 {
                sizes.insert(group(left));
                left -= group(left);
                statements += 1;
            }
            assert!(statements <= 3, "{rows}");
        }
        assert!(sizes.len() <= 30, "{sizes:?}");
        assert_eq!(group(10 * LARGEST), LARGEST);
    }

    #[test]
    fn a_statement_has_a_place_for_every_value() {
        assert_eq!(insertion("INSERT INTO t (a, b) VALUES", 2, 2), "INSERT INTO t (a, b) VALUES (?,?),(?,?)");
    }

    #[test]
    fn a_list_is_filled_up_with_its_last_id() {
        let (sql, ids) = listed("x IN (IDS)", &[1.into(), 2.into(), 3.into()]);
        assert_eq!(sql, "x IN (?, ?, ?, ?)");
        assert_eq!(ids, [1.into(), 2.into(), 3.into(), Value::from(3)]);
        let (sql, ids) = listed("x IN (IDS) OR y IN (IDS)", &[7.into()]);
        assert_eq!((sql.as_str(), ids), ("x IN (?) OR y IN (?)", vec![7.into(), Value::from(7)]));
    }
}
