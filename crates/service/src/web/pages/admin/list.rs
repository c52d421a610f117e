//! Lists that are filtered by name, and shown by the page.

use crate::api::extract::clamped;
use serde::Deserialize;

/// Rows a page.
pub const PER_PAGE: u32 = 20;
const MAX_PAGE: u32 = 1_000_000;

/// Which part of a list.
#[derive(Deserialize)]
pub struct Which {
    page: Option<String>,
    name: Option<String>,
}

impl Which {
    /// Counts from 1.
    pub fn page(&self) -> u32 {
        clamped(self.page.as_deref(), 1, 1..=MAX_PAGE)
    }

    /// What was typed.
    pub fn name(&self) -> &str {
        self.name.as_deref().map(str::trim).unwrap_or_default()
    }

    /// What to look for: a name with this in it, unless a star says otherwise.
    pub fn pattern(&self) -> String {
        match self.name() {
            "" => "*".to_owned(),
            name if name.contains('*') => name.to_owned(),
            name => format!("*{name}*"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Which;

    #[test]
    fn a_part_of_a_name_finds_it() {
        for (typed, pattern) in [
            (None, "*"),
            (Some(" "), "*"),
            (Some(" ada "), "*ada*"),
            (Some("ada*"), "ada*"),
            (Some("*"), "*"),
        ] {
            let which = Which { page: Some("0".to_owned()), name: typed.map(str::to_owned) };
            assert_eq!((which.pattern().as_str(), which.page()), (pattern, 1));
        }
    }
}
