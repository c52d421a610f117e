//! The other shipped scenarios, each with what it promises.

use crate::drill::{Ran, Run, pizza};
use ::drill::SHIPPED;

/// As fast as the program can be: 18 minutes are 9 s.
const FAST: u32 = 120;
/// Visits a second: as few seconds as that need more of them, or a handful of probes would be a lot for each order.
const RATE: &str = "40";

async fn run(name: &str) -> Ran {
    let ran = Run::of(name, FAST).with(&["--rate", RATE]).play().await;
    ran.nobody_lost_an_order();
    ran
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_names_every_drill() {
    let output = pizza(["drill", "list"].map(str::to_owned).into()).await;
    let shown = String::from_utf8(output.stdout).unwrap();
    for (name, _) in SHIPPED {
        assert!(shown.contains(name), "{shown}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn throttle_queues_orders_and_wakes_nobody() {
    let ran = run("throttle").await;
    let score = &ran.result.score;
    assert_eq!(score.to_alerting.seconds(), None, "a slow pizza is a pizza: {score:?}");
    assert!(
        ran.result.phases[1].orders.p50 < 1000.0,
        "diners waited for the slow factory: {:?}",
        ran.result.phases
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn badjwt_shows_nobody_a_counterfeit() {
    let ran = run("badjwt").await;
    ran.somebody_was_told();
    ran.the_factory_was_left_alone();
}

#[tokio::test(flavor = "multi_thread")]
async fn connection_refused_is_an_outage_like_any_other() {
    let ran = run("connection-refused").await;
    ran.somebody_was_told();
    // A few were on their way when it went down.
    assert!(ran.result.phases[1].factory_calls.unwrap() <= 5, "{:?}", ran.result.phases[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn flapping_loses_nothing() {
    let ran = run("flapping").await;
    assert!(ran.result.series.failed_calls.iter().sum::<u64>() > 0, "the factory never failed");
}

#[tokio::test(flavor = "multi_thread")]
async fn partial_failure_is_met_with_retries() {
    let ran = run("partial-30-percent").await;
    let partial = &ran.result.phases[1];
    assert!(ran.result.series.failed_calls.iter().sum::<u64>() > 0, "the factory never failed");
    // 10 of 7 calls succeed; anything much above would be a storm.
    assert!(partial.calls_per_order.unwrap() < 2.5, "{partial:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_recovery_is_not_knocked_over_again() {
    let ran = run("slow-recovery").await;
    ran.somebody_was_told();
    assert!(ran.result.score.to_drained.seconds().is_some(), "{:?}", ran.result.score);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_in_the_outage_costs_time_and_no_order() {
    let ran = run("crash-during-outage").await;
    ran.had("the service is killed", "the service is ready again", 1);
    ran.somebody_was_told();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_two_instances_dies_in_the_outage_and_the_other_makes_its_orders() {
    // Two instances ask the dead factory twice as often: so there are more orders for each call.
    let ran = Run::of("double-instance", FAST / 2).with(&["--rate", RATE]).play().await;
    ran.nobody_lost_an_order();
    ran.had("an instance is killed", "an instance is ready again", 1);
    ran.somebody_was_told();
    // Both ask the dead factory, each by its own schedule.
    assert!(ran.result.score.calls_per_order_in_total_outage.unwrap() < 1.2, "{:?}", ran.result.score);
    // Both have had diners.
    for log in ["service.log", "service-2.log"] {
        let placed = ran.read(log).matches("\"/api/order\"").count();
        assert!(placed > 10, "{placed} lines of orders in {log}");
    }
    for phase in &ran.result.phases {
        assert_eq!((phase.menu, phase.login), (Some(1.0), Some(1.0)), "{phase:?}");
    }
}

/// While there is nothing to write an order down in, nobody is promised one; whoever was promised one before gets it.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_dies_costs_refusals_and_no_order() {
    let ran = Run::of("database-restart", FAST).with(&["--rate", RATE]).play().await;
    ran.had("the database is killed", "the database is ready again", 2);
    let score = &ran.result.score;
    assert!(score.refused > 5, "nobody ordered meanwhile: {score:?}");
    assert_eq!(score.acknowledged + score.refused, score.placed, "each was promised or refused: {score:?}");
    assert_eq!((score.lost, score.doubled, score.counterfeits), (0, 0, Some(0)), "{score:?}");
    assert_eq!((score.fulfilled, score.quarantined), (score.acknowledged, 0), "{score:?}");
    assert!(score.fulfilled_after > 0, "{score:?}");
    ran.somebody_was_told();
    // Refusals cost letters: how many depends on how long a server takes to come back, which no drill makes faster.
    assert_ne!(ran.result.grade.letter, 'F', "{:?}", ran.result.grade);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poisoned_order_waits_for_a_person_and_no_other_does() {
    // Ten failures, each later than the one before, need time.
    let ran = Run::of("poison-order", FAST / 2).play().await;
    ran.nobody_lost_an_order();
    assert_eq!(ran.result.score.quarantined, 3, "{:?}", ran.result.score);
}
