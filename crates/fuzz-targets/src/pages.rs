use crate::text;
use domain::MAX_ITEMS;
use service::outside::{self, Sealed};
use std::sync::LazyLock;
use url::form_urlencoded;

/// A form's fields survive being written again, and a cart in one of them is read as it is written, never fuller than an
/// order may be.
pub fn form(bytes: &[u8]) {
    let fields: Vec<(String, String)> = form_urlencoded::parse(bytes).into_owned().collect();
    let written = form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
    assert_eq!(form_urlencoded::parse(written.as_bytes()).into_owned().collect::<Vec<_>>(), fields);
    for (_, value) in &fields {
        let (cart, count) = outside::cart(value);
        assert!(count <= MAX_ITEMS, "{count} of {value:?}");
        assert_eq!(outside::cart(&cart), (cart.clone(), count), "{value:?}");
    }
}

/// Whoever signs in is sent to a page of ours: a browser that follows it stays on this host.
pub fn next(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    let next = outside::next(text);
    assert!(next.starts_with('/') && http::HeaderValue::from_str(&next).is_ok(), "{next:?}");
    let here = url::Url::parse("https://pizza.example/login").expect("a URL");
    let there = here.join(&next).unwrap_or_else(|error| panic!("{error}: {next:?}"));
    assert_eq!(there.origin(), here.origin(), "{next:?}");
}

/// What was not sealed does not open; what was, opens for its purpose, to the letter.
pub fn sealed(bytes: &[u8]) {
    static SEAL: LazyLock<Sealed> = LazyLock::new(|| Sealed::with("a secret of thirty-two characters"));
    let Some(text) = text(bytes) else { return };
    assert_eq!(SEAL.open("cart", text), None);
    let sealed = SEAL.seal("cart", text);
    assert_eq!(SEAL.open("cart", &sealed).as_deref(), Some(text));
    assert_eq!(SEAL.open("notice", &sealed), None);
    let [at, put, ..] = bytes else { return };
    let mut changed = sealed.clone().into_bytes();
    let at = usize::from(*at) % changed.len();
    changed[at] = *put;
    if let Ok(changed) = String::from_utf8(changed)
        && changed != sealed
    {
        assert_eq!(SEAL.open("cart", &changed), None, "{changed}");
    }
}
