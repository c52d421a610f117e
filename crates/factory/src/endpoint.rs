use axum::http::Method;

/// One call, as the router and the documents know it.
#[derive(Clone)]
pub(crate) struct Endpoint {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    pub(crate) requires_auth: bool,
    pub(crate) description: &'static str,
    /// How to call it, for a shell.
    pub(crate) example: &'static str,
    /// What it answers, as JSON.
    pub(crate) response: &'static str,
}
