//! What a franchise earned day by day. The queue's index leads to its orders, also to those that left the queue long
//! ago, by when they were due; and an order is never due before it was placed. So what is due from the span's
//! beginning on is asked for in steps, because a statement has its time-out, and sorted by when it was placed.

use super::{
    column::{bitcoin, time, time_value},
    connection::Connection,
    failure::Failure,
};
use domain::{Bitcoin, FranchiseId};
use jiff::{SignedDuration, Timestamp};
use std::ops::Range;

const DAY: SignedDuration = SignedDuration::from_hours(24);
/// Steps are no shorter than a day, and no more than so many.
const STEPS: i32 = 100;
/// The clocks of a cluster's nodes differ, and each gives orders their times.
const SLACK: SignedDuration = SignedDuration::from_secs(60);

/// The spans of due times to ask for, one after the other. An order may have been due long after it was placed, so the
/// last one never ends.
pub(super) fn steps(from: Timestamp, to: Timestamp) -> Vec<Range<Timestamp>> {
    if from >= to {
        return Vec::new();
    }
    let step = DAY.max(to.duration_since(from) / STEPS);
    let mut begin = from.checked_sub(SLACK).unwrap_or(Timestamp::MIN);
    let mut steps = Vec::new();
    while begin < to {
        let end = begin.checked_add(step).unwrap_or(Timestamp::MAX);
        let end = if end < to { end } else { Timestamp::MAX };
        steps.push(begin..end);
        begin = end;
    }
    steps
}

pub(super) const BY_DAY: &str =
    "SELECT MIN(queuedAt), CAST(LEAST(SUM(orderItem.price) * 100000000, 9223372036854775807) AS SIGNED)
     FROM fulfilment JOIN orderItem ON orderItem.orderId = fulfilment.orderId
     WHERE state = 'fulfilled' AND franchiseId = ? AND dueAt >= ? AND dueAt < ?
         AND queuedAt >= ? AND queuedAt < ?
     GROUP BY DATE(queuedAt)";

/// What the orders of the span brought in that were due in this one: a time of each day, and its sum.
pub(super) async fn due_in(
    db: &mut Connection,
    franchise: FranchiseId,
    placed: Range<Timestamp>,
    due: &Range<Timestamp>,
) -> Result<Vec<(Timestamp, Bitcoin)>, Failure> {
    let times = [due.start, due.end, placed.start, placed.end].map(time_value);
    let params = [vec![franchise.0.into()], times.to_vec()].concat();
    let rows = db.rows(BY_DAY, params).await?;
    rows.iter().map(|row| Ok((time(row, 0)?, bitcoin(row, 1)?))).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn steps_follow_each_other_without_a_gap_and_are_few() {
        let day = |day: i64| Timestamp::from_second(day * 86_400).unwrap();
        for (from, to) in [
            (day(0), day(30)),
            (day(0), day(0) + DAY / 2),
            (Timestamp::MIN, Timestamp::MAX),
            (day(7), Timestamp::MAX),
        ] {
            let steps = steps(from, to);
            assert!(steps.len() <= 102, "{}", steps.len());
            assert!(steps[0].start <= from);
            assert!(steps.windows(2).all(|pair| pair[0].end == pair[1].start && !pair[0].is_empty()));
            assert_eq!(steps.last().unwrap().end, Timestamp::MAX);
        }
        assert_eq!(steps(day(1), day(1)), []);
        assert_eq!(steps(day(2), day(1)), []);
    }
}
