//! What a process takes of the machine, and whether that grows.

use anyhow::Context;
use std::{fs, time::Duration};

/// One look at a process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    /// Since the first one.
    pub at: Duration,
    /// Resident memory, in MiB.
    pub memory: f64,
    pub files: f64,
    pub threads: f64,
    /// What its async runtime runs, if it tells.
    pub tasks: Option<f64>,
}

impl Sample {
    /// From `/proc`.
    pub fn take(process: u32, at: Duration) -> anyhow::Result<Self> {
        let status = fs::read_to_string(format!("/proc/{process}/status")).context("the service is gone")?;
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let number = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
            number.with_context(|| format!("/proc tells no {name}"))
        };
        let files = fs::read_dir(format!("/proc/{process}/fd"))?.count() as f64;
        Ok(Self { at, memory: field("VmRSS:")? / 1024.0, files, threads: field("Threads:")?, tasks: None })
    }
}

/// How much something grew from the first to the last of its samples, by the line that fits them best: the median of
/// the slopes between all pairs (Theil and Sen), which a few outliers do not move.
pub(crate) fn growth(samples: &[(f64, f64)]) -> f64 {
    let pairs =
        samples.iter().enumerate().flat_map(|(n, one)| samples[n + 1..].iter().map(move |two| (one, two)));
    let mut slopes: Vec<f64> = pairs
        .filter(|(one, two)| two.0 > one.0)
        .map(|(one, two)| (two.1 - one.1) / (two.0 - one.0))
        .collect();
    slopes.sort_unstable_by(f64::total_cmp);
    let slope = slopes.get(slopes.len() / 2).copied().unwrap_or_default();
    match (samples.first(), samples.last()) {
        (Some(first), Some(last)) => slope * (last.0 - first.0),
        _ => 0.0,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_grows_is_told_from_what_only_varies() {
        let grows: Vec<_> = (0..100).map(|n| (f64::from(n), f64::from(n) * 0.5 + f64::from(n % 7))).collect();
        assert!((growth(&grows) - 49.5).abs() < 2.0, "{}", growth(&grows));
        let varies: Vec<_> = (0..100).map(|n| (f64::from(n), f64::from(n % 7))).collect();
        assert!(growth(&varies).abs() < 0.5, "{}", growth(&varies));
        let mut peak = vec![(0.0, 5.0); 50];
        peak.iter_mut().enumerate().for_each(|(n, one)| one.0 = n as f64);
        peak[49].1 = 1000.0;
        assert_eq!(growth(&peak), 0.0);
        assert_eq!(growth(&[]), 0.0);
    }

    #[test]
    fn this_very_process_can_be_looked_at() {
        let sample = Sample::take(std::process::id(), Duration::ZERO).unwrap();
        assert!(sample.memory > 0.5 && sample.files >= 3.0 && sample.threads >= 1.0, "{sample:?}");
        assert!(Sample::take(u32::MAX, Duration::ZERO).is_err());
    }
}
