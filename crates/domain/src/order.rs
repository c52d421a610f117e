//! What a diner asks for, priced from the menu.

use crate::{Bitcoin, Menu, MenuId};
use serde::{Deserialize, Serialize};

/// The most items in one order: the factory holds a larger one for 32 s and then fails it.
pub const MAX_ITEMS: usize = 20;

/// One pizza of an order, with the title and price it had on the menu when it was ordered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderItem {
    /// Which pizza.
    pub menu_id: MenuId,
    /// Its title.
    pub description: String,
    /// Its price.
    pub price: Bitcoin,
}

/// Why an order cannot be priced. The texts are what the diner reads.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PricingError {
    /// Nothing ordered.
    #[error("an order needs at least 1 item")]
    Empty,
    /// More than [`MAX_ITEMS`].
    #[error("an order can have at most {MAX_ITEMS} items, this one has {0}")]
    TooMany(usize),
    /// Something that is not on the menu.
    #[error("menu item {0} does not exist")]
    NotOnTheMenu(MenuId),
}

/// Prices an order from the menu, whatever price or title the client had in mind.
pub fn price_items(menu: &Menu, wanted: &[MenuId]) -> Result<Vec<OrderItem>, PricingError> {
    match wanted.len() {
        0 => return Err(PricingError::Empty),
        n if n > MAX_ITEMS => return Err(PricingError::TooMany(n)),
        _ => {}
    }
    let price = |&menu_id: &MenuId| {
        let item = menu.item(menu_id).ok_or(PricingError::NotOnTheMenu(menu_id))?;
        Ok(OrderItem { menu_id, description: item.title.clone(), price: item.price })
    };
    wanted.iter().map(price).collect()
}

/// A client's name for one order, so that a repeated request stays one order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey(String);

/// The key is empty, too long, or not printable ASCII.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Idempotency-Key must be 1 to 255 printable ASCII characters")]
pub struct IdempotencyKeyError;

impl IdempotencyKey {
    /// Checks a client's key: 1 to 255 printable ASCII characters.
    pub fn parse(key: &str) -> Result<Self, IdempotencyKeyError> {
        let printable = key.bytes().all(|b| (b' '..=b'~').contains(&b));
        match key.len() {
            1..=255 if printable => Ok(Self(key.to_owned())),
            _ => Err(IdempotencyKeyError),
        }
    }

    /// The key.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MenuItem;

    fn menu() -> Menu {
        Menu(vec![MenuItem {
            id: MenuId(1),
            title: "Veggie".into(),
            image: "pizza1.png".into(),
            price: Bitcoin::from_satoshi(380_000),
            description: "A garden of delight".into(),
        }])
    }

    #[test]
    fn title_and_price_come_from_the_menu() {
        let items = price_items(&menu(), &[MenuId(1), MenuId(1)]).expect("on the menu");
        assert_eq!(items.len(), 2);
        assert_eq!(items[0].description, "Veggie");
        assert_eq!(items[0].price.to_string(), "0.0038");
    }

    #[test]
    fn an_order_has_1_to_20_items_of_the_menu() {
        let order = |n: usize| price_items(&menu(), &vec![MenuId(1); n]);
        assert_eq!(order(0), Err(PricingError::Empty));
        assert!(order(20).is_ok());
        assert_eq!(order(21), Err(PricingError::TooMany(21)));
        assert_eq!(price_items(&menu(), &[MenuId(2)]), Err(PricingError::NotOnTheMenu(MenuId(2))));
    }

    #[test]
    fn an_idempotency_key_is_short_and_printable() {
        assert_eq!(IdempotencyKey::parse("a b~").expect("printable").as_str(), "a b~");
        assert!(IdempotencyKey::parse(&"k".repeat(255)).is_ok());
        for bad in ["", "tab\t", "ü", &"k".repeat(256)] {
            assert_eq!(IdempotencyKey::parse(bad), Err(IdempotencyKeyError), "{bad:?}");
        }
    }
}
