//! Numbers in sentences.

use domain::Cause;

/// `1,234`.
pub(crate) fn number(count: u64) -> String {
    let digits = count.to_string();
    let mut shown = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

/// `1 order`, `2 orders`: for nouns whose plural is made with an s.
pub(crate) fn counted(count: u64, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{} {noun}s", number(count)) }
}

/// The verb that fits a count: `is` or `are`, say.
pub(crate) fn verb(count: u64, one: &'static str, many: &'static str) -> &'static str {
    if count == 1 { one } else { many }
}

/// A share in percent. It is `0 %` or `100 %` only where it is exactly that.
pub(crate) fn share(part: u64, whole: u64) -> String {
    if whole == 0 || part == 0 {
        return "0 %".to_owned();
    }
    // The percentage fits whatever the counts are, because it is computed with twice their bits.
    let percent = u128::from(part) * 100 / u128::from(whole);
    if percent == 0 { "less than 1 %".to_owned() } else { format!("{percent} %") }
}

/// What is broken, as a title.
pub(crate) fn title(cause: Cause) -> &'static str {
    match cause {
        Cause::Factory => "Pizza Factory Outage",
        Cause::Intake => "Orders Not Accepted",
        Cause::Worker => "Orders Not Worked On",
        Cause::Backlog => "Orders Waiting Too Long",
    }
}

/// What is broken, in a few words.
pub(crate) fn what_broke(cause: Cause) -> &'static str {
    match cause {
        Cause::Factory => "the factory makes no pizzas",
        Cause::Intake => "orders are not accepted",
        Cause::Worker => "nobody works on orders",
        Cause::Backlog => "orders wait too long",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_numbers_are_grouped() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(number), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(number(u64::MAX), "18,446,744,073,709,551,615");
        assert_eq!([counted(1, "order"), counted(0, "order")], ["1 order", "0 orders"]);
    }

    #[test]
    fn a_share_is_all_or_nothing_only_where_it_is() {
        let shares = [share(0, 9), share(1, 1_000), share(999, 1_000), share(9, 9), share(0, 0), share(3, 0)];
        assert_eq!(shares, ["0 %", "less than 1 %", "99 %", "100 %", "0 %", "0 %"]);
        assert_eq!(share(u64::MAX, u64::MAX), "100 %");
    }
}
