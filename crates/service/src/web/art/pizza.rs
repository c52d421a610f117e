//! Draws a whole pizza: dough, sauce, cheese, and toppings where the dice put them.

use super::{SLICES, dice::Dice, recipe::Recipe, topping::Topping};
use std::{
    f64::consts::{PI, TAU},
    fmt::Write,
};

/// From the middle to the crust's outer edge, and to the cheese's; the picture is 400 wide.
const CRUST: f64 = 186.0;
const CHEESE: f64 = 152.0;
/// How often to look for a free place before a topping is left out.
const TRIES: usize = 40;

/// A pizza of these kinds, one slice after the other.
pub fn draw(recipes: &[Recipe], seed: u64) -> String {
    let mut dice = Dice::new(seed);
    let kind = recipes.first().copied().unwrap_or(Recipe::Margarita);
    let [crust, edge, sauce, cheese] = kind.colours();
    let mut svg = String::with_capacity(16_000);
    let dough = blob(&mut dice, CRUST, 2.8, 24);
    let inner = blob(&mut dice, CHEESE + 8.0, 2.5, 20);
    let top = blob(&mut dice, CHEESE, 4.5, 26);
    // Writing into a text cannot fail.
    let _ = write!(
        svg,
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400"><ellipse cx="200" cy="212" rx="184" ry="180" opacity=".16"/><g transform="translate(200 200)"><path d="{dough}" fill="{edge}"/><path d="{dough}" fill="{crust}" transform="translate(-1.5 -3) scale(.975)"/>"##
    );
    bubbles(&mut svg, &mut dice, kind);
    let _ = write!(
        svg,
        r##"<path d="{inner}" fill="{sauce}"/><path d="{top}" fill="{cheese}"/><g fill="#fff" opacity=".17">"##
    );
    for _ in 0..9 {
        let (x, y) = place(&mut dice, CHEESE - 25.0);
        let (wide, turn) = (dice.between(12.0, 30.0), dice.between(0.0, 180.0));
        let high = wide * dice.between(0.45, 0.7);
        let _ = write!(
            svg,
            r#"<ellipse rx="{wide:.0}" ry="{high:.0}" transform="translate({x:.0} {y:.0})rotate({turn:.0})"/>"#
        );
    }
    svg.push_str("</g>");
    for laid in lay(recipes, &mut dice) {
        svg.push_str(&laid);
    }
    cuts(&mut svg, &mut dice);
    svg.push_str("</g></svg>");
    svg
}

/// A circle that was formed by hand.
fn blob(dice: &mut Dice, radius: f64, wobble: f64, corners: u32) -> String {
    let at = |step: u32, radius: f64| {
        let angle = TAU * f64::from(step) / f64::from(corners);
        (radius * angle.cos(), radius * angle.sin())
    };
    let points: Vec<_> = (0..corners).map(|step| at(step, radius + dice.between(-wobble, wobble))).collect();
    let middle = |one: (f64, f64), two: (f64, f64)| ((one.0 + two.0) / 2.0, (one.1 + two.1) / 2.0);
    let following = points.iter().cycle().skip(1);
    let mut path = String::new();
    for (number, (&point, &next)) in points.iter().zip(following).enumerate() {
        let (x, y) = middle(point, next);
        let _ = match number {
            0 => write!(path, "M{x:.1} {y:.1}"),
            _ => write!(path, "Q{:.1} {:.1} {x:.1} {y:.1}", point.0, point.1),
        };
    }
    if let (Some(&first), Some(&second)) = (points.first(), points.get(1)) {
        let (x, y) = middle(first, second);
        let _ = write!(path, "Q{:.1} {:.1} {x:.1} {y:.1}Z", first.0, first.1);
    }
    path
}

/// Where the crust rose, and where the oven kissed it.
fn bubbles(svg: &mut String, dice: &mut Dice, kind: Recipe) {
    let charred = if kind == Recipe::CharredLeopard { 34 } else { 9 };
    for number in 0..charred + 12 {
        let angle = dice.between(0.0, TAU);
        let from_middle = dice.between(CHEESE + 13.0, CRUST - 11.0);
        let (x, y) = (from_middle * angle.cos(), from_middle * angle.sin());
        let (wide, high) = (dice.between(4.0, 12.0), dice.between(2.5, 6.0));
        let turn = angle * 180.0 / PI + 90.0;
        let (colour, strength) = if number < charred { ("#4a220c", 0.42) } else { ("#fff1cf", 0.35) };
        let _ = write!(
            svg,
            r#"<ellipse rx="{wide:.0}" ry="{high:.0}" fill="{colour}" opacity="{strength}" transform="translate({x:.0} {y:.0})rotate({turn:.0})"/>"#
        );
    }
}

/// Every topping in a place of its own, on the slices whose kind has it.
fn lay(recipes: &[Recipe], dice: &mut Dice) -> Vec<String> {
    let mut laid = Vec::new();
    let mut taken: Vec<(f64, f64, f64)> = Vec::new();
    let mut kinds: Vec<Recipe> = Vec::new();
    recipes.iter().for_each(|recipe| {
        if !kinds.contains(recipe) {
            kinds.push(*recipe)
        }
    });
    for kind in kinds {
        for &(topping, count) in kind.toppings() {
            let share = (0..SLICES).filter(|slice| recipes[slice % recipes.len()] == kind).count();
            let mut left = (count * share).div_ceil(SLICES);
            for _ in 0..left * TRIES {
                let (x, y) = place(dice, CHEESE - topping.radius() * 0.85);
                let own = recipes[slice_at(x, y) % recipes.len()] == kind;
                let room = topping.radius() * 0.92;
                let free = taken.iter().all(|(a, b, r)| (a - x).hypot(b - y) > r + room);
                if own && free {
                    laid.push(one(topping, x, y, dice));
                    taken.push((x, y, room));
                    left -= 1;
                }
                if left == 0 {
                    break;
                }
            }
        }
    }
    laid
}

fn one(topping: Topping, x: f64, y: f64, dice: &mut Dice) -> String {
    let (turn, size) = (dice.between(0.0, 360.0), topping.size(dice));
    let shadow = topping.radius() * size;
    let dark = if topping == Topping::Seed {
        String::new()
    } else {
        format!(r#"<circle cx="{:.0}" cy="{:.0}" r="{:.0}" opacity=".13"/>"#, x + 1.5, y + 3.0, shadow * 0.92)
    };
    format!(
        r#"{dark}<g transform="translate({x:.0} {y:.0})rotate({turn:.0})scale({size:.2})">{}</g>"#,
        topping.shape()
    )
}

/// A place on the cheese, as likely at the rim as in the middle.
fn place(dice: &mut Dice, radius: f64) -> (f64, f64) {
    let (angle, from_middle) = (dice.between(0.0, TAU), radius * dice.between(0.0, 1.0).sqrt());
    (from_middle * angle.cos(), from_middle * angle.sin())
}

/// Which slice a place is on.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 8 after the remainder")]
fn slice_at(x: f64, y: f64) -> usize {
    let turns = y.atan2(x).rem_euclid(TAU) / TAU;
    ((turns * 8.0) as usize).min(SLICES - 1)
}

/// Four strokes of the knife.
fn cuts(svg: &mut String, dice: &mut Dice) {
    svg.push_str(r##"<g stroke="#7a3d12" stroke-width="2.2" stroke-linecap="round" opacity=".33">"##);
    for stroke in 0..4 {
        let angle = PI * f64::from(stroke) / 4.0 + dice.between(-0.015, 0.015);
        let (x, y) = ((CRUST - 8.0) * angle.cos(), (CRUST - 8.0) * angle.sin());
        let _ = write!(svg, r#"<path d="M{:.0} {:.0}L{x:.0} {y:.0}"/>"#, -x, -y);
    }
    svg.push_str("</g>");
}
