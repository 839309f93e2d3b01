"""Attacks a MedicalPro by its own OpenAPI document: see `scripts/security/run --help`."""

import argparse
import getpass
import os
import pathlib
import sys
import tempfile
import time

import bodies
import cross
import enumeration
import foreign
import forged
import framing
import races
from catalogue import CASES
from engine import Run
from parties import Party, Refused, Session
from report import Report
from spec import Spec
from wire import Client, Watch

LEAST = {"short": 1000, "long": 10_000}
GROUPS = ("cross", "token", "mass", "inject", "limits", "race", "frame", "enum")


def arguments(given=None):
    parser = argparse.ArgumentParser(
        prog="scripts/security/run", formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Attacks a running MedicalPro as a security team would: with the log-ins of two of its clinics, A attacks B. What is attacked\n"
                    "is read from the OpenAPI document that the server shows, so that new operations are attacked without anybody remembering.\n"
                    "It makes things in both clinics, attacks them, and deletes what it can: use clinics that exist for tests, never a real one.",
        epilog="passwords are asked for, or taken from the environment: SECURITY_PASSWORD_A, SECURITY_PASSWORD_B, and SECURITY_PASSWORD_ALSO for\n"
               "all further people. They, and tokens, are never shown. Status: 0 if all held, 1 if something broke, 2 if nothing broke but too\n"
               "little was shown (no working control, limited, not reached).")
    parser.add_argument("--url", metavar="URL", help="the server, as http://host:port or https://host")
    parser.add_argument("--a", metavar="EMAIL", help="an admin of the clinic that attacks")
    parser.add_argument("--b", metavar="EMAIL", help="an admin of the clinic that is attacked")
    parser.add_argument("--also", metavar="EMAIL", action="append", default=[], help="further people of the clinic that attacks, of lesser roles; repeatable")
    parser.add_argument("--local", action="store_true", help="attack a private installation, made for this and gone afterwards (scripts/security/run builds it)")
    parser.add_argument("--short", action="store_true", help=f"the short form: {LEAST['short']:,} cross-clinic attempts and more, instead of {LEAST['long']:,}")
    parser.add_argument("--only", metavar="GROUP", action="append", choices=GROUPS, help=f"only these of {', '.join(GROUPS)}; repeatable")
    parser.add_argument("--least", type=int, metavar="COUNT", help="cross-clinic attempts to make: rounds with new things are added until then")
    parser.add_argument("--workers", type=int, default=4, metavar="COUNT", help="requests at once [4]")
    parser.add_argument("--ca", metavar="FILE", help="certificates (PEM) to trust, of a server with TLS")
    parser.add_argument("--spec", metavar="PATH", default="/openapi.json", help="where the server shows its OpenAPI document [/openapi.json]")
    parser.add_argument("--yes", action="store_true", help="these are clinics for tests: do not ask, as without a terminal nobody could be")
    parser.add_argument("--keep", action="store_true", help="leave what was made where it is, as in an installation that goes afterwards")
    parser.add_argument("--json", metavar="FILE", help="write the result as a JSON object")
    parser.add_argument("--junit", metavar="FILE", help="write the result as JUnit XML")
    options = parser.parse_args(given)
    if not options.local and not (options.url and options.a and options.b):
        parser.error("--url, --a and --b are needed, or --local")
    return options


def note(text):
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


def password(name, email):
    return os.environ.get(f"SECURITY_PASSWORD_{name}") or getpass.getpass(f"password of {email}: ")


def agreed(options):
    """Somebody says that these are clinics for tests: now, or with --yes."""
    if options.yes:
        return True
    print(f"This makes, changes and deletes things in the clinics of {options.a} and {options.b} at {options.url}.", file=sys.stderr)
    if not sys.stdin.isatty():
        print("With --yes it does so without asking.", file=sys.stderr)
        return False
    print("Go on? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def code(email):
    return input(f"code of {email}'s second factor: ")


def people(options, client, spec, watch):
    """Everybody logs in; of both admins another time, for what ends a session."""
    def party(name, email, secret, watch=None):
        party = Party(name, client, spec, Session(client, spec, email, secret, code), watch)
        return party

    def spare(one):
        one.find("SessionView")
        before = set(one.things.get("SessionView", []))
        one.spare = one.another()
        one.things.pop("SessionView", None)
        one.find("SessionView")
        one.spare_id = next((id for id in one.things.get("SessionView", []) if id not in before), None)

    a, b = party("A", options.a, password("A", options.a)), party("B", options.b, password("B", options.b), watch)
    if a.things["company"] == b.things["company"]:
        raise Refused("both log-ins are of the same clinic: with that, nothing could be shown")
    for one in (a, b):
        spare(one)
    others = []
    for number, email in enumerate(options.also):
        other = party(f"A{number}", email, password("ALSO", email))
        if other.things["company"] != a.things["company"]:
            raise Refused(f"{email} is not of the clinic that attacks")
        others.append(other)
    return a, b, others


def attack(options):
    """One run; its report."""
    began = time.monotonic()
    client, watch = Client(options.url, options.ca), Watch()
    served = client.send("GET", options.spec)
    if not served.ok:
        raise Refused(f"{options.url}{options.spec} was answered {served.status or 'not at all'}")
    spec = Spec.read(served.body)
    a, b, others = people(options, client, spec, watch)
    run = Run(client, spec, watch, a, b, others, options.short, note)
    groups = options.only or GROUPS
    least = (options.least if options.least is not None else LEAST["short" if options.short else "long"]) if "cross" in groups else 0
    took = []
    try:
        # Before anything else: a server that shows B's things to B shows that the watch can see.
        leaks = watch.leaked(b.raw("GET", next(one.path for one in spec.operations if one.method == "GET" and one.path.endswith("/me"))))
        run.control("watch", "B's own answers hold what is looked for", bool(leaks), "nothing of clinic B was found in an answer to clinic B")
        modules = {"token": forged, "mass": bodies, "inject": bodies, "limits": bodies, "race": races, "frame": framing, "enum": enumeration}
        for group in (group for group in GROUPS if group in groups):
            note(group)
            since = time.monotonic()
            if group == "cross":
                rounds(run, options, least)
            else:
                modules[group].attack(run, group, options.workers)
            took.append(f"{group} {time.monotonic() - since:.0f}")
    finally:
        note("" if options.keep else "deleting what was made")
        left = 0 if options.keep else sum(one.clean_up() for one in (a, b))
        note("")
    notes = [f"seconds: {', '.join(took)}"]
    notes += [f"{left} of the {sum(len(one.made) for one in (a, b))} things that were made could not be deleted"] if left else []
    if client.limited:
        notes.append(f"the server limited us {client.limited} times")
    cases = [id for id in CASES if id.partition(".")[0] in (*groups, "watch")]
    return Report(run, cases, time.monotonic() - began, notes), least


def rounds(run, options, least):
    note("making things")
    intact = cross.Intact(run)
    for number in range(50):
        note(f"another clinic's ids, round {number + 1}")
        foreign.walk(run, options.workers)
        if number == 0:
            cross.every(run, options.workers, cross.jobs(run))
        done = sum(tally.attempts for id, tally in run.tallies.items() if CASES[id].cross)
        if done >= least:
            break
    intact.check()


def main():
    options = arguments()
    if options.local:
        import local
        with tempfile.TemporaryDirectory(prefix="medicalpro-security.", ignore_cleanup_errors=True) as directory:
            # When we are root, PostgreSQL's user must get through to what is its own.
            pathlib.Path(directory).chmod(0o711)
            with local.started(directory, options):
                options.keep = True
                return finish(options)
    if not agreed(options):
        raise SystemExit("scripts/security/run: nothing was done")
    return finish(options)


def finish(options):
    try:
        report, least = attack(options)
    except Refused as refusal:
        print(f"scripts/security/run: {refusal}", file=sys.stderr)
        return 2
    report.table(least)
    if options.json:
        pathlib.Path(options.json).write_text(report.json(options.url, least) + "\n")
    if options.junit:
        pathlib.Path(options.junit).write_text(report.junit(least) + "\n")
    return report.status(least)


if __name__ == "__main__":
    # 1 says that something broke: what the script itself cannot do is 2.
    try:
        status = main()
    except SystemExit as end:
        if not isinstance(end.code, str):
            raise
        print(end.code, file=sys.stderr)
        status = 2
    except Exception as failure:
        print(f"scripts/security/run: {type(failure).__name__}: {failure}", file=sys.stderr)
        status = 2
    sys.exit(status)
