//! Administrative acts: who may do them, and the record that each of them leaves.

use super::extract::Caller;
use crate::{
    app::AppState,
    auth::Session,
    edge::{Exchange, Problem, RequestId},
};
use axum::{
    extract::{FromRequestParts, Request},
    http::{StatusCode, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use std::{convert::Infallible, sync::Arc};
use store::Act;
use tracing::Instrument;

/// The live session of an admin; without a session 401, without the role 403.
pub struct Admin(pub Arc<Session>);

impl FromRequestParts<AppState> for Admin {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Problem> {
        let Caller(session) = Caller::from_request_parts(parts, app).await?;
        if session.user.is_admin() { Ok(Self(session)) } else { Err(forbidden("only an admin may do that")) }
    }
}

/// 403, in the words of whoever refuses.
pub fn forbidden(message: &'static str) -> Problem {
    Problem::new(StatusCode::FORBIDDEN, message)
}

/// Records what this request does.
pub struct Acts {
    app: AppState,
    request: Option<RequestId>,
}

impl FromRequestParts<AppState> for Acts {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Infallible> {
        Ok(Self { app: Arc::clone(app), request: parts.extensions.get().map(Exchange::id) })
    }
}

impl Acts {
    /// Records what has just been done: `action` is a verb such as `user.delete`, `subject` whom or what it was
    /// done to. The act stands even when it cannot be recorded; then the log has it.
    pub async fn record(
        &self,
        actor: &Session,
        action: &'static str,
        subject: impl ToString,
        detail: Option<String>,
    ) {
        let act = Act {
            actor: Some(actor.user.id),
            action: action.to_owned(),
            subject: subject.to_string(),
            detail,
            request_id: self.request.map(|id| id.to_string()),
        };
        record(&self.app, act).await;
    }
}

async fn record(app: &AppState, act: Act) {
    let Act { actor, action, subject, detail, .. } = act.clone();
    let actor_id = actor.map(|actor| actor.0);
    match app.store.record_act(act).await {
        Ok(()) => {
            tracing::info!("type" = "audit", component = "audit", actor_id, action, subject, detail);
        }
        Err(error) => {
            tracing::error!(
                "type" = "audit",
                component = "audit",
                actor_id,
                action,
                subject,
                detail,
                ?error,
                "an act that is not in the audit log"
            );
        }
    }
}

/// Records what somebody did whom nobody knows: who has a link from a notification has no account.
pub async fn record_of_nobody(
    app: &AppState,
    request: Option<RequestId>,
    action: &'static str,
    subject: String,
    detail: &str,
) {
    let (detail, request_id) =
        (Some(format!("by a notification's link: {detail}")), request.map(|id| id.to_string()));
    record(app, Act { actor: None, action: action.to_owned(), subject, detail, request_id }).await;
}

/// Carries a request through even when its client hangs up: what was begun is done, and recorded.
pub async fn carried_through(request: Request, next: Next) -> Response {
    let answer = tokio::spawn(next.run(request).in_current_span()).await;
    answer.unwrap_or_else(|_| Problem::internal().into_response())
}
