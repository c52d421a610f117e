//! Style, script, fonts and the logo: inside the binary, compressed, and named by what is in them, so that a browser
//! never asks twice.

use crate::edge::Problem;
use axum::{
    body::Bytes,
    extract::Path,
    http::{HeaderMap, HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
};
use flate2::{Compression, write::GzEncoder};
use sha2::{Digest, Sha256};
use std::{io::Write, sync::LazyLock};

/// What has a name that says what is in it never changes.
pub const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";
const FONT: &str = "font/woff2";

static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    let fonts = [
        Asset::new("figtree.woff2", FONT, include_bytes!("../../assets/web/figtree.woff2").into()),
        Asset::new("bitcoin.woff2", FONT, include_bytes!("../../assets/web/bitcoin.woff2").into()),
        Asset::new("fraunces.woff2", FONT, include_bytes!("../../assets/web/fraunces.woff2").into()),
    ];
    // The style names its fonts as they are named here.
    let style = fonts.iter().fold(include_str!("../../assets/web/app.css").to_owned(), |style, font| {
        style.replace(&format!("/assets/{}", font.name), &font.path)
    });
    let others = [
        Asset::new("app.css", CSS, style.into_bytes()),
        Asset::new("app.js", SCRIPT, include_bytes!("../../assets/web/app.js").into()),
        Asset::new("htmx.js", SCRIPT, include_bytes!("../../assets/web/htmx.min.js").into()),
        Asset::new("sse.js", SCRIPT, include_bytes!("../../assets/web/htmx-ext-sse.min.js").into()),
        Asset::new("logo.svg", SVG, include_bytes!("../../assets/web/logo.svg").into()),
    ];
    fonts.into_iter().chain(others).collect()
});

struct Asset {
    name: &'static str,
    path: String,
    kind: &'static str,
    plain: Bytes,
    /// Unless it would not get smaller.
    gzipped: Option<Bytes>,
}

impl Asset {
    fn new(name: &'static str, kind: &'static str, plain: Vec<u8>) -> Self {
        let digest = Sha256::digest(&plain);
        let fingerprint: String = digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
        let path = format!("/assets/{stem}.{fingerprint}.{ending}");
        let gzipped = (kind != FONT).then(|| gzip(&plain)).flatten();
        Self { name, path, kind, plain: plain.into(), gzipped }
    }
}

/// Where an asset is; nowhere if there is none, which a test looks for.
pub fn path(name: &str) -> &'static str {
    ASSETS.iter().find(|asset| asset.name == name).map_or("/assets/missing", |asset| asset.path.as_str())
}

/// One asset, by its full name.
pub async fn serve(Path(file): Path<String>, headers: HeaderMap) -> Result<Response, Problem> {
    let found = ASSETS.iter().find(|asset| asset.path.strip_prefix("/assets/") == Some(&file));
    let asset = found.ok_or_else(|| Problem::not_found("unknown endpoint"))?;
    Ok(immutable(asset.kind, &headers, asset.plain.clone(), asset.gzipped.clone()))
}

/// An answer that a browser keeps for ever.
pub fn immutable(kind: &'static str, asked: &HeaderMap, plain: Bytes, gzipped: Option<Bytes>) -> Response {
    let mut headers: Vec<(HeaderName, HeaderValue)> = vec![
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CACHE_CONTROL, FOR_EVER),
        (header::VARY, HeaderValue::from_static("accept-encoding")),
    ];
    let accepts =
        asked.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match gzipped.filter(|_| accepts.contains("gzip")) {
        Some(gzipped) => {
            headers.push((header::CONTENT_ENCODING, HeaderValue::from_static("gzip")));
            (HeaderMap::from_iter(headers), gzipped).into_response()
        }
        None => (HeaderMap::from_iter(headers), plain).into_response(),
    }
}

/// The same, smaller.
pub fn gzip(plain: &[u8]) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(plain).ok()?;
    encoder.finish().ok().map(Bytes::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_what_is_in_it() {
        assert!(path("app.css").starts_with("/assets/app.") && path("app.css").ends_with(".css"));
        let [one, other] = ["a", "b"].map(|text| Asset::new("x.css", CSS, text.into()).path);
        assert_ne!(one, other);
    }

    #[test]
    fn the_style_asks_for_fonts_that_are_there() {
        let style = ASSETS.iter().find(|asset| asset.name == "app.css").map(|asset| asset.plain.clone());
        let style = String::from_utf8_lossy(&style.unwrap_or_default()).into_owned();
        for font in ["figtree.woff2", "bitcoin.woff2", "fraunces.woff2"] {
            assert!(style.contains(path(font)), "{font}");
        }
    }
}
