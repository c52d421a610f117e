//! Franchises as a label: bounded, because whoever may found one could found a million.

use opentelemetry::KeyValue;
use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

/// The franchises that are counted one by one.
pub(super) struct Franchises {
    most: usize,
    known: Mutex<HashSet<i64>>,
}

impl Franchises {
    pub(super) fn at_most(most: usize) -> Self {
        Self { most, known: Mutex::default() }
    }

    /// The label of this franchise: its id if it was among the first, `other` if not.
    pub(super) fn label(&self, franchise: i64) -> KeyValue {
        // A set of ids is whole after any panic.
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let is_known = known.contains(&franchise) || (known.len() < self.most && known.insert(franchise));
        drop(known);
        if is_known {
            KeyValue::new("franchise", franchise.to_string())
        } else {
            KeyValue::new("franchise", "other")
        }
    }
}
