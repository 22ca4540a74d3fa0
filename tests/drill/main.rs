//! `hagen drill`: which failures a plan survives, compared with a model that counts nothing and searches a
//! graph, with known truths, and with what was measured.
#![allow(clippy::expect_used, missing_docs)]

mod brute_force;
mod cluster;
#[path = "../common/mod.rs"]
mod common;
mod examples;
mod output;
mod times;
mod truths;

use hagen::drill::{Drill, Row};

/// The row with this id.
#[track_caller]
pub(crate) fn row<'a>(drill: &'a Drill, id: &str) -> &'a Row {
    let found = drill.rows.iter().find(|row| row.id == id);
    found.unwrap_or_else(|| panic!("no row {id} in {:?}", ids(drill)))
}

/// The row with this id that is about a zone.
#[track_caller]
pub(crate) fn of_zone<'a>(drill: &'a Drill, id: &str, zone: &str) -> &'a Row {
    let mut rows = drill.rows.iter();
    let found = rows.find(|row| row.id == id && row.zone.as_deref() == Some(zone));
    found.unwrap_or_else(|| panic!("no row {id} about {zone} in {:?}", ids(drill)))
}

pub(crate) fn ids(drill: &Drill) -> Vec<&'static str> {
    drill.rows.iter().map(|row| row.id).collect()
}
