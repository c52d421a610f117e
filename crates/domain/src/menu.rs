//! The menu: the only authority on titles and prices.

use crate::{Bitcoin, MenuId};
use serde::{Deserialize, Serialize};

/// One pizza that can be ordered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MenuItem {
    /// Its identity.
    pub id: MenuId,
    /// What it is called.
    pub title: String,
    /// A picture: a file name or URL.
    pub image: String,
    /// What one costs.
    pub price: Bitcoin,
    /// What it is like.
    pub description: String,
}

/// A menu item that has no identity yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMenuItem {
    /// What it is called.
    pub title: String,
    /// A picture: a file name or URL.
    pub image: String,
    /// What one costs.
    pub price: Bitcoin,
    /// What it is like.
    pub description: String,
}

/// All that can be ordered, in menu order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Menu(pub Vec<MenuItem>);

impl Menu {
    /// The item with this id, if it is on the menu.
    pub fn item(&self, id: MenuId) -> Option<&MenuItem> {
        self.0.iter().find(|item| item.id == id)
    }
}
