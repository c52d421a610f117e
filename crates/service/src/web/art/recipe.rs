//! What lies on which pizza.

use super::topping::Topping;

/// A kind of pizza.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recipe {
    /// Green and red, a garden.
    Veggie,
    /// What it says.
    Pepperoni,
    /// Tomato, mozzarella, basil.
    Margarita,
    /// Hardly anything.
    Crusty,
    /// Left in for long, with spots.
    CharredLeopard,
    /// Pineapple and ham. We do not judge.
    Hawaii,
    /// Mushrooms and onions.
    Forest,
    /// Chillies.
    Diavolo,
    /// Olives and capers.
    Harbour,
    /// Cheese on cheese.
    Cheese,
}

const ALL: [Recipe; 10] = [
    Recipe::Veggie,
    Recipe::Pepperoni,
    Recipe::Margarita,
    Recipe::Crusty,
    Recipe::CharredLeopard,
    Recipe::Hawaii,
    Recipe::Forest,
    Recipe::Diavolo,
    Recipe::Harbour,
    Recipe::Cheese,
];

/// What the historic menu's pictures showed, and what titles usually mean.
const KNOWN: [(&str, Recipe); 24] = [
    ("pizza1.png", Recipe::Veggie),
    ("pizza2.png", Recipe::Pepperoni),
    ("pizza3.png", Recipe::Margarita),
    ("pizza4.png", Recipe::Crusty),
    ("pizza5.png", Recipe::CharredLeopard),
    ("veg", Recipe::Veggie),
    ("garden", Recipe::Veggie),
    ("pepperoni", Recipe::Pepperoni),
    ("salami", Recipe::Pepperoni),
    ("marg", Recipe::Margarita),
    ("crust", Recipe::Crusty),
    ("student", Recipe::Crusty),
    ("char", Recipe::CharredLeopard),
    ("leopard", Recipe::CharredLeopard),
    ("hawaii", Recipe::Hawaii),
    ("pineapple", Recipe::Hawaii),
    ("mushroom", Recipe::Forest),
    ("funghi", Recipe::Forest),
    ("hot", Recipe::Diavolo),
    ("diavol", Recipe::Diavolo),
    ("olive", Recipe::Harbour),
    ("fish", Recipe::Harbour),
    ("cheese", Recipe::Cheese),
    ("formaggi", Recipe::Cheese),
];

impl Recipe {
    /// The kind of a pizza with this picture and title: as known, or else as its letters fall.
    pub fn of(image: &str, title: &str) -> Self {
        let title = title.to_lowercase();
        let by_title = KNOWN.iter().find(|(word, _)| title.contains(word));
        let by_image = || KNOWN.iter().find(|(word, _)| image.ends_with(word));
        let by_letters = || {
            let sum = title.bytes().fold(0_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
            ALL[sum % ALL.len()]
        };
        by_title.or_else(by_image).map_or_else(by_letters, |(_, recipe)| *recipe)
    }

    /// Its letter in a picture's name.
    pub fn letter(self) -> char {
        let place = ALL.iter().position(|recipe| *recipe == self).unwrap_or_default();
        char::from(b'a' + u8::try_from(place).unwrap_or_default())
    }

    /// The kind with this letter.
    pub fn of_letter(letter: char) -> Option<Self> {
        ALL.into_iter().find(|recipe| recipe.letter() == letter)
    }

    /// What lies on it, and how many on a whole pizza; what comes first lies below.
    pub fn toppings(self) -> &'static [(Topping, usize)] {
        use Topping as T;
        match self {
            Self::Veggie => &[(T::Mushroom, 5), (T::Tomato, 5), (T::Pepper, 6), (T::Olive, 9), (T::Basil, 5)],
            Self::Pepperoni => &[(T::Pepperoni, 15), (T::Chilli, 3)],
            Self::Margarita => &[(T::Mozzarella, 9), (T::Tomato, 4), (T::Basil, 7)],
            Self::Crusty => &[(T::Seed, 46)],
            Self::CharredLeopard => &[(T::Spot, 26), (T::Chilli, 5)],
            Self::Hawaii => &[(T::Ham, 8), (T::Pineapple, 10)],
            Self::Forest => &[(T::Mushroom, 11), (T::Onion, 6), (T::Basil, 3)],
            Self::Diavolo => &[(T::Pepperoni, 7), (T::Chilli, 11)],
            Self::Harbour => &[(T::Onion, 5), (T::Olive, 16), (T::Tomato, 4)],
            Self::Cheese => &[(T::Mozzarella, 14), (T::Seed, 14)],
        }
    }

    /// Crust, its edge, sauce and cheese.
    pub fn colours(self) -> [&'static str; 4] {
        match self {
            Self::CharredLeopard => ["#9a5a22", "#5c2f12", "#8f2413", "#e0a13c"],
            Self::Crusty => ["#e2aa5e", "#b9762f", "#d77b3a", "#f0c978"],
            Self::Cheese => ["#dba25a", "#b06d2b", "#d9912f", "#fbdc86"],
            Self::Diavolo => ["#d2924a", "#9c5a22", "#a31c0f", "#f0b24c"],
            _ => ["#dc9f55", "#ad6a29", "#c2351b", "#f7cd6b"],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_historic_menu_looks_like_itself() {
        for (image, title, recipe) in [
            ("pizza1.png", "Veggie", Recipe::Veggie),
            ("pizza5.png", "Charred Leopard", Recipe::CharredLeopard),
            ("pizza2.png", "Number two", Recipe::Pepperoni),
            ("", "Crusty", Recipe::Crusty),
        ] {
            assert_eq!(Recipe::of(image, title), recipe);
        }
    }

    #[test]
    fn every_kind_has_a_letter() {
        for recipe in ALL {
            assert_eq!(Recipe::of_letter(recipe.letter()), Some(recipe));
        }
        assert_eq!(Recipe::of_letter('z'), None);
    }
}
