"""The same at once, twenty times: under one key something is made once, and a time is taken once. Control: one of them succeeds."""

import datetime
import secrets
import threading

from engine import BROKEN, HELD, UNPROVEN
from parties import Refused, look, put

AT_ONCE = 20


def attack(run, group, workers):
    for one in run.spec.operations:
        if not one.makes or one.public:
            continue
        keyed = any(parameter["name"].lower() == "idempotency-key" for parameter in one.named("header"))
        times = [steps for steps, schema, _ in run.spec.leaves(one.json_body or {}) if schema.get("format") == "date-time"]
        for _ in range(1 if run.short else 5):
            try:
                if keyed:
                    under_one_key(run, one)
                if times and one.json_body:
                    same_time(run, one)
            except Refused as refusal:
                run.record("race.key", UNPROVEN, f"{one}: what it needs could not be made: {refusal}")


def at_once(run, one, requests):
    """Sends all at the same moment."""
    answers, gate = [], threading.Barrier(len(requests))

    def send(parts, headers):
        gate.wait(30)
        try:
            answers.append(run.a.keep(one, run.a.send(parts, headers)))
        finally:
            run.client.close()

    threads = [threading.Thread(target=send, args=request) for request in requests]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for answer in answers:
        run.look("race.key", answer, b"", f"{one}, many at once")
    return answers


def under_one_key(run, one):
    settled, _ = run.a.succeed(one)
    if not settled.ok and not (settled.status == 409 and run.a.make_room(one.makes)):
        return run.record("race.key", UNPROVEN, f"{one}: it fails alone too, {settled.status}")
    if one.makes in run.a.limited:
        run.a.make_room(one.makes)
    parts, key = run.a.ready(one, new=True), f"once-{secrets.token_hex(8)}"
    answers = at_once(run, one, [(parts, [("Idempotency-Key", key)])] * AT_ONCE)
    made = {answer.get("id") for answer in answers if answer.ok}
    # Whoever came too early to be told the answer is told to wait; nobody is told of a fault.
    odd = [answer.status for answer in answers if not answer.ok and answer.status not in (409, 429, 503)]
    if not made:
        return run.record("race.key", UNPROVEN, f"{one}: none of {AT_ONCE} succeeded, {sorted({answer.status for answer in answers})}")
    again = run.a.send(parts, [("Idempotency-Key", key)])
    run.check("race.key", len(made) == 1 and not odd and again.get("id") in made, f"{one}: {AT_ONCE} at once under one key made {len(made)}, others {odd}")
    other = {name: value for name, value in (parts.body or {}).items()} if isinstance(parts.body, dict) else None
    if other:
        text = next((step for step, free in one.texts() if free and look(other, step)), None)
        if text:
            changed = parts.copy()
            put(changed.body, text, "another")
            answer = run.a.keep(one, run.a.send(changed, [("Idempotency-Key", key)]))
            return run.check("race.key", answer.status in (409, 422), f"{one}: another body under a used key was answered {answer.status}")
    return run.record("race.key", HELD)


def same_time(run, one):
    """Of twenty that want the same time of the same things, one gets it: where the operation keeps times apart at all."""
    first, parts = run.a.settle(one, new=True)
    second = run.a.keep(one, run.a.send(parts))
    if not first.ok or second.ok:
        return run.record("race.time", UNPROVEN, f"{one}: alone it is answered {first.status}, and again {second.status}")
    moved = parts.copy()
    for steps, schema, _ in run.spec.leaves(one.json_body):
        if schema.get("format") == "date-time" and look(moved.body, steps):
            put(moved.body, steps, (datetime.datetime.fromisoformat(look(moved.body, steps)) + datetime.timedelta(days=1)).isoformat())
    answers = at_once(run, one, [(moved, [])] * AT_ONCE)
    won = sum(answer.ok for answer in answers)
    odd = sorted({answer.status for answer in answers if not answer.ok and answer.status not in (409, 503)})
    if not won and not odd:
        return run.record("race.time", UNPROVEN, f"{one}: nobody got the time")
    return run.record("race.time", HELD if won == 1 and not odd else BROKEN, f"{one}: of {AT_ONCE} at once {won} got the same time, others {odd}")
