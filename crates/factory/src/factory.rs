//! What every call shares.

use std::fs::DirBuilder;
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use factory_api::ReportLink;
use tokio::sync::{Mutex, Semaphore};
use tokio_util::task::TaskTracker;
use url::Url;

use crate::chaos::Window;
use crate::error::ApiError;
use crate::ledger::Ledger;
use crate::order::Reservations;
use crate::pizza::Baker;
use crate::vendors::{Vendor, Vendors};
use crate::{FactoryConfig, FactoryError, key};

/// Orders being made at once, those included whose callers have gone away.
const MOST_ORDERS: usize = 4_096;
/// How long orders under way may take to finish once the factory is to stop.
const FINISH_GRACE: Duration = Duration::from_secs(5);

/// One running factory.
pub(crate) struct Factory {
    pub(crate) baker: Baker,
    pub(crate) ledger: Ledger,
    pub(crate) vendors: Vendors,
    pub(crate) reservations: Reservations,
    pub(crate) order_slots: Arc<Semaphore>,
    /// Orders being made go on when their callers hang up.
    pub(crate) orders: TaskTracker,
    pub(crate) oven_delay: Duration,
    public_url: Url,
    /// Keeps memory and ledger in the same order of changes.
    chaos_changes: Mutex<()>,
}

impl Factory {
    /// Opens the factory's things, making those that are not there yet.
    pub(crate) async fn open(config: FactoryConfig, address: SocketAddr) -> Result<Arc<Self>, FactoryError> {
        // Making a key takes long enough to be kept off the threads that serve.
        tokio::task::spawn_blocking(move || Self::open_blocking(config, address)).await?
    }

    fn open_blocking(config: FactoryConfig, address: SocketAddr) -> Result<Arc<Self>, FactoryError> {
        let public_url = match config.public_url {
            Some(url) if matches!(url.scheme(), "http" | "https") => url,
            Some(_) => return Err(FactoryError::PublicUrl),
            None => url_of(address)?,
        };
        private_dir(&config.data_dir)?;
        let key = key::load_or_make(&config.data_dir, config.rsa_bits)?;
        let issuer = public_url.as_str().trim_end_matches('/').to_owned();
        let (ledger, vendors) = Ledger::open(&config.data_dir, &config.seed_vendors)?;
        Ok(Arc::new(Self {
            baker: Baker::new(key, issuer)?,
            ledger,
            vendors: Vendors::new(vendors),
            reservations: Reservations::default(),
            order_slots: Arc::new(Semaphore::new(MOST_ORDERS)),
            orders: TaskTracker::new(),
            oven_delay: config.oven_delay,
            public_url,
            chaos_changes: Mutex::new(()),
        }))
    }

    /// Puts a vendor under chaos, or ends its chaos, now and after a restart.
    pub(crate) async fn set_chaos(&self, vendor_id: &str, window: Option<Window>) -> Result<(), ApiError> {
        let _one_at_a_time = self.chaos_changes.lock().await;
        self.ledger
            .keep_chaos(vendor_id.to_owned(), window.clone())
            .await
            .map_err(|error| ApiError::internal(&error))?;
        self.vendors.set_chaos(vendor_id, window);
        Ok(())
    }

    /// Where this vendor's chaos can be ended.
    pub(crate) fn report_link(&self, vendor: &Vendor, window: &Window) -> ReportLink {
        let mut url = self.public_url.clone();
        let base = url.path().trim_end_matches('/');
        let (token, code) = (&vendor.report_token, &window.fix_code);
        url.set_path(&format!("{base}/api/support/{token}/report/{code}"));
        ReportLink::new(url)
    }

    /// Lets the orders under way finish, within limits.
    pub(crate) async fn finish(&self) {
        self.orders.close();
        if tokio::time::timeout(FINISH_GRACE, self.orders.wait()).await.is_err() {
            tracing::warn!(unfinished = self.orders.len(), "stopped with orders under way");
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
