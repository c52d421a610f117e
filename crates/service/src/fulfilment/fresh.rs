//! Places at the factory for fresh orders, of which no diner gets all.
//!
//! Without that, whoever orders without end has every place, and everybody else waits in the queue behind them.

use domain::UserId;
use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The places of one kitchen.
pub(super) struct FreshPlaces {
    places: usize,
    /// The most that one diner may have: three of four, so that one is left for the others.
    of_one: usize,
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    all: usize,
    by: HashMap<UserId, usize>,
}

/// A place, until it is dropped.
pub(super) struct FreshPlace {
    places: Arc<FreshPlaces>,
    diner: UserId,
}

impl FreshPlaces {
    /// So many places, at least one.
    pub(super) fn new(places: u32) -> Arc<Self> {
        let places = usize::try_from(places).unwrap_or(usize::MAX).max(1);
        let of_one = places.saturating_sub(places / 4).max(1);
        Arc::new(Self { places, of_one, taken: Mutex::default() })
    }

    /// A place for an order of this diner, if one is free and they have not got their share.
    pub(super) fn take(self: &Arc<Self>, diner: UserId) -> Option<FreshPlace> {
        let mut taken = self.taken();
        let theirs = taken.by.get(&diner).copied().unwrap_or_default();
        if taken.all >= self.places || theirs >= self.of_one {
            return None;
        }
        taken.all += 1;
        taken.by.insert(diner, theirs + 1);
        Some(FreshPlace { places: Arc::clone(self), diner })
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        // Every change is whole before the lock is left.
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for FreshPlace {
    fn drop(&mut self) {
        let mut taken = self.places.taken();
        taken.all -= 1;
        if let Entry::Occupied(mut theirs) = taken.by.entry(self.diner) {
            *theirs.get_mut() -= 1;
            if *theirs.get() == 0 {
                theirs.remove();
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const FLOOD: UserId = UserId(1);
    const OTHER: UserId = UserId(2);

    #[test]
    fn one_who_orders_without_end_leaves_places_for_the_others() {
        let places = FreshPlaces::new(8);
        let flood: Vec<_> = std::iter::from_fn(|| places.take(FLOOD)).collect();
        assert_eq!(flood.len(), 6);
        let others: Vec<_> = std::iter::from_fn(|| places.take(OTHER)).collect();
        assert_eq!(others.len(), 2);
        assert!(places.take(UserId(3)).is_none(), "there are eight in all");
    }

    #[test]
    fn a_place_is_free_again_when_its_order_is_done_with() {
        let places = FreshPlaces::new(1);
        let place = places.take(FLOOD).unwrap();
        assert!(places.take(FLOOD).is_none() && places.take(OTHER).is_none());
        drop(place);
        assert!(places.take(OTHER).is_some());
        assert!(places.taken().by.is_empty(), "nobody is remembered who has no place");
    }
}
