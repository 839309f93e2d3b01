"""Fuzzes the API by its own spec: every operation, as somebody of each role, with every check that Schemathesis knows.

Starts an installation of its own from a release binary and ends it again. What the spec answers by `default` does not count as
documented here: a status that an operation does not name is a failure."""

import argparse
import collections
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).parent
sys.path.append(str(HERE.parent / "bench"))

from people import ROLES, somebody  # noqa: E402
from stack import Stack  # noqa: E402

LONG, SHORT = 100_000, 4_000
# Left out, and why.
LEFT_OUT = {
    "appointments_events": "its answer has no end",
}
# Of the platform's own people a one-time code counts once: no session for each case. The paths of what ends one are left out whole, since
# methods that a spec does not name are tried too.
OPERATOR_LEFT_OUT = ("auth_logout", "auth_sessions_list", "auth_sessions_revoke", "auth_session_revoke")
# These cost a database, or a hash of 19 MiB.
FEW = {"auth_register": 5, "auth_login": 20, "auth_reset_password": 20, "auth_accept_invitation": 20}


def options():
    parser = argparse.ArgumentParser(prog="scripts/fuzz/run", description=__doc__.split("\n\n")[0], epilog=__doc__.split("\n\n")[1])
    parser.add_argument("--long", action="store_true", help=f"{LONG:,} cases or more, with every edge of the spec; otherwise {SHORT:,}, without")
    parser.add_argument("--cases", type=int, help="as many cases or more, of all roles together")
    parser.add_argument("--role", action="append", choices=ROLES, help="only as somebody of this role; may be repeated")
    parser.add_argument("--seed", type=int, default=1, help="what the first round is generated from [1]")
    parser.add_argument("--report", type=pathlib.Path, help="a folder for what each round said, the counts and the server's log")
    return parser.parse_args()


def spec(binary, role):
    """The spec without what it says of any other status, and without what is left out."""
    whole = json.loads(subprocess.run([binary, "openapi"], check=True, stdout=subprocess.PIPE).stdout)
    left_out = {*LEFT_OUT, *(OPERATOR_LEFT_OUT if role == "super_admin" else ())}
    for path, item in list(whole["paths"].items()):
        for method, operation in list(item.items()):
            if isinstance(operation, dict) and "responses" in operation:
                operation["responses"].pop("default", None)
                if operation["operationId"] in left_out:
                    del item[method]
        if not item:
            del whole["paths"][path]
    return whole


def configuration(examples, port):
    lines = [
        f'base-url = "http://127.0.0.1:{port}"', f'hooks = "{HERE / "hooks.py"}"', 'request-timeout = 30', "workers = 1",
        # Nothing is left where the user stands.
        "cache.enabled = false",
        # Nobody is nobody, and does not sign up.
        "auth.auto-signup = false",
        "[generation]", f"max-examples = {examples}", 'database = "none"', "no-shrink = true",
        # A scenario follows the spec's links for some steps; those that are guessed are thousands.
        "[phases.stateful]", f"generation.max-examples = {40 * examples}", "inference.algorithms = []",
    ]
    for operation, few in FEW.items():
        lines += ["[[operations]]", f'include-operation-id = "{operation}"', f"generation.max-examples = {min(few, examples)}"]
    return "\n".join(lines) + "\n"


def round_of(stack, person, ids, role, phases, seed, examples, directory):
    """One round: its exit code, and how often each operation answered with which status."""
    directory.mkdir(parents=True)
    (directory / "spec.json").write_text(json.dumps(spec(stack.binary, role)))
    (directory / "schemathesis.toml").write_text(configuration(examples, stack.port))
    counts = directory / "counts.json"
    settings = {"port": stack.port, "person": person and person.described(), "ids": ids, "counts": str(counts)}
    command = [
        pathlib.Path(sys.executable).parent / "st", "--config-file", directory / "schemathesis.toml", "run", directory / "spec.json", "--checks", "all",
        "--phases", phases, "--seed", str(seed), "--continue-on-failure", "--no-color", "--warnings", "off",
        "--suppress-health-check", "all", "--report", "json", "--report-json-path", directory / "report.json",
    ]
    with open(directory / "output.txt", "w") as output:
        status = subprocess.run(command, env={**os.environ, "MEDICALPRO_FUZZ": json.dumps(settings)}, stdout=output, stderr=subprocess.STDOUT).returncode
    said = json.loads(counts.read_text())
    if person:
        # Refresh tokens count once, too.
        person.tokens = said["person"]["tokens"]
    return status, said["answers"]


def fuzz(stack, role, share, seed, edges, report):
    """Rounds until there are so many cases: what each operation answered, and the rounds that failed."""
    person, ids = somebody(stack, role)
    answered, failed, number = collections.defaultdict(collections.Counter), [], 0
    cases = lambda: sum(sum(statuses.values()) for statuses in answered.values())
    examples = max(4, share // 1_000)
    while cases() < share:
        directory = report / role / str(number)
        if person:
            person.token()
        before = cases()
        # Examples and the edges of the spec are the same in every round.
        phases = "fuzzing,stateful" if number else "examples,coverage,fuzzing,stateful" if edges else "examples,fuzzing,stateful"
        status, counts = round_of(stack, person, ids, role, phases, seed + number, examples, directory)
        for operation, statuses in counts.items():
            answered[operation].update({int(code): count for code, count in statuses.items()})
        print(f"{role:13} round {number}: {cases() - before:7,} cases, {'passed' if status == 0 else f'FAILED: {directory}/output.txt'}", flush=True)
        if status:
            failed.append(directory)
        if cases() == before:
            raise SystemExit(f"{role}: nothing was asked: {directory}/output.txt")
        number += 1
    return answered, failed


def main():
    chosen = options()
    roles = chosen.role or ROLES
    total = chosen.cases or (LONG if chosen.long else SHORT)
    began = time.monotonic()
    # Whoever is told to end ends the installation with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="medicalpro-fuzz.") as directory:
        # PostgreSQL's own user must get through to its cluster.
        os.chmod(directory, 0o711)
        report = (chosen.report or pathlib.Path(tempfile.mkdtemp(prefix="medicalpro-fuzz-report."))).resolve()
        with Stack(os.environ["MEDICALPRO_BINARY"], directory, pool=8) as stack:
            share, edges = -(-total // len(roles)), total > SHORT
            results = {role: fuzz(stack, role, share, chosen.seed, edges, report) for role in roles}
            log = (pathlib.Path(directory) / "serve.log").read_bytes()
        report.mkdir(parents=True, exist_ok=True)
        (report / "serve.log").write_bytes(log)
    (report / "answers.json").write_text(json.dumps({role: answered for role, (answered, _) in results.items()}, indent=1))
    print(f"\n{'role':13}{'cases':>9}{'2xx':>9}{'3xx':>7}{'4xx':>9}{'5xx':>6}{'rounds that failed':>20}")
    for role, (answered, failed) in results.items():
        kinds = collections.Counter()
        for statuses in answered.values():
            for code, count in statuses.items():
                kinds[code // 100] += count
        print(f"{role:13}{kinds.total():9,}{kinds[2]:9,}{kinds[3]:7,}{kinds[4]:9,}{kinds[5]:6,}{len(failed):20}")
    for operation, why in {**LEFT_OUT, **dict.fromkeys(OPERATOR_LEFT_OUT, "for super_admin: no session for each case")}.items():
        print(f"left out: {operation}: {why}")
    print(f"report: {report}; {time.monotonic() - began:.0f} s")
    return 1 if any(failed for _, failed in results.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
