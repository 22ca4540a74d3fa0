//! How long the API is out of reach, and how the times of several parts add up.

use crate::facts::failures::{FAILURES, LoadBalancer as Known, of_load_balancer};
use crate::facts::{aliyun, aws, huawei, tencent};
use crate::plan::load_balancer::{Failure, Proxy};
use crate::plan::{LoadBalancer, Plan, Target};

/// Who notices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// Those whose requests meet what failed.
    Some,
    /// Everyone.
    Everyone,
}

/// How long requests fail or wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interruption {
    /// Not at all.
    None,
    /// For a time, and then no more by itself.
    Lasts {
        /// Milliseconds at least.
        least: u32,
        /// Milliseconds at most, beside what a busy machine adds; none where nobody has published it.
        most: Option<u32>,
        /// Who notices.
        reach: Reach,
    },
    /// Until what failed is there again.
    UntilRepaired(Reach),
}

impl Interruption {
    pub(super) fn some(least: u32, most: u32) -> Self {
        Self::Lasts {
            least,
            most: Some(most),
            reach: Reach::Some,
        }
    }

    pub(super) fn everyone(least: u32, most: u32) -> Self {
        Self::Lasts {
            least,
            most: Some(most),
            reach: Reach::Everyone,
        }
    }

    /// The same, where it may also not be so.
    pub(super) fn maybe(self) -> Self {
        match self {
            Self::Lasts { most, reach, .. } => Self::Lasts {
                least: 0,
                most,
                reach,
            },
            other => other,
        }
    }

    /// Both at once. Who notices is said of what lasts longer.
    pub(super) fn and(self, other: Self) -> Self {
        use Interruption::{Lasts, None, UntilRepaired};
        match (self, other) {
            (None, other) | (other, None) => other,
            (UntilRepaired(one), UntilRepaired(other)) => UntilRepaired(one.max(other)),
            (UntilRepaired(reach), _) | (_, UntilRepaired(reach)) => UntilRepaired(reach),
            (
                Lasts { least, most, reach },
                Lasts {
                    least: least2,
                    most: most2,
                    reach: reach2,
                },
            ) => {
                let length = |most: Option<u32>| most.unwrap_or(u32::MAX);
                Lasts {
                    least: least.max(least2),
                    most: most.zip(most2).map(|(one, other)| one.max(other)),
                    reach: match length(most).cmp(&length(most2)) {
                        std::cmp::Ordering::Less => reach2,
                        std::cmp::Ordering::Equal => reach.max(reach2),
                        std::cmp::Ordering::Greater => reach,
                    },
                }
            }
        }
    }

    /// One after the other.
    pub(super) fn then(self, other: Self) -> Self {
        use Interruption::{Lasts, None, UntilRepaired};
        match (self, other) {
            (None, other) | (other, None) => other,
            (UntilRepaired(_), _) | (_, UntilRepaired(_)) => self.and(other),
            (
                Lasts { least, most, reach },
                Lasts {
                    least: least2,
                    most: most2,
                    reach: reach2,
                },
            ) => Lasts {
                least: least + least2,
                most: most.zip(most2).map(|(one, other)| one + other),
                reach: reach.max(reach2),
            },
        }
    }
}

/// What the parts of a plan take to notice.
pub(super) struct Timers<'a> {
    plan: &'a Plan,
}

impl<'a> Timers<'a> {
    pub(super) fn of(plan: &'a Plan) -> Self {
        Self { plan }
    }

    /// etcd elects a leader, if it was the leader that failed.
    pub(super) fn election() -> Interruption {
        Interruption::everyone(0, 2 * FAILURES.etcd.election_timeout_milliseconds)
    }

    /// What hagen's own load balancer takes.
    pub(super) fn own(&self, failure: Failure) -> Interruption {
        use crate::plan::load_balancer::Reach as Own;
        let all = self.plan.load_balancer.interruptions();
        match all.iter().find(|row| row.failure == failure) {
            None => Interruption::None,
            Some(row) => match row.reach {
                Own::Everyone => Interruption::everyone(row.least, row.most),
                Own::Some => Interruption::some(row.least, row.most),
                Own::SomeForGood => Interruption::UntilRepaired(Reach::Some),
            },
        }
    }

    /// How an API server fails, for who comes through the load balancer. Where kube-vip has a leader, it is its
    /// own.
    pub(super) fn api_server(&self, how: Failure) -> Interruption {
        let check = match &self.plan.load_balancer {
            LoadBalancer::Managed(check) => check,
            LoadBalancer::Pair(_) => return self.own(how),
            LoadBalancer::KubeVip(_) => {
                let led = self.own(Failure::LeaderGone);
                return match how {
                    _ if led != Interruption::None => led,
                    // Without a leader, each asks its own API server for /livez.
                    Failure::ApiServerGone => self.own(Failure::HolderGone),
                    Failure::ApiServerNotReady => Interruption::UntilRepaired(Reach::Some),
                    how => self.own(how),
                };
            }
        };
        let (readyz, waits) = (self.plan.health_check.readyz, self.timeout());
        let waits = match how {
            Failure::ApiServerGone | Failure::ApiServerHung => waits,
            _ => 0,
        };
        let unseen = matches!(how, Failure::ApiServerHung | Failure::ApiServerNotReady) && !readyz;
        if unseen {
            return Interruption::UntilRepaired(Reach::Some);
        }
        let interval = check.interval_seconds;
        let least = check.unhealthy_threshold.saturating_sub(1) * interval;
        let counted = check.unhealthy_threshold * interval + waits;
        let measured = self.known().and_then(|known| known.routing_seconds);
        let most = measured.map_or(counted, |measured| measured.max(counted));
        Interruption::some(least * 1000, most * 1000)
    }

    /// All API servers were gone, and one is there again.
    pub(super) fn back(&self) -> Interruption {
        match &self.plan.load_balancer {
            LoadBalancer::Managed(check) => {
                Interruption::everyone(0, check.healthy_threshold * check.interval_seconds * 1000)
            }
            LoadBalancer::Pair(_) => self.own(Failure::ApiServersBack),
            LoadBalancer::KubeVip(_) => match self.own(Failure::LeaderGone) {
                // The first good answer brings a route back: what the last check of a dead one adds, once.
                Interruption::None => match self.own(Failure::ApiServerDead) {
                    Interruption::Lasts {
                        least,
                        most: Some(most),
                        ..
                    } => Interruption::everyone(0, most - least),
                    other => other,
                },
                led => led.maybe(),
            },
        }
    }

    /// Seconds that a check of the cloud's waits for an answer.
    fn timeout(&self) -> u32 {
        match &self.plan.target {
            Target::Aws(_) => aws::LOAD_BALANCER.health_check.timeout_seconds,
            Target::Aliyun(_) => aliyun::LOAD_BALANCER.health_check.timeout_seconds,
            Target::Tencent(_) => tencent::LOAD_BALANCER.health_check.timeout_seconds,
            Target::Huawei(_) => huawei::LOAD_BALANCER.health_check.timeout_seconds,
            Target::Baremetal(_) => 0,
        }
    }

    /// What is known of the cloud's load balancer.
    pub(super) fn known(&self) -> Option<&'static Known> {
        let row = &self.plan.endpoint.hairpin;
        of_load_balancer(&row.provider, &row.kind, self.internal())
    }

    /// What people call the load balancer.
    pub(super) fn name(&self) -> &'static str {
        match &self.plan.load_balancer {
            LoadBalancer::Managed(_) => {
                let title = self.plan.endpoint.hairpin.title.as_str();
                title.split_once(',').map_or(title, |(name, _)| name)
            }
            LoadBalancer::Pair(pair) => match pair.proxy {
                Proxy::Haproxy { .. } => "haproxy",
                Proxy::Nginx => "nginx",
            },
            LoadBalancer::KubeVip(_) => "kube-vip",
        }
    }

    /// Whether nodes reach the load balancer from inside the network only.
    fn internal(&self) -> bool {
        match &self.plan.target {
            Target::Aws(aws) => aws.load_balancers.iter().any(|balancer| balancer.internal),
            Target::Aliyun(aliyun) => aliyun.cloud.internal,
            Target::Tencent(tencent) => tencent.cloud.internal,
            Target::Huawei(huawei) => huawei.cloud.internal,
            Target::Baremetal(_) => true,
        }
    }
}
