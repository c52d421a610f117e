//! A plan with parts taken out, and how to find the smallest that still fails.

use crate::{Backend, Plan, run};
use std::{collections::BTreeSet, fmt, str::FromStr};

/// A seed, and the parts of its plan that are left out. Written as `1234 diners=0,3 phases=1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cuts {
    /// The seed.
    pub seed: u64,
    /// By the number of their list in [`LISTS`], which places are left out.
    cut: [BTreeSet<usize>; 6],
}

/// The lists of a plan that can be cut, in the order in which cutting is tried: what is largest first.
const LISTS: [&str; 6] = ["diners", "phases", "endings", "spells", "jumps", "acts"];

impl Cuts {
    /// Nothing is left out.
    pub fn none(seed: u64) -> Self {
        Self { seed, cut: Default::default() }
    }

    /// What is left.
    pub fn plan(&self) -> Plan {
        let mut plan = Plan::of(self.seed);
        let [diners, phases, endings, spells, jumps, acts] = &self.cut;
        without(&mut plan.diners, diners);
        without(&mut plan.phases, phases);
        without(&mut plan.endings, endings);
        without(&mut plan.spells, spells);
        without(&mut plan.jumps, jumps);
        without(&mut plan.acts, acts);
        plan
    }

    /// Takes out whatever the same promise is broken without: larger parts first, until no single one can go.
    pub fn shrink(mut self, backend: Backend) -> Self {
        let broken =
            |cuts: &Self| run(&cuts.plan(), backend, false).violation.map(|violation| violation.invariant);
        let Some(promise) = broken(&self) else { return self };
        let whole = Plan::of(self.seed);
        let lengths = [
            whole.diners.len(),
            whole.phases.len(),
            whole.endings.len(),
            whole.spells.len(),
            whole.jumps.len(),
            whole.acts.len(),
        ];
        let mut part = lengths[0].max(1);
        loop {
            let mut smaller = false;
            for (list, length) in lengths.into_iter().enumerate() {
                let left: Vec<usize> = (0..length).filter(|place| !self.cut[list].contains(place)).collect();
                for places in left.chunks(part) {
                    let mut fewer = self.clone();
                    fewer.cut[list].extend(places);
                    if broken(&fewer) == Some(promise) {
                        self = fewer;
                        smaller = true;
                    }
                }
            }
            match part {
                1 if !smaller => return self,
                _ => part = (part / 2).max(1),
            }
        }
    }
}

fn without<T>(list: &mut Vec<T>, cut: &BTreeSet<usize>) {
    let mut place = 0..;
    list.retain(|_| place.next().is_none_or(|place| !cut.contains(&place)));
}

impl fmt::Display for Cuts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.seed)?;
        for (list, cut) in LISTS.iter().zip(&self.cut).filter(|(_, cut)| !cut.is_empty()) {
            let places: Vec<String> = cut.iter().map(usize::to_string).collect();
            write!(f, " {list}={}", places.join(","))?;
        }
        Ok(())
    }
}

/// Not a seed with cuts.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is not a seed with cuts, like `1234 diners=0,3 phases=1`")]
pub struct CutsError(String);

impl FromStr for Cuts {
    type Err = CutsError;

    fn from_str(text: &str) -> Result<Self, CutsError> {
        let wrong = || CutsError(text.to_owned());
        let mut words = text.split_whitespace();
        let seed = words.next().and_then(|seed| seed.parse().ok()).ok_or_else(wrong)?;
        let mut cuts = Self::none(seed);
        for word in words {
            let (list, places) = word.split_once('=').ok_or_else(wrong)?;
            let list = LISTS.iter().position(|name| *name == list).ok_or_else(wrong)?;
            for place in places.split(',') {
                cuts.cut[list].insert(place.parse().map_err(|_| wrong())?);
            }
        }
        Ok(cuts)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn cuts_are_written_as_they_are_read() {
        for text in ["7", "1234 diners=0,3 phases=1", "9 endings=2 spells=0 jumps=1 acts=0,1,2"] {
            assert_eq!(text.parse::<Cuts>().unwrap().to_string(), text);
        }
        for wrong in ["", "x", "1 diners", "1 cooks=1", "1 diners=a"] {
            assert!(wrong.parse::<Cuts>().is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn what_is_cut_is_not_in_the_plan() {
        let whole = Plan::of(3);
        let numbers = |plan: &Plan| plan.diners.iter().map(|diner| diner.number).collect::<Vec<_>>();
        let cut = "3 diners=0,2".parse::<Cuts>().unwrap().plan();
        let left: Vec<_> = numbers(&whole).into_iter().filter(|number| ![1, 3].contains(number)).collect();
        assert_eq!(numbers(&cut), left);
    }
}
