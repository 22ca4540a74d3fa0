//! Which nodes a selector fits, as far as the spec knows their labels.

use crate::spec::{BaremetalMachine, BaremetalRole, LabelExpression, LabelOperator, LabelSelector};

/// Whether a selector fits a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fit {
    Yes,
    No,
    /// It asks for a label that the spec does not know.
    Unknown,
}

/// A label of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Label<'a> {
    Is(&'a str),
    Missing,
    Unknown,
}

/// Whether some selectors may fit a machine's node. One that does is enough, and none at all fit every node.
pub(super) fn may_fit(selectors: &[LabelSelector], machine: &BaremetalMachine) -> bool {
    selectors.is_empty()
        || selectors
            .iter()
            .any(|selector| fit(selector, machine) != Fit::No)
}

fn fit(selector: &LabelSelector, machine: &BaremetalMachine) -> Fit {
    let labels = selector.match_labels.iter().map(|(key, value)| {
        let values = std::slice::from_ref(value);
        holds(label(machine, key), LabelOperator::In, values)
    });
    let expressions = selector.match_expressions.iter();
    let expressions = expressions.map(
        |LabelExpression {
             key,
             operator,
             values,
         }| { holds(label(machine, key), *operator, values) },
    );
    labels
        .chain(expressions)
        .fold(Fit::Yes, |all, one| match (all, one) {
            (Fit::No, _) | (_, Fit::No) => Fit::No,
            (Fit::Unknown, _) | (_, Fit::Unknown) => Fit::Unknown,
            _ => Fit::Yes,
        })
}

/// The labels that the kubelet and kubeadm give.
fn label<'a>(machine: &'a BaremetalMachine, key: &str) -> Label<'a> {
    match key {
        "kubernetes.io/hostname" => Label::Is(&machine.name),
        "kubernetes.io/os" => Label::Is("linux"),
        "node-role.kubernetes.io/control-plane"
        | "node.kubernetes.io/exclude-from-external-load-balancers" => match machine.role {
            BaremetalRole::ControlPlane => Label::Is(""),
            _ => Label::Missing,
        },
        _ => Label::Unknown,
    }
}

fn holds(label: Label<'_>, operator: LabelOperator, values: &[String]) -> Fit {
    let known = match (label, operator) {
        (Label::Unknown, _) => return Fit::Unknown,
        (Label::Is(value), LabelOperator::In) => values.iter().any(|one| one == value),
        (Label::Is(value), LabelOperator::NotIn) => values.iter().all(|one| one != value),
        (Label::Is(_), LabelOperator::Exists)
        | (Label::Missing, LabelOperator::NotIn | LabelOperator::DoesNotExist) => true,
        (Label::Is(_), LabelOperator::DoesNotExist)
        | (Label::Missing, LabelOperator::In | LabelOperator::Exists) => false,
    };
    if known { Fit::Yes } else { Fit::No }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Fit, fit, may_fit};
    use crate::spec::{BaremetalMachine, LabelSelector};

    fn machine(role: &str) -> BaremetalMachine {
        let value = json!({ "name": "node-1", "role": role, "address": "10.0.0.1" });
        serde_json::from_value(value).expect("a machine")
    }

    fn of(selector: serde_json::Value, role: &str) -> Fit {
        let selector: LabelSelector = serde_json::from_value(selector).expect("a selector");
        fit(&selector, &machine(role))
    }

    #[test]
    fn labels_that_are_known_decide() {
        let name = json!({ "matchLabels": { "kubernetes.io/hostname": "node-1" } });
        assert_eq!(of(name, "worker"), Fit::Yes);
        let name = json!({ "matchLabels": { "kubernetes.io/hostname": "node-2" } });
        assert_eq!(of(name, "worker"), Fit::No);
        let role = |operator: &str| {
            let key = "node-role.kubernetes.io/control-plane";
            json!({ "matchExpressions": [{ "key": key, "operator": operator }] })
        };
        assert_eq!(of(role("Exists"), "worker"), Fit::No);
        assert_eq!(of(role("Exists"), "controlPlane"), Fit::Yes);
        assert_eq!(of(role("DoesNotExist"), "worker"), Fit::Yes);
        assert_eq!(of(role("DoesNotExist"), "controlPlane"), Fit::No);
        let not = |name: &str| {
            let key = "kubernetes.io/hostname";
            json!({ "matchExpressions": [{ "key": key, "operator": "NotIn", "values": [name] }] })
        };
        assert_eq!(of(not("node-1"), "worker"), Fit::No);
        assert_eq!(of(not("node-2"), "worker"), Fit::Yes);
    }

    #[test]
    fn a_label_that_is_not_known_may_fit_unless_another_one_does_not() {
        let rack = json!({ "matchLabels": { "rack": "a" } });
        assert_eq!(of(rack, "worker"), Fit::Unknown);
        let both = json!({ "matchLabels": { "rack": "a", "kubernetes.io/os": "windows" } });
        assert_eq!(of(both, "worker"), Fit::No);
        assert!(may_fit(&[], &machine("worker")));
    }
}
