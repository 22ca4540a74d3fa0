"""The judge, the measuring and the bars, with made-up measurements: what must not pass does not.

failover.py runs these first. By themselves: python3 -m unittest discover tests/baremetal -p 'test_*.py'
"""
import json
import pathlib
import tempfile
import unittest

import bars
import drill
import judge
import measure
import rendered
import variants

KEEPALIVED = """
global_defs {{ # a comment with a }} brace
}}
vrrp_script chk_lb {{
    script "/usr/bin/curl http://127.0.0.1:8405/healthz"
    interval 2
    fall 2
    rise 2
    weight 0
}}
vrrp_script chk_backends {{
    interval 2
    fall 3
    weight -20
}}
vrrp_instance KUBE_API {{
    state BACKUP
    interface eth0
    priority 100
    advert_int 1
    unicast_src_ip 10.20.0.1{number}
    virtual_ipaddress {{
        10.20.0.10/32 dev eth0
    }}
    track_script {{
        chk_lb
        chk_backends
    }}
}}
"""
HAPROXY = """
defaults
    timeout connect 2s
    timeout check 3s
frontend kube_apiserver
    bind :6443
    default_backend kube_apiserver
backend kube_apiserver
    option httpchk
    http-check expect status 200
    default-server check inter 3s downinter 2s fall 3 rise 2 on-marked-down shutdown-sessions
    server cp-1 10.20.0.21:6443 # inter 9s
    server cp-2 10.20.0.22:6443
"""


def folder(path):
    for name, text in {"keepalived/lb-1.conf": KEEPALIVED.format(number=1), "keepalived/lb-2.conf": KEEPALIVED.format(number=2),
                       "haproxy/haproxy.cfg": HAPROXY}.items():
        (path / name).parent.mkdir(exist_ok=True)
        (path / name).write_text(text)
    return rendered.read(path)


class Files(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.path = pathlib.Path(scratch.name)
        self.cluster = folder(self.path)

    def test_what_is_read(self):
        first = self.cluster.balancers[0]
        self.assertEqual((first.name, first.address, first.virtual_ip), ("lb-1", "10.20.0.11", "10.20.0.10"))
        self.assertEqual([(s.interval, s.fall, s.weight) for s in first.scripts], [(2, 2, 0), (2, 3, -20)])
        self.assertEqual(self.cluster.proxy.servers[1], ("cp-2", "10.20.0.22", 6443))
        self.assertEqual((self.cluster.proxy.port, self.cluster.proxy.inter, self.cluster.proxy.downinter), (6443, 3, 2))
        self.assertTrue(self.cluster.proxy.cuts and not self.cluster.proxy.drains)
        self.assertFalse(self.cluster.colocated)

    def test_bars_follow_the_timers(self):
        expected = bars.bars(self.cluster)
        self.assertAlmostEqual(expected["keepalived-stopped"].bound, 0.609, 3)
        self.assertAlmostEqual(expected["host-isolated"].bound, 3.609, 3)
        self.assertAlmostEqual(expected["proxy-killed"].bound, 4.609, 3)
        self.assertAlmostEqual(expected["holder-blind"].bound, 9 + 6 + 3.609, 3)
        self.assertEqual(expected["all-apis-back"].bound, bars.WARM_UP + 5)
        slower = (self.path / "keepalived/lb-2.conf")
        slower.write_text(slower.read_text().replace("advert_int 1", "advert_int 3"))
        self.assertAlmostEqual(bars.bars(rendered.read(self.path))["host-isolated"].bound, 9.609, 3)

    def test_a_server_that_says_it_is_not_ready_is_out_at_once_where_haproxy_drains(self):
        path = self.path / "haproxy/haproxy.cfg"
        path.write_text(path.read_text().replace("status 200", "status 200 error-status L7OKC"))
        drained = bars.bars(rendered.read(self.path))["api-not-ready"].degraded
        self.assertAlmostEqual(bars.bars(self.cluster)["api-not-ready"].degraded - drained, 6)

    def test_known_bad_ones_differ_from_what_is_rendered(self):
        made = variants.weight_without_preemption(self.cluster, self.path / "bad")
        text = made.balancers[1].path.read_text()
        self.assertIn("nopreempt", text)
        self.assertEqual([b.priority for b in made.balancers], [100, 90])
        self.assertEqual({s.weight for b in made.balancers for s in b.scripts}, {-20})
        with self.assertRaises(rendered.Unreadable):
            variants.changed("nothing", "priority", "x")

    def test_kubeadms_arithmetic_is_kubeadms(self):
        made = variants.kubeadm(self.cluster, self.path / "kubeadm")
        self.assertEqual([b.priority for b in made.balancers], [101, 100])
        timers = bars.timers(made)
        self.assertEqual((timers.local, timers.backends, timers.server_down), (30, None, 6))
        self.assertAlmostEqual(timers.release, 3.609, 3)


def made_up(**changes):
    """A measurement of a virtual IP that moved within 2 s, with 12 s of requests."""
    values = {
        "subject": "haproxy", "row": "proxy-killed", "seconds": 12.0, "gap": 2.0, "recovered": True, "sent": 235, "failed": 40,
        "degraded": 2.5, "outcomes": {"timeout": 40}, "slowest": 0.1, "lag": 0.02,
        "holders": [[0.0, ["lb-1"]], [1.4, []], [2.0, ["lb-2"]]], "broken": "lb-1",
    }
    return measure.Measurement(**(values | changes))


PREDICTED = {"proxy-killed": (1.8, 3.0, "everyone"), "api-hung": (6.0, 12.0, "some"), "api-not-ready": (None, None, "some")}


class Drill(unittest.TestCase):
    def disagree(self, **changes):
        return bool(drill.disagreements(made_up(**changes), PREDICTED))

    def test_what_is_predicted_is_measured(self):
        self.assertFalse(self.disagree())
        self.assertTrue(self.disagree(gap=4.6))
        self.assertTrue(self.disagree(gap=1.3))
        self.assertTrue(self.disagree(recovered=False))

    def test_some_requests(self):
        self.assertFalse(self.disagree(row="api-hung", degraded=11.0))
        self.assertTrue(self.disagree(row="api-hung", degraded=15.0))

    def test_what_ends_only_with_a_repair(self):
        self.assertFalse(self.disagree(row="api-not-ready"))
        self.assertTrue(self.disagree(row="api-not-ready", failed=0))

    def test_what_is_read(self):
        text = json.dumps([{"failures": [{"id": "holderGone", "interruption": {"leastMs": 2609, "mostMs": 3609, "reach": "everyone"}}]}])
        self.assertEqual(drill.read(text), {row: (2.609, 3.609, "everyone") for row in ("host-isolated", "carrier-lost")})


MOVES = bars.Bar("moves", gap=4.0, must_fail=True)
STAYS = bars.Bar("stays", gap=1.5)
HELD = [[0.0, ["lb-1"]]]


class Judge(unittest.TestCase):
    def verdict(self, bar, **changes):
        return judge.judge(made_up(**changes), bar).verdict

    def test_what_is_as_it_must_be_passes(self):
        self.assertEqual(self.verdict(MOVES), judge.PASSED)
        self.assertEqual(self.verdict(STAYS, holders=HELD, gap=0.1), judge.PASSED)

    def test_a_gap_over_the_bar(self):
        self.assertEqual(self.verdict(MOVES, gap=4.1), judge.FAILED)

    def test_a_client_that_is_not_served_again(self):
        self.assertEqual(self.verdict(MOVES, recovered=False), judge.FAILED)

    def test_a_virtual_ip_that_does_not_move(self):
        self.assertEqual(self.verdict(MOVES, holders=HELD), judge.FAILED)

    def test_a_virtual_ip_that_moves_when_it_must_not(self):
        self.assertEqual(self.verdict(STAYS, gap=0.1), judge.FAILED)
        away_and_back = [[0.0, ["lb-1"]], [1.0, ["lb-2"]], [2.0, ["lb-1"]]]
        self.assertEqual(self.verdict(STAYS, gap=0.1, holders=away_and_back), judge.FAILED)

    def test_two_holders_or_none_at_the_end(self):
        for last in (["lb-1", "lb-2"], []):
            holders = [[0.0, ["lb-1"]], [2.0, last]]
            for bar in (MOVES, STAYS, bars.Bar("leaves"), bars.Bar("resolves")):
                self.assertEqual(self.verdict(bar, holders=holders, gap=0.1), judge.FAILED, (last, bar.vip))

    def test_nobody_looked(self):
        self.assertEqual(self.verdict(MOVES, holders=[]), judge.FAILED)

    def test_the_broken_host_keeps_it(self):
        both = [0.0, ["lb-1", "lb-2"]]
        leaves = bars.Bar("leaves")
        self.assertEqual(self.verdict(leaves, holders=[both, [1.0, ["lb-1"]]], gap=0.1), judge.FAILED)
        self.assertEqual(self.verdict(leaves, holders=[both, [1.0, ["lb-2"]]], gap=0.1), judge.PASSED)

    def test_a_split_that_is_none(self):
        self.assertEqual(self.verdict(bars.Bar("joins"), holders=HELD, gap=0.1), judge.FAILED)

    def test_a_break_that_breaks_nothing(self):
        self.assertEqual(self.verdict(MOVES, failed=0), judge.FAILED)

    def test_more_failed_requests_than_allowed(self):
        bar = bars.Bar("stays", failed=0)
        self.assertEqual(self.verdict(bar, holders=HELD, gap=0.1, failed=1), judge.FAILED)

    def test_some_requests_fail_for_too_long(self):
        bar = bars.Bar("stays", degraded=2.0)
        self.assertEqual(self.verdict(bar, holders=HELD, gap=0.1), judge.FAILED)

    def test_what_the_scenario_found(self):
        self.assertEqual(self.verdict(MOVES, problems=["a watch was cut"]), judge.FAILED)

    def test_known_bad_ones_that_recover_or_move(self):
        stuck = bars.Bar("stuck", gap=None, must_fail=True)
        self.assertEqual(self.verdict(stuck, holders=HELD, recovered=False), judge.PASSED)
        self.assertEqual(self.verdict(stuck, holders=HELD, recovered=True), judge.FAILED)
        self.assertEqual(self.verdict(stuck, recovered=False), judge.FAILED)
        self.assertEqual(self.verdict(stuck, holders=HELD, recovered=False, failed=0), judge.FAILED)

    def test_a_machine_that_is_too_busy_is_neither_good_nor_bad(self):
        for changes in ({"lag": 0.8}, {"sent": 90}):
            for gap in (0.1, 9.0):
                self.assertEqual(self.verdict(MOVES, gap=gap, **changes), judge.UNSURE)


def requests(*spans):
    """A good answer every 50 ms in each span, and a failed one every 50 ms between them."""
    lines = []
    end = max(until for _, until in spans)
    for step in range(int(end / 0.05)):
        moment = step * 0.05
        good = any(since <= moment < until for since, until in spans)
        lines.append([moment, moment, moment + 0.01, "ok" if good else "refused", "cp-1" if good else None])
    return lines


class Measure(unittest.TestCase):
    def measured(self, lines, begin, end, **more):
        return measure.measure("haproxy", "row", lines, [(begin, frozenset({"lb-1"}))], begin, end, **more)

    def test_a_gap_is_seen(self):
        seen = self.measured(requests((0, 5), (8, 12)), 4.9, 12)
        self.assertAlmostEqual(seen.gap, 3.05, 1)
        self.assertEqual((seen.failed, seen.recovered), (60, True))
        self.assertAlmostEqual(seen.degraded, 3.0, 1)

    def test_a_gap_that_does_not_end_is_seen(self):
        seen = self.measured(requests((0, 5), (20, 20.1)), 4.9, 15)
        self.assertAlmostEqual(seen.gap, 10.05, 1)
        self.assertFalse(seen.recovered)

    def test_a_gap_counts_from_the_beginning_where_it_was_broken_before(self):
        lines = requests((0, 5), (8, 12))
        self.assertAlmostEqual(self.measured(lines, 7, 12, from_begin=True).gap, 1.0, 1)
        self.assertAlmostEqual(self.measured(lines, 7, 12).gap, 3.05, 1)

    def test_one_in_three_is_no_gap_and_a_long_time_of_failures(self):
        lines = requests((0, 12))
        for line in lines[100:200:3]:
            line[3] = "timeout"
        seen = self.measured(lines, 4, 12)
        self.assertLess(seen.gap, 0.2)
        self.assertAlmostEqual(seen.degraded, 5.0, 0)

    def test_a_client_that_did_not_run_shows_a_longer_gap_and_says_so(self):
        lines = [line for line in requests((0, 12)) if not 6 < line[0] < 8]
        late = next(line for line in lines if line[0] >= 8)
        late[0] -= 1.9
        seen = self.measured(lines, 5, 12)
        self.assertGreater(seen.gap, 1.9)
        self.assertGreater(seen.lag, 1.8)


if __name__ == "__main__":
    unittest.main()
