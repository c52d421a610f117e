//! While the factory is down, nobody loses an order.
//!
//! Each test starts the real program (`pizza factory` and `pizza serve`, as processes), lets diners order
//! steadily through an outage that ends by its own schedule, waits until the backlog is drained, and then asks
//! for the pizza of every order. How it goes is in `walk`; what is promised is in `story`.

#![allow(clippy::unwrap_used)]

mod diner;
mod observer;
mod pizzas;
mod secrets;
mod story;
mod walk;

use factory_api::ChaosKind;
use walk::Walk;

#[tokio::test(flavor = "multi_thread")]
async fn a_factory_that_fails_costs_nobody_an_order() {
    let story = Walk::through(ChaosKind::Fail).run().await;
    story.every_acknowledged_order_became_exactly_one_pizza();
    story.the_kitchen_closed_and_reopened();
    story.diners_were_told_that_the_kitchen_is_closed();
    story.the_factory_was_left_alone_but_for_probes();
    story.nobody_saw_an_error();
    story.the_on_call_engineer_got_the_report_link();
    story.no_secret_was_logged_or_shown();
    story.everything_ends_cleanly().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_factory_that_nobody_reaches_costs_nobody_an_order() {
    let story = Walk::through(ChaosKind::Down).run().await;
    story.every_acknowledged_order_became_exactly_one_pizza();
    story.the_kitchen_closed_and_reopened();
    story.diners_were_told_that_the_kitchen_is_closed();
    story.the_factory_was_left_alone_but_for_probes();
    story.nobody_saw_an_error();
    story.no_secret_was_logged_or_shown();
    story.everything_ends_cleanly().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_factory_that_sells_counterfeits_sells_none_to_diners() {
    let story = Walk::through(ChaosKind::Badjwt).run().await;
    story.no_diner_was_shown_a_counterfeit();
    story.every_acknowledged_order_became_exactly_one_pizza();
    story.the_kitchen_closed_and_reopened();
    story.diners_were_told_that_the_kitchen_is_closed();
    story.the_factory_was_left_alone_but_for_probes();
    story.nobody_saw_an_error();
    story.the_on_call_engineer_got_the_report_link();
    story.no_secret_was_logged_or_shown();
    story.everything_ends_cleanly().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_pizza_is_still_a_pizza() {
    let story = Walk::through(ChaosKind::Throttle).late_by_seconds(1).run().await;
    story.every_acknowledged_order_became_exactly_one_pizza();
    story.the_kitchen_was_slow_and_never_closed();
    story.nobody_saw_an_error();
    story.the_on_call_engineer_got_the_report_link();
    story.no_secret_was_logged_or_shown();
    story.everything_ends_cleanly().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_factory_that_comes_and_goes_costs_nobody_an_order() {
    let story = Walk::through(ChaosKind::Flap).in_turns_of_seconds(2).run().await;
    story.every_acknowledged_order_became_exactly_one_pizza();
    story.the_kitchen_closed_and_reopened();
    story.nobody_saw_an_error();
    story.the_on_call_engineer_got_the_report_link();
    story.no_secret_was_logged_or_shown();
    story.everything_ends_cleanly().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_factory_that_fails_now_and_then_costs_nobody_an_order() {
    let story = Walk::through(ChaosKind::Fail).touching(0.3).run().await;
    story.every_acknowledged_order_became_exactly_one_pizza();
    story.the_factory_did_fail();
    story.the_kitchen_is_open_with_nothing_left_to_do();
    story.nobody_saw_an_error();
    story.no_secret_was_logged_or_shown();
    story.everything_ends_cleanly().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_is_killed_keeps_what_it_promised() {
    let story = Walk::through(ChaosKind::Fail).with_the_service_killed().run().await;
    story.every_acknowledged_order_became_exactly_one_pizza();
    story.the_kitchen_closed_and_reopened();
    story.nobody_saw_an_error();
    story.the_on_call_engineer_got_the_report_link();
    story.no_secret_was_logged_or_shown();
    story.everything_ends_cleanly().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pizzas_that_were_made_for_a_service_that_was_killed_are_not_made_twice() {
    let story = Walk::through(ChaosKind::Throttle).late_by_seconds(1).with_the_service_killed().run().await;
    story.every_acknowledged_order_became_exactly_one_pizza();
    story.orders_in_flight_were_rescued();
    story.the_kitchen_is_open_with_nothing_left_to_do();
    story.nobody_saw_an_error();
    story.no_secret_was_logged_or_shown();
    story.everything_ends_cleanly().await;
}
