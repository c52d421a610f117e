use crate::text;
use domain::{EmailAddress, Name, Role, User, UserId};
use service::outside::SessionTokens;
use std::sync::LazyLock;

struct Issued {
    tokens: SessionTokens,
    token: String,
    others: SessionTokens,
}

static ISSUED: LazyLock<Issued> = LazyLock::new(|| {
    let user = User {
        id: UserId(7),
        name: Name::from_database("pizza diner".into()),
        email: EmailAddress::from_database("d@jwt.com".into()),
        roles: vec![Role::Diner],
    };
    let tokens = SessionTokens::of("a secret of thirty-two characters");
    let token = tokens.sign(&user).expect("HS256 signs with any secret");
    Issued { tokens, token, others: SessionTokens::of("another secret of as many letters") }
});

/// No bytes are a session: neither as they are, nor as a change of a token that is one. What is issued is one, and with
/// another secret it is none.
pub fn session_token(bytes: &[u8]) {
    let Issued { tokens, token, others } = &*ISSUED;
    assert!(tokens.life(token).is_some() && others.life(token).is_none());
    let Some(text) = text(bytes) else { return };
    assert_eq!(tokens.life(text), None);
    // The first two bytes say where in the real token the others go, and how many of its own they replace.
    let [at, gone, put @ ..] = bytes else { return };
    let begin = usize::from(*at) % token.len();
    let end = (begin + usize::from(*gone % 16)).min(token.len());
    let changed = [&token.as_bytes()[..begin], put, &token.as_bytes()[end..]].concat();
    if let Ok(changed) = String::from_utf8(changed)
        && changed != *token
    {
        assert_eq!(tokens.life(&changed), None, "{changed}");
    }
}
