//! Is it a pizza? The factory's keys say so, for anybody who has a JWT.

use crate::{
    api::{extract::Path, orders::own_order},
    app::AppState,
    edge::Problem,
    web::{Form, Frame, Page, art},
};
use askama::Template;
use axum::extract::State;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::OrderId;
use factory_client::{BadPizza, VerifyError};
use serde_json::Value;

/// Far longer than any pizza.
const LONGEST: usize = 16 * 1024;

#[derive(Template)]
#[template(path = "pages/verify.html")]
struct Verify<'a> {
    frame: &'a Frame,
    jwt: String,
    verdict: Option<Verdict>,
    header: Option<String>,
    payload: Option<String>,
    picture: Option<String>,
}

/// What came out.
struct Verdict {
    /// `good`, `waiting` or `over`.
    class: &'static str,
    title: &'static str,
    text: String,
}

/// Asks for a JWT.
pub async fn show(frame: Frame) -> Page {
    frame.show(&Verify {
        frame: &frame,
        jwt: String::new(),
        verdict: None,
        header: None,
        payload: None,
        picture: None,
    })
}

/// Checks the JWT of a form.
pub async fn check(State(app): State<AppState>, form: Form) -> Page {
    let jwt: String = form.text("jwt").split_whitespace().collect();
    page(&app, &form.frame, jwt).await
}

/// Checks the JWT of an order.
pub async fn of_order(State(app): State<AppState>, Path(id): Path<String>, frame: Frame) -> Page {
    let order = own_order(&app, frame.diner()?, &id).await?;
    let jwt = order.jwt.ok_or_else(|| Problem::not_found("This order has no pizza to verify yet."))?;
    page(&app, &frame, jwt).await
}

async fn page(app: &AppState, frame: &Frame, jwt: String) -> Page {
    let mut parts = jwt.split('.');
    let (header, payload) = (parts.next().and_then(decoded), parts.next().and_then(decoded));
    let verdict = verdict(app, &jwt, payload.as_ref()).await;
    let titles: Vec<String> = payload.as_ref().map(titles).unwrap_or_default();
    let picture = (verdict.class != "over").then(|| art::of_pizza(&jwt, titles.iter().map(String::as_str)));
    let pretty = |json: &Value| serde_json::to_string_pretty(json).ok();
    frame.show(&Verify {
        frame,
        verdict: Some(verdict),
        header: header.as_ref().and_then(pretty),
        payload: payload.as_ref().and_then(pretty),
        picture,
        jwt: jwt.chars().take(LONGEST).collect(),
    })
}

async fn verdict(app: &AppState, jwt: &str, payload: Option<&Value>) -> Verdict {
    let order = payload.and_then(|payload| payload["order"]["id"].as_i64()).map(OrderId);
    let Some(order) = order.filter(|_| jwt.len() <= LONGEST) else {
        let text = "It does not read like one of ours: a pizza has three parts with dots between, and an order in the middle.";
        return Verdict { class: "over", title: "Not a pizza", text: text.to_owned() };
    };
    match app.kitchen.verify(jwt, order).await {
        Ok(pizza) => Verdict {
            class: "good",
            title: "A real pizza",
            text: format!("The factory's signature holds, and it was made for {} as order {order}.", pizza.vendor().name),
        },
        Err(VerifyError::Bad(BadPizza::Expired)) => Verdict {
            class: "waiting",
            title: "A real pizza, gone cold",
            text: "The factory's signature holds, but a pizza is good for a day, and that is over.".to_owned(),
        },
        Err(VerifyError::Bad(why)) => Verdict {
            class: "over",
            title: "Not a pizza",
            text: format!("The factory would not own up to this one: {why}."),
        },
        Err(VerifyError::KeysUnavailable(_)) => Verdict {
            class: "waiting",
            title: "We cannot say right now",
            text: "The factory does not hand out its keys at the moment. Your pizza is not affected; please try again later.".to_owned(),
        },
    }
}

fn decoded(part: &str) -> Option<Value> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

fn titles(payload: &Value) -> Vec<String> {
    let items = payload["order"]["items"].as_array().into_iter().flatten();
    items.filter_map(|item| item["description"].as_str()).map(str::to_owned).collect()
}
