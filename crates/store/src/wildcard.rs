//! Names with `*` for anything. Not SQL's LIKE: that stops at a NUL, has two more wildcards to escape, and
//! takes exponential time for a pattern made to hurt.

/// Whether the whole of `name` matches `pattern`, without regard to ASCII case.
/// Takes at most `pattern.len() * name.len()` steps.
pub(crate) fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.as_bytes(), name.as_bytes());
    let (mut p, mut n) = (0, 0);
    // Where the last `*` is, and up to where it has swallowed the name.
    let mut star = None;
    while n < name.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(byte) if byte.eq_ignore_ascii_case(&name[n]) => {
                p += 1;
                n += 1;
            }
            _ => match star {
                Some((at, swallowed)) => {
                    star = Some((at, swallowed + 1));
                    p = at + 1;
                    n = swallowed + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|&byte| byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_stands_for_anything_and_nothing_else_does() {
        for (pattern, name) in [
            ("*", ""),
            ("*", "pizzaPocket"),
            ("pizza*", "pizzaPocket"),
            ("*Pocket", "pizzaPocket"),
            ("*a*o*", "pizzaPocket"),
            ("PIZZApocket", "pizzaPocket"),
            ("**", "x"),
            ("100%_\\", "100%_\\"),
            ("a\0b*", "a\0bc"),
            ("*名*", "常用名字"),
            ("*ab", "aab"),
        ] {
            assert!(matches(pattern, name), "{pattern:?} {name:?}");
        }
        for (pattern, name) in [
            ("", "x"),
            ("x", ""),
            ("pizza", "pizzaPocket"),
            ("%", "pizzaPocket"),
            ("pizza_ocket", "pizzaPocket"),
            ("a\0b", "a\0c"),
            ("a", "a\0"),
            ("*ab", "aba"),
            ("Ü", "ü"),
        ] {
            assert!(!matches(pattern, name), "{pattern:?} {name:?}");
        }
    }

    #[test]
    fn a_pattern_made_to_hurt_is_answered_all_the_same() {
        assert!(!matches(&format!("{}b", "*a".repeat(1000)), &"a".repeat(10_000)));
    }
}
