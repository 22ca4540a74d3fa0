//! JSON: the keys and the ids of failures stay the same in later versions.

use serde_json::{Value, json};

use super::{Drill, Interruption, Reach, Row};

pub(super) fn of(drill: &Drill) -> Value {
    let summary = &drill.summary;
    let smallest = summary.smallest.iter().map(|set| {
        json!({
            "what": set.what.word(),
            "count": set.count,
            "nodes": set.nodes,
        })
    });
    json!({
        "cluster": drill.cluster,
        "target": drill.target,
        "summary": {
            "line": summary.line,
            "smallest": smallest.collect::<Vec<_>>(),
            "fatalZones": summary.fatal_zones,
            "unknownZones": summary.unknown_zones,
            "survivedZones": summary.survived_zones,
            "warnings": summary.warnings,
        },
        "failures": drill.rows.iter().map(row).collect::<Vec<_>>(),
    })
}

fn row(row: &Row) -> Value {
    let sides = row.sides.iter().map(|side| {
        json!({
            "nodes": side.nodes,
            "api": side.api.word(),
            "members": side.members,
        })
    });
    json!({
        "id": row.id,
        "zone": row.zone,
        "title": row.title,
        "count": row.count,
        "nodes": row.nodes,
        "api": row.api.word(),
        "quorum": {
            "members": row.quorum.members,
            "left": row.quorum.left,
            "needed": row.quorum.needed,
            "kept": row.quorum.kept(),
        },
        "interruption": interruption(row.interruption),
        "pods": row.pods.word(),
        "sides": sides.collect::<Vec<_>>(),
        "why": row.why,
    })
}

fn interruption(time: Interruption) -> Value {
    let (least, most, reach, ends) = match time {
        Interruption::None => (Some(0), Some(0), "nobody", "byItself"),
        Interruption::Lasts { least, most, reach } => (Some(least), most, word(reach), "byItself"),
        Interruption::UntilRepaired(reach) => (None, None, word(reach), "onRepair"),
    };
    json!({ "leastMs": least, "mostMs": most, "reach": reach, "ends": ends })
}

fn word(reach: Reach) -> &'static str {
    match reach {
        Reach::Some => "some",
        Reach::Everyone => "everyone",
    }
}
