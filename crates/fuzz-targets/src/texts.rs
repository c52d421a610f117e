use crate::text;
use drill::Scenario;
use service::outside;
use std::time::Duration;

/// A configuration that is accepted is within its bounds, and no error shows a secret.
pub fn config(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    match outside::configuration(text) {
        Ok(config) => {
            assert!(config.orders.default_wait <= config.orders.max_wait);
            assert!(config.http.body_limit <= 16 << 20 && config.http.max_header_bytes <= 1 << 20);
            assert!(config.fulfilment.lease > config.factory.attempt_timeout);
            assert!(!format!("{config:?}").contains("canary"));
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    for key in ["auth.jwt_secret", "factory.api_key", "database.url"] {
        // A number where a text should be, quoted in no error.
        let toml = format!("{key} = 20250912345\n");
        let error = outside::configuration(&toml).map(drop).expect_err("not a text").to_string();
        assert!(!error.contains("20250912345"), "{error}");
    }
}

/// A scenario that is accepted can be played: it begins, it ends within a day, and everything lies within its phase.
pub fn scenario(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    let Ok(scenario) = Scenario::parse("fuzzed", text) else { return };
    assert!((1..=20).contains(&scenario.phases.len()));
    assert!(scenario.length() <= Duration::from_secs(24 * 3600));
    assert!(scenario.traffic.rate > 0.0 && scenario.traffic.rate.is_finite());
    for phase in &scenario.phases {
        assert!(phase.kill_after.is_none_or(|after| after + phase.dead_for <= phase.length));
        assert!(phase.chaos.is_none_or(|chaos| (0.0..=1.0).contains(&chaos.probability)));
    }
}
