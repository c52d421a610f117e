//! Toppings, each drawn around its own middle, and turned by whoever lays it.

use super::dice::Dice;

/// Something to lie on a pizza.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topping {
    /// A slice of sausage.
    Pepperoni,
    /// A slice of mushroom.
    Mushroom,
    /// A ring of olive.
    Olive,
    /// A ring of green pepper.
    Pepper,
    /// Half a small tomato.
    Tomato,
    /// A leaf.
    Basil,
    /// A melting piece of cheese.
    Mozzarella,
    /// A piece of pineapple.
    Pineapple,
    /// A piece of ham.
    Ham,
    /// A ring of red onion.
    Onion,
    /// A slice of chilli.
    Chilli,
    /// A grain.
    Seed,
    /// A leopard's spot.
    Spot,
}

impl Topping {
    /// How much room it takes: its radius, in a picture of 400.
    pub fn radius(self) -> f64 {
        match self {
            Self::Pepperoni => 20.0,
            Self::Mushroom | Self::Tomato | Self::Pepper | Self::Ham => 17.0,
            Self::Mozzarella => 19.0,
            Self::Basil | Self::Pineapple | Self::Onion => 15.0,
            Self::Chilli => 12.0,
            Self::Spot => 9.0,
            Self::Olive => 8.5,
            Self::Seed => 3.0,
        }
    }

    /// Draws it: the piece that every one of its kind is, which [`lay`](super::pizza) puts in place.
    pub fn shape(self) -> &'static str {
        match self {
            Self::Pepperoni => concat!(
                r##"<circle r="20" fill="#8e1f14"/><circle r="17.5" fill="#c23a22"/><path d="M-13-9A16 16 0 0 1 9-13" fill="none" stroke="#e8694a" stroke-width="3" stroke-linecap="round"/>"##,
                r##"<g fill="#8e1f14" opacity=".65"><circle cx="-6" cy="4" r="2.4"/><circle cx="6" cy="-2" r="2"/><circle cx="3" cy="9" r="2.6"/><circle cx="-4" cy="-6" r="1.6"/><circle cx="10" cy="6" r="1.5"/></g>"##
            ),
            Self::Mushroom => {
                r##"<path d="M-17 2C-17-11-8-16 0-16S17-11 17 2C17 7 9 7 6 4L5 13C5 17-5 17-5 13L-6 4C-9 7-17 7-17 2Z" fill="#b48a5e"/><path d="M-13 1C-13-8-6-12 0-12S13-8 13 1C13 3 6 3 3 0L2 12C1 14-1 14-2 12L-3 0C-6 3-13 3-13 1Z" fill="#f1dfc3"/><path d="M-8-2C-6-6 6-6 8-2" fill="none" stroke="#b48a5e" stroke-width="1.6"/>"##
            }
            Self::Olive => {
                r##"<circle r="6" fill="none" stroke="#2c2a35" stroke-width="5"/><path d="M-5-4A6 6 0 0 1 1-6.5" fill="none" stroke="#77728c" stroke-width="1.8" stroke-linecap="round"/>"##
            }
            Self::Pepper => {
                r##"<path d="M0-14C6-17 11-13 11-9 16-8 17 0 13 4 14 10 7 15 2 12-3 16-12 13-11 6-17 3-16-6-11-7-11-13-5-17 0-14Z" fill="none" stroke="#2f7d32" stroke-width="4.5" stroke-linejoin="round"/><path d="M-9-9C-7-12-3-13-1-11" fill="none" stroke="#8bcb6e" stroke-width="2" stroke-linecap="round"/>"##
            }
            Self::Tomato => {
                r##"<circle r="16" fill="#b3230f"/><circle r="13" fill="#e5492b"/><g fill="#f79a6b"><ellipse cx="-5" cy="-5" rx="4.2" ry="3.2"/><ellipse cx="6" cy="-3" rx="3.4" ry="4.2"/><ellipse cx="0" cy="7" rx="4.6" ry="3.2"/></g><g fill="#ffe3a8"><circle cx="-5" cy="-5" r="1.2"/><circle cx="6" cy="-4" r="1.2"/><circle cx="1" cy="7" r="1.2"/></g>"##
            }
            Self::Basil => {
                r##"<path d="M-16 0C-9-12 8-11 16 0 8 10-9 11-16 0Z" fill="#2c7a3f"/><path d="M-14 0C-8-7 4-8 13-1" fill="#4aa35a"/><path d="M-16 0H13M-6 0-1-5M-6 0-1 5M2 0 6-4M2 0 6 4" fill="none" stroke="#1d5a2c" stroke-width="1.3" stroke-linecap="round"/>"##
            }
            Self::Mozzarella => {
                r##"<path d="M-18-3C-16-15-4-17 5-15S20-6 18 4 8 18-3 16-20 8-18-3Z" fill="#fff3d6" opacity=".95"/><path d="M-12-4C-9-11-1-12 5-10" fill="none" stroke="#fff" stroke-width="3.5" stroke-linecap="round"/><path d="M10 8C7 12 1 13-4 12" fill="none" stroke="#eccf93" stroke-width="3" stroke-linecap="round"/>"##
            }
            Self::Pineapple => {
                r##"<path d="M-14 8-8-12Q0-17 8-12L14 8Q0 14-14 8Z" fill="#f4b81f"/><path d="M-10 6-6-10Q0-13 6-10L10 6Q0 10-10 6Z" fill="#ffd958"/><path d="M-3-10-5 7M3-10 5 7" stroke="#f4b81f" stroke-width="2"/>"##
            }
            Self::Ham => {
                r##"<path d="M-16-6Q-8-15 4-13T17-1 8 13-9 13-16-6Z" fill="#d77f7c"/><path d="M-12-5Q-6-11 3-10T13-1 6 9-6 9-12-5Z" fill="#f2a9a2"/><path d="M-6-3Q1-6 6 0" fill="none" stroke="#fbd3cc" stroke-width="3" stroke-linecap="round"/>"##
            }
            Self::Onion => {
                r##"<g fill="none"><circle r="13.5" stroke="#8a3a74" stroke-width="3"/><circle r="9" stroke="#d9a3c8" stroke-width="2.6"/><circle r="4.8" stroke="#8a3a74" stroke-width="1.6" opacity=".7"/></g>"##
            }
            Self::Chilli => {
                r##"<circle r="9" fill="#a8140c"/><circle r="6" fill="#f4dfb0"/><g fill="#e8a23a"><circle cx="-2" cy="-2" r="1.4"/><circle cx="2.4" cy="0" r="1.4"/><circle cx="-1" cy="3" r="1.4"/></g>"##
            }
            Self::Seed => r##"<ellipse rx="3.4" ry="1.8" fill="#fff0cc"/>"##,
            Self::Spot => {
                r##"<path d="M-8-1C-8-8 3-10 8-5S8 8 1 8-8 6-8-1Z" fill="#3a1a0a" opacity=".85"/><path d="M-3 0C-3-3 2-4 4-1S2 4-1 3-3 2-3 0Z" fill="#a5651f"/>"##
            }
        }
    }

    /// How large this one is, beside the usual.
    pub fn size(self, dice: &mut Dice) -> f64 {
        if self == Self::Spot { dice.between(0.5, 1.25) } else { dice.between(0.86, 1.1) }
    }
}
