use group_commit::WriteError;
use jiff::Timestamp;
use rusqlite::{Row, params};

use super::Ledger;
use crate::chaos::Window;

impl Ledger {
    /// Keeps a vendor's chaos window, or that there is none; on disk when this returns.
    pub(crate) async fn keep_chaos(
        &self,
        vendor_id: String,
        window: Option<Window>,
    ) -> Result<(), WriteError> {
        self.writer
            .write(move |connection| match &window {
                Some(window) => connection
                    .execute(
                        "INSERT OR REPLACE INTO chaos
                         (vendor_id, kind, start_ms, end_ms, probability, delay_seconds,
                          period_seconds, fix_code)
                         VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                        params![
                            vendor_id,
                            window.kind.as_str(),
                            window.start.as_millisecond(),
                            window.end.as_millisecond(),
                            window.probability,
                            window.delay_seconds.cast_signed(),
                            window.period_seconds.cast_signed(),
                            window.fix_code
                        ],
                    )
                    .map(drop),
                None => connection.execute("DELETE FROM chaos WHERE vendor_id = ?", [&vendor_id]).map(drop),
            })
            .await
    }
}

/// The window of a joined row; none also when a newer factory wrote what this one cannot read.
pub(super) fn window(row: &Row<'_>) -> rusqlite::Result<Option<Window>> {
    let Some(kind) = row.get::<_, Option<String>>("kind")? else {
        return Ok(None);
    };
    let (start, end): (i64, i64) = (row.get("start_ms")?, row.get("end_ms")?);
    let (delay, period): (i64, i64) = (row.get("delay_seconds")?, row.get("period_seconds")?);
    let (Ok(kind), Ok(start), Ok(end)) =
        (kind.parse(), Timestamp::from_millisecond(start), Timestamp::from_millisecond(end))
    else {
        return Ok(None);
    };
    Ok(Some(Window {
        kind,
        start,
        end,
        probability: row.get("probability")?,
        delay_seconds: delay.unsigned_abs(),
        period_seconds: period.unsigned_abs(),
        fix_code: row.get("fix_code")?,
    }))
}
