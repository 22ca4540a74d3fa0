//! The times against those that were measured with keepalived 2.2.7 and haproxy 2.6.12 in network namespaces.

use hagen::drill::{self, Drill};

use crate::cluster::{Baremetal, Front};

/// Milliseconds of a row, as tools read them.
fn bounds(drill: &Drill, id: &str) -> (f64, f64) {
    let json = drill.json();
    let rows = json["failures"].as_array().expect("failures");
    let row = rows.iter().find(|row| row["id"] == id).expect("a row");
    let time = |key: &str| row["interruption"][key].as_f64().expect("milliseconds");
    (time("leastMs"), time("mostMs"))
}

fn drill_of(change: impl Fn(String) -> String) -> Drill {
    let text = change(Baremetal::stacked(Front::Haproxy, 3).text());
    let spec: hagen::spec::Cluster = serde_saphyr::from_str(&text).expect("a spec");
    drill::of(&hagen::plan::build(&spec, "baremetal"))
}

/// A client that asks every 20 ms sees a gap up to that much longer, and a busy machine adds some.
const NOISE: f64 = 250.0;

#[track_caller]
fn measured(drill: &Drill, id: &str, milliseconds: f64) {
    let (least, most) = bounds(drill, id);
    assert!(
        least - NOISE <= milliseconds && milliseconds <= most + NOISE,
        "{id}: {milliseconds} is not within {least} to {most}"
    );
}

#[test]
fn measured_times_are_within_the_bounds() {
    let shipped = drill_of(|text| text);
    measured(&shipped, "holderGone", 3550.0);
    // The carrier lost is the same.
    measured(&shipped, "holderGone", 3240.0);
    measured(&shipped, "holderStopped", 650.0);
    measured(&shipped, "keepalivedKilled", 0.0);
    measured(&shipped, "apiServerDead", 0.0);
    measured(&shipped, "controlPlaneNodeLost", 650.0);
    measured(&shipped, "splitHealed", 670.0);
    // With a check each second.
    let quick = drill_of(|text| {
        text.replace(
            "virtualRouterId: 77",
            "virtualRouterId: 77, checkInterval: 1s",
        )
    });
    measured(&quick, "proxyDead", 1680.0);
    measured(&quick, "proxyDead", 1780.0);
}

/// The bounds follow the spec's timers, each by its own arithmetic.
#[test]
fn times_follow_the_timers_of_the_spec() {
    let slow = drill_of(|text| {
        text.replace(
            "virtualRouterId: 77",
            "virtualRouterId: 77, advertInterval: 2s, checkInterval: 5s, checkFall: 3",
        )
    });
    // Three adverts of 2 s and (256 - 100) / 256 s.
    assert_eq!(bounds(&slow, "holderGone"), (4609.0, 6609.0));
    assert_eq!(bounds(&slow, "holderStopped"), (609.0, 609.0));
    // Two to three checks of 5 s.
    assert_eq!(bounds(&slow, "proxyDead"), (10_609.0, 15_609.0));
    assert_eq!(bounds(&slow, "splitHealed"), (0.0, 3000.0));
    let patient = drill_of(|text| {
        text.replace(
            "{ haproxy: { ",
            "{ haproxy: { checkInterval: 2s, checkFall: 2, ",
        )
    });
    // The first answer that is no 200 is enough.
    assert_eq!(bounds(&patient, "apiServerNotReady"), (0.0, 2000.0));
}

/// What a plan knows of its own load balancer stands in the table under the same name.
#[test]
fn every_failure_of_the_plan_has_its_row() {
    for front in [Front::Haproxy, Front::Nginx, Front::KubeVip] {
        let plan = Baremetal::stacked(front, 3).plan();
        let json = drill::of(&plan).json();
        let rows = json["failures"].as_array().expect("failures");
        for own in plan.load_balancer.interruptions() {
            let name = format!("{:?}", own.failure);
            let id = name[..1].to_lowercase() + &name[1..];
            // A host that is gone is the whole node, with its member of etcd.
            let id = if id == "apiServerGone" {
                "controlPlaneNodeLost".to_owned()
            } else {
                id
            };
            let row = rows.iter().find(|row| row["id"] == id.as_str());
            let row = row.unwrap_or_else(|| panic!("no row {id}"));
            let ends = &row["interruption"]["ends"];
            if ends == "byItself" {
                assert!(
                    row["interruption"]["mostMs"].as_u64().expect("a bound") >= own.most.into(),
                    "{row}"
                );
            }
        }
    }
}
