//! Pictures of pizzas, drawn by rule: each kind has its toppings, and each pizza of a kind is its own, because a
//! number, taken from its JWT's signature, decides where every olive lies.

mod dice;
mod pizza;
mod recipe;
mod topping;

use super::assets::{gzip, immutable};
use crate::edge::Problem;
use axum::{extract::Path, http::HeaderMap, response::Response};
use domain::MenuItem;
use recipe::Recipe;
use sha2::{Digest, Sha256};

/// A change of how pizzas are drawn is a change of this: browsers keep pictures for ever.
const STYLE: &str = "1";
/// A pizza is cut into so many slices, so it has no more kinds than that.
const SLICES: usize = 8;

/// Where the picture of a pizza on the menu is.
pub fn of_menu_item(item: &MenuItem) -> String {
    of_titled(&item.image, &item.title)
}

/// Where the picture of a pizza is that may come to the menu.
pub fn of_titled(image: &str, title: &str) -> String {
    path(&[Recipe::of(image, title)], title)
}

/// Where the picture of an order's pizza is: its own, drawn from its JWT.
pub fn of_pizza<'a>(jwt: &str, titles: impl Iterator<Item = &'a str>) -> String {
    let mut recipes: Vec<_> = titles.take(SLICES).map(|title| Recipe::of("", title)).collect();
    if recipes.is_empty() {
        recipes.push(Recipe::Margarita);
    }
    path(&recipes, jwt.rsplit('.').next().unwrap_or_default())
}

fn path(recipes: &[Recipe], seed: &str) -> String {
    let letters: String = recipes.iter().map(|recipe| recipe.letter()).collect();
    let seed: String = Sha256::digest(seed).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("/art/pizza{STYLE}-{letters}-{seed}.svg")
}

/// One picture, by what its name says of it.
pub async fn serve(Path(file): Path<String>, headers: HeaderMap) -> Result<Response, Problem> {
    let picture = drawn(&file).ok_or_else(|| Problem::not_found("unknown endpoint"))?;
    let gzipped = gzip(picture.as_bytes());
    Ok(immutable("image/svg+xml", &headers, picture.into(), gzipped))
}

fn drawn(file: &str) -> Option<String> {
    let name = file.strip_prefix("pizza")?.strip_suffix(".svg")?;
    let mut parts = name.split('-');
    let (style, letters, seed) = (parts.next()?, parts.next()?, parts.next()?);
    let known = style == STYLE
        && (1..=SLICES).contains(&letters.len())
        && seed.len() == 16
        && seed.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !known || parts.next().is_some() {
        return None;
    }
    let recipes: Option<Vec<_>> = letters.chars().map(Recipe::of_letter).collect();
    Some(pizza::draw(&recipes?, u64::from_str_radix(seed, 16).ok()?))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn picture(jwt: &str, titles: &[&str]) -> String {
        drawn(of_pizza(jwt, titles.iter().copied()).strip_prefix("/art/").unwrap()).unwrap()
    }

    #[test]
    fn each_jwt_has_a_picture_of_its_own_and_keeps_it() {
        assert_eq!(picture("a.b.c", &["Veggie"]), picture("a.b.c", &["Veggie"]));
        assert_ne!(picture("a.b.c", &["Veggie"]), picture("a.b.d", &["Veggie"]));
        assert_ne!(picture("a.b.c", &["Veggie"]), picture("a.b.c", &["Pepperoni"]));
    }

    #[test]
    fn a_picture_is_small_and_has_nothing_that_a_policy_would_refuse() {
        for titles in [vec!["Veggie"], vec!["Veggie"; 20], vec!["Charred Leopard", "Crusty", "Hawaii"]] {
            let picture = picture("header.payload.signature", &titles);
            assert!(picture.len() < 40_000, "{} bytes", picture.len());
            assert!(gzip(picture.as_bytes()).unwrap().len() < 12_000);
            assert!(!picture.contains("style=") && !picture.contains("<script") && !picture.contains("href"));
        }
    }

    #[test]
    fn what_is_no_picture_s_name_is_none() {
        for file in [
            "",
            "pizza.svg",
            "pizza1-a-0011223344556677.png",
            "pizza1--0011223344556677.svg",
            "pizza1-aaaaaaaaa-0011223344556677.svg",
            "pizza0-a-0011223344556677.svg",
            "pizza1-z-0011223344556677.svg",
            "pizza1-a-00112233445566zz.svg",
            "pizza1-a-+011223344556677.svg",
            "pizza1-a-0011223344556677-x.svg",
        ] {
            assert!(drawn(file).is_none(), "{file}");
        }
    }
}
