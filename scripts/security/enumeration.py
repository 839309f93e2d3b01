"""Who has an account, and which ids exist: told neither by what is answered nor, as far as can be seen from outside, by how long it takes.
Few log-ins are tried: wrong ones make the next wait."""

import json
import secrets
import statistics

import spellings
from engine import UNPROVEN
from foreign import of_account
from parties import Refused, path_of

# Of medians; told where it is exceeded. Neither this machine nor the network between is a laboratory.
ODD = 1.5


def attack(run, group, workers):
    known, unknown = run.b.session.email, f"nobody-{secrets.token_hex(6)}@example.org"
    wrong = secrets.token_urlsafe(18)
    for name, body in (("login", {"password": wrong}), ("forgot-password", {}), ("resend-verification", {})):
        path = path_of(run.spec, name)
        if not any(one.path == path for one in run.spec.operations):
            run.record("enum.body", UNPROVEN, f"there is no {name}")
            continue
        variants = [("", lambda text: text), ("in capitals", str.upper), ("with a space", lambda text: f" {text}")][: 1 if run.short else 3]
        for what, spell in variants:
            requests = [("POST", path, [("Content-Type", "application/json")], json.dumps({"email": spell(email), **body}).encode(), spell(email)) for email in (known, unknown)]
            run.pair("enum.body", run.a, f"{name} of a known and an unknown address {what}", *requests)
    # Invited is whoever one likes: whether an address has an account elsewhere is not the inviting clinic's to learn.
    invite(run, known, unknown)
    log_in_times(run, unknown, wrong)
    for one in run.spec.operations:
        if one.method == "GET" and one.path.endswith("}") and one.path.count("{") == 1 and not one.public and not of_account(one):
            id_times(run, one)


def invite(run, known, unknown):
    one = next((one for one in run.spec.operations if one.makes and "invitation" in one.path), None)
    if not one:
        return
    try:
        answers = []
        for email in (known, unknown):
            parts = run.a.ready(one)
            parts.body["email"] = email
            answer = run.a.keep(one, run.ask("enum.body", run.a, "POST", parts.target(), parts.headers(), parts.data(), sent=(email,)))
            if answer.status == 409 and run.a.make_room(one.makes):
                answer = run.a.keep(one, run.ask("enum.body", run.a, "POST", parts.target(), parts.headers(), parts.data(), sent=(email,)))
            answers.append(answer)
            if answer.ok:
                run.a.delete(one.makes, answer.get("id"))
        shape = [(answer.status, answer.get("code"), sorted(answer.json or ())) for answer in answers]
        run.check("enum.body", shape[0] == shape[1], f"an invitation of an address with an account elsewhere is answered {shape[0][:2]}, of one without {shape[1][:2]}")
    except Refused as refusal:
        run.record("enum.body", UNPROVEN, f"invitations: {refusal}")


def log_in_times(run, unknown, wrong):
    """Four tries each, as many as cost nobody a wait."""
    took = {}
    for email in (run.b.session.email, unknown) * (2 if run.short else 4):
        answer = run.client.send("POST", run.a.session.log_in_path, [("Content-Type", "application/json")], json.dumps({"email": email, "password": wrong}).encode())
        took.setdefault(email, []).append(answer.seconds)
    medians = [statistics.median(values) for values in took.values()]
    tell(run, f"log-in, known by unknown address, {len(took[unknown])} each", medians)


def id_times(run, one):
    """Another clinic's id and one that is nowhere, in turn."""
    try:
        victim = run.b.ready(one).path[one.positions()[0].name]
    except Refused:
        return
    targets = [one.path.partition("{")[0] + value for value in (victim, spellings.absent(victim))]
    took = [[], []]
    for number in range(10 if run.short else 150):
        for which in (0, 1) if number % 2 else (1, 0):
            answer = run.ask("enum.time", run.a, "GET", targets[which])
            took[which].append(answer.seconds)
    tell(run, f"{one}, another clinic's by an absent id", [statistics.median(values[2:]) for values in took], quiet=True)


def tell(run, what, medians, quiet=False):
    ratio = medians[0] / medians[1]
    odd = not 1 / ODD < ratio < ODD
    if odd or not quiet:
        run.tell("enum.time", f"{what}: {ratio:.2f}" + (" (odd: look into it)" if odd and not run.short else ""))
    run.record("enum.time", "held")
