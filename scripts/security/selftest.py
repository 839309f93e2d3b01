"""Tries the suite itself: a sound server must pass it, and each hole must break the case that is there for it. A suite that cannot fail
shows nothing."""

import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor

import framing
import security
from engine import BROKEN
from parties import Refused
from vulnerable import Server

# Each hole, the group that is to find it, and the case that must say so.
HOLES = {
    "foreign": ("cross", "cross.path"), "differs": ("cross", "cross.path"), "filter": ("cross", "cross.query"), "reference": ("cross", "cross.body"),
    "method": ("cross", "cross.method"), "cursor": ("cross", "cross.cursor"), "header": ("cross", "cross.header"), "condition": ("cross", "cross.condition"),
    "key": ("cross", "cross.key"), "file": ("cross", "cross.file"), "same": ("cross", "cross.same"), "events": ("cross", "cross.events"), "login": ("cross", "cross.login"),
    "blind-write": ("cross", "cross.intact"), "absent": ("token", "token.absent"), "none": ("token", "token.none"), "mac": ("token", "token.mac"), "kid": ("token", "token.kid"),
    "claims": ("token", "token.claims"), "signature": ("token", "token.signature"), "purpose": ("token", "token.purpose"), "form": ("token", "token.form"),
    "place": ("token", "token.place"), "ended": ("token", "token.ended"), "mass-create": ("mass", "mass.create"), "mass-change": ("mass", "mass.change"),
    "body": ("inject", "inject.body"), "query": ("inject", "inject.query"), "like": ("inject", "inject.query"), "path": ("inject", "inject.path"),
    "inject-header": ("inject", "inject.header"), "type": ("inject", "inject.type"), "limits": ("limits", "limits"), "race-key": ("race", "race.key"),
    "race-time": ("race", "race.time"), "smuggle": ("frame", "frame.smuggle"), "slow": ("frame", "frame.slow"), "spoof": ("frame", "frame.spoof"),
    "host": ("frame", "frame.spoof"), "enum": ("enum", "enum.body"),
}
# The same hole, found by another case too.
ALSO = {"foreign": "watch.leaks", "key": "cross.race", "body": "watch.errors", "jwk": "token.key"}


def tried(hole, group):
    """What is wrong with the suite's verdict on a server with this hole, or with none."""
    framing.WAIT = 2.0
    server = Server({hole} - {None} | ({"key"} if hole == "jwk" else set()))
    for who in "AB":
        os.environ[f"SECURITY_PASSWORD_{who}"] = "pw"
    options = security.arguments(["--url", f"http://127.0.0.1:{server.server_address[1]}", "--a", "a@example.org", "--b", "b@example.org", "--short", "--least", "0", "--workers", "3"])
    options.only = [group] if group else None
    try:
        report, least = security.attack(options)
    except Refused as refusal:
        return f"{hole}: {refusal}"
    finally:
        server.shutdown()
        server.server_close()
    lines = []
    if hole is None:
        if report.broken or list(report.wanting(least)) or any(tally.reasons for tally in report.run.tallies.values()):
            report.table(least, lines.append)
            return "a sound server does not pass:\n" + "\n".join(line for line in lines if "BROKEN" in line or "NOT ENOUGH" in line or "not proven, " in line)
        return None
    wanted = {case for case in (HOLES.get(hole, (0, None))[1], ALSO.get(hole)) if case}
    missed = [case for case in wanted if not report.run.tallies[case].counts[BROKEN]]
    if missed or report.status(least) != 1:
        return f"the hole {hole!r} is not noticed by {', '.join(missed) or 'the status'}"
    return None


def timed(hole, group):
    began = time.monotonic()
    return tried(hole, group), hole, time.monotonic() - began


def main():
    began = time.monotonic()
    jobs = [(None, None), ("jwk", "token"), *((hole, group) for hole, (group, _) in HOLES.items())]
    # Most of it is waiting.
    with ProcessPoolExecutor(8) as pool:
        wrong = [what for what in pool.map(tried, *zip(*jobs)) if what]
    for what in wrong:
        print(what)
    print(f"self-test: {len(jobs) - 1} holes, {len(wrong)} verdicts wrong, {time.monotonic() - began:.0f} s")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
