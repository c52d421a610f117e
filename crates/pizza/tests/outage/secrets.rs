//! What nobody may read in a log or in an error.

use crate::{
    diner::{Acknowledged, Answer},
    observer::Seen,
    pizzas::Pizzas,
};
use serde_json::json;
use std::collections::BTreeSet;
use test_kit::Installation;

/// The start of every token, which is enough to know that one was written down.
const START_OF_A_TOKEN: usize = 20;

/// All the secrets of a walk, and every error that the service showed.
pub struct Secrets {
    pub secrets: BTreeSet<String>,
    pub errors: Vec<Answer>,
    /// The path of the link that ends the chaos, if the factory gave one away.
    pub report_link: Option<String>,
}

pub async fn gather(
    installation: &Installation,
    orders: &[Acknowledged],
    seen: &Seen,
    pizzas: &Pizzas,
    on_call: &Acknowledged,
) -> Secrets {
    let report_link = on_call.answer.body["followLinkToEndChaos"].as_str().map(str::to_owned);
    let diners = orders.iter().map(|order| &order.diner);
    let sessions = diners.clone().map(|diner| &diner.token).chain(&seen.tokens);
    let tokens: BTreeSet<&String> = sessions.chain(pizzas.of.values().flatten()).collect();
    let starts = tokens.iter().filter_map(|token| token.get(..START_OF_A_TOKEN));
    let mut secrets: BTreeSet<String> = installation.secrets().map(str::to_owned).into();
    secrets.extend(starts.map(str::to_owned));
    secrets.extend(tokens.iter().map(|token| (*token).clone()));
    secrets.extend(diners.map(|diner| diner.password.clone()));
    secrets.extend(report_link.iter().flat_map(|link| parts(link)));

    let mut errors: Vec<_> = orders.iter().flat_map(|order| order.errors.clone()).collect();
    errors.extend(seen.misses.iter().filter_map(|miss| miss.answer.clone()));
    errors.extend(provoke(on_call, pizzas).await);
    Secrets { secrets, errors, report_link }
}

/// The token and the code of `/api/support/{token}/report/{code}`.
fn parts(link: &str) -> Vec<String> {
    let path: Vec<_> = link.rsplit('/').take(3).collect();
    let [code, "report", token] = path[..] else { panic!("{link} is no report link") };
    vec![code.to_owned(), token.to_owned()]
}

/// Errors whose cause holds a secret.
async fn provoke(order: &Acknowledged, pizzas: &Pizzas) -> Vec<Answer> {
    let diner = &order.diner;
    let http = diner.anonymous();
    let (auth, me) = (diner.url("/api/auth"), diner.url("/api/user/me"));
    let pizza = pizzas.of.values().flatten().next().cloned().unwrap_or_default();
    let broken = format!("{{\"email\":\"x@jwt.com\",\"password\":\"{}\"", diner.password);
    let not_json = http.put(&auth).header("content-type", "application/json").body(broken);
    let calls = [
        http.put(&auth).json(&json!({ "email": "x@jwt.com", "password": diner.password })),
        http.post(&auth).json(&json!({ "name": "x", "email": "no address", "password": diner.password })),
        http.post(&auth).json(&json!({ "name": "x", "email": "x@jwt.com", "password": [&diner.password] })),
        not_json,
        http.get(&me).bearer_auth(format!("{}x", diner.token)),
        http.get(&me).bearer_auth(pizza),
        http.get(diner.url(&format!("/api/order/{}", order.order_id))),
        diner.order_request(&order.key, order.menu_id + 1),
        diner.order_request("another", 1_000),
    ];
    let mut answers = Vec::new();
    for call in calls {
        let answer = Answer::to(call).await.unwrap();
        assert!(answer.status.is_client_error(), "{answer:?}");
        answers.push(answer);
    }
    answers
}
