//! The order service: accounts, menu, franchises and stores, orders, and the kitchen that turns orders
//! into pizzas whatever the factory does.
//!
//! Follow one order: [`api`] `orders::place_order` → `domain::price_items` → [`fulfilment`]
//! `Kitchen::place` → `store::Store::place_order` → `fulfil_order` → `factory_client` → back →
//! `store::Store::finish`.

mod administration;
mod api;
mod app;
mod auth;
mod catalogue;
pub mod config;
mod edge;
mod examination;
mod first_admin;
pub mod fulfilment;
mod metrics_address;
mod operations;
pub mod outside;
mod stores;
mod web;

pub use administration::ResetPasswordError;
pub use examination::{examine_config, examine_factory};
pub use first_admin::{FirstAdminError, NewAdmin};
pub use operations::{AlertView, EndChaosError, Operations, OperationsError, PauseAlertError};

use crate::{
    app::{App, AppState},
    auth::{HashError, LoginGuard, PasswordRefused, Passwords, Sessions, check_new_password},
    catalogue::Catalogue,
    config::Config,
    fulfilment::{Kitchen, dispatch},
    operations::ActLinks,
    stores::Stores,
};
use alerting::{Pace, Rules};
use domain::{EmailAddress, Name, Role};
use factory_client::{FactoryClient, FactoryConfig};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use std::{io, sync::Arc, time::Duration};
use store::{NewUser, Registration, Store, StoreError};
use telemetry::{Metrics, MetricsError, MetricsOptions};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// The program's version.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The service, ready to serve.
pub struct Service {
    app: AppState,
}

/// Why the service does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database cannot be used.
    #[error("the database at {path} cannot be used")]
    Database {
        /// Where it is.
        path: String,
        /// What it says.
        #[source]
        source: StoreError,
    },
    /// The database's server cannot be used.
    #[error(
        "the database {location} cannot be used: check that a server runs there, and that database.url names the \
         right user, password and database"
    )]
    DatabaseServer {
        /// Where it is, without who we are there.
        location: String,
        /// What it says.
        #[source]
        source: StoreError,
    },
    /// The factory's URL or key cannot be used.
    #[error("the factory's configuration cannot be used")]
    Factory(#[from] factory_client::ConfigError),
    /// Metrics cannot be set up.
    #[error(transparent)]
    Metrics(#[from] MetricsError),
    /// Passwords cannot be hashed.
    #[error(transparent)]
    Passwords(#[from] HashError),
    /// Alerts have nobody to tell, or annotations nowhere to go.
    #[error(transparent)]
    Operations(#[from] OperationsError),
}

/// Why an account was not opened.
#[derive(Debug, thiserror::Error)]
pub enum CreateUserError {
    /// Somebody has this e-mail address already.
    #[error("{0} has an account already")]
    EmailTaken(EmailAddress),
    /// The password is not acceptable.
    #[error(transparent)]
    Password(#[from] PasswordRefused),
    /// The password could not be hashed.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The account could not be kept.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Service {
    /// Opens the database and puts the parts together. Nothing is served, dispatched or called yet.
    pub async fn open(config: Config) -> Result<Self, StartError> {
        let metrics = Arc::new(Metrics::new(metrics_options(&config))?);
        let Stores { store, operations } = Stores::open(&config.database, &metrics).await?;
        let database = |source| config.database.cannot_be_used(source);
        let installation =
            store.keep_setting("installation_id", &Uuid::new_v4().to_string()).await.map_err(database)?;
        let secret = match &config.auth.jwt_secret {
            Some(secret) => secret.clone(),
            None => store.keep_setting("jwt_secret", &random_secret()).await.map_err(database)?.into(),
        };
        let factory = FactoryClient::new(factory_config(&config))?;
        let kitchen = Kitchen::new(&config, Arc::clone(&store), factory, installation, Arc::clone(&metrics));
        let act_links = ActLinks::new(secret.expose_secret());
        let stores = (operations, Arc::clone(&store));
        let operations =
            Operations::new(&config, stores, Arc::clone(&kitchen), Arc::clone(&metrics), act_links)?;
        let app = App {
            operations: Arc::new(operations),
            sessions: Sessions::new(Arc::clone(&store), &secret, &config.auth),
            seal: web::Seal::new(&secret),
            passwords: Passwords::new()?,
            login_guard: LoginGuard::new(config.auth.login_failures_per_minute),
            catalogue: Catalogue::new(Arc::clone(&store)),
            shutdown: CancellationToken::new(),
            kitchen,
            metrics,
            store,
            config,
        };
        Ok(Self { app: Arc::new(app) })
    }

    /// Where everything is kept, for whoever sets the service up.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.app.store
    }

    /// Alerts, incidents and notices, for whoever works at the machine.
    pub fn operations(&self) -> &Operations {
        &self.app.operations
    }

    /// Opens an account with these roles.
    pub async fn create_user(
        &self,
        name: Name,
        email: EmailAddress,
        password: SecretString,
        roles: Vec<Role>,
    ) -> Result<domain::User, CreateUserError> {
        check_new_password(&password, (&name, &email), self.app.config.auth.password_policy)?;
        let password_hash = self.app.passwords.hash(password).await?;
        match self.app.store.create_user(NewUser { name, email: email.clone(), password_hash, roles }).await?
        {
            Registration::Created(user) => Ok(user),
            Registration::EmailTaken => Err(CreateUserError::EmailTaken(email)),
        }
    }

    /// Serves on this listener until `shutdown`, then finishes what is in flight and gives leases back.
    pub async fn serve(self, listener: TcpListener, shutdown: CancellationToken) -> io::Result<()> {
        let app = self.app;
        let for_metrics = metrics_address::listen(&app).await?;
        let grace = app.config.http.shutdown_grace;
        let stopping = app.shutdown.clone();
        let dispatcher = tokio::spawn(dispatch(Arc::clone(&app.kitchen), stopping.clone()));
        app.metrics.heartbeat(Timestamp::now().as_millisecond() as f64 / 1e3);
        spawn_operations(&app);
        let limits = app.config.http.limits();
        let server = http_server::serve(listener, api::router(Arc::clone(&app)), limits, stopping.clone());
        let mut server = tokio::spawn(server);
        let metrics = for_metrics.map(|listener| {
            let router = metrics_address::router(Arc::clone(&app));
            tokio::spawn(http_server::serve(listener, router, app.config.http.limits(), stopping.clone()))
        });

        let served = tokio::select! {
            () = shutdown.cancelled() => {
                stopping.cancel();
                // It keeps to the grace, and cuts off whatever takes longer.
                (&mut server).await
            }
            ended = &mut server => ended,
        };
        stopping.cancel();
        let stopped = tokio::time::timeout(grace.max(Duration::from_secs(1)), dispatcher).await;
        if stopped.is_err() {
            tracing::warn!("type" = "order", component = "dispatcher", "the dispatcher did not stop in time");
        }
        app.kitchen.close(grace).await;
        if let Some(metrics) = metrics {
            metrics.await.map_err(io::Error::other)?;
        }
        served.map_err(io::Error::other)
    }
}

/// What may stop in the middle: everything that it does is done again, or by somebody else.
fn spawn_operations(app: &AppState) {
    let stopping = || app.shutdown.clone();
    tokio::spawn(operations::watch(Arc::clone(&app.operations), stopping()));
    tokio::spawn(operations::deliver(Arc::clone(&app.operations), stopping()));
    tokio::spawn(operations::place_synthetic_orders(Arc::clone(app), stopping()));
    tokio::spawn(count_active_users(Arc::clone(app)));
}

async fn count_active_users(app: AppState) {
    let mut pace = tokio::time::interval(Duration::from_secs(5));
    while !app.shutdown.is_cancelled() {
        pace.tick().await;
        app.metrics.active_users(app.sessions.active_users());
    }
}

fn metrics_options(config: &Config) -> MetricsOptions {
    let rules = Rules::built_in(Pace::REAL);
    let points = &config.alerts.contact_points;
    MetricsOptions {
        instance_id: config.instance_name(),
        alerts: rules.iter().map(|rule| rule.id.to_owned()).collect(),
        contact_points: points.iter().map(|point| point.name.clone()).collect(),
        database: if config.database.url.is_some() { "mysql" } else { "sqlite" },
        factory_host: config.factory.url.host_str().unwrap_or_default().to_owned(),
        max_franchises: config.metrics.max_franchises,
        ..MetricsOptions::new(VERSION)
    }
}

fn factory_config(config: &Config) -> FactoryConfig {
    let factory = &config.factory;
    FactoryConfig {
        vendor_id: factory.vendor_id.clone(),
        connect_timeout: factory.connect_timeout,
        attempt_timeout: factory.attempt_timeout,
        ..FactoryConfig::new(factory.url.clone(), factory.api_key.clone())
    }
}

/// 244 random bits from the operating system, as text.
fn random_secret() -> String {
    format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple())
}
