//! How much of the machine the process uses, and how much is used at all: read when somebody asks, and at most once a
//! second, however many do.

use opentelemetry::metrics::Meter;
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System};

/// Longer than what the system needs to tell one reading of the CPU's time from the next.
const FRESH: Duration = Duration::from_secs(1);

/// Sets up what is read from the machine. On a system that cannot be read there is none of it.
pub(super) fn observe(meter: &Meter) {
    let Ok(machine) = Machine::new() else {
        tracing::warn!(component = "metrics", "this system does not tell how busy it is");
        return;
    };
    let machine = Arc::new(Mutex::new(machine));
    let reading =
        move |machine: &Mutex<Machine>| machine.lock().unwrap_or_else(PoisonError::into_inner).reading();
    let part = |name: &'static str, what: &'static str, of: fn(&Reading) -> f64| {
        let machine = Arc::clone(&machine);
        let gauge = meter.f64_observable_gauge(name).with_description(what).with_unit("1");
        gauge.with_callback(move |gauge| gauge.observe(of(&reading(&machine)), &[])).build();
    };
    let bytes = |name: &'static str, what: &'static str, of: fn(&Reading) -> u64| {
        let machine = Arc::clone(&machine);
        let gauge = meter.u64_observable_gauge(name).with_description(what).with_unit("By");
        gauge.with_callback(move |gauge| gauge.observe(of(&reading(&machine)), &[])).build();
    };
    part("process.cpu.utilization", "The part of all CPUs that this process uses", |now| now.process_cpu);
    part("process.memory.utilization", "The part of the memory that this process uses", |now| {
        now.process_memory as f64 / now.memory.max(1) as f64
    });
    bytes("process.memory.usage", "Memory that this process uses", |now| now.process_memory);
    part("system.cpu.utilization", "The part of all CPUs that is used", |now| now.cpu);
    part("system.memory.utilization", "The part of the memory that is used", |now| {
        now.memory_used as f64 / now.memory.max(1) as f64
    });
    bytes("system.memory.limit", "All memory of the machine", |now| now.memory);
}

/// Parts are of 1, amounts in bytes.
#[derive(Clone, Copy, Default)]
struct Reading {
    process_cpu: f64,
    process_memory: u64,
    cpu: f64,
    memory: u64,
    memory_used: u64,
}

struct Machine {
    system: System,
    process: Pid,
    last: Reading,
    read_at: Instant,
}

impl Machine {
    fn new() -> Result<Self, sysinfo::Error> {
        let mut machine = Self {
            system: System::new()?,
            process: sysinfo::get_current_pid()?,
            last: Reading::default(),
            read_at: Instant::now(),
        };
        machine.read();
        Ok(machine)
    }

    fn reading(&mut self) -> Reading {
        if self.read_at.elapsed() >= FRESH {
            self.read();
        }
        self.last
    }

    fn read(&mut self) {
        let kind = ProcessRefreshKind::nothing().with_cpu().with_memory().without_tasks();
        self.system.refresh_memory();
        self.system.refresh_cpu_usage();
        self.system.refresh_processes_specifics(ProcessesToUpdate::Some(&[self.process]), true, kind);
        let process = self.system.process(self.process);
        let cpus = self.system.cpus().len().max(1) as f64;
        self.last = Reading {
            // In percent of one CPU.
            process_cpu: process.map_or(0.0, |process| f64::from(process.cpu_usage()) / 100.0 / cpus),
            process_memory: process.map_or(0, sysinfo::Process::memory),
            cpu: f64::from(self.system.global_cpu_usage()) / 100.0,
            memory: self.system.total_memory(),
            memory_used: self.system.used_memory(),
        };
        self.read_at = Instant::now();
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use opentelemetry::metrics::MeterProvider;
    use opentelemetry_sdk::metrics::SdkMeterProvider;
    use prometheus::Registry;

    #[test]
    fn a_machine_has_memory_and_we_use_a_part_of_it() {
        let mut machine = Machine::new().unwrap();
        let now = machine.reading();
        assert!(now.process_memory > 1 << 16, "{}", now.process_memory);
        assert!(now.process_memory < now.memory && now.memory_used < now.memory);
        assert!((0.0..=1.0).contains(&now.cpu), "{}", now.cpu);
    }

    #[test]
    fn readings_bear_the_names_of_the_conventions() {
        let registry = Registry::new();
        let exporter = opentelemetry_prometheus::exporter().with_registry(registry.clone()).build().unwrap();
        let provider = SdkMeterProvider::builder().with_reader(exporter).build();
        observe(&provider.meter("test"));
        let gathered = registry.gather();
        let names: Vec<_> = gathered.iter().map(prometheus::proto::MetricFamily::name).collect();
        for name in [
            "process_cpu_utilization_ratio",
            "process_memory_usage_bytes",
            "process_memory_utilization_ratio",
            "system_cpu_utilization_ratio",
            "system_memory_limit_bytes",
            "system_memory_utilization_ratio",
        ] {
            assert!(names.contains(&name), "{name} is not in {names:?}");
        }
    }
}
