//! Synthetic diners, outage scenarios as data, and the score of what diners and operators lived through.
//!
//! Everything is measured from outside, over HTTP, so that a drill tells of any service with the historic API, whatever it
//! says of itself. What cannot be measured is [`Found::NotMeasurable`] or `None`, never a guess.

mod chart;
mod door;
mod drill;
mod factory_calls;
mod follow;
mod grade;
mod inject;
mod journal;
mod judge;
mod live;
mod observer;
mod pager;
mod png;
mod result;
mod scenario;
mod score;
mod series;
mod site;
mod speed;
mod stage;
mod traffic;
mod verdict;

pub use chart::{chart, chart_of_two};
pub use drill::{Drill, Ran, Subject, Theirs};
pub use live::{Live, Planned};
pub use png::png;
pub use result::{Acknowledged, DrillResult, Found, Grade, Mark, PhaseResult, Score, Series, VERSION};
pub use scenario::{Chaos, Database, Phase, SHIPPED, Scenario, ScenarioError, ScenarioTraffic, Victim};
pub use speed::{SETTINGS, Scaled, Speed};
pub use traffic::{
    Diner, Habit, Load, MAX_ARRIVALS, MAX_DINERS, MAX_RATE, NotOurs, OrderAnswer, Outcome, Progress,
    Restaurant, Summary, Tally, Traffic, Visit, Wish,
};
