//! The cart: what a visitor has chosen, kept in their own browser. Prices are never in it: the menu has them.

use domain::{Bitcoin, FranchiseId, MAX_ITEMS, Menu, MenuId, MenuItem, StoreId};
use std::fmt;

/// What a visitor has chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cart {
    pizzas: Vec<(MenuId, usize)>,
    /// Where they ordered last.
    pub store: Option<(FranchiseId, StoreId)>,
}

/// So many of one pizza.
pub struct Line<'a> {
    /// Which.
    pub item: &'a MenuItem,
    /// How many.
    pub count: usize,
}

impl Cart {
    /// As [`Display`](fmt::Display) writes it. What cannot be read is left out.
    pub fn read(text: &str) -> Self {
        let (pizzas, store) = text.split_once(';').unwrap_or((text, ""));
        let mut cart = Self::default();
        for (id, count) in pizzas.split(',').filter_map(|pizza| pizza.split_once('x')) {
            if let (Ok(id), Ok(count)) = (id.parse(), count.parse()) {
                cart.set(MenuId(id), count);
            }
        }
        cart.store = Self::read_store(store);
        cart
    }

    /// `franchise/store`, as forms and cookies have it.
    pub fn read_store(text: &str) -> Option<(FranchiseId, StoreId)> {
        let (franchise, store) = text.split_once('/')?;
        Some((FranchiseId(franchise.parse().ok()?), StoreId(store.parse().ok()?)))
    }

    /// How many pizzas.
    pub fn count(&self) -> usize {
        self.pizzas.iter().map(|(_, count)| count).sum()
    }

    /// How many of this one.
    pub fn count_of(&self, pizza: MenuId) -> usize {
        self.pizzas.iter().find(|(id, _)| *id == pizza).map_or(0, |(_, count)| *count)
    }

    /// Whether no more fit into one order.
    pub fn is_full(&self) -> bool {
        self.count() >= MAX_ITEMS
    }

    /// So many of this pizza, or as many as fit.
    pub fn set(&mut self, pizza: MenuId, count: usize) {
        let others = self.count() - self.count_of(pizza);
        let count = count.min(MAX_ITEMS.saturating_sub(others));
        match self.pizzas.iter_mut().find(|(id, _)| *id == pizza) {
            Some(line) => line.1 = count,
            None => self.pizzas.push((pizza, count)),
        }
        self.pizzas.retain(|(_, count)| *count > 0);
    }

    /// Nothing any more, but the store is remembered.
    pub fn empty(&mut self) {
        self.pizzas.clear();
    }

    /// What of it is on the menu.
    pub fn lines<'a>(&self, menu: &'a Menu) -> Vec<Line<'a>> {
        let line = |(id, count): &(MenuId, usize)| Some(Line { item: menu.item(*id)?, count: *count });
        self.pizzas.iter().filter_map(line).collect()
    }

    /// Every pizza by itself, as an order has them.
    pub fn pizzas(&self, menu: &Menu) -> Vec<MenuId> {
        let lines = self.lines(menu);
        lines.iter().flat_map(|line| std::iter::repeat_n(line.item.id, line.count)).collect()
    }
}

impl Line<'_> {
    /// What all of them cost.
    pub fn price(&self) -> Bitcoin {
        std::iter::repeat_n(self.item.price, self.count).sum()
    }
}

/// What all lines cost.
pub fn total(lines: &[Line<'_>]) -> Bitcoin {
    lines.iter().map(Line::price).sum()
}

impl fmt::Display for Cart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, (id, count)) in self.pizzas.iter().enumerate() {
            let comma = if number > 0 { "," } else { "" };
            write!(f, "{comma}{id}x{count}")?;
        }
        match self.store {
            Some((franchise, store)) => write!(f, ";{franchise}/{store}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cart_is_read_as_it_was_written() {
        for text in ["", "1x2", "1x2,3x1", "1x2,3x1;1/4", ";1/4"] {
            assert_eq!(Cart::read(text).to_string(), text);
        }
        assert_eq!(Cart::read("1x2,nonsense,x,3x-1,9x0;no").to_string(), "1x2");
    }

    #[test]
    fn no_more_than_one_order_holds_fits_into_it() {
        let mut cart = Cart::read("1x15");
        cart.set(MenuId(2), 9);
        assert_eq!(cart.to_string(), "1x15,2x5");
        assert!(cart.is_full());
        cart.set(MenuId(1), 0);
        assert_eq!(cart.to_string(), "2x5");
        assert_eq!(Cart::read("1x18446744073709551615,2x18446744073709551615").count(), MAX_ITEMS);
    }

    #[test]
    fn what_left_the_menu_left_the_cart() {
        let cart = Cart::read("1x2");
        assert!(cart.lines(&Menu::default()).is_empty() && cart.pizzas(&Menu::default()).is_empty());
    }
}
