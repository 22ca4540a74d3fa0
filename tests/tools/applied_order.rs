//! A target group that must be replaced: the new one is there, with its targets, before the
//! listener moves to it, and the old one goes last. Otherwise the API is down in between.

use std::collections::BTreeMap;

use serde_json::Value;

use super::aws::Aws;
use super::end_to_end::list;
use super::examples;
use super::render::Rendered;
use super::terraform::{Folder, changes};

const GROUP: &str = "aws_lb_target_group";
const TARGET: &str = "aws_lb_target_group_attachment";
const LISTENER: &str = "aws_lb_listener";

/// Line numbers at which each step of a kind began and ended.
struct Steps(BTreeMap<(String, String, bool), Vec<usize>>);

impl Steps {
    /// From `terraform apply -json`: one event a line, in the order in which they happen.
    fn read(log: &str) -> Self {
        let mut steps: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        for (at, line) in log.lines().enumerate() {
            let Ok(event) = serde_json::from_str::<Value>(line) else {
                continue;
            };
            let ended = match event["type"].as_str() {
                Some("apply_start") => false,
                Some("apply_complete") => true,
                _ => continue,
            };
            let hook = &event["hook"];
            let kind = hook["resource"]["resource_type"].as_str();
            let action = hook["action"].as_str();
            if let (Some(kind), Some(action)) = (kind, action) {
                let key = (kind.to_owned(), action.to_owned(), ended);
                steps.entry(key).or_default().push(at);
            }
        }
        Self(steps)
    }

    fn of(&self, kind: &str, action: &str, ended: bool) -> &[usize] {
        self.0
            .get(&(kind.to_owned(), action.to_owned(), ended))
            .unwrap_or_else(|| panic!("{kind} has no {action}: {:?}", self.0))
    }

    /// Every step of one kind has ended before the first of the other begins.
    fn before(&self, (kind, action): (&str, &str), (next, then): (&str, &str)) {
        let last = self.of(kind, action, true).iter().max();
        let first = self.of(next, then, false).iter().min();
        assert!(
            last < first,
            "{next} {then} begins before {kind} {action} has ended: {:?}",
            self.0
        );
    }
}

#[test]
#[ignore = "needs Terraform and moto: see tests/tools/README.md"]
fn a_replaced_target_group_is_filled_before_the_listener_moves() {
    let aws = Aws::start();
    let spec = aws.prepare(&examples::text("aws-existing-instance"));
    let rendered = Rendered::new(&spec);
    rendered.write_secrets();
    let folder = Folder::new(&rendered.folder(), &aws.endpoint());
    folder.init();
    folder.apply();
    let group = |there: &Value| {
        let [group] = list(&there["targetGroups"]) else {
            panic!("one target group: {there}");
        };
        group.clone()
    };
    let before = group(&aws.read());
    let name = before["TargetGroupName"].as_str().unwrap();

    // The port is one of what replaces a group, so hagen puts it into the name's hash. Only the
    // group changes here: a spec with another port is refused by the lock.
    rendered.edit("load-balancer.tf", name, "adopted-api-000000");
    let text = rendered.read("load-balancer.tf");
    let start = text
        .find("resource \"aws_lb_target_group\" \"api\"")
        .unwrap();
    let end = start + text[start..].find("\n}\n").unwrap();
    let changed = text[start..end].replace("= 6443", "= 8443");
    assert_ne!(changed, text[start..end]);
    rendered.edit("load-balancer.tf", &text[start..end], &changed);

    let plan = folder.plan(&[]);
    let replaced: Vec<String> = changes(&plan)
        .into_iter()
        .filter(|(_, actions)| actions.contains("delete"))
        .map(|(address, actions)| {
            assert_eq!(actions, "create delete", "{address}");
            address
        })
        .collect();
    assert_eq!(replaced.len(), 4, "the group and its targets: {replaced:?}");
    let log = folder.succeed(&["apply", "-json", "-input=false", "-auto-approve"]);
    let steps = Steps::read(&log);
    steps.before((GROUP, "create"), (TARGET, "create"));
    steps.before((TARGET, "create"), (LISTENER, "update"));
    steps.before((LISTENER, "update"), (TARGET, "delete"));
    steps.before((TARGET, "delete"), (GROUP, "delete"));

    let there = aws.read();
    let after = group(&there);
    assert_eq!(after["Port"], 8443);
    assert_eq!(list(&after["Targets"]).len(), 3);
    let listener = &there["loadBalancers"][0]["Listeners"][0];
    assert_eq!(
        listener["DefaultActions"][0]["TargetGroupArn"],
        after["TargetGroupArn"]
    );
}
