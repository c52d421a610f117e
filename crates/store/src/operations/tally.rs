//! Counting what became of orders: where to look for them, and what each one counts as.

use super::OrderSpan;
use domain::{OrderState, OrderTally};
use jiff::{SignedDuration, Timestamp};

/// How many orders are looked at in one go, so that nobody waits long behind it.
pub(crate) const CHUNK: u32 = 2000;

/// Orders placed within so long of each other may have ids in the other order: the nodes of a cluster give ids of
/// their own, and a clock may be set back a little.
const SLACK: SignedDuration = SignedDuration::from_secs(60);

/// Between which times the orders lie among whose ids all orders of the span are.
pub(crate) fn with_slack(span: &OrderSpan) -> (Timestamp, Timestamp) {
    let from = span.from.checked_sub(SLACK).unwrap_or(Timestamp::MIN);
    (from, span.to.checked_add(SLACK).unwrap_or(Timestamp::MAX))
}

/// A binary search among ids with gaps for the first one from which on orders are not earlier than some time.
#[derive(Debug)]
pub(crate) struct IdSearch {
    first: i64,
    end: i64,
}

impl IdSearch {
    /// Among all ids from the smallest to the largest that there is.
    pub(crate) fn among(smallest: i64, largest: i64) -> Self {
        Self { first: smallest, end: largest.saturating_add(1) }
    }

    /// The id at or after which an order is to be looked at; `None`: the search is over.
    pub(crate) fn next(&self) -> Option<i64> {
        (self.first < self.end).then(|| self.first.saturating_add_unsigned(self.first.abs_diff(self.end) / 2))
    }

    /// The first order at or after `asked` has the id `found`, and is early or not.
    pub(crate) fn learn(&mut self, asked: i64, found: i64, is_early: bool) {
        match is_early {
            true => self.first = found.saturating_add(1),
            false => self.end = asked,
        }
    }

    /// The first id that is not early; beyond the largest if all are.
    pub(crate) fn answer(&self) -> i64 {
        self.first
    }
}

/// Where the ids begin that were not looked at yet, after so many orders were found, up to this id, of those before
/// `end`.
pub(crate) fn after_chunk(found: usize, last: Option<i64>, end: i64) -> i64 {
    last.filter(|_| found == CHUNK as usize).map_or(end, |last| last.saturating_add(1))
}

/// What is kept of one order that has a fulfilment record.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FoundOrder {
    /// `None`: the word is none that there is.
    pub(crate) state: Option<OrderState>,
    pub(crate) queued_at: Timestamp,
    pub(crate) fulfilled_at: Option<Timestamp>,
    /// Whether somebody holds a claim on it that ends some time.
    pub(crate) is_held: bool,
    pub(crate) has_order: bool,
    pub(crate) has_pizza: bool,
}

/// Counts an order, if it was placed in the span.
pub(crate) fn add_order(tally: &mut OrderTally, span: &OrderSpan, found: &FoundOrder) {
    if found.queued_at < span.from || found.queued_at >= span.to {
        return;
    }
    tally.placed += 1;
    let counted = match found.state {
        _ if !found.has_order => &mut tally.lost,
        None => &mut tally.lost,
        Some(OrderState::Making) if !found.is_held => &mut tally.lost,
        Some(OrderState::Queued | OrderState::Making) => &mut tally.waiting,
        Some(OrderState::Quarantined) => &mut tally.quarantined,
        Some(OrderState::Rejected) => &mut tally.rejected,
        Some(OrderState::Cancelled) => &mut tally.cancelled,
        Some(OrderState::Fulfilled) => match found.fulfilled_at {
            Some(at) if found.has_pizza => {
                let took = at.duration_since(found.queued_at);
                tally.longest_seconds = tally.longest_seconds.max(took.as_secs().try_into().unwrap_or(0));
                match took.unsigned_abs() <= span.at_once || took.is_negative() {
                    true => &mut tally.fulfilled_at_once,
                    false => &mut tally.fulfilled_later,
                }
            }
            _ => &mut tally.lost,
        },
    };
    *counted += 1;
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// Finds the first id at or after which times are not before `time`, among these.
    fn search(orders: &[(i64, i64)], time: i64) -> (i64, u32) {
        let mut search = IdSearch::among(orders[0].0, orders[orders.len() - 1].0);
        let mut steps = 0;
        while let Some(asked) = search.next() {
            let &(found, at) = orders.iter().find(|(id, _)| *id >= asked).unwrap();
            search.learn(asked, found, at < time);
            steps += 1;
        }
        (search.answer(), steps)
    }

    #[test]
    fn ids_with_gaps_are_searched_in_few_steps() {
        let orders: Vec<(i64, i64)> = (1..=500).map(|n| (n * n, n)).collect();
        for time in [i64::MIN, 0, 1, 2, 250, 499, 500, 501, i64::MAX] {
            let (end, steps) = search(&orders, time);
            let expected = orders.iter().find(|(_, at)| *at >= time).map(|(id, _)| *id);
            let first_at_end = orders.iter().find(|(id, _)| *id >= end).map(|(id, _)| *id);
            assert_eq!(first_at_end, expected, "{time}");
            assert!(steps <= 19, "{steps}");
        }
        assert_eq!(search(&[(i64::MAX, 1)], 1).0, i64::MAX);
        assert_eq!(search(&[(i64::MIN, 1), (i64::MAX - 1, 2)], 3).0, i64::MAX);
    }

    #[test]
    fn every_order_of_the_span_counts_as_one_thing() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let span = OrderSpan { from: at(100), to: at(200), at_once: Duration::from_secs(10) };
        let queued = FoundOrder {
            state: Some(OrderState::Queued),
            queued_at: at(100),
            fulfilled_at: None,
            is_held: false,
            has_order: true,
            has_pizza: false,
        };
        let fulfilled = |after: i64| FoundOrder {
            state: Some(OrderState::Fulfilled),
            fulfilled_at: Some(at(100 + after)),
            has_pizza: true,
            ..queued
        };
        let is = |state| FoundOrder { state: Some(state), ..queued };
        let mut tally = OrderTally::default();
        for found in [
            queued,
            FoundOrder { is_held: true, ..is(OrderState::Making) },
            is(OrderState::Quarantined),
            is(OrderState::Rejected),
            is(OrderState::Cancelled),
            fulfilled(10),
            fulfilled(-1),
            fulfilled(11),
            FoundOrder { queued_at: at(99), ..queued },
            FoundOrder { queued_at: at(200), ..queued },
        ] {
            add_order(&mut tally, &span, &found);
        }
        let sound = OrderTally {
            placed: 8,
            fulfilled_at_once: 2,
            fulfilled_later: 1,
            waiting: 2,
            quarantined: 1,
            rejected: 1,
            cancelled: 1,
            lost: 0,
            longest_seconds: 11,
        };
        assert_eq!(tally, sound);
        for found in [
            FoundOrder { state: None, ..queued },
            FoundOrder { has_order: false, ..queued },
            is(OrderState::Making),
            FoundOrder { has_pizza: false, ..fulfilled(1) },
            FoundOrder { fulfilled_at: None, ..fulfilled(1) },
        ] {
            add_order(&mut tally, &span, &found);
        }
        assert_eq!(tally, OrderTally { placed: 13, lost: 5, ..sound });
    }
}
