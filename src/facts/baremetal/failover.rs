//! How long each failure of a load balancer takes, from its timers alone.
//!
//! Source of the formulae: `vrrp_backup()` and `vrrp_state_backup()` in keepalived 2.2.7, and RFC 3768, 6.1
//! (`Master_Down_Interval` = 3 × `Advertisement_Interval` + `Skew_time`, `Skew_time` = (256 − `Priority`) / 256 s).
//! A virtual IP that is given up deliberately (priority 0) is taken after the skew time alone.

use super::LOAD_BALANCER;

/// The timers of keepalived and of what it stands in front of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timers {
    /// Seconds between two adverts.
    pub advert_seconds: u32,
    /// Seconds between two checks of the local proxy.
    pub check_seconds: u32,
    /// Failures after which the virtual IP is given up.
    pub check_fall: u32,
    /// How haproxy asks API servers; nginx does not.
    pub api_servers: Option<ApiServerChecks>,
}

/// How API servers are asked for `/readyz`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ApiServerChecks {
    /// Seconds between two of them.
    pub interval_seconds: u32,
    /// Wrong answers after which it gets no new connection.
    pub fall: u32,
}

/// What fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Failure {
    /// The holder of the virtual IP is stopped in order, or keepalived on it.
    HolderStopped,
    /// The holder is gone at once: power, kernel, network.
    HolderGone,
    /// The holder's proxy is dead and does not come back.
    ProxyDead,
    /// The holder's proxy runs and does not answer.
    ProxyHung,
    /// The holder alone reaches no API server.
    HolderBlind,
    /// kube-vip's leader is gone.
    LeaderGone,
    /// An API server's process is gone.
    ApiServerDead,
    /// An API server's host is gone, so that nothing says no.
    ApiServerGone,
    /// An API server takes connections and does not answer.
    ApiServerHung,
    /// An API server says that it is not ready.
    ApiServerNotReady,
    /// All API servers were gone, and one is back.
    ApiServersBack,
}

/// Who notices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Every new request, until it is over.
    Everyone,
    /// The requests that meet the one that failed.
    Some,
    /// The requests that meet the one that failed, and it does not end by itself.
    SomeForGood,
}

/// How long one failure takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interruption {
    /// What fails.
    pub failure: Failure,
    /// Milliseconds at least.
    pub least: u32,
    /// Milliseconds at most, beside what a busy machine adds.
    pub most: u32,
    /// Who notices.
    pub reach: Reach,
    /// Whether `maxFailover` bounds it: what fails is the load balancer itself.
    pub bounded: bool,
}

/// Milliseconds that a background node of this priority adds before it takes over.
pub fn skew(priority: u32) -> u32 {
    (256 - priority) * 1000 / 256
}

/// Milliseconds after which curl gives up on the local proxy: before keepalived gives up on curl, which is no
/// later than its next check.
pub fn check_max_time(check_seconds: u32) -> u32 {
    let own = LOAD_BALANCER.keepalived.check.max_time_seconds * 1000;
    own.min(check_seconds * 800)
}

/// Seconds after which keepalived gives up on curl.
pub fn check_timeout(check_seconds: u32) -> u32 {
    LOAD_BALANCER
        .keepalived
        .check
        .timeout_seconds
        .min(check_seconds)
}

/// What each failure takes with keepalived in front of haproxy or nginx.
pub fn of_pair(timers: Timers) -> Vec<Interruption> {
    let facts = &*LOAD_BALANCER;
    let keepalived = &facts.keepalived;
    let skew = skew(keepalived.priority);
    let down = keepalived.missed_adverts * timers.advert_seconds * 1000 + skew;
    // The last advert may have been sent a moment ago, or an interval.
    let quick = down - timers.advert_seconds * 1000;
    let check = timers.check_seconds * 1000;
    let everyone = |failure, least, most, bounded| Interruption {
        failure,
        least,
        most,
        reach: Reach::Everyone,
        bounded,
    };
    let mut all = vec![
        everyone(Failure::HolderStopped, skew, skew, true),
        everyone(Failure::HolderGone, quick, down, true),
        everyone(
            Failure::ProxyDead,
            (timers.check_fall - 1) * check + skew,
            timers.check_fall * check + skew,
            true,
        ),
        everyone(
            Failure::ProxyHung,
            (timers.check_fall - 1) * check + check_max_time(timers.check_seconds) + skew,
            timers.check_fall * check + check_max_time(timers.check_seconds) + skew,
            true,
        ),
    ];
    all.extend(match timers.api_servers {
        Some(checks) => behind_haproxy(checks, quick, down),
        None => behind_nginx(),
    });
    all
}

fn behind_nginx() -> Vec<Interruption> {
    let nginx = &LOAD_BALANCER.nginx;
    let connect = nginx.connect_timeout_seconds * 1000;
    let of = |failure, least, most, reach| Interruption {
        failure,
        least,
        most,
        reach,
        bounded: false,
    };
    vec![
        // A connection that is refused goes to the next one.
        of(Failure::ApiServerDead, 0, 0, Reach::Some),
        of(
            Failure::ApiServerGone,
            connect,
            connect * (nginx.next_tries - 1),
            Reach::Some,
        ),
        of(Failure::ApiServerHung, 0, 0, Reach::SomeForGood),
        of(Failure::ApiServerNotReady, 0, 0, Reach::SomeForGood),
        of(
            Failure::ApiServersBack,
            0,
            nginx.fail_timeout_seconds * 1000,
            Reach::Everyone,
        ),
    ]
}

fn behind_haproxy(checks: ApiServerChecks, quick: u32, down: u32) -> Vec<Interruption> {
    let (haproxy, backends) = (&LOAD_BALANCER.haproxy, &LOAD_BALANCER.keepalived.backends);
    let (interval, connect) = (
        checks.interval_seconds * 1000,
        haproxy.connect_timeout_seconds * 1000,
    );
    let of = |failure, least, most, reach| Interruption {
        failure,
        least,
        most,
        reach,
        bounded: false,
    };
    // A check that is refused is over at once. One that waits goes on until its own limit, and the next follows
    // an interval after its end: measured with haproxy 2.6, 14.1 s for three checks of a stopped process.
    let seen = (checks.fall - 1) * interval;
    let waited = |limit: u32| (seen + checks.fall * limit, checks.fall * (interval + limit));
    let (hung, _) = waited(connect);
    let (_, hung_longest) = waited(haproxy.check_timeout_seconds * 1000);
    let (_, blind_longest) = waited(connect);
    let asked = backends.interval_seconds * 1000;
    vec![
        of(
            Failure::HolderBlind,
            seen + (backends.fall - 1) * asked + quick,
            blind_longest + backends.fall * asked + down,
            Reach::Everyone,
        ),
        // A connection that is refused goes straight to another API server (option redispatch 1).
        of(Failure::ApiServerDead, 0, 0, Reach::Some),
        of(Failure::ApiServerGone, 0, connect, Reach::Some),
        of(Failure::ApiServerHung, hung, hung_longest, Reach::Some),
        // The first such answer takes it out of the balancing (http-check expect … error-status L7OKC).
        of(Failure::ApiServerNotReady, 0, interval, Reach::Some),
        of(
            Failure::ApiServersBack,
            (haproxy.rise - 1) * haproxy.down_interval_seconds * 1000,
            haproxy.rise * haproxy.down_interval_seconds * 1000 + connect,
            Reach::Everyone,
        ),
    ]
}

/// What the loss of kube-vip's leader takes: its lease has to run out, and then the others have to look.
/// Source: client-go, `leaderelection`; the jitter of a retry is 1.2.
pub fn of_kube_vip(lease_seconds: u32, retry_seconds: u32) -> Vec<Interruption> {
    vec![Interruption {
        failure: Failure::LeaderGone,
        least: lease_seconds * 1000,
        most: (lease_seconds + 2 * retry_seconds) * 1000,
        reach: Reach::Everyone,
        bounded: true,
    }]
}

#[cfg(test)]
mod tests {
    use super::{ApiServerChecks, Failure, Timers, of_kube_vip, of_pair, skew};

    const DEFAULT: Timers = Timers {
        advert_seconds: 1,
        check_seconds: 2,
        check_fall: 2,
        api_servers: Some(ApiServerChecks {
            interval_seconds: 3,
            fall: 3,
        }),
    };

    fn most(timers: Timers, failure: Failure) -> u32 {
        let found = of_pair(timers)
            .into_iter()
            .find(|row| row.failure == failure);
        found.expect("a row").most
    }

    /// keepalived's own arithmetic at its own priorities.
    #[test]
    fn the_skew_time_of_a_priority() {
        assert_eq!(skew(100), 609);
        assert_eq!(skew(90), 648);
        assert_eq!(skew(254), 7);
    }

    /// Figures measured with these timers: 3.55 s, 0.65 s; and with checks of 1 s and 2 failures 1.7 s.
    #[test]
    fn the_measured_figures_are_within() {
        assert_eq!(most(DEFAULT, Failure::HolderGone), 3609);
        assert_eq!(most(DEFAULT, Failure::HolderStopped), 609);
        assert_eq!(most(DEFAULT, Failure::ProxyDead), 4609);
        assert_eq!(most(DEFAULT, Failure::HolderBlind), 24_609);
        assert_eq!(most(DEFAULT, Failure::ApiServerHung), 18_000);
        let fast = Timers {
            check_seconds: 1,
            ..DEFAULT
        };
        assert_eq!(most(fast, Failure::ProxyDead), 2609);
        assert_eq!(of_kube_vip(5, 1)[0].most, 7000);
    }

    #[test]
    fn no_failure_takes_less_at_most_than_at_least() {
        for timers in [
            DEFAULT,
            Timers {
                api_servers: None,
                ..DEFAULT
            },
        ] {
            for row in of_pair(timers) {
                assert!(row.least <= row.most, "{row:?}");
            }
        }
    }
}
