//! The kitchen's sign, under the head of every page: what a diner has to know, in one line.

use crate::{app::App, config::WhenClosed, fulfilment::KitchenState};

/// The kitchen's sign, under the head of every page.
pub struct Sign {
    /// `open`, `degraded` or `closed`.
    pub state: &'static str,
    /// In a word.
    pub word: &'static str,
    /// What it means for an order.
    pub meaning: &'static str,
}

impl Sign {
    /// The kitchen's state in a diner's words. Nobody's trouble is joked about.
    pub fn of(app: &App) -> Self {
        match app.kitchen.status().state {
            KitchenState::Open => {
                Self { state: "open", word: "Kitchen open", meaning: "Ovens hot, keys rotated." }
            }
            KitchenState::Degraded => Self {
                state: "degraded",
                word: "Kitchen slow",
                meaning: "Orders are safe, pizzas take longer.",
            },
            KitchenState::Closed if refuses(app) => Self {
                state: "closed",
                word: "Kitchen closed",
                meaning: "Your cart is kept; please come back later.",
            },
            KitchenState::Closed => Self {
                state: "closed",
                word: "Kitchen closed",
                meaning: "You can still order; nothing gets lost.",
            },
        }
    }
}

/// Whether a closed kitchen takes no orders.
pub fn refuses(app: &App) -> bool {
    app.config.orders.when_closed == WhenClosed::Refuse
}
