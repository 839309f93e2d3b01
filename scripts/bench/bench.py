"""Measures MedicalPro: see `scripts/bench/run --help`."""

import argparse
import http.client
import json
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time

import accounts
import practice
from peer import Peer
from replay import FRESH_ID, pgbench, record, script
from stack import Clinic, Stack, at_once, expect, median, patient, request, until

PATIENTS = 5000
IDS = 20
LIST = "/api/v1/patients?limit=20&sort=-createdAt"
GOALS = {
    "list_vs_pgbench": (">=", 0.40), "get_vs_pgbench": (">=", 0.40), "post_vs_pgbench": (">=", 0.40),
    "list_vs_node": (">=", 12), "get_vs_node": (">=", 14), "post_vs_node": (">=", 8),
    "provision_p50_ms": ("<=", 40), "provision_8_p50_ms": None, "register_p50_ms": ("<=", 80),
    "cold_clinic_ms": ("<=", 12), "rss_mb": ("<=", 40),
    # How long it takes for an account, divided by how long for none: medians within 5 %.
    "alike_login": ("1 ±", 0.05), "alike_forgot": ("1 ±", 0.05), "alike_resend": ("1 ±", 0.05),
    # Bounded by Argon2id: 19 MiB and a core for each of the four that are hashed at once.
    "login_per_second": None, "login_rss_mb": None,
    "refresh_per_second": None, "refresh_rss_mb": None, "refresh_vs_pgbench": None,
    **practice.GOALS,
}

MET = {">=": lambda is_, goal: is_ >= goal, "<=": lambda is_, goal: is_ <= goal, "1 ±": lambda is_, off: abs(is_ - 1) <= off}


def arguments():
    parser = argparse.ArgumentParser(
        prog="scripts/bench/run", formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Builds the release binary, starts everything on a private PostgreSQL with fsync, loads 5,000 patients, and measures\n"
                    "the server against pgbench (the same statements with the same checkout) and against a Node peer, side by side in\n"
                    "rounds: compare within a run, not between machines.")
    parser.add_argument("--json", metavar="FILE", help="write the numbers and the conditions as one JSON object")
    parser.add_argument("--plans", metavar="FILE", help="write the plans of the practice's statements")
    parser.add_argument("--rounds", type=int, default=3, metavar="COUNT", help="rounds, of which the median counts [3]")
    parser.add_argument("--seconds", type=int, default=5, metavar="SECONDS", help="of each measurement, 50 at most [5]")
    parser.add_argument("--connections", type=int, default=32, metavar="COUNT", help="of the load to either server [32]")
    parser.add_argument("--pool", type=int, default=16, metavar="COUNT", help="connections to the clinic's database, of either server and of pgbench [16]")
    parser.add_argument("--clinics", type=int, default=15, metavar="COUNT", help="clinics registered one by one [15]")
    options = parser.parse_args()
    if not 1 <= options.seconds <= 50:
        parser.error("a signed context is good for 60 seconds: --seconds is 1 to 50")
    return options


def wrk(port, method, paths, token, body, options, extra=None):
    """Requests a second, all of them answered 2xx."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("\n".join(paths) + "\n")
        file.flush()
        environment = {**os.environ, "METHOD": method, "PATHS": file.name, "TOKEN": token, "BODY": body or "", **(extra or {})}
        command = ["wrk", "-t", "2", "-c", str(options.connections), "-d", f"{options.seconds}s", "-s", pathlib.Path(__file__).parent / "wrk.lua",
                   f"http://127.0.0.1:{port}"]
        output = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout
    rate, failed = re.search(r"rate ([\d.]+) failed (\d+)", output).groups()
    if int(failed):
        raise SystemExit(f"{method} {paths[0]}: {failed} requests failed\n{output}")
    return float(rate)


def load(stack, clinic):
    """The patients, through the front door. Returns some of their ids."""
    ids = []

    def part(numbers):
        connection = http.client.HTTPConnection("127.0.0.1", stack.port, timeout=60)
        for number in numbers:
            ids.append(expect(201, request(stack.port, "POST", "/api/v1/patients", patient(number), clinic.token, connection))["id"])
        connection.close()

    at_once([lambda first=first: part(range(first, PATIENTS, 8)) for first in range(8)])
    stack.sql("VACUUM ANALYZE", clinic.database)
    stack.sql("CHECKPOINT")
    return ids[:: PATIENTS // IDS]


def measure(stack, clinic, peer, ids, options):
    """Rates by kind and by who answers, a list of rounds each."""
    one = patient(7)
    peers = {"first_name": one["firstName"], "last_name": one["lastName"], "birth_date": one["birthDate"], "email": one["email"], "phone": one["phone"]}
    gets = [f"/api/v1/patients/{id}" for id in ids]
    kinds = {
        "list": ("GET", [LIST], ["/api/v1/patients?limit=20"], None, None),
        "get": ("GET", gets, gets, None, None),
        "post": ("POST", ["/api/v1/patients"], ["/api/v1/patients"], one, peers),
    }
    rates = {(kind, who): [] for kind in kinds for who in ("http", "pgbench", "node")}
    for number in range(options.rounds):
        for kind, (method, ours, theirs, body, their_body) in kinds.items():
            clinic.log_in()
            note(f"round {number + 1} of {options.rounds}: {kind}")
            warm = argparse.Namespace(**{**vars(options), "seconds": 1})
            for who, run in {
                "http": lambda o: wrk(stack.port, method, ours, clinic.token, body and json.dumps(body), o),
                "pgbench": lambda o: pgbench(stack, clinic, replay(stack, clinic, kind, method, ours, body), o.pool, o.seconds),
                "node": lambda o: wrk(peer.port, method, theirs, peer.token, their_body and json.dumps(their_body), o),
            }.items():
                if who != "pgbench":
                    run(warm)
                rates[kind, who].append(run(options))
    return rates


def replay(stack, clinic, kind, method, paths, body):
    scripts = []
    for number, path in enumerate(paths):
        statements = record(stack, clinic, method, path, body)
        # The INSERT's own id is its second parameter.
        fresh = {statements[1][1]["2"]: FRESH_ID} if kind == "post" else {}
        scripts.append(script(f"{kind}{number}", statements, fresh))
    return scripts


def milliseconds_of_jobs(stack, clinics):
    """From the request for a clinic to its being ready, as the journal has it: without the hashing of the password."""
    ids = ",".join(f"'{clinic.id}'" for clinic in clinics)
    rows = stack.sql(
        "SELECT extract(epoch FROM finished_at - created_at) * 1000 FROM medicalpro_central.provisioning_jobs "
        f"WHERE company_id IN ({ids}) AND state = 'done' AND attempts = 1", "medicalpro_central").split()
    if len(rows) != len(clinics):
        raise SystemExit(f"{len(clinics)} clinics were asked for, {len(rows)} made at the first attempt")
    return [float(row) for row in rows]


def spares_ready(stack):
    """Waits until the worker is done with what the last registration left it to do: nobody registers every 70 ms."""
    count = "SELECT count(*) = 2 FROM pg_database WHERE datname LIKE 'medicalpro_clinic_spare_v%'"
    until("the spares", 20, lambda: stack.sql(count) == "t")
    time.sleep(0.2)


def provisioning(stack, options):
    """Numbers, and the clinics that they were taken with: verified ones and others."""
    note("registrations, alone and 8 at once")
    Clinic(stack, "warm").register()
    alone = [Clinic(stack, f"-alone-{number}") for number in range(options.clinics)]
    for clinic in alone:
        spares_ready(stack)
        clinic.register()
    together = [Clinic(stack, f"-together-{number}") for number in range(24)]
    for first in range(0, len(together), 8):
        spares_ready(stack)
        at_once([clinic.register for clinic in together[first:first + 8]])
    cold = []
    for clinic in alone:
        clinic.verify()
    # What all this left to be done, files to write and copies to make, is not the next request's.
    spares_ready(stack)
    stack.sql("CHECKPOINT")
    for clinic in alone:
        clinic.log_in()
        connection = http.client.HTTPConnection("127.0.0.1", stack.port, timeout=60)
        expect(200, request(stack.port, "GET", "/health/live", connection=connection))
        began = time.perf_counter()
        expect(200, request(stack.port, "GET", LIST, token=clinic.token, connection=connection))
        cold.append((time.perf_counter() - began) * 1000)
        connection.close()
    numbers = {
        "provision_p50_ms": median(milliseconds_of_jobs(stack, alone)),
        "provision_8_p50_ms": median(milliseconds_of_jobs(stack, together)),
        "register_p50_ms": median([clinic.register_ms for clinic in alone]),
        "cold_clinic_ms": median(cold),
    }
    return numbers, alone, together


def note(line):
    print(line, file=sys.stderr, flush=True)


def table(numbers, rates, conditions):
    print("\nrequests a second, median of the rounds")
    print(f"{'':8}{'HTTP':>10}{'pgbench':>10}{'Node':>10}")
    for kind in ("list", "get", "post"):
        print(f"{kind:8}" + "".join(f"{median(rates[kind, who]):10.0f}" for who in ("http", "pgbench", "node")))
    print(f"\n{'':20}{'measured':>10}{'goal':>10}")
    for name, goal in GOALS.items():
        said = "" if goal is None else f"{goal[0]} {goal[1]}"
        met = "" if goal is None or MET[goal[0]](numbers[name], goal[1]) else "  not met"
        print(f"{name:20}{numbers[name]:10.2f}{said:>10}{met}")
    print("\n" + ", ".join(f"{name}: {value}" for name, value in conditions.items()))


def main():
    options = arguments()
    binary = os.environ["MEDICALPRO_BINARY"]
    directory = tempfile.mkdtemp(prefix="medicalpro-bench.")
    # When we are root, PostgreSQL's user must get through to the cluster, which is closed by itself.
    os.chmod(directory, 0o711)
    try:
        with Stack(binary, directory, options.pool) as stack:
            clinic = Clinic(stack, 0).register().verify().log_in()
            note(f"{PATIENTS} patients")
            ids = load(stack, clinic)
            with Peer(stack, clinic, options.pool) as peer:
                rates = measure(stack, clinic, peer, ids, options)
            numbers = {"rss_mb": stack.memory()}
            made, proven, unproven = provisioning(stack, options)
            numbers |= made
            note("accounts: known and unknown, log-ins, refreshes")
            numbers |= accounts.alike(stack, clinic, unproven[0])
            numbers |= accounts.logins(stack, proven, options.seconds)
            numbers |= accounts.refreshes(stack, clinic, options)
            practised, practice_rates, plans = practice.measure(stack, options, wrk, note)
            numbers |= practised
            version = stack.sql("SHOW server_version").split()[0]
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    for kind in ("list", "get", "post"):
        for who, name in (("pgbench", "pgbench"), ("node", "node")):
            numbers[f"{kind}_vs_{name}"] = median(rates[kind, "http"]) / median(rates[kind, who])
    conditions = {
        "cores": os.cpu_count(), "machine": platform.machine(), "postgresql": version, "fsync": "on", "patients": PATIENTS, "page": 20,
        "pool": options.pool, "connections": options.connections, "people": options.clinics, "tries": accounts.TRIES, "rounds": options.rounds, "seconds": options.seconds,
        "node": subprocess.run(["node", "--version"], check=True, stdout=subprocess.PIPE, text=True).stdout.strip(),
    }
    table(numbers, rates, conditions)
    practice.table(practice_rates)
    if options.plans:
        pathlib.Path(options.plans).write_text("\n\n".join(f"== {kind}\n{plan}" for kind, plan in plans.items()) + "\n")
    if options.json:
        numbers = {name: round(numbers[name], 3) for name in GOALS}
        rates = {f"{kind}_{who}_per_second": round(median(values), 1) for (kind, who), values in {**rates, **practice_rates}.items()}
        pathlib.Path(options.json).write_text(json.dumps({**numbers, **rates, "conditions": conditions}, indent=2) + "\n")


if __name__ == "__main__":
    main()
