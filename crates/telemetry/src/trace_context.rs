use std::fmt;

/// Where in which trace something happens: W3C Trace Context, <https://www.w3.org/TR/trace-context/>, version 00.
///
/// Shown as a `traceparent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceContext {
    pub(crate) trace: u128,
    pub(crate) span: u64,
    pub(crate) sampled: bool,
}

impl TraceContext {
    /// A trace that begins here.
    pub fn fresh() -> Self {
        Self { trace: fastrand::u128(1..), span: fastrand::u64(1..), sampled: true }
    }

    /// Here, in a trace that began elsewhere.
    pub fn within(parent: Self) -> Self {
        Self { span: fastrand::u64(1..), ..parent }
    }

    /// Reads a `traceparent`; nothing if it is not well formed.
    pub fn parse(traceparent: &str) -> Option<Self> {
        let bytes = traceparent.as_bytes();
        let dashes = [2, 35, 52].into_iter().all(|at| bytes.get(at) == Some(&b'-'));
        let lowercase = bytes.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f' | b'-'));
        if bytes.len() != 55 || !bytes.starts_with(b"00") || !dashes || !lowercase {
            return None;
        }
        let trace = u128::from_str_radix(&traceparent[3..35], 16).ok().filter(|id| *id != 0)?;
        let span = u64::from_str_radix(&traceparent[36..52], 16).ok().filter(|id| *id != 0)?;
        let flags = u8::from_str_radix(&traceparent[53..], 16).ok()?;
        Some(Self { trace, span, sampled: flags & 1 == 1 })
    }

    /// The trace's id, as logs show it.
    pub fn trace_id(self) -> impl fmt::Display {
        Hex(self.trace.to_be_bytes())
    }

    /// The id of this span within the trace.
    pub fn span_id(self) -> impl fmt::Display {
        Hex(self.span.to_be_bytes())
    }
}

impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flags = if self.sampled { "01" } else { "00" };
        write!(f, "00-{}-{}-{flags}", self.trace_id(), self.span_id())
    }
}

/// Bytes as lowercase hex, written in one piece: every log line has some.
struct Hex<const BYTES: usize>([u8; BYTES]);

impl<const BYTES: usize> fmt::Display for Hex<BYTES> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const LONGEST: usize = 32;
        const { assert!(2 * BYTES <= LONGEST) };
        let mut text = [0; LONGEST];
        for (byte, pair) in self.0.iter().zip(text.as_chunks_mut::<2>().0) {
            *pair = [digit(byte >> 4), digit(byte & 15)];
        }
        // Digits are ASCII.
        f.write_str(str::from_utf8(&text[..2 * BYTES]).unwrap_or_default())
    }
}

fn digit(nibble: u8) -> u8 {
    b"0123456789abcdef"[usize::from(nibble)]
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_traceparent_is_read_and_shown_as_it_was() {
        let text = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let context = TraceContext::parse(text).unwrap();
        assert_eq!(context.to_string(), text);
        assert_eq!(context.trace_id().to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(context.span_id().to_string(), "00f067aa0ba902b7");
        let within = TraceContext::within(context);
        assert_eq!(within.trace, context.trace);
        assert_ne!(within.span, context.span);
    }

    #[test]
    fn nonsense_is_no_trace() {
        for bad in [
            "",
            "00-0-0-01",
            "x; DROP",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "00-4bf92f3577b34da6a3ce929d0e0e47-6-00f067aa0ba902b7-01",
        ] {
            assert_eq!(TraceContext::parse(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn whatever_a_stranger_sends_is_read_or_refused(text in any::<String>()) {
            let _ = TraceContext::parse(&text);
        }

        #[test]
        fn what_is_shown_is_what_is_read(trace in 1_u128.., span in 1_u64.., sampled: bool) {
            let context = TraceContext { trace, span, sampled };
            prop_assert_eq!(TraceContext::parse(&context.to_string()), Some(context));
        }
    }
}
