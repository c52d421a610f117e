//! What could be wrong with an installation: for `pizza admin doctor`. Nothing is changed, except that the
//! database is brought to this program's schema, as every start does.

use crate::{
    Service, StartError,
    config::{Config, PasswordPolicy, ReportLinkAudience},
    factory_config,
};
use domain::OrderState;
use factory_client::{FactoryClient, VendorError};
use jiff::SignedDuration;
use std::time::Duration;
use store::{Finding, QueueStats, Store, StoreError};

/// A pizza that is older or younger than this by its own clock may be refused.
const CLOCKS_APART: SignedDuration = SignedDuration::from_secs(30);
const LONG_WAIT: SignedDuration = SignedDuration::from_hours(1);
/// How long the factory has for an answer that costs it nothing.
const PATIENCE: Duration = Duration::from_secs(10);

/// Looks at the configuration alone.
pub fn examine_config(config: &Config) -> Vec<Finding> {
    let mut findings = vec![Finding::fine("the configuration is valid")];
    let mut warn = |wrong: bool, what: &str, advice: &str| {
        if wrong {
            findings.push(Finding::warning(what, advice));
        }
    };
    warn(
        !config.http.host.is_loopback(),
        "http.host is not the loopback interface, and this program speaks no TLS",
        "let only a proxy that ends TLS reach it (docs/security.md)",
    );
    warn(
        config.auth.password_policy == PasswordPolicy::Historic,
        "auth.password_policy is \"historic\": any password will do",
        "set it to \"strict\" unless the historic scripts need it",
    );
    warn(
        config.orders.expose_report_link == ReportLinkAudience::Everyone,
        "orders.expose_report_link is \"everyone\": a historic factory's link holds our key",
        "set it to \"admins\"",
    );
    findings
}

/// Asks the factory who we are to it, and what time it is.
pub async fn examine_factory(config: &Config) -> Vec<Finding> {
    let url = &config.factory.url;
    let client = match FactoryClient::new(factory_config(config)) {
        Ok(client) => client,
        Err(error) => {
            return vec![Finding::error(error.to_string(), "correct factory.url and factory.api_key")];
        }
    };
    let asked = async { (client.examine().await, client.vendor().await) };
    let Ok((shown, vendor)) = tokio::time::timeout(PATIENCE, asked).await else {
        let what = format!("the factory at {url} does not answer within {} s", PATIENCE.as_secs());
        return vec![Finding::warning(what, "orders wait until it does; ask its operator")];
    };
    let mut findings = match shown {
        Ok(shown) if shown.keys == 0 => {
            vec![Finding::error(
                "the factory shows no public key",
                "no pizza can be verified; ask its operator",
            )]
        }
        Ok(shown) => {
            vec![Finding::fine(format!("the factory at {url} shows its keys")), clocks(shown.clock_ahead)]
        }
        Err(error) => vec![Finding::warning(
            format!("the factory at {url} does not show its keys: {error}"),
            "orders wait while it is down; otherwise correct factory.url",
        )],
    };
    findings.extend(vendor.map_or_else(
        |error| refused(&error),
        |vendor| {
            let configured = config.factory.vendor_id.as_deref();
            let other = configured.is_some_and(|id| id != vendor.id);
            let mut findings = vec![if other {
                let what = format!("our key is that of vendor {}, not of factory.vendor_id", vendor.id);
                Finding::error(what, "correct factory.vendor_id or factory.api_key: no pizza would be ours")
            } else {
                Finding::fine(format!("the factory knows us as vendor {}", vendor.id))
            }];
            if let Some(chaos) = vendor.chaos.filter(|chaos| chaos.active) {
                let what = format!("chaos: the factory is told to {} until {}", chaos.kind, chaos.end_date);
                findings.push(Finding::warning(what, "pizza chaos stop ends it"));
            }
            findings
        },
    ));
    findings
}

fn refused(error: &VendorError) -> Vec<Finding> {
    match error {
        VendorError::Refused { status: 401 | 403, .. } => vec![Finding::error(
            "the factory does not know our key",
            "correct factory.api_key: every order waits until then",
        )],
        // Said already, or a factory without that call: not every one tells its vendors about themselves.
        _ => Vec::new(),
    }
}

fn clocks(ahead: Option<SignedDuration>) -> Finding {
    match ahead {
        None => Finding::fine("the factory does not tell its time"),
        Some(ahead) if ahead.abs() <= CLOCKS_APART => Finding::fine("the factory's clock agrees with ours"),
        Some(ahead) => Finding::warning(
            format!("the factory's clock is {} s from ours", ahead.as_secs()),
            "set the clock (timedatectl): pizzas carry times that are checked",
        ),
    }
}

impl Service {
    /// Looks at the database and what waits in it.
    pub async fn examine_database(config: &Config) -> Vec<Finding> {
        let service = match Self::open(config.clone()).await {
            Ok(service) => service,
            Err(error) => return vec![unusable(&error)],
        };
        let store = service.store();
        match (store.examine().await, waiting(store.as_ref()).await) {
            (Ok(mut findings), Ok(waiting)) => {
                findings.extend(waiting);
                findings
            }
            (Err(error), _) | (_, Err(error)) => vec![Finding::error(chain(&error), "look at the log")],
        }
    }
}

fn unusable(error: &StartError) -> Finding {
    Finding::error(chain(error), "correct the database settings, or start the database")
}

async fn waiting(store: &dyn Store) -> Result<Vec<Finding>, StoreError> {
    let stats = store.queue_stats().await?;
    let quarantined = store.orders_in(OrderState::Quarantined, 1, 5).await?.orders;
    let mut findings = vec![queue(&stats)];
    if stats.quarantined > 0 {
        let first: Vec<_> = quarantined.iter().map(|order| order.id.to_string()).collect();
        findings.push(Finding::warning(
            format!(
                "{} orders in quarantine wait for a person, the first: {}",
                stats.quarantined,
                first.join(", ")
            ),
            "look at their reason, then redrive or cancel them (/api/admin/queue)",
        ));
    }
    Ok(findings)
}

fn queue(stats: &QueueStats) -> Finding {
    let what = format!("{} orders wait, {} are being made", stats.queued, stats.making);
    let waited = stats.oldest_queued_at.map(|placed| stats.now.duration_since(placed)).unwrap_or_default();
    if waited <= LONG_WAIT {
        Finding::fine(what)
    } else {
        let what = format!("{what}; the oldest for {} min", waited.as_mins());
        Finding::warning(what, "if the factory is up, is a service running? (pizza serve)")
    }
}

/// An error and what caused it, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
