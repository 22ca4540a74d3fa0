#!/usr/bin/env python3
"""Breaks the load balancers that hagen renders, in network namespaces, and measures what a client sees.

Two load balancer hosts, three stand-ins for API servers and a client are namespaces on a bridge. The
load balancers run the rendered files, unchanged, with this machine's haproxy, nginx and keepalived.
Each scenario has a cluster of its own, breaks one thing, mends it, and has a bar made of the timers in
the rendered files. Beside it the same is done to the configuration that kubeadm documents, which is
shown and not judged. What `hagen drill` predicts has to be what is measured. Two configurations that
are known to get stuck have to be seen getting stuck.

Needs root, iproute2, nftables, openssl, curl, haproxy, keepalived, nginx and its stream module.
About five minutes. Exit: 0 all as it must be; 1 something is not; 2 it cannot run here (0 without CI);
3 the machine was too busy to tell, twice.
"""
import argparse
import concurrent.futures
import contextlib
import glob
import io
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import traceback
import unittest

import bars
import drill
import judge
import lab
import rendered
import report
import scenarios
import topology
import variants

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
EXAMPLES = {"haproxy": "baremetal", "nginx": "baremetal-nginx", "colocated": "baremetal-colocated"}
SUBJECTS = ["haproxy", "kubeadm", "nginx", "colocated", "small-weight", "nopreempt-weight"]
STUCK = {"small-weight": variants.small_weight, "nopreempt-weight": variants.weight_without_preemption}
# kubeadm's check needs 27 to 30 s, and the standby 3.6 s more.
WATCH_KUBEADM = 45.0
PROGRAMS = ["ip", "nft", "openssl", "curl", "haproxy", "keepalived", "nginx"]
# Where the package of nginx's stream module leaves its line: Debian's, Rocky Linux's.
STREAM = ["/etc/nginx/modules-enabled/*stream*", "/usr/share/nginx/modules/*stream*"]
# Places that a scenario takes: one under load keeps half of the machine busy.
HEAVY = {"api-drained": 6}
# Before other work on this machine: it is not that which is measured.
NICER = -5
# On hosts of their own a subset says what is different there.
COLOCATED = ["proxy-killed", "keepalived-stopped", "host-isolated", "host-blinks", "carrier-lost", "api-killed",
             "api-not-ready", "all-apis-gone", "split"]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hagen", metavar="PROGRAM", help="the hagen that renders (default: the newest in target/)")
    parser.add_argument("--rendered", metavar="SUBJECT=FOLDER", action="append", default=[],
                        help="a rendered folder for haproxy, nginx or colocated, in place of rendering its example")
    parser.add_argument("--drill", metavar="SUBJECT=FILE", action="append", default=[],
                        help="what `hagen drill --format json` says of a folder given with --rendered; of examples it is asked")
    parser.add_argument("--subject", action="append", choices=SUBJECTS, help="only this one (may be repeated)")
    parser.add_argument("--only", metavar="SCENARIO", action="append", help="only this scenario (may be repeated)")
    parser.add_argument("--list", action="store_true", help="print the names of the scenarios and what they do")
    parser.add_argument("--jobs", type=int, default=10, help="clusters at the same time (default: 10)")
    parser.add_argument("--json", metavar="FILE", help="write all measurements as JSON")
    parser.add_argument("--markdown", action="store_true", help="print the tables as Markdown")
    parser.add_argument("--keep", action="store_true", help="keep the logs of clusters that failed")
    return parser.parse_args()


def say(text):
    print(text, file=sys.stderr, flush=True)


class Unavailable(Exception):
    """The harness cannot run here."""


def check_judge():
    """Made-up measurements that must be judged as failures: else what follows says nothing."""
    tests = unittest.defaultTestLoader.discover(str(HERE), pattern="test_*.py", top_level_dir=str(HERE))
    answer = unittest.TextTestRunner(stream=io.StringIO()).run(tests)
    if not answer.wasSuccessful() or answer.testsRun < 20:
        raise SystemExit("the judge does not judge:\n" + "\n".join(text for _, text in answer.failures + answer.errors))
    say(f"the judge: {answer.testsRun} tests passed")


def check_machine():
    missing = [program for program in PROGRAMS if not shutil.which(program)]
    if missing:
        raise Unavailable(f"not installed: {' '.join(missing)} (Debian: haproxy keepalived nginx libnginx-mod-stream nftables "
                          "iproute2 openssl curl)")
    if not any(glob.glob(pattern) for pattern in STREAM):
        raise Unavailable("nginx has no stream module (Debian: libnginx-mod-stream)")
    reason = topology.can_make_namespaces()
    if reason:
        raise Unavailable(reason)


def render(subject, hagen, folder):
    """Renders a subject's example."""
    example = ROOT / f"examples/{EXAMPLES[subject]}.yaml"
    if not example.exists():
        raise SystemExit(f"{example} does not exist")
    done = subprocess.run([hagen, "render", "--provider", "baremetal", "--file", example, "--out", folder],
                          capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{example} does not render:\n{done.stderr}")
    return folder


def newest_hagen():
    built = [ROOT / f"target/{profile}/hagen" for profile in ("release", "debug")]
    built = [path for path in built if path.exists()]
    if not built:
        raise Unavailable("no hagen in target/: `cargo build` first, or name one with --hagen")
    return max(built, key=lambda path: path.stat().st_mtime)


def clusters(options, scratch):
    """The clusters that are wanted, by subject."""
    wanted = options.subject or SUBJECTS
    folders = dict(pair.split("=", 1) for pair in options.rendered)
    found = {}

    def base(subject):
        if subject not in folders:
            folders[subject] = render(subject, options.hagen or newest_hagen(), scratch / subject)
        return rendered.read(folders[subject])

    for subject in wanted:
        if subject in EXAMPLES:
            found[subject] = base(subject)
        elif subject == "kubeadm":
            found[subject] = variants.kubeadm(base("haproxy"), scratch / "kubeadm")
        else:
            found[subject] = STUCK[subject](base("haproxy"), scratch / subject)
    return found


def predictions(options, found):
    """What hagen predicts, by subject."""
    given = dict(pair.split("=", 1) for pair in options.drill)
    rendered_folders = dict(pair.split("=", 1) for pair in options.rendered)
    predicted = {}
    for subject in found:
        if subject in given:
            predicted[subject] = drill.read(pathlib.Path(given[subject]).read_text())
        elif subject in EXAMPLES and subject not in rendered_folders:
            predicted[subject] = drill.ask(options.hagen or newest_hagen(), ROOT / f"examples/{EXAMPLES[subject]}.yaml")
    return predicted


def plan(found, only):
    """(subject, scenario) for all that is to be run; the longest first."""
    jobs = []
    for subject, cluster in found.items():
        names = scenarios.names_of(cluster)
        if subject in STUCK:
            names = {"proxy-killed": names["proxy-killed"]}
        if subject == "colocated":
            names = {name: names[name] for name in COLOCATED}
        jobs += [(subject, name) for name in names if not only or name in only]
    slow = ["all-apis-gone", "proxy-killed", "holder-blind", "api-drained", "host-isolated"]
    return sorted(jobs, key=lambda job: (job[0] != "kubeadm" or job[1] not in slow, job[1] not in slow))


class Runner:
    """Runs scenarios, several at a time."""

    def __init__(self, found, predicted, keep, workers):
        self.predicted = predicted
        self.found = found
        self.keep = keep
        self.stop = threading.Event()
        self.workers = workers
        self.room = threading.BoundedSemaphore(workers)
        self.door = threading.Lock()
        self.bars = {subject: self.expected(subject, cluster) for subject, cluster in found.items()}

    def expected(self, subject, cluster):
        return bars.stuck(cluster) if subject in STUCK else bars.bars(cluster)

    def once(self, subject, name, tag):
        """One scenario on a cluster of its own: its results."""
        cluster = self.found[subject]
        first = cluster.winner() if name in scenarios.WINNER_HOLDS else 0
        made = lab.Lab(tag, cluster, self.stop, first)
        failed = True
        try:
            made.ready()
            run = scenarios.Run(made, subject, self.bars[subject], WATCH_KUBEADM if subject == "kubeadm" else None)
            scenarios.names_of(cluster)[name](run)
            results = [self.result(subject, measurement) for measurement in run.measurements]
            failed = any(result["verdict"].verdict in (judge.FAILED, judge.UNSURE) for result in results)
            return results
        finally:
            keep = self.keep and failed
            made.close(keep)
            if keep:
                say(f"   logs of {subject} {name}: {made.network.folder}")

    def result(self, subject, measurement):
        bar = None if subject == "kubeadm" else self.bars[subject].get(measurement.row)
        predicted = self.predicted.get(subject, {})
        if bar:
            measurement.problems += drill.disagreements(measurement, predicted)
        return {"subject": subject, "row": measurement.row, "measurement": measurement, "bar": bar,
                "predicted": drill.told(predicted, measurement.row), "verdict": judge.judge(measurement, bar)}

    @contextlib.contextmanager
    def a_place(self, size):
        """As many places as a scenario takes, of those that there are; one after the other gets them."""
        size = min(size, self.workers)
        with self.door:
            for _ in range(size):
                self.room.acquire()
        try:
            yield
        finally:
            self.room.release(size)

    def scenario(self, number, subject, name):
        """A scenario, and once more where the machine was too busy to tell."""
        for attempt in (1, 2):
            with self.a_place(HEAVY.get(name, 1)):
                results = self.once(subject, name, f"{number}{'ab'[attempt - 1]}")
            unsure = [result for result in results if result["verdict"].verdict == judge.UNSURE]
            if not unsure:
                break
            say(f"?  {subject} {name}: {'; '.join(unsure[0]['verdict'].reasons)}" + (" (once more)" if attempt == 1 else ""))
        for result in results:
            word = {judge.FAILED: "!! "}.get(result["verdict"].verdict, "   ")
            reasons = "".join(f"\n   {reason}" for reason in result["verdict"].reasons)
            notes = "".join(f"\n      {note}" for note in result["measurement"].notes)
            say(f"{word}{subject} {result['row']}: {report.gap(result['measurement'])}, "
                f"{report.failed(result['measurement'])} failed, virtual IP {report.moved(result['measurement'])}, "
                f"{result['verdict'].verdict}{reasons}{notes}")
        return results

    def all(self, jobs, workers):
        """All scenarios; (results, errors)."""
        results, errors = [], []
        with concurrent.futures.ThreadPoolExecutor(workers) as pool:
            running = {pool.submit(self.scenario, number, *job): job for number, job in enumerate(jobs)}
            try:
                for done in concurrent.futures.as_completed(running):
                    try:
                        results += done.result()
                    except lab.Stopped:
                        pass
                    except Exception as error:  # one cluster that does not come up stops no other
                        errors.append(f"{' '.join(running[done])}: {error}")
                        say("!! " + errors[-1] + "\n" + "".join(traceback.format_exception(error)))
            except BaseException:
                # Everything is removed now: not to be interrupted again.
                signal.signal(signal.SIGINT, signal.SIG_IGN)
                signal.signal(signal.SIGTERM, signal.SIG_IGN)
                self.stop.set()
                pool.shutdown(cancel_futures=True)
                raise
        return results, errors


def print_tables(results, as_markdown):
    form = report.markdown if as_markdown else report.plain
    for subjects in (["haproxy", "kubeadm"], ["nginx"], ["colocated"]):
        present = [subject for subject in subjects if any(result["subject"] == subject for result in results)]
        if present:
            print(form(report.table(results, present)) + "\n")
    for result in results:
        if result["subject"] in STUCK:
            print(f"{result['subject']}, known to get stuck: virtual IP {report.moved(result['measurement'])}, "
                  f"{report.gap(result['measurement'])} without an answer")


def versions():
    words = {"haproxy": ["-v"], "keepalived": ["--version"], "nginx": ["-v"]}
    answers = {name: subprocess.run([name, *more], capture_output=True, text=True) for name, more in words.items()}
    return {name: (answer.stdout + answer.stderr).splitlines()[0] for name, answer in answers.items()}


def interrupted(*_):
    raise KeyboardInterrupt


def main():
    options = arguments()
    if options.list:
        for name, scenario in scenarios.EVERY.items():
            print(f"{name:20} {' '.join(scenario.__doc__.split())}")
        return 0
    signal.signal(signal.SIGTERM, interrupted)
    scratch = None
    try:
        check_judge()
        check_machine()
        with contextlib.suppress(OSError):
            os.nice(NICER)
        topology.remove_leftovers()
        scratch = pathlib.Path(tempfile.mkdtemp(prefix=f"{topology.own_prefix()}-rendered-"))
        found = clusters(options, scratch)
        jobs = plan(found, options.only)
        if not jobs:
            raise SystemExit("no such scenario: --list has their names")
        runner = Runner(found, predictions(options, found), options.keep, options.jobs)
        results, errors = runner.all(jobs, options.jobs)
    except Unavailable as reason:
        if os.environ.get("CI"):
            say(f"the failover harness cannot run: {reason}")
            return 2
        say(f"SKIPPED, nothing was measured: {reason}")
        return 0
    except KeyboardInterrupt:
        say("interrupted: every namespace is removed")
        return 130
    finally:
        if scratch:
            shutil.rmtree(scratch, ignore_errors=True)
    print_tables(results, options.markdown)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(report.as_json(results, versions()), indent=1) + "\n")
    verdicts = [result["verdict"].verdict for result in results]
    say(f"{verdicts.count(judge.PASSED)} passed, {verdicts.count(judge.SHOWN)} shown, {verdicts.count(judge.FAILED)} failed, "
        f"{verdicts.count(judge.UNSURE)} not to be told, {len(errors)} did not run")
    if errors or judge.FAILED in verdicts:
        return 1
    return 3 if judge.UNSURE in verdicts else 0


if __name__ == "__main__":
    sys.exit(main())
