//! `maxFailover`: what the timers cannot keep.

use crate::diagnostic::code::baremetal as code;
use crate::diagnostic::{Diagnostic, Report};
use crate::facts::baremetal::LOAD_BALANCER;
use crate::facts::baremetal::failover::{
    ApiServerChecks, Failure, Interruption, Timers, of_kube_vip, of_pair,
};
use crate::facts::baremetal::kube_vip::of_bgp;
use crate::spec::{BaremetalLoadBalancer, KubeVip, KubeVipMode, Span};

use super::{Target, keepalived, path};

/// The shortest that kube-vip can try again after, in seconds.
const RETRY: u32 = 1;
/// The shortest lease around a deadline of 2 s, and the shortest hold time of BGP (RFC 4271, 4.2), in seconds.
const SHORTEST_LEASE: u32 = 3;

pub(super) fn check(target: &Target<'_>, report: &mut Report) {
    let Some(wanted) = target.own.max_failover else {
        return;
    };
    // Timers that are refused as such keep nothing.
    if !keepalived::in_range(target) {
        return;
    }
    let late = too_late(&interruptions(target), wanted);
    let Some(longest) = late.iter().map(|row| row.most).max() else {
        return;
    };
    let words: Vec<String> = late
        .iter()
        .map(|row| format!("{} ({})", when(row.failure), seconds(row.most)))
        .collect();
    let possible = Span::of(longest.div_ceil(1000));
    let problem = Diagnostic::new(
        &code::FAILOVER,
        format!(
            "the API may be out of reach for longer than {wanted} when {}",
            words.join(", or when ")
        ),
    )
    .value(
        path("maxFailover"),
        format!("the timers keep {possible}, and no less"),
    );
    let cure = match &target.own.load_balancer {
        BaremetalLoadBalancer::KubeVip(own) => kube_vip_cure(own, wanted),
        _ => pair_cure(target, wanted),
    };
    report.push(match cure {
        Some(cure) => problem
            .cure(cure)
            .cure(format!("or set `maxFailover` to `{possible}`")),
        None => problem.cure(format!(
            "set `maxFailover` to `{possible}`; no timers keep less than `{}`",
            shortest(target)
        )),
    });
}

/// The shortest that any timers keep.
fn shortest(target: &Target<'_>) -> Span {
    let rows = match timers(target) {
        Some(now) => of_pair(Timers {
            advert_seconds: 1,
            check_seconds: 1,
            check_fall: 1,
            ..now
        }),
        None => match &target.own.load_balancer {
            BaremetalLoadBalancer::KubeVip(KubeVip {
                mode: KubeVipMode::Bgp(_),
                ..
            }) => of_bgp(SHORTEST_LEASE, RETRY),
            _ => of_kube_vip(SHORTEST_LEASE, RETRY),
        },
    };
    let bounded = rows.iter().filter(|row| row.bounded);
    let most = bounded.map(|row| row.most).max().unwrap_or_default();
    Span::of(most.div_ceil(1000))
}

/// What each failure takes.
fn interruptions(target: &Target<'_>) -> Vec<Interruption> {
    match (&target.own.load_balancer, timers(target)) {
        (BaremetalLoadBalancer::KubeVip(own), _) => match &own.mode {
            KubeVipMode::Arp => {
                of_kube_vip(own.lease_duration.seconds(), own.retry_period.seconds())
            }
            KubeVipMode::Bgp(bgp) => {
                let hold = bgp.hold_time.seconds();
                // A longer one is refused as such.
                of_bgp(hold, bgp.keepalive.seconds().min(hold))
            }
        },
        (_, Some(timers)) => of_pair(timers),
        (_, None) => Vec::new(),
    }
}

/// The timers as the plan takes them.
fn timers(target: &Target<'_>) -> Option<Timers> {
    let own = &target.own.load_balancer;
    let keepalived = own.keepalived()?;
    let check = &LOAD_BALANCER.keepalived.check;
    let fall = if target.on_control_plane() {
        check.fall_on_control_plane
    } else {
        check.fall
    };
    Some(Timers {
        advert_seconds: keepalived.advert_interval.seconds(),
        check_seconds: keepalived.check_interval.seconds(),
        check_fall: keepalived.check_fall.map_or(fall, u32::from),
        api_servers: match own {
            BaremetalLoadBalancer::Haproxy(haproxy) => Some(ApiServerChecks {
                interval_seconds: haproxy.check_interval.seconds(),
                fall: haproxy.check_fall.into(),
            }),
            _ => None,
        },
    })
}

fn too_late(rows: &[Interruption], wanted: Span) -> Vec<Interruption> {
    let bounded = rows.iter().filter(|row| row.bounded);
    bounded
        .filter(|row| row.most > wanted.seconds() * 1000)
        .copied()
        .collect()
}

/// What to set so that the pair keeps it; nothing where no timers can.
fn pair_cure(target: &Target<'_>, wanted: Span) -> Option<String> {
    let now = timers(target)?;
    let late = |timers: Timers| too_late(&of_pair(timers), wanted);
    // Of the timers that keep it, those that are nearest to what the spec has. Adverts matter where the
    // holder is gone; how often its proxy is asked, and then how many failures it takes, where that one is.
    let adverts = (1..=now.advert_seconds).rev().map(|advert_seconds| Timers {
        advert_seconds,
        ..now
    });
    let gone = |timers: &Timers| {
        late(*timers)
            .iter()
            .any(|row| row.failure == Failure::HolderGone)
    };
    let adverts = adverts.into_iter().find(|timers| !gone(timers));
    let found = adverts.and_then(|timers| {
        let falls = (1..=now.check_fall).rev();
        falls
            .flat_map(|check_fall| {
                let checks = (1..=now.check_seconds).rev();
                checks.map(move |check_seconds| Timers {
                    check_seconds,
                    check_fall,
                    ..timers
                })
            })
            .find(|timers| late(*timers).is_empty())
    });
    let found = found?;
    let mut set = Vec::new();
    if found.advert_seconds != now.advert_seconds {
        set.push(format!(
            "`advertInterval` to `{}`",
            Span::of(found.advert_seconds)
        ));
    }
    if found.check_seconds != now.check_seconds {
        set.push(format!(
            "`checkInterval` to `{}`",
            Span::of(found.check_seconds)
        ));
    }
    if found.check_fall != now.check_fall {
        set.push(format!("`checkFall` to {}", found.check_fall));
    }
    Some(format!("set keepalived's {}", set.join(" and its ")))
}

/// A lease that keeps it. client-go wants it longer than the deadline of its renewal, and that longer
/// than the time between two tries with its jitter.
fn kube_vip_cure(own: &KubeVip, wanted: Span) -> Option<String> {
    if let KubeVipMode::Bgp(_) = own.mode {
        return (wanted.seconds() >= SHORTEST_LEASE).then(|| {
            format!(
                "set `holdTime` to `{wanted}` and `keepalive` to `{}`",
                Span::of(wanted.seconds() / 3)
            )
        });
    }
    let lease = wanted.seconds().checked_sub(2 * RETRY)?;
    if lease < SHORTEST_LEASE {
        return None;
    }
    let lease = lease.min(own.lease_duration.seconds().max(SHORTEST_LEASE));
    let renew = (lease * 2 / 3).max(2);
    Some(format!(
        "set kube-vip's `leaseDuration` to `{}`, its `renewDeadline` to `{}` and its `retryPeriod` to `{}`",
        Span::of(lease),
        Span::of(renew),
        Span::of(RETRY)
    ))
}

/// A failure, behind "when".
fn when(failure: Failure) -> &'static str {
    match failure {
        Failure::HolderStopped => "the virtual IP's holder is stopped",
        Failure::HolderGone => "the virtual IP's holder is gone",
        Failure::ProxyDead => "the holder's proxy is dead",
        Failure::ProxyHung => "the holder's proxy hangs",
        Failure::HolderBlind => "the holder reaches no API server",
        Failure::LeaderGone => "kube-vip's leader is gone",
        Failure::ApiServerDead => "an API server is dead",
        Failure::ApiServerGone => "an API server's host is gone",
        Failure::ApiServerHung => "an API server hangs",
        Failure::ApiServerNotReady => "an API server is not ready",
        Failure::ApiServersBack => "API servers come back",
    }
}

/// Milliseconds as seconds, rounded up to a tenth.
fn seconds(milliseconds: u32) -> String {
    let tenths = milliseconds.div_ceil(100);
    format!("{}.{} s", tenths / 10, tenths % 10)
}
