//! Total outages of any length and kind, as the alert rules see them.

use simulation::watch_outage;

#[test]
fn the_alert_is_pending_alerting_and_normal_as_the_outage_was() {
    for seed in 0..12 {
        if let Err(violation) = watch_outage(seed) {
            panic!("seed {seed}: {violation}");
        }
    }
}
