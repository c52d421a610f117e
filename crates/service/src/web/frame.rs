//! What every page has around it: who looks at it, in which theme, with what in the cart, and how the kitchen is.

use super::{
    assets,
    cart::Cart,
    cookies::{self, CART, NOTICE, SESSION, THEME, VISITOR},
    error_page::page_headers,
    sign::{Sign, refuses},
    theme::Theme,
};
use crate::{
    app::AppState,
    auth::Session,
    edge::{Exchange, Problem, came_by_https},
    fulfilment::{KitchenState, KitchenStatus},
};
use askama::Template;
use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{Html, IntoResponse, Response},
};
use domain::{Role, User};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use url::form_urlencoded;
use uuid::Uuid;

const FORMS: &str = "form";
const CARTS: &str = "cart";
const NOTICES: &str = "notice";
const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);
const WEEK: Duration = Duration::from_secs(7 * 24 * 3600);
const MINUTE: Duration = Duration::from_secs(60);

/// What a handler of a page ends with.
pub type Page = Result<Response, Stop>;

/// Why a page is not shown.
pub enum Stop {
    /// Something is wrong; the edge makes a page of it.
    Problem(Problem),
    /// Something else comes first.
    Elsewhere(Box<Response>),
}

/// What every page has around it.
pub struct Frame {
    /// Whoever is signed in.
    pub session: Option<Arc<Session>>,
    /// What they have chosen so far.
    pub cart: Cart,
    /// The kitchen now.
    pub kitchen: KitchenStatus,
    /// What is said this once.
    pub notice: Option<String>,
    /// Light or dark, if they said.
    pub theme: Theme,
    /// The page's own path, with its query.
    pub here: String,
    /// Only a part of the page is wanted: htmx asks.
    pub wants_part: bool,
    app: AppState,
    visitor: String,
    is_new: bool,
    secure: bool,
}

impl FromRequestParts<AppState> for Frame {
    type Rejection = Stop;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Stop> {
        let headers = &parts.headers;
        let session = match cookies::read(headers, SESSION) {
            Some(token) => app.sessions.find(token).await?,
            None => None,
        };
        if let (Some(session), Some(exchange)) = (&session, parts.extensions.get::<Exchange>()) {
            exchange.is_of(session.user.id);
        }
        let opened =
            |name, purpose| cookies::read(headers, name).and_then(|value| app.seal.open(purpose, value));
        let known = cookies::read(headers, VISITOR).filter(|visitor| visitor.parse::<Uuid>().is_ok());
        Ok(Self {
            session,
            cart: opened(CART, CARTS).map(|cart| Cart::read(&cart)).unwrap_or_default(),
            kitchen: app.kitchen.status(),
            notice: opened(NOTICE, NOTICES),
            theme: Theme::read(cookies::read(headers, THEME)),
            here: parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned(),
            wants_part: headers.get("hx-request").is_some_and(|value| value == "true"),
            app: Arc::clone(app),
            visitor: known.map_or_else(|| Uuid::new_v4().simple().to_string(), str::to_owned),
            is_new: known.is_none(),
            secure: is_secure(parts, app),
        })
    }
}

fn is_secure(parts: &Parts, app: &AppState) -> bool {
    let http = &app.config.http;
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    http.hsts_max_age.is_some()
        || peer.is_some_and(|peer| came_by_https(peer, &parts.headers, &http.trusted_proxies))
}

impl Frame {
    /// Shows a page.
    pub fn show(&self, page: &impl Template) -> Page {
        self.show_with(StatusCode::OK, page)
    }

    /// Shows a page with another status than 200: a form that has to be filled in again.
    pub fn show_with(&self, status: StatusCode, page: &impl Template) -> Page {
        let html = page.render().map_err(|error| {
            tracing::error!("type" = "unhandled", component = "web", %error, "a page cannot be written");
            Problem::internal()
        })?;
        let mut response = (status, Html(html)).into_response();
        let headers = response.headers_mut();
        headers.extend(page_headers());
        if self.is_new {
            add(headers, cookies::keep(VISITOR, &self.visitor, YEAR, self.secure));
        }
        if self.notice.is_some() && !self.wants_part {
            add(headers, cookies::forget(NOTICE, self.secure));
        }
        Ok(response)
    }

    /// Goes to another page after a POST.
    pub fn go(&self, path: &str) -> Response {
        let mut response = StatusCode::SEE_OTHER.into_response();
        // What is no header value is no path of ours either.
        let path = HeaderValue::try_from(path).unwrap_or(HeaderValue::from_static("/"));
        response.headers_mut().insert(header::LOCATION, path);
        response
    }

    /// Goes to another page, which says this once.
    pub fn go_saying(&self, path: &str, notice: &str) -> Response {
        let mut response = self.go(path);
        let sealed = self.app.seal.seal(NOTICES, notice);
        add(response.headers_mut(), cookies::keep(NOTICE, &sealed, MINUTE, self.secure));
        response
    }

    /// Whoever is signed in; anybody else goes to the login first, and comes back.
    pub fn diner(&self) -> Result<&Arc<Session>, Stop> {
        self.session.as_ref().ok_or_else(|| {
            let next = self.encoded(&self.here);
            Stop::Elsewhere(Box::new(self.go(&format!("/login?next={next}"))))
        })
    }

    /// Whoever is signed in, if they may: `frame.only(User::is_admin)?`.
    pub fn only(&self, may: impl FnOnce(&User) -> bool) -> Result<&Arc<Session>, Stop> {
        let session = self.diner()?;
        let refused = || Problem::new(StatusCode::FORBIDDEN, "This page is for others to see.").into();
        if may(&session.user) { Ok(session) } else { Err(refused()) }
    }

    /// Keeps the cart as it is now.
    pub fn keep_cart(&self, response: &mut Response) {
        let sealed = self.app.seal.seal(CARTS, &self.cart.to_string());
        add(response.headers_mut(), cookies::keep(CART, &sealed, WEEK, self.secure));
    }

    /// Begins a session in this browser.
    pub fn begin_session(&self, token: &str, response: &mut Response) {
        let life = self.app.config.auth.session_ttl;
        add(response.headers_mut(), cookies::keep(SESSION, token, life, self.secure));
    }

    /// Ends the session in this browser.
    pub fn end_session(&self, response: &mut Response) {
        add(response.headers_mut(), cookies::forget(SESSION, self.secure));
        add(response.headers_mut(), cookies::forget(CART, self.secure));
    }

    /// Remembers how pages shall look.
    pub fn keep_theme(&self, theme: Theme, response: &mut Response) {
        add(response.headers_mut(), cookies::keep(THEME, theme.as_str(), YEAR, self.secure));
    }

    /// The token of every form on this page.
    pub fn csrf(&self) -> String {
        self.app.seal.sign(FORMS, &self.bound_to())
    }

    /// Whether this is a token that we gave this browser in this session.
    pub fn gave(&self, token: &str) -> bool {
        !self.is_new && self.app.seal.holds(FORMS, &self.bound_to(), token)
    }

    /// The browser, and the session if there is one.
    fn bound_to(&self) -> String {
        format!("{} {}", self.visitor, self.session.as_ref().map_or("", |session| session.token()))
    }

    /// Whether a franchise is theirs to look after.
    pub fn runs_a_franchise(&self) -> bool {
        let roles = self.user().map(|user| user.roles.as_slice()).unwrap_or_default();
        roles.iter().any(|role| matches!(role, Role::Franchisee(_)))
    }

    /// Whoever is signed in.
    pub fn user(&self) -> Option<&User> {
        self.session.as_ref().map(|session| &session.user)
    }

    /// Whether an admin looks.
    pub fn is_admin(&self) -> bool {
        self.user().is_some_and(User::is_admin)
    }

    /// A text as part of a query.
    pub fn encoded(&self, text: &str) -> String {
        form_urlencoded::byte_serialize(text.as_bytes()).collect()
    }

    /// Where an asset is.
    pub fn asset(&self, name: &str) -> &'static str {
        assets::path(name)
    }

    /// Whether this page is at `path` or below it.
    pub fn is_at(&self, path: &str) -> bool {
        let here = self.here.split('?').next().unwrap_or_default();
        here == path || here.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'))
    }

    /// Whether this page is at `path`.
    pub fn is_exactly(&self, path: &str) -> bool {
        self.here.split('?').next() == Some(path)
    }

    /// What the kitchen's sign says.
    pub fn sign(&self) -> Sign {
        Sign::of(&self.app)
    }

    /// Whether an order would be refused now, because the kitchen is closed.
    pub fn is_refused(&self) -> bool {
        self.kitchen.state == KitchenState::Closed && refuses(&self.app)
    }
}

/// A path of ours, wherever it comes from: no other site, and nothing that a browser reads as one.
pub fn own_path(path: &str) -> &str {
    let ours = path.starts_with('/')
        && !path.starts_with("//")
        && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if ours { path } else { "/" }
}

fn add(headers: &mut HeaderMap, cookie: Option<HeaderValue>) {
    if let Some(cookie) = cookie {
        headers.append(header::SET_COOKIE, cookie);
    }
}

impl IntoResponse for Stop {
    fn into_response(self) -> Response {
        match self {
            Self::Problem(problem) => problem.into_response(),
            Self::Elsewhere(response) => *response,
        }
    }
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<store::StoreError> for Stop {
    fn from(error: store::StoreError) -> Self {
        Self::Problem(error.into())
    }
}

#[cfg(test)]
mod tests {
    use super::own_path;

    #[test]
    fn nobody_is_sent_to_another_site() {
        for path in ["/", "/pay", "/orders/12?page=2"] {
            assert_eq!(own_path(path), path);
        }
        for path in [
            "",
            "pay",
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "/a\nb",
            "/\tx",
            "javascript:x",
        ] {
            assert_eq!(own_path(path), "/", "{path:?}");
        }
    }
}
