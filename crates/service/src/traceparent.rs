//! W3C Trace Context: the trace of the request that placed an order goes with it through the queue.

use axum::http::HeaderMap;

/// The caller's `traceparent` when it is well formed (version 00), a new one otherwise.
pub fn of(headers: &HeaderMap) -> Option<String> {
    let given = headers.get("traceparent").and_then(|value| value.to_str().ok());
    Some(given.filter(|given| is_well_formed(given)).map_or_else(fresh, str::to_owned))
}

fn fresh() -> String {
    format!("00-{:032x}-{:016x}-01", fastrand::u128(1..), fastrand::u64(1..))
}

fn is_well_formed(traceparent: &str) -> bool {
    let lowercase_hex = |part: &str| part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let parts: Vec<_> = traceparent.split('-').collect();
    let [version, trace, span, flags] = parts[..] else { return false };
    version == "00"
        && [(trace, 32), (span, 16), (flags, 2)]
            .iter()
            .all(|(part, length)| part.len() == *length && lowercase_hex(part))
        && [trace, span].iter().all(|id| id.bytes().any(|byte| byte != b'0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_s_trace_goes_on_and_nonsense_is_replaced() {
        let of = |text: &str| {
            super::of(&HeaderMap::from_iter([("traceparent".parse().unwrap(), text.parse().unwrap())]))
                .unwrap()
        };
        let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        assert_eq!(of(good), good);
        for bad in ["", "00-0-0-01", "00-00000000000000000000000000000000-00f067aa0ba902b7-01", "x; DROP"] {
            let fresh = of(bad);
            assert!(is_well_formed(&fresh) && fresh != bad, "{fresh}");
        }
    }
}
