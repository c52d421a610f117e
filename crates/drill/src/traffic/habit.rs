//! What diners do, and how often.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What somebody does in one visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Habit {
    /// Looks at the menu.
    Menu,
    /// Logs in.
    Login,
    /// Tries a password that is wrong.
    BadLogin,
    /// Looks at the franchises they run.
    Franchise,
    /// Looks at their earlier orders.
    History,
    /// Orders one to five pizzas.
    Order,
    /// Orders 21 pizzas, which is one too many.
    Feast,
}

impl Habit {
    /// All of them, as tables list them.
    pub const ALL: [Self; 7] =
        [Self::Menu, Self::Login, Self::BadLogin, Self::Franchise, Self::History, Self::Order, Self::Feast];

    /// How many of a hundred visits are of this kind.
    const fn share(self) -> u32 {
        match self {
            Self::Menu => 35,
            Self::Login => 8,
            Self::BadLogin => 3,
            Self::Franchise => 4,
            Self::History => 5,
            Self::Order => 44,
            Self::Feast => 1,
        }
    }

    /// Somebody's whim.
    pub(crate) fn any(random: &mut fastrand::Rng) -> Self {
        let mut roll = random.u32(0..100);
        for habit in Self::ALL {
            match roll.checked_sub(habit.share()) {
                Some(rest) => roll = rest,
                None => return habit,
            }
        }
        // Not reached while the shares are a hundred together, which a test sees to.
        Self::Menu
    }

    /// As tables and files spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Menu => "menu",
            Self::Login => "login",
            Self::BadLogin => "bad login",
            Self::Franchise => "franchise",
            Self::History => "history",
            Self::Order => "order",
            Self::Feast => "order of 21",
        }
    }

    /// Whether a service that is well answers so.
    pub(crate) fn expects(self, status: u16) -> bool {
        match self {
            Self::Menu | Self::Login | Self::Franchise | Self::History => status == 200,
            Self::Order => matches!(status, 200 | 202),
            Self::BadLogin | Self::Feast => (400..500).contains(&status),
        }
    }
}

impl fmt::Display for Habit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shares_are_a_hundred_together_and_every_habit_occurs() {
        assert_eq!(Habit::ALL.iter().map(|habit| habit.share()).sum::<u32>(), 100);
        let mut random = fastrand::Rng::with_seed(1);
        let visits: Vec<Habit> = (0..5_000).map(|_| Habit::any(&mut random)).collect();
        for habit in Habit::ALL {
            let found = visits.iter().filter(|visit| **visit == habit).count();
            assert!(found > 0, "{habit} never occurs");
        }
    }
}
