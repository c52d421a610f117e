//! Metrics, logs and traces for a collector, by OTLP over HTTP, as the standard `OTEL_*` variables say. Nothing of it
//! exists while none is set.
//!
//! A collector that is dead, slow or hanging costs us what it misses and nothing else: each signal has a thread and a
//! bounded queue of its own, and at the end they get [`FLUSH`] together.

mod collector;
mod pace;
mod settings;

pub use settings::OtlpError;

use collector::Collector;
use opentelemetry::{KeyValue, trace::TracerProvider};
use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
use opentelemetry_otlp::{LogExporter, MetricExporter, SpanExporter, WithHttpConfig};
use opentelemetry_sdk::{
    Resource,
    logs::{SdkLogger, SdkLoggerProvider},
    metrics::{PeriodicReader, SdkMeterProvider},
    resource::EnvResourceDetector,
    trace::{SdkTracer, SdkTracerProvider},
};
use settings::{Settings, Signal};
use std::{
    env,
    sync::{Mutex, OnceLock, PoisonError, mpsc},
    thread,
    time::Duration,
};

/// How long the end of the program may wait for the collector to take what is left.
const FLUSH: Duration = Duration::from_millis(1_500);

/// Of the process, as its log is. It is never dropped, for to drop an exporter is to wait for it.
static OTLP: OnceLock<Otlp> = OnceLock::new();

struct Otlp {
    settings: Settings,
    resource: Resource,
    /// Made with the instruments, later than the rest.
    meters: Mutex<Vec<SdkMeterProvider>>,
    logger: Option<SdkLoggerProvider>,
    tracer: Option<(SdkTracerProvider, SdkTracer)>,
}

/// The layer that hands events to the collector.
pub(crate) type Bridge = pace::Paced<OpenTelemetryTracingBridge<SdkLoggerProvider, SdkLogger>>;

/// Starts what the environment asks for. Logs go through the layer it answers.
pub(crate) fn start(resource: &Resource) -> Result<Option<Bridge>, OtlpError> {
    let Some(settings) = Settings::from_env(|name| env::var(name).ok())? else { return Ok(None) };
    let otlp = Otlp {
        logger: settings.has(Signal::Logs).then(|| logger(&settings, resource)).transpose()?,
        tracer: settings.has(Signal::Traces).then(|| tracer_of(&settings, resource)).transpose()?,
        meters: Mutex::default(),
        resource: resource.clone(),
        settings,
    };
    let bridge = otlp.logger.as_ref().map(|logger| pace::Paced::new(OpenTelemetryTracingBridge::new(logger)));
    // A second start fails at the log; the first one's is kept.
    let _ = OTLP.set(otlp);
    Ok(bridge)
}

/// The resource that all signals bear: what is given, and what the environment says over it.
pub(crate) fn resource(service: &'static str, version: &'static str, instance: String) -> Resource {
    let builder = Resource::builder_empty()
        .with_attributes([
            KeyValue::new("service.name", service),
            KeyValue::new("service.version", version),
            KeyValue::new("service.instance.id", instance),
        ])
        .with_detector(Box::new(EnvResourceDetector::new()));
    match env::var("OTEL_SERVICE_NAME") {
        Ok(name) if !name.is_empty() => builder.with_service_name(name).build(),
        _ => builder.build(),
    }
}

/// The resource of what the collector gets, if there is one: all signals bear the same.
pub(crate) fn collected_resource() -> Option<Resource> {
    OTLP.get().map(|otlp| otlp.resource.clone())
}

/// Makes spans, if there is a collector for them.
pub(crate) fn tracer() -> Option<&'static SdkTracer> {
    OTLP.get()?.tracer.as_ref().map(|(_, tracer)| tracer)
}

/// What hands metrics to the collector, if there is one for them.
pub(crate) fn metrics_reader() -> Result<Option<PeriodicReader<MetricExporter>>, OtlpError> {
    let Some(otlp) = OTLP.get().filter(|otlp| otlp.settings.has(Signal::Metrics)) else { return Ok(None) };
    let collector = Collector::new(&otlp.settings, Signal::Metrics)?;
    let exporter = MetricExporter::builder().with_http().with_http_client(collector).build()?;
    Ok(Some(PeriodicReader::builder(exporter).build()))
}

/// Has the metrics of this provider flushed at the end.
pub(crate) fn keep(meters: &SdkMeterProvider) {
    if let Some(otlp) = OTLP.get() {
        otlp.meters.lock().unwrap_or_else(PoisonError::into_inner).push(meters.clone());
    }
}

/// Hands over what is left, for as long as [`FLUSH`] allows.
pub(crate) fn stop() {
    let Some(otlp) = OTLP.get() else { return };
    let (done, all_done) = mpsc::channel::<()>();
    let stop_one = |stop: Box<dyn FnOnce() + Send>| {
        let done = done.clone();
        // The providers' own deadlines are not kept by all of them, and they block: so each on a thread that nobody
        // waits for. Without a thread there is no flush.
        let _ = thread::Builder::new().name("otlp-stop".into()).spawn(move || {
            stop();
            drop(done);
        });
    };
    if let Some((provider, _)) = &otlp.tracer {
        stop_one(Box::new(|| drop(provider.shutdown_with_timeout(FLUSH))));
    }
    for meters in otlp.meters.lock().unwrap_or_else(PoisonError::into_inner).iter() {
        let meters = meters.clone();
        stop_one(Box::new(move || drop(meters.shutdown_with_timeout(FLUSH))));
    }
    if let Some(logger) = &otlp.logger {
        stop_one(Box::new(|| drop(logger.shutdown_with_timeout(FLUSH))));
    }
    drop(done);
    // Nothing is ever sent: it ends when the last of them has, or with the deadline.
    let _ = all_done.recv_timeout(FLUSH);
}

fn logger(settings: &Settings, resource: &Resource) -> Result<SdkLoggerProvider, OtlpError> {
    let collector = Collector::new(settings, Signal::Logs)?;
    let exporter = LogExporter::builder().with_http().with_http_client(collector).build()?;
    Ok(SdkLoggerProvider::builder().with_batch_exporter(exporter).with_resource(resource.clone()).build())
}

fn tracer_of(settings: &Settings, resource: &Resource) -> Result<(SdkTracerProvider, SdkTracer), OtlpError> {
    let collector = Collector::new(settings, Signal::Traces)?;
    let exporter = SpanExporter::builder().with_http().with_http_client(collector).build()?;
    let provider = SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource.clone());
    // The SDK reads the sampler's variables itself.
    let provider =
        if settings.sampler_is_given { provider } else { provider.with_sampler(pace::Sampler::default()) };
    let provider = provider.build();
    let tracer = provider.tracer("jwt-pizza");
    Ok((provider, tracer))
}
