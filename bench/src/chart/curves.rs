//! What is measured again and again with more of something (`<what>, <how many> <of it>`): a curve each, both axes
//! logarithmic, so that what grows with the data rises by a decade for a decade and what does not is flat.

use super::{COLOURS, INK, Picture};
use crate::row::Row;

const WIDTH: f64 = 900.0;
const HEIGHT: f64 = 520.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 640.0;
const TOP: f64 = 20.0;
const BOTTOM: f64 = 470.0;

struct Curve<'a> {
    name: &'a str,
    points: Vec<(f64, f64)>,
}

pub(super) fn draw(rows: &[&Row]) -> Picture {
    let curves = curves(rows);
    let (x, y) = axes(&curves);
    let mut picture = Picture::new(WIDTH, HEIGHT);
    for (decade, label) in x.decades() {
        picture.line((x.at(decade), TOP), (x.at(decade), BOTTOM), "#ddd", 1.0);
        picture.text((x.at(decade), BOTTOM + 18.0), "middle", &label);
    }
    for (decade, label) in y.decades() {
        picture.line((LEFT, y.at(decade)), (RIGHT, y.at(decade)), "#ddd", 1.0);
        picture.text((LEFT - 8.0, y.at(decade) + 4.0), "end", &label);
    }
    picture.line((LEFT, BOTTOM), (RIGHT, BOTTOM), INK, 1.0);
    picture.line((LEFT, TOP), (LEFT, BOTTOM), INK, 1.0);
    picture.text(((LEFT + RIGHT) / 2.0, HEIGHT - 14.0), "middle", "orders");
    picture.text((LEFT, TOP - 6.0), "middle", rows.first().map_or("", |row| row.ours.unit));
    let mut labels = Vec::new();
    for (number, curve) in curves.iter().enumerate() {
        let colour = COLOURS[number % COLOURS.len()];
        let place = |&(amount, figure): &(f64, f64)| (x.at(amount), y.at(figure));
        for pair in curve.points.windows(2) {
            picture.line(place(&pair[0]), place(&pair[1]), colour, 2.0);
        }
        curve.points.iter().for_each(|point| picture.dot(place(point), colour));
        labels.extend(curve.points.last().map(|last| (place(last).1, colour, curve.name)));
    }
    label(&mut picture, labels);
    picture
}

/// At the end of each curve its name, where no other name is.
fn label(picture: &mut Picture, mut labels: Vec<(f64, &str, &str)>) {
    labels.sort_by(|one, other| one.0.total_cmp(&other.0));
    let mut free = TOP;
    for (y, colour, name) in labels {
        let at = y.max(free);
        free = at + 16.0;
        picture.line((RIGHT + 2.0, y), (RIGHT + 22.0, at), colour, 1.0);
        picture.text((RIGHT + 26.0, at + 4.0), "start", name);
    }
}

fn curves<'a>(rows: &[&'a Row]) -> Vec<Curve<'a>> {
    let mut curves: Vec<Curve<'a>> = Vec::new();
    for row in rows {
        let Some((name, amount)) = row.what.rsplit_once(", ") else { continue };
        let amount = amount.split(' ').next().and_then(|amount| amount.parse().ok());
        let Some(amount) = amount else { continue };
        let point = (amount, row.ours.median());
        match curves.iter_mut().find(|curve| curve.name == name) {
            Some(curve) => curve.points.push(point),
            None => curves.push(Curve { name, points: vec![point] }),
        }
    }
    curves
}

/// Whole decades, of which each takes as much room.
struct Axis {
    first: i32,
    last: i32,
    begin: f64,
    end: f64,
}

impl Axis {
    fn around(figures: impl Iterator<Item = f64>, begin: f64, end: f64) -> Self {
        let exponents = figures.filter(|figure| *figure > 0.0).map(f64::log10);
        let (least, most) =
            exponents.fold((f64::MAX, f64::MIN), |(least, most), x| (least.min(x), most.max(x)));
        if least > most {
            return Self { first: 0, last: 1, begin, end };
        }
        let first = least.floor() as i32;
        Self { first, last: (most.ceil() as i32).max(first + 1), begin, end }
    }

    fn at(&self, figure: f64) -> f64 {
        let share = (figure.log10() - f64::from(self.first)) / f64::from(self.last - self.first);
        self.begin + share * (self.end - self.begin)
    }

    fn decades(&self) -> Vec<(f64, String)> {
        let label = |figure: f64| match figure {
            million if million >= 1e6 => format!("{} million", million / 1e6),
            thousand if thousand >= 1e3 => format!("{} 000", thousand / 1e3),
            few => few.to_string(),
        };
        (self.first..=self.last).map(|exponent| 10_f64.powi(exponent)).map(|x| (x, label(x))).collect()
    }
}

fn axes(curves: &[Curve<'_>]) -> (Axis, Axis) {
    let points = || curves.iter().flat_map(|curve| &curve.points);
    (
        Axis::around(points().map(|point| point.0), LEFT, RIGHT),
        Axis::around(points().map(|point| point.1), BOTTOM, TOP),
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::row::{Series, Threshold};

    #[test]
    fn rows_of_one_name_are_one_curve() {
        let row = |what: &str, figure| Row {
            bar: "scale",
            what: what.to_owned(),
            ours: Series::new("µs", [figure]),
            other: None,
            threshold: Threshold::Anything,
        };
        let rows = [
            row("claim, 1000 orders", 5.0),
            row("start, 1000 orders", 9.0),
            row("claim, 1000000 orders", 6.0),
        ];
        let rows: Vec<_> = rows.iter().collect();
        let found = curves(&rows);
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].points, [(1e3, 5.0), (1e6, 6.0)]);
        assert!(draw(&rows).finish().contains(">1 million<"));
    }

    #[test]
    fn an_axis_goes_from_decade_to_decade() {
        let axis = Axis::around([20.0, 400.0].into_iter(), 0.0, 200.0);
        assert_eq!((axis.at(10.0), axis.at(100.0), axis.at(1000.0)), (0.0, 100.0, 200.0));
    }
}
