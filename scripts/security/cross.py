"""The other ways from one clinic to another: cursors, headers, versions, idempotency keys, files, equal values, streams, log-ins, races."""

import json
import secrets
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import spellings
from engine import BROKEN, HELD, UNPROVEN, ids
from foreign import of_account, without_window
from parties import SLOT, Refused
from wire import Answer

# By what a request might name a clinic or a person beside its token.
NAMES = ["X-Company-Id", "X-Tenant-Id", "X-Clinic-Id", "X-Organization-Id", "X-Tenant", "Tenant", "X-Scope-OrgID", "X-Account-Id", "X-User-Id",
         "X-Forwarded-User", "X-Remote-User", "X-Authenticated-User", "X-Role", "X-Database", "X-Schema", "X-Original-User", "Forwarded", "Baggage"]


def every(run, workers, jobs):
    """Runs the jobs, several at a time; one that cannot be done says why."""
    def guarded(job):
        case, work = job
        try:
            work()
        except Refused as refusal:
            run.record(case, UNPROVEN, f"what it needs could not be made: {refusal}")
        except Exception as failure:
            run.record(case, UNPROVEN, f"the script itself failed: {type(failure).__name__}: {failure}")

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(guarded, jobs))


def jobs(run):
    spec = run.spec
    of_clinic = [one for one in spec.operations if not one.public and not of_account(one) and not one.streams]
    for one in of_clinic:
        if one.method == "GET":
            yield "cross.header", lambda one=one: headers(run, one)
        if any(parameter["name"].lower() == "cursor" for parameter in one.named("query")):
            yield "cross.cursor", lambda one=one: cursors(run, one)
        if any(parameter["name"].lower() in ("if-match", "if-none-match") for parameter in one.named("header")) and "{" in one.path:
            yield "cross.condition", lambda one=one: conditions(run, one)
        if one.makes:
            yield "cross.same", lambda one=one: same(run, one)
            if any(parameter["name"].lower() == "idempotency-key" for parameter in one.named("header")):
                yield "cross.key", lambda one=one: keys(run, one)
                yield "cross.race", lambda one=one: race(run, one)
        if one.media and not one.json_body:
            yield "cross.file", lambda one=one: files(run, one)
    yield "cross.login", lambda: log_ins(run)
    for one in spec.operations:
        if one.streams and not one.public:
            yield "cross.events", lambda one=one: events(run, one)


def headers(run, one):
    parts = run.a.ready(one)
    if any(parameter["name"] == "limit" for parameter in one.named("query")):
        parts.query["limit"] = "200"
    target = parts.target()
    company, user = (next(iter(run.b.things[kind]), "") for kind in ("company", "user"))
    sent = [company, user, run.b.session.email]
    rows = [(name, value) for name in NAMES for value in ([company] if "ser" not in name else [user, run.b.session.email])]
    rows += [("Cookie", f"companyId={company}; tenant={company}; session={run.b.session.access}"), ("Referer", f"{run.client.url.geturl()}/companies/{company}"),
             # A request's id is kept in trails: clinic B's last one, which is no secret, and not an id that would be found there again.
             ("X-Request-Id", run.b.raw("GET", target).header("x-request-id") or "1"),
             ("X-Original-URL", f"/api/v1/companies/{company}"), ("Traceparent", f"00-{company.replace('-', '')}-0000000000000001-01")]
    for party in run.attackers if not run.short else run.attackers[:1]:
        plain = run.ask("cross.header", party, "GET", target)
        for header in rows[:3] + rows[-4:] if run.short else rows:
            for attempt in range(4):
                answer = run.ask("cross.header", party, "GET", target, [header], sent=sent)
                held = answer.status == plain.status and ids(answer) == ids(plain) or 400 <= answer.status < 500
                if held:
                    break
                # What one sees anyway may change meanwhile; what one does not see is neither in the answer before nor in that after.
                before, plain = plain, run.ask("cross.header", party, "GET", target)
                held = answer.status == plain.status and ids(answer) <= ids(before) | ids(plain)
                if held:
                    break
            run.check("cross.header", held, f"{header[0]}: {one} was answered {answer.status}, without it {plain.status}, or with other rows")


def cursors(run, one):
    name = next(parameter["name"] for parameter in one.named("query") if parameter["name"].lower() == "cursor")
    ours, theirs = (without_window(party.ready(one)) for party in (run.a, run.b))
    ours.query["limit"] = theirs.query["limit"] = "1"
    cursor = next_cursor(run.b.send(theirs))
    if not cursor:
        fill(run.b, one, theirs)
        cursor = next_cursor(run.b.send(theirs))
    if not cursor:
        return run.record("cross.cursor", UNPROVEN, f"{one}: clinic B's list has no second page")
    run.control(one, "cursor", run.b.send(with_query(theirs, name, cursor)).ok, "clinic B's own cursor leads nowhere")
    edited = lambda at: cursor[:at] + ("A" if cursor[at] != "A" else "B") + cursor[at + 1:]
    for party in run.attackers:
        pairs = [(cursor, edited(len(cursor) // 2)), (cursor.upper(), edited(len(cursor) // 3).upper()), (cursor + "=", edited(1) + "=")]
        for what, (value, other) in zip(("as it is", "in capitals", "padded"), pairs):
            requests = [("GET", with_query(ours, name, text).target(), [], None, text) for text in (value, other)]
            run.pair("cross.cursor", party, f"{one}, clinic B's cursor {what}", *requests, refused=True)
    for at in range(0, len(cursor), max(1, len(cursor) // (3 if run.short else 24))):
        answer = run.ask("cross.cursor", run.a, "GET", with_query(ours, name, edited(at)).target())
        run.check("cross.cursor", 400 <= answer.status < 500, f"{one}: an edited cursor was answered {answer.status}")
    for path in (spellings.percent("{\"id\":\"%s\"}" % next(iter(run.b.things["company"]), "")), "MA", "0", "-1", "null"):
        answer = run.ask("cross.cursor", run.a, "GET", ours.target() + f"&{name}={path}")
        run.check("cross.cursor", 400 <= answer.status < 500, f"{one}: an invented cursor was answered {answer.status}")


def next_cursor(answer):
    return answer.get("nextCursor") or answer.get("next_cursor") or answer.get("cursor")


def with_query(parts, name, value):
    other = parts.copy()
    other.query[name] = value
    return other


def fill(party, one, parts):
    """Two more things in a list: what the POST at the same path makes."""
    maker = next((other for other in party.spec.operations if other.path == one.path and other.makes), None)
    for _ in range(2 if maker else 0):
        party.settle(maker, dict(parts.path), recipe=())


def conditions(run, one):
    theirs, ours = run.b.ready(one), run.a.ready(one)
    find = next((other for other in run.spec.operations if other.path == one.path and other.method == "GET"), None)
    version = run.b.raw("GET", theirs.target()).header("etag") if find else None
    run.watch.of_clinic(theirs.path.values())
    lost = {name: spellings.absent(value) for name, value in theirs.path.items()}
    values = [version or '"1"', "*", '"1"', f'W/{version or chr(34) * 2}'][: 2 if run.short else 4]
    for value in values:
        for name in ("If-Match", "If-None-Match"):
            requests = []
            for path in (theirs.path, lost):
                parts = ours.copy()
                parts.path = path
                requests.append((one.method, parts.target(), [*parts.headers(), (name, value)], parts.data(), next(iter(path.values()))))
            for party in run.attackers:
                run.pair("cross.condition", party, f"{one}, {name}: {value}", *requests, refused=True)


def keys(run, one):
    """A key that clinic B has used, with the very request that it was used for."""
    key = f"key-{secrets.token_hex(8)}"
    theirs = run.b.ready(one, new=True)
    answers = [run.b.keep(one, run.b.send(theirs, [("Idempotency-Key", key)])) for _ in range(2)]
    if answers[0].status == 409 and run.b.make_room(one.makes):
        answers = [run.b.keep(one, run.b.send(theirs, [("Idempotency-Key", key)])) for _ in range(2)]
    run.control(one, "Idempotency-Key", answers[0].ok and answers[0].get("id") == answers[1].get("id"), f"repeated, its owner was answered {answers[1].status}")
    for party in run.attackers:
        for name in (key, key.upper(), f"{next(iter(run.b.things['company']), '')}:{key}")[: 1 if run.short else 3]:
            ours = run.a.ready(one, new=True)
            answer = run.ask("cross.key", party, one.method, ours.target(), [*ours.headers(), ("Idempotency-Key", name)], ours.data(), sent=(name,))
            run.a.keep(one, answer)
            if answer.status == 409 and run.a.make_room(one.makes):
                answer = run.a.keep(one, run.ask("cross.key", party, one.method, ours.target(), [*ours.headers(), ("Idempotency-Key", name)], ours.data(), sent=(name,)))
            run.check("cross.key", answer.status not in (0, 409) or not answers[0].ok, f"{one}: the other clinic's key was answered {answer.status}")
    # Clinic B's own request, ids and all, under its key: nothing is repeated to anybody else.
    if any(place.where == "path" or place.steps[0] in (one.json_body or {}).get("required", []) for place in one.positions()):
        for party in run.attackers:
            key, theirs = f"key-{secrets.token_hex(8)}", run.b.ready(one, new=True)
            run.b.keep(one, run.b.send(theirs, [("Idempotency-Key", key)]))
            requests = [(one.method, theirs.target(), [*theirs.headers(), ("Idempotency-Key", name)], marked(run, theirs), None)
                        for name in (key, f"key-{secrets.token_hex(8)}")]
            run.pair("cross.key", party, f"{one}: clinic B's request under its key, and under another", *requests, refused=True)


def marked(run, parts):
    """A body of clinic B's without its mark: what clinic A enters itself is no leak."""
    data = parts.data()
    return data and data.replace(run.b.mark.encode(), b"Zqn")


def same(run, one):
    """The same values at both clinics: numbers, names and addresses of one are nothing to the other."""
    if not one.json_body:
        return
    mark = "Zs" + secrets.token_hex(3)
    made, parts = run.b.settle(one, new=True, mark=mark)
    body = parts.body
    if not made.ok:
        return run.record("cross.same", UNPROVEN, f"{one}: clinic B could not make it, {made.status}")
    answers = []
    for equal in (False, True):
        for _ in range(3):
            parts = run.a.ready(one, new=True)
            if equal:
                places = {position.steps[0] for position in one.positions() if position.where == "body"}
                kept = {name: value for name, value in (parts.body or {}).items() if name in places}
                parts = with_body(parts, {**{name: value for name, value in body.items() if name not in places}, **kept})
            answer = run.a.keep(one, run.ask("cross.same", run.a, one.method, parts.target(), parts.headers(), parts.data()))
            if answer.status != 409 or not run.a.make_room(one.makes):
                break
        answers.append(answer)
    if answers[0].status == 409 == answers[1].status:
        run.record("cross.same", UNPROVEN, f"{one}: clinic A cannot make one either, {answers[0].get('code')}")
    else:
        run.check("cross.same", answers[0].status == answers[1].status, f"{one}: what clinic B has was answered {answers[1].status}, what nobody has {answers[0].status}")


def with_body(parts, body):
    other = parts.copy()
    other.body = json.loads(json.dumps(body))
    return other


def race(run, one):
    """Both at once, under one key, many times."""
    for _ in range(1 if run.short else 5):
        key, count = f"race-{secrets.token_hex(8)}", 3
        requests = [(party, party.ready(one, new=True)) for party in (run.a, run.b)]
        for party in (run.a, run.b):
            if one.makes in party.limited:
                party.make_room(one.makes)
        answers, gate = [], threading.Barrier(2 * count)

        def send(party, parts):
            gate.wait(30)
            answer = party.keep(one, party.send(parts, [("Idempotency-Key", key)]))
            answers.append((party, answer))
            party.client.close()

        threads = [threading.Thread(target=send, args=request) for request in requests for _ in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        made = {party.name: {answer.get("id") for who, answer in answers if who is party and answer.ok} for party in (run.a, run.b)}
        shared = made[run.a.name] & made[run.b.name]
        for party, parts in requests:
            if not made[party.name] and party.keep(one, party.send(parts, [("Idempotency-Key", f"alone-{secrets.token_hex(8)}")])).ok:
                run.record("cross.race", BROKEN, f"{one}: under a key that both clinics used at once, {party.name} made nothing, and alone it does")
        if not all(made.values()):
            run.record("cross.race", UNPROVEN, f"{one}: one of the clinics made nothing")
            continue
        run.watch.of_clinic(made[run.b.name] - shared)
        clean = not shared and all(run.look("cross.race", answer, b"", f"{one}, both at once") for who, answer in answers if who is run.a)
        run.check("cross.race", clean, f"{one}: both clinics at once under one key were given the same thing")


def files(run, one):
    """Rows that bring ids of their own, and names that lead elsewhere."""
    parts = run.a.ready(one)
    text = parts.body if isinstance(parts.body, str) else "id\r\n"
    head, _, rest = text.partition("\r\n")
    kinds = [kind for kind in run.spec.makers if kind in head or kind.lower() in one.path or kind.lower() + "s" in one.path] or list(run.spec.makers)[:1]
    victim, company = run.b.any(kinds[0]), next(iter(run.b.things["company"]), "")
    pairs = [(victim, spellings.absent(victim)), (company, spellings.absent(company))]
    rows = rest.replace("\r\n", "")
    for value, lost in pairs:
        for column in ("id", "companyId", "company_id", "patientId", "tenant", f"../{value}"):
            requests = [(one.method, parts.target(), parts.headers(), f"{column},{head}\r\n{it},{rows}\r\n".encode(), it) for it in (value, lost)]
            run.pair("cross.file", run.a, f"{one}: a column {column}", *requests, refused=True)
        for name in (f"{value}.csv", f"../{value}/x.csv", f"/etc/{value}", f"{value}%2f..%2fx", f"..\\{value}"):
            requests = []
            for it in (value, lost):
                file = name.replace(value, it)
                form = f'--x\r\nContent-Disposition: form-data; name="file"; filename="{file}"\r\nContent-Type: {one.media}\r\n\r\n{text}\r\n--x--\r\n'
                requests.append((one.method, parts.target(), [("Content-Type", "multipart/form-data; boundary=x"), ("Content-Disposition", f'attachment; filename="{file}"')],
                                 form.encode(), it))
            run.pair("cross.file", run.a, f"{one}: a file called {name}", *requests, refused=True)
    control = run.a.send(parts)
    run.control(one, "file", control.ok, f"a file of one's own is answered {control.status}")


def log_ins(run):
    """One's password opens one's own clinic, whichever is asked for; and so does a change of clinic, and an end of sessions."""
    company = next(iter(run.b.things["company"]), None)
    login, session = run.a.session.log_in_path, run.a.session
    requests = [("POST", login, [("Content-Type", "application/json")],
                 json.dumps({"email": session.email, "password": session.password, "companyId": value}).encode(), value) for value in (company, spellings.absent(company))]
    run.pair("cross.login", run.a, "log-in with another clinic's id", *requests, refused=True)
    for one in run.spec.operations:
        if not of_account(one) or one.public:
            continue
        for position in one.positions():
            kind = run.spec.kind(one, position)
            own, victim = (owned(party, kind) for party in (run.a, run.b))
            if not victim:
                continue
            for what, spell in list((spellings.PATH if position.where == "path" else spellings.BODY).items())[: 6 if run.short else None]:
                if what == spellings.ALONE:
                    continue
                requests = []
                for value in (victim, spellings.absent(victim)):
                    if position.where == "path":
                        requests.append((one.method, SLOT.sub(lambda _: spell(value, own), one.path), [], None, value))
                    else:
                        requests.append((one.method, one.path, [("Content-Type", one.media)], json.dumps({position.name: spell(value, own)}).encode(), value))
                run.pair("cross.login", run.a, f"{one}, {position}, {what}", *requests, refused=what == "as it is")
                run.attacked.add(one.id)
            target = SLOT.sub(victim, one.path)
            body = None if position.where == "path" else json.dumps({position.name: victim}).encode()
            # A change of clinic ends the session that changes: one that nobody needs.
            session = run.b.another() if body else run.b.session
            answer = run.b.raw(one.method, target, [("Content-Type", "application/json")] if body else [], body, session=session)
            run.control(one, str(position), answer.ok or answer.status in (400, 409, 422), f"its owner is answered {answer.status}")


def owned(party, kind):
    """One's own, of what nobody needs any more: the session beside the one that is used."""
    if kind in ("company", "user"):
        return next(iter(party.things[kind]), None)
    party.things.pop(kind, None)
    party.find(kind)
    spare = getattr(party, "spare_id", None)
    return spare if spare in party.things.get(kind, []) else next(iter(party.things.get(kind, [])), None)


def events(run, one):
    """Clinic A listens while clinic B works: clinic B's own stream shows that there was something to hear."""
    heard = {}

    def listen(party):
        try:
            heard[party.name] = party.client.send("GET", one.path, [("Authorization", f"Bearer {party.session.token}"), ("Accept", "text/event-stream")])
            party.client.close()
        except Exception:
            heard[party.name] = Answer(0, [], b"")

    kinds = [kind for kind in run.spec.makers if kind.lower() in one.path.replace("-", "")] or list(run.spec.makers)[:3]
    control = False
    for _ in range(10):
        threads = [threading.Thread(target=listen, args=(party,)) for party in (run.a, run.b)]
        for thread in threads:
            thread.start()
        time.sleep(0.2)
        made = [run.b.fresh(kind) for kind in kinds for _ in range(3)]
        for thread in threads:
            thread.join()
        run.look("cross.events", heard[run.a.name], b"", f"GET {one.path}")
        control = any(one.encode() in heard[run.b.name].body for one in made)
        if control:
            break
    run.control(one, "stream", control, "clinic B's own stream told nothing")
    run.record("cross.events", HELD if control else UNPROVEN, f"{one}: clinic B's own stream told nothing")
    for last in ("0", made[0]) if control else ():
        headers = [("Authorization", f"Bearer {run.a.session.token}"), ("Last-Event-ID", last), ("X-Company-Id", next(iter(run.b.things["company"]), ""))]
        if run.look("cross.events", run.client.send("GET", one.path, headers), made[0].encode(), f"GET {one.path} [Last-Event-ID: {last}]"):
            run.record("cross.events", HELD)


class Intact:
    """What clinic B has, before and after."""

    def __init__(self, run):
        self.run, self.before = run, {}
        for one in run.spec.operations:
            if one.method == "GET" and not one.streams and not of_account(one) and [place.where for place in one.positions()][:1] == ["path"] and one.path.count("{") == 1:
                kind = run.spec.kind(one, one.positions()[0])
                if kind in run.spec.makers and one.path.endswith("}"):
                    try:
                        thing = run.b.fresh(kind)
                        run.b.kept.add(thing)
                        target = SLOT.sub(thing, one.path)
                        self.before[target] = self.look(target)
                    except Refused:
                        continue

    def look(self, target):
        answer = self.run.b.raw("GET", target)
        return answer.status, answer.header("etag"), answer.body if not answer.header("etag") else b""

    def check(self):
        for target, before in self.before.items():
            after = self.look(target)
            if before[0] == 200:
                self.run.check("cross.intact", after == before, f"{target} of clinic B was {before[0]} {before[1]}, and is {after[0]} {after[1]}")
            else:
                self.run.record("cross.intact", UNPROVEN, f"{target} was {before[0]} from the start")
