//! What every call shares.

use std::fs::DirBuilder;
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::http::StatusCode;
use factory_api::ReportLink;
use jiff::Timestamp;
use tokio::sync::{Mutex, Semaphore};
use tokio_util::task::TaskTracker;
use url::Url;

use crate::api::order::Reservations;
use crate::chaos::Window;
use crate::codes::Codes;
use crate::ledger::Ledger;
use crate::pizza::Baker;
use crate::problem::ApiError;
use crate::vendor_key::VendorKeys;
use crate::vendors::{Vendor, Vendors};
use crate::{FactoryConfig, FactoryError, Mail, key};

/// Orders being made at once, those included whose callers have gone away.
const MOST_ORDERS: usize = 4_096;
/// How long orders under way may take to finish once the factory is to stop.
const FINISH_GRACE: Duration = Duration::from_secs(5);

/// One running factory.
pub(crate) struct Factory {
    pub(crate) baker: Baker,
    pub(crate) ledger: Ledger,
    pub(crate) vendors: Vendors,
    pub(crate) vendor_keys: VendorKeys,
    pub(crate) most_vendors: usize,
    pub(crate) allowed_origins: Vec<String>,
    pub(crate) codes: Codes,
    pub(crate) mail: Mail,
    pub(crate) reservations: Reservations,
    pub(crate) order_slots: Arc<Semaphore>,
    /// What goes on when its caller hangs up: orders being made, changes, letters.
    pub(crate) under_way: TaskTracker,
    pub(crate) oven_delay: Duration,
    public_url: Url,
    /// Keeps memory and ledger in the same order of changes.
    changes: Arc<Mutex<()>>,
}

impl Factory {
    /// Opens the factory's things, making those that are not there yet.
    pub(crate) async fn open(config: FactoryConfig, address: SocketAddr) -> Result<Arc<Self>, FactoryError> {
        // Making a key takes long enough to be kept off the threads that serve.
        tokio::task::spawn_blocking(move || Self::open_blocking(config, address)).await?
    }

    fn open_blocking(config: FactoryConfig, address: SocketAddr) -> Result<Arc<Self>, FactoryError> {
        let public_url = match config.public_url.clone() {
            Some(url) if matches!(url.scheme(), "http" | "https") => url,
            Some(_) => return Err(FactoryError::PublicUrl),
            None => url_of(address)?,
        };
        private_dir(&config.data_dir)?;
        let key = key::load_or_make(&config.data_dir, config.rsa_bits)?;
        let issuer = public_url.as_str().trim_end_matches('/').to_owned();
        let vendor_keys = VendorKeys::load_or_make(&config.data_dir)?;
        let (ledger, vendors) = Ledger::open(&config, &vendor_keys)?;
        Ok(Arc::new(Self {
            baker: Baker::new(key, issuer)?,
            ledger,
            vendors: Vendors::new(vendors),
            vendor_keys,
            most_vendors: config.most_vendors,
            allowed_origins: config.allowed_origins,
            codes: Codes::default(),
            mail: config.mail,
            reservations: Reservations::default(),
            order_slots: Arc::new(Semaphore::new(MOST_ORDERS)),
            under_way: TaskTracker::new(),
            oven_delay: config.oven_delay,
            public_url,
            changes: Arc::default(),
        }))
    }

    /// Runs one change of the vendors at a time, and to its end also when the caller hangs up: what
    /// is in the ledger is in memory too.
    pub(crate) async fn change<T, F>(
        self: &Arc<Self>,
        change: impl FnOnce(Arc<Self>) -> F,
    ) -> Result<T, ApiError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, ApiError>> + Send + 'static,
    {
        let turn = self.changes.clone().lock_owned().await;
        let change = change(self.clone());
        let changing = self.under_way.spawn(async move {
            let _turn = turn;
            change.await
        });
        changing.await.map_err(|error| ApiError::internal(&error))?
    }

    /// The vendor of this id as it is now, to be changed.
    pub(crate) fn known(&self, id: &str) -> Result<Vendor, ApiError> {
        let vendor = self.vendors.by_id(id);
        vendor.map(Arc::unwrap_or_clone).ok_or_else(|| ApiError::new(StatusCode::NOT_FOUND, "Unknown vendor"))
    }

    /// Keeps what is known of a vendor, within a change.
    pub(crate) async fn keep(&self, vendor: Vendor) -> Result<Json<factory_api::Vendor>, ApiError> {
        let kept = self.ledger.keep_vendor(vendor.clone()).await;
        kept.map_err(|error| ApiError::internal(&error))?;
        let shown = self.shown(&vendor);
        self.vendors.put(vendor);
        Ok(shown)
    }

    /// The vendor as it is answered.
    pub(crate) fn shown(&self, vendor: &Vendor) -> Json<factory_api::Vendor> {
        Json(self.vendors.shown(vendor, Timestamp::now()))
    }

    /// Puts a vendor under chaos, or ends its chaos, now and after a restart.
    pub(crate) async fn set_chaos(
        self: &Arc<Self>,
        vendor_id: &str,
        window: Option<Window>,
    ) -> Result<(), ApiError> {
        let id = vendor_id.to_owned();
        self.change(async move |factory| {
            let vendor = factory.known(&id)?;
            let kept = factory.ledger.keep_chaos(id, window.clone()).await;
            kept.map_err(|error| ApiError::internal(&error))?;
            factory.vendors.put(Vendor { window, ..vendor });
            Ok(())
        })
        .await
    }

    /// Where this vendor's chaos can be ended.
    pub(crate) fn report_link(&self, vendor: &Vendor, window: &Window) -> ReportLink {
        let (token, code) = (&vendor.report_token, &window.fix_code);
        ReportLink::new(self.url(&format!("/api/support/{token}/report/{code}")))
    }

    /// Where the world finds this path of ours.
    pub(crate) fn url(&self, path: &str) -> Url {
        let mut url = self.public_url.clone();
        let path = format!("{}{path}", url.path().trim_end_matches('/'));
        url.set_path(&path);
        url
    }

    /// Lets what is under way finish, within limits.
    pub(crate) async fn finish(&self) {
        self.under_way.close();
        if tokio::time::timeout(FINISH_GRACE, self.under_way.wait()).await.is_err() {
            tracing::warn!(unfinished = self.under_way.len(), "stopped with work under way");
        }
    }
}

fn url_of(address: SocketAddr) -> Result<Url, FactoryError> {
    let text = if address.ip().is_unspecified() {
        format!("http://localhost:{}", address.port())
    } else {
        format!("http://{address}")
    };
    Url::parse(&text).map_err(|_| FactoryError::PublicUrl)
}

fn private_dir(path: &Path) -> Result<(), FactoryError> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|source| FactoryError::DataDir { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SeedVendor;
    use factory_api::ChaosKind;

    #[tokio::test]
    async fn a_change_is_made_also_when_its_caller_hangs_up() {
        let dir = tempfile::tempdir().unwrap();
        let mut config = FactoryConfig::new(dir.path());
        config.seed_vendors =
            vec![SeedVendor { id: "v".to_owned(), name: "V".to_owned(), api_key: "key".into() }];
        let factory = Factory::open(config, ([127, 0, 0, 1], 80).into()).await.unwrap();

        let window = Window::plan(ChaosKind::Fail, None, Timestamp::now()).unwrap();
        let mut change = Box::pin(factory.set_chaos("v", Some(window)));
        assert!(futures::poll!(&mut change).is_pending());
        drop(change);
        factory.finish().await;
        assert!(factory.known("v").unwrap().window.is_some());
    }
}
