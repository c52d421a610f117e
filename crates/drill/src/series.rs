//! A drill as numbers for each of equal parts of its time: what the chart shows.

use crate::{follow::Order, result::Series, score::Evidence};

pub(crate) const PARTS: usize = 120;

impl Evidence<'_> {
    /// Of a drill of so many seconds.
    pub fn series(&self, length: f64) -> Series {
        let part = length / PARTS as f64;
        let empty = || vec![0_u64; PARTS];
        let mut series = Series {
            part,
            arrivals: empty(),
            acknowledged: empty(),
            fulfilled: empty(),
            ..Series::default()
        };
        let index = |at: f64| ((at / part).max(0.0) as usize).min(PARTS - 1);
        for order in self.orders {
            series.arrivals[index(order.placed)] += 1;
            if order.acknowledged {
                series.acknowledged[index(order.answered)] += 1;
            }
            if let Some(at) = order.fulfilled_at() {
                series.fulfilled[index(at)] += 1;
            }
        }
        if let Some(calls) = self.calls {
            (series.calls, series.failed_calls) = (empty(), empty());
            for call in calls {
                let lane = if call.status < 400 { &mut series.calls } else { &mut series.failed_calls };
                lane[index(call.at)] += 1;
            }
        }
        let waits = |order: &&Order, at: f64| {
            order.acknowledged && order.answered <= at && order.fulfilled_at().is_none_or(|made| made > at)
        };
        series.backlog = (1..=PARTS)
            .map(|part_number| {
                let at = part * part_number as f64;
                self.orders.iter().filter(|order| waits(order, at)).count() as u64
            })
            .collect();
        series
    }
}
