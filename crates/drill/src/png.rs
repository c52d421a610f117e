//! A chart as pixels, for where nobody shows an SVG: a chat, a phone, an e-mail.

use anyhow::Context;
use resvg::{
    render,
    tiny_skia::{Pixmap, Transform},
    usvg::{Options, Tree, fontdb::Database},
};
use std::sync::Arc;

/// Pixels for each of the chart's units: sharp on a dense screen.
const SCALE: f32 = 2.0;
/// The letters come along, so that the picture has them on every machine, and is the same on each.
const FAMILY: &str = "DejaVu Sans";
const FONTS: [&[u8]; 2] =
    [include_bytes!("../assets/DejaVuSans-latin.ttf"), include_bytes!("../assets/DejaVuSans-Bold-latin.ttf")];

/// The PNG of a chart of ours. Letters that are not Latin are drawn as boxes.
///
/// # Errors
/// When it is no SVG, or has no size.
pub fn png(svg: &str) -> anyhow::Result<Vec<u8>> {
    let mut fonts = Database::new();
    FONTS.iter().for_each(|font| fonts.load_font_data(font.to_vec()));
    fonts.set_sans_serif_family(FAMILY);
    let options = Options { fontdb: Arc::new(fonts), font_family: FAMILY.to_owned(), ..Options::default() };
    let tree = Tree::from_str(svg, &options).context("the chart is no SVG")?;
    let size = tree.size().to_int_size().scale_by(SCALE).context("the chart has no size")?;
    let mut picture = Pixmap::new(size.width(), size.height()).context("the chart is too large")?;
    render(&tree, Transform::from_scale(SCALE, SCALE), &mut picture.as_mut());
    picture.encode_png().context("the picture cannot be written")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn dark_pixels(content: &str) -> usize {
        let svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 200 40\" width=\"200\" height=\"40\">\
             <style>text{{font-family:system-ui,sans-serif;font-size:20px;fill:#000}}</style>\
             <rect width=\"200\" height=\"40\" fill=\"#fff\"/>{content}</svg>"
        );
        let picture = Pixmap::decode_png(&png(&svg).unwrap()).unwrap();
        assert_eq!((picture.width(), picture.height()), (400, 80));
        picture.pixels().iter().filter(|pixel| pixel.red() < 128).count()
    }

    #[test]
    fn letters_are_drawn_on_a_machine_without_fonts() {
        let text = |weight: &str| dark_pixels(&format!("<text y=\"30\"{weight}>backlog · 60×</text>"));
        let (regular, bold) = (text(""), text(" font-weight=\"600\""));
        assert_eq!(dark_pixels(""), 0);
        assert!(regular > 500 && bold > regular, "{regular} and {bold}");
    }

    #[test]
    fn what_is_no_chart_is_an_error() {
        assert!(png("<svg").is_err());
    }
}
