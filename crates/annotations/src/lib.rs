//! Marking times on dashboards: an incident, a chaos window, whatever makes a graph look odd for a reason.
//!
//! Everything is behind the trait [`Annotations`], because Grafana is replacing the API that [`GrafanaAnnotations`]
//! speaks (`/api/annotations`, deprecated in favour of `/apis` since Grafana 13, and still served).

mod error;
mod grafana;
mod region;

pub use error::AnnotationError;
pub use grafana::{ConfigError, DEADLINE, GrafanaAnnotations, GrafanaConfig};
pub use region::{AnnotationId, Region};

use async_trait::async_trait;

/// Where regions are written. Each call has ended after a deadline, and may be repeated: the same region written
/// twice, or ended twice, is there once.
#[async_trait]
pub trait Annotations: Send + Sync {
    /// Writes a region, unless it is there already.
    async fn write(&self, region: &Region) -> Result<AnnotationId, AnnotationError>;

    /// Makes an annotation look like `region`, whose `to` is set by now; one that is gone is written anew. The id may
    /// change: the one that is returned counts.
    async fn end(&self, id: AnnotationId, region: &Region) -> Result<AnnotationId, AnnotationError>;
}
