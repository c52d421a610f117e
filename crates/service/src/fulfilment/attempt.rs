//! One call to the factory for one order, and what it means.

use super::{FailedCall, Kitchen, now, signals::mode_label};
use crate::{config::LogBodies, operations::tally};
use factory_api::{Diner, Order, OrderItem, OrderRequest};
use factory_client::{Failure, FailureKind, Sent, VerifyError};
use jiff::Timestamp;
use resilience::Permit;
use std::time::Duration;
use store::ClaimedOrder;
use telemetry::{Span, TraceContext, redact};

/// What one attempt came to.
pub(super) enum Verdict {
    /// A pizza, verified.
    Pizza { jwt: String },
    /// The factory will never make this order.
    Refused { reason: String },
    /// An earlier attempt is still being worked on at the factory.
    InProgress { retry_after: Option<Duration> },
    /// No pizza this time. `unverified` holds an answer that waits for the factory's keys.
    Failed { why: String, unverified: Option<String> },
    /// This instance stops before the factory has answered.
    Abandoned,
}

/// Calls, verifies, and tells circuit, metrics, log and trace. While its diner waits, a call is `fresh`: a part of
/// the request's trace. Later ones are linked to it.
pub(super) async fn attempt(kitchen: &Kitchen, order: &ClaimedOrder, fresh: bool, permit: Permit) -> Verdict {
    let placed = order.traceparent.as_deref().and_then(TraceContext::parse);
    let Some(span) = Span::client("POST", placed, fresh) else {
        return observed(kitchen, order, placed, order.traceparent.as_deref(), permit).await.verdict();
    };
    let traceparent = span.context().to_string();
    let calling = observed(kitchen, order, placed, Some(&traceparent), permit);
    let answer = span.around(calling).await;
    answer.end(&span, kitchen, order);
    answer.verdict()
}

/// Calls, and tells circuit, metrics and log what came of it.
async fn observed(
    kitchen: &Kitchen,
    order: &ClaimedOrder,
    placed: Option<TraceContext>,
    traceparent: Option<&str>,
    mut permit: Permit,
) -> Answer {
    let begun = now();
    kitchen.budget.record_call(begun);
    let mut call = Box::pin(call(kitchen, order, traceparent));
    let answer = match tokio::time::timeout(kitchen.slow_call, &mut call).await {
        Ok(answer) => answer,
        Err(_) => {
            // Known to be slow from now on, not only when it ends.
            permit.slow(now());
            call.await
        }
    };
    let took = now().saturating_duration_since(begun);
    // Before it is counted: what was counted before the first failure is what the report begins with.
    answer.tell_of_trouble(kitchen, order);
    kitchen.metrics.factory_request(answer.metric(), answer.status(), took);
    if !matches!(answer, Answer::Pizza { .. }) {
        kitchen.metrics.creation_failed(order.franchise.0);
    }
    answer.log(kitchen, order, placed, took);
    answer.tell(permit);
    answer
}

/// What came back, before it is judged.
enum Answer {
    Pizza { jwt: String },
    Refused { status: u16, reason: String },
    InProgress { retry_after: Option<Duration> },
    Failed(Failure),
    Bad { jwt_fingerprint: String, why: String },
    Unverified { jwt: String, why: String },
}

async fn call(kitchen: &Kitchen, order: &ClaimedOrder, traceparent: Option<&str>) -> Answer {
    if kitchen.has_chaos() && fastrand::bool() {
        return Answer::Failed(drill());
    }
    let jwt = match &order.unverified_pizza {
        // It was made; only the keys were missing.
        Some(jwt) => jwt.clone(),
        None => {
            let key = kitchen.idempotency_key(order);
            match kitchen.factory.send(&request(order), &key, traceparent).await {
                Sent::Made { jwt, report_link } => {
                    kitchen.saw_report_link(report_link);
                    jwt
                }
                Sent::Refused { status, message } => return Answer::Refused { status, reason: message },
                Sent::InProgress { retry_after } => return Answer::InProgress { retry_after },
                Sent::Failed(failure) => {
                    kitchen.saw_report_link(failure.report_link.clone());
                    return Answer::Failed(failure);
                }
            }
        }
    };
    match kitchen.factory.verify(&jwt, order.id.0).await {
        Ok(pizza) => Answer::Pizza { jwt: pizza.into_jwt() },
        Err(VerifyError::Bad(why)) => {
            Answer::Bad { jwt_fingerprint: telemetry::fingerprint(&jwt).to_owned(), why: why.to_string() }
        }
        Err(VerifyError::KeysUnavailable(why)) => Answer::Unverified { jwt, why: why.to_string() },
    }
}

/// A failure of our own making: nothing was sent.
fn drill() -> Failure {
    Failure {
        kind: FailureKind::Status,
        status: None,
        message: "chaos: this service failed the call itself, for a drill".to_owned(),
        retry_after: None,
        report_link: None,
    }
}

/// The same words for every attempt at an order: they stand under one idempotency key.
fn request(order: &ClaimedOrder) -> OrderRequest {
    let item = |item: &domain::OrderItem| OrderItem {
        menu_id: item.menu_id.0,
        description: item.description.clone(),
        price: json_number(item.price),
    };
    OrderRequest {
        diner: Diner {
            id: order.diner.id.0,
            name: order.diner.name.clone(),
            email: order.diner.email.clone(),
        },
        order: Order {
            id: order.id.0,
            franchise_id: order.franchise.0,
            store_id: order.store.0,
            items: order.items.iter().map(item).collect(),
            date: Some(order.date),
        },
    }
}

fn json_number(price: domain::Bitcoin) -> serde_json::Number {
    // An amount serialises as a number, always.
    match serde_json::to_value(price) {
        Ok(serde_json::Value::Number(number)) => number,
        _ => serde_json::Number::from(0),
    }
}

impl Answer {
    fn metric(&self) -> &'static str {
        match self {
            Self::Pizza { .. } => "success",
            Self::Refused { .. } | Self::InProgress { .. } => "rejected",
            Self::Bad { .. } => "bad_jwt",
            Self::Unverified { .. } => "failure",
            Self::Failed(failure) => match failure.kind {
                FailureKind::Timeout => "timeout",
                FailureKind::Connect => "connect_error",
                FailureKind::BadPizza => "bad_jwt",
                _ => "failure",
            },
        }
    }

    /// The factory's status, if it answered.
    fn status(&self) -> Option<u16> {
        match self {
            Self::Pizza { .. } | Self::Bad { .. } | Self::Unverified { .. } => Some(200),
            Self::Refused { status, .. } => Some(*status),
            Self::InProgress { .. } => Some(409),
            Self::Failed(failure) => failure.status,
        }
    }

    fn log(&self, kitchen: &Kitchen, order: &ClaimedOrder, placed: Option<TraceContext>, took: Duration) {
        let (order_id, attempt, duration_ms) = (order.id.0, order.attempts, took.as_millis());
        let trace_id = placed.map(|placed| tracing::field::display(placed.trace_id()));
        let (circuit, status) = (kitchen.circuit.snapshot(), self.status());
        let circuit = mode_label(circuit.mode, circuit.state);
        let shown = match kitchen.log_bodies {
            LogBodies::None => false,
            LogBodies::Errors => !matches!(self, Self::Pizza { .. } | Self::InProgress { .. }),
            LogBodies::All => true,
        };
        let sent = || serde_json::to_vec(&request(order)).unwrap_or_default();
        let request_body = shown.then(|| redact::body(&sent(), &[]));
        macro_rules! line {
            ($level:ident, $($field:tt)*) => {
                tracing::$level!(
                    "type" = "factory",
                    component = "factory",
                    order_id,
                    attempt,
                    duration_ms,
                    circuit,
                    status,
                    trace_id,
                    request_body,
                    $($field)*
                )
            };
        }
        match self {
            Self::Pizza { jwt } => line!(info, pizza = telemetry::fingerprint(jwt), "pizza made"),
            Self::Refused { reason, .. } => line!(warn, body = reason, "the factory refused the order"),
            Self::InProgress { .. } => line!(info, "the factory is still working on an earlier attempt"),
            Self::Failed(failure) => line!(warn, kind = %failure.kind, body = failure.message, "no pizza"),
            Self::Bad { jwt_fingerprint, why } => {
                line!(warn, kind = "bad_jwt", pizza = jwt_fingerprint, why, "not a pizza")
            }
            Self::Unverified { why, .. } => {
                line!(warn, kind = "keys_unavailable", why, "a pizza that cannot be verified yet")
            }
        }
    }

    fn end(&self, span: &Span, kitchen: &Kitchen, order: &ClaimedOrder) {
        span.set("http.request.method", "POST");
        span.set("server.address", kitchen.factory.host().to_owned());
        span.set("pizza.order.id", order.id.0);
        span.set("pizza.attempt", i64::from(order.attempts));
        if let Some(status) = self.status() {
            span.set("http.response.status_code", i64::from(status));
        }
        let failed = !matches!(self, Self::Pizza { .. });
        span.end(None, failed.then(|| self.metric().to_owned()));
    }

    fn tell_of_trouble(&self, kitchen: &Kitchen, order: &ClaimedOrder) {
        let (kind, body) = match self {
            Self::Pizza { .. } | Self::Refused { .. } | Self::InProgress { .. } => return,
            Self::Failed(failure) => (failure.kind.as_str(), &failure.message),
            Self::Bad { why, .. } => ("bad_pizza", why),
            Self::Unverified { why, .. } => ("keys_unavailable", why),
        };
        let call = FailedCall {
            at: Timestamp::now(),
            order: order.id,
            kind: kind.to_owned(),
            status: self.status(),
            body: body.clone(),
        };
        kitchen.trouble.failed(call, || tally(&kitchen.metrics));
    }

    fn tell(&self, permit: Permit) {
        match self {
            Self::Pizza { .. } => permit.succeed(now()),
            Self::Refused { .. } | Self::InProgress { .. } => permit.neutral(now()),
            Self::Failed(failure) => permit.fail(now(), failure.retry_after),
            Self::Bad { .. } | Self::Unverified { .. } => permit.fail(now(), None),
        }
    }

    fn verdict(self) -> Verdict {
        let failed = |why: String| Verdict::Failed { why, unverified: None };
        match self {
            Self::Pizza { jwt } => Verdict::Pizza { jwt },
            Self::Refused { reason, .. } => Verdict::Refused { reason },
            Self::InProgress { retry_after } => Verdict::InProgress { retry_after },
            Self::Failed(failure) => failed(format!("{}: {}", failure.kind, failure.message)),
            Self::Bad { why, .. } => failed(format!("bad pizza: {why}")),
            Self::Unverified { jwt, why } => Verdict::Failed { why, unverified: Some(jwt) },
        }
    }
}
