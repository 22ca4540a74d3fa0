//! Members of etcd.

use super::interruption::Timers;
use super::notice::noticed;
use super::topology::{Damage, Front};
use super::words::number;
use super::{ELECTION, Model, Pods, Row, counted};
use crate::plan::load_balancer::Failure;

/// One member, two, the most that can be missed, and one more than that.
pub(super) fn rows(model: &Model<'_>) -> Vec<Row> {
    let topology = &model.topology;
    let members = topology.members();
    let minority = members.len() - topology.needed;
    let mut rows = Vec::new();
    for (id, count) in [
        ("etcdMemberLost", 1),
        ("twoEtcdMembersLost", 2),
        ("etcdMinorityLost", minority),
        ("etcdQuorumLost", minority + 1),
    ] {
        let told = rows.iter().any(|row: &Row| row.count == count);
        if told || count == 0 || count > members.len() {
            continue;
        }
        rows.push(lost(model, id, count));
    }
    rows
}

fn lost(model: &Model<'_>, id: &'static str, count: usize) -> Row {
    let topology = &model.topology;
    let members = topology.members();
    let title = match (count, topology.stacked) {
        (1, true) => "One etcd member lost, and its node goes on".to_owned(),
        (1, false) => "One etcd member lost".to_owned(),
        (count, _) => {
            let word = number(count);
            let (first, rest) = word.split_at(1);
            format!("{}{rest} etcd members lost", first.to_uppercase())
        }
    };
    let failing = model.failing(id, &title, count, &members);
    let damage = Damage {
        etcd: members.iter().copied().take(count).collect(),
        ..Damage::default()
    };
    model.row(failing, &damage, Pods::Unaffected, |left| {
        let mut why = vec![counted(model.quorum(left.members)), ELECTION.to_owned()];
        let mut time = Timers::election();
        if topology.stacked {
            why.push(
                "An API server asks its own member only, and is not ready without it.".to_owned(),
            );
            // /livez asks for etcd as well.
            let seen = match topology.front {
                Front::Routes => Failure::ApiServerDead,
                _ => Failure::ApiServerNotReady,
            };
            why.push(noticed(model, seen));
            why.push("Requests on connections that it has fail until those are closed.".to_owned());
            let unsure = matches!(topology.front, Front::KubeVip);
            let seen = model.timers.api_server(seen);
            time = time.and(if unsure { seen.maybe() } else { seen });
        } else {
            why.push("API servers know every member, and ask another.".to_owned());
        }
        (time, why)
    })
}
