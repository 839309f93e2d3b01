"""What is not the client's to set, and what is more than a text: in every body, query, path and header. Control of each operation: the
same request without it succeeds."""

import json
import urllib.parse
from concurrent.futures import ThreadPoolExecutor

import payloads
from engine import HELD, UNPROVEN
from foreign import of_account
from parties import Refused, look, put


def attack(run, group, workers):
    def guarded(job):
        case, one, work = job
        try:
            work(run, one)
        except Refused as refusal:
            run.record(case, UNPROVEN, f"{one}: what it needs could not be made: {refusal}")
        except Exception as failure:
            run.record(case, UNPROVEN, f"{one}: the script itself failed: {type(failure).__name__}: {failure}")

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(guarded, jobs(run, group)))


def jobs(run, group):
    of_clinic = [one for one in run.spec.operations if not one.public and not of_account(one) and not one.streams]
    with_body = [one for one in of_clinic if one.json_body and one.json_body.get("properties")]
    if group == "mass":
        for one in with_body:
            if one.makes or one.method in ("PATCH", "PUT") and own(run, one):
                yield ("mass.create" if one.makes else "mass.change"), one, mass
    elif group == "inject":
        yield from (("inject.body", one, texts) for one in with_body)
        yield from (("inject.query", one, queries) for one in of_clinic if one.named("query"))
        yield from (("inject.path", one, paths) for one in of_clinic if "{" in one.path)
        yield from (("inject.header", one, headers) for one in of_clinic if one.method == "GET" or one.makes)
        yield from (("inject.type", one, types) for one in run.spec.operations if one.media and not one.public and not of_account(one))
        yield from (("inject.body", one, public_texts) for one in run.spec.operations if one.public and one.json_body and "token" in json.dumps(one.json_body.get("properties")))
    else:
        yield from (("limits", one, limits) for one in of_clinic if one.method == "GET" or one.json_body)


def own(run, one):
    """Whether what it changes is the script's own."""
    positions = one.positions()
    return positions and run.spec.kind(one, positions[0]) in run.spec.makers


def mass(run, one):
    case = "mass.create" if one.makes else "mass.change"
    request = set(one.json_body["properties"])
    _, answer = one.success()
    shown = [name for name in answer.get("properties", {}) if name not in request]
    first, base = run.a.succeed(one)
    if not first.ok:
        return run.record(case, UNPROVEN, f"{one}: it fails without any field more, {first.status}")
    names = dict.fromkeys([*shown, *(name for name in payloads.FIELDS if name not in request)])
    if not one.makes:
        base = run.a.ready(one)
    for name in list(names)[: 12 if run.short else None]:
        for value in values(run, answer.get("properties", {}).get(name, {}), name)[: 1 if run.short else 3]:
            parts = run.a.ready(one, new=bool(one.makes)) if one.makes else base.copy()
            parts.body = {**parts.body, name: value}
            result = run.ask(case, run.a, one.method, parts.target(), parts.headers(), parts.data())
            run.a.keep(one, result)
            effective = result.ok and result.get(name) == value
            run.check(case, 400 <= result.status < 500 or result.ok and not effective, f"{one}: the field {name} was set to {str(value)[:60]}")
    for what, extra in (("a key within a key", {"company": {"id": run.b.things["company"][0] if run.b.things["company"] else ""}}), ("many keys", {f"k{n}": n for n in range(500)})):
        parts = base.copy()
        parts.body = {**(parts.body or {}), **extra}
        result = run.ask(case, run.a, one.method, parts.target(), parts.headers(), parts.data())
        run.a.keep(one, result)
        run.check(case, 400 <= result.status < 500 or result.ok and not any(result.get(name) == value for name, value in extra.items()), f"{one}: {what} had effect")


def values(run, schema, name):
    """Values that would be worth something to an attacker."""
    schema = run.spec.resolve(schema)
    company = next(iter(run.b.things["company"]), "x")
    if schema.get("enum"):
        return schema["enum"][::-1]
    typed = {"integer": [424242, -1], "number": [424242], "boolean": [True], "array": [["admin"]], "object": [{"id": company}]}.get(schema.get("type"))
    if typed:
        return typed
    if schema.get("format") == "date-time" or name.lower().endswith(("at", "_at")):
        return ["2001-02-03T04:05:06+00:00"]
    return [company, "admin", True] if name.lower().endswith(("id", "by")) else ["admin", company, 424242, True]


def texts(run, one):
    """Each text of a body is each payload once, several texts at a time: what one of them breaks is then looked for one by one."""
    first = None
    if own(run, one) or one.makes or not one.positions():
        first, _ = run.a.succeed(one) if one.makes or own(run, one) else (None, None)
    base = run.a.ready(one)
    steps = [step for step, _ in one.texts()]
    if not steps or not isinstance(base.body, dict):
        return
    for payload in payloads.SHORT if run.short else payloads.LONG:
        for step in steps[: 3 if run.short else None]:
            parts = base.copy()
            put(parts.body, step, payload)
            # The clinic's own settings are nothing to leave in disorder: beside the payload stands what is refused.
            if not own(run, one) and not one.makes:
                parts.body["noSuchField"] = 1
            judged(run, "inject.body", one, run.a, parts.target(), parts.headers(), parts.data(), payload)
    for step in steps[: 1 if run.short else None]:
        for value in (None, True, 1, 1.5, -1, 10**30, [], ["x"], {}, {"$ne": 1}, [[]], ""):
            parts = base.copy()
            put(parts.body, step, value)
            if not own(run, one) and not one.makes:
                parts.body["noSuchField"] = 1
            judged(run, "inject.body", one, run.a, parts.target(), parts.headers(), parts.data(), "")
    if first is not None:
        run.control(one, "body", first.ok or first.status in (403, 409), f"it fails without a payload too, {first.status}")


def public_texts(run, one):
    """What is open to anybody, by its tokens: a few, since it is limited."""
    for payload in payloads.SHORT[:4]:
        body = one.example()
        for step, _ in one.texts():
            if "token" in str(step[-1]).lower() and look(body, step) is not None:
                put(body, step, payload)
        judged(run, "inject.body", one, run.a, one.path, [("Content-Type", one.media)], json.dumps(body).encode(), payload, token=False)


def judged(run, case, one, party, target, headers, body, payload, method=None, token=True):
    answer = run.ask(case, party, method or one.method, target, headers, body, token=token)
    run.a.keep(one, answer)
    kind = (answer.header("content-type") or "").lower()
    wrong = None
    if run.watch.insides(answer, (payload + target).lower().encode("utf-8", "replace")):
        wrong = run.watch.insides(answer)
    elif payloads.COMPUTED in answer.body:
        wrong = "an expression was computed"
    elif answer.header("x-injected"):
        wrong = "a header was injected"
    elif "<script>alert" in payload and b"<script>alert" in answer.body and "html" in kind:
        wrong = "a script came back as HTML"
    elif answer.status == 0:
        wrong = "the connection was closed without an answer"
    if answer.seconds > 3:
        run.tell(case, f"{one} took {answer.seconds:.1f} s for {payload[:40]!r}")
    return run.check(case, wrong is None, f"{wrong}: {one}, {payload[:60]!r}: answered {answer.status}")


def queries(run, one):
    base = run.a.ready(one)
    bare = base.copy()
    bare.query = {}
    target = bare.target()
    for parameter in one.named("query"):
        name = urllib.parse.quote(parameter["name"])
        for payload in payloads.LINE_SHORT[:6] if run.short else payloads.LINE_LONG:
            judged(run, "inject.query", one, run.a, f"{target}?{name}={payload}", [], b"{}" if one.media else None, payload)
        schema = run.spec.resolve(parameter.get("schema", {}))
        if schema.get("type") == "string" and not any(key in schema for key in ("format", "pattern", "enum", "$ref")):
            nothing(run, one, target, name)
    for payload in payloads.LINE_SHORT[:1 if run.short else 4]:
        judged(run, "inject.query", one, run.a, f"{target}?{payload}=1", [], b"{}" if one.media else None, payload)


def nothing(run, one, target, name):
    """A word that nothing has finds nothing, whatever stands behind it that some language would read as `or`."""
    if one.method != "GET":
        return
    suffixes = ("'%20OR%20'1'='1", "%25", "%27%20OR%201=1--", "_", "*", "%27||%27", "%22%20or%20%22%22=%22", "%5C%25")
    for behind in suffixes[:3] if run.short else suffixes:
        answer = run.ask("inject.query", run.a, "GET", f"{target}?{name}=zzqx9k{behind}")
        rows = answer.json if isinstance(answer.json, dict) else {}
        run.check("inject.query", not answer.ok or not rows.get("data"), f"{one}: {name}=zzqx9k{behind} found something")


def paths(run, one):
    base = run.a.ready(one)
    for position in [position for position in one.positions() if position.where == "path"]:
        for payload in payloads.LINE_SHORT[:6] if run.short else payloads.LINE_LONG:
            parts = base.copy()
            parts.path[position.name] = payload
            judged(run, "inject.path", one, run.a, parts.target(raw=(position.name,)), parts.headers(), parts.data(), payload)


def headers(run, one):
    base = run.a.ready(one)
    names = [parameter["name"] for parameter in one.named("header")] if run.short else payloads.HEADERS
    for name in names:
        for payload in (payloads.SHORT[::2] if run.short else payloads.LONG[::4]):
            # What no header can bear is sent by frame.smuggle; here, its letters.
            value = payload.replace("\r", "").replace("\n", " ").replace("\0", "")[:7000].encode("utf-8", "replace").decode("latin-1")
            answer = run.ask("inject.header", run.a, one.method, base.target(), [*base.headers(), (name, value)], b"{}" if one.media else None)
            wrong = run.watch.insides(answer) or ("an expression was computed" if payloads.COMPUTED in answer.body else None)
            run.check("inject.header", wrong is None, f"{wrong}: {one}, {name}: {payload[:60]!r}: answered {answer.status}")


def types(run, one):
    base = run.a.ready(one)
    for media, body in payloads.TYPES[::2] if run.short else payloads.TYPES:
        for coding in (None,) if run.short else (None, "gzip", "br", "x", "gzip, gzip"):
            extra = [("Content-Type", media)] + ([("Content-Encoding", coding)] if coding else [])
            answer = run.ask("inject.type", run.a, one.method, base.target(), extra, body)
            wrong = run.watch.insides(answer, body.lower())
            refused = 400 <= answer.status < 500 or answer.ok and not answer.get("id") and own(run, one) or answer.ok and body in (b"", b"{}")
            run.check("inject.type", wrong is None and refused, f"{wrong or 'taken'}: {one}, a body of {media[:40]!r}, {coding}: answered {answer.status}")


def limits(run, one):
    base = run.a.ready(one)
    if one.method == "GET":
        for value in ("1000000", "0", "-1", "99999999999999999999", "1.5", "all", "1e9"):
            if any(parameter["name"] == "limit" for parameter in one.named("query")):
                parts = base.copy()
                parts.query["limit"] = value
                answer = run.ask("limits", run.a, "GET", parts.target())
                run.check("limits", 400 <= answer.status < 500, f"{one}: limit={value} was answered {answer.status}")
        for tail in ("?x=" + "a" * 30000, "?" + "&".join(f"a{n}=1" for n in range(3000)), "/" * 2000):
            answer = run.ask("limits", run.a, "GET", base.target().partition("?")[0] + tail)
            run.check("limits", 0 < answer.status < 500 or answer.status == 0 and len(tail) > 8000, f"{one}: a path of {len(tail)} was answered {answer.status}")
    elif not run.short and one.makes:
        for body in (b'{"x":"' + b"a" * 30_000_000 + b'"}', b"[" + b"1," * 2_000_000 + b"1]"):
            answer = run.ask("limits", run.a, one.method, base.target(), base.headers(), body)
            run.check("limits", answer.status in (400, 413, 422, 0), f"{one}: a body of {len(body)} was answered {answer.status}")
    run.record("limits", HELD)
