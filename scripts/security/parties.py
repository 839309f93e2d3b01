"""Who attacks and who is attacked: a person's sessions at a clinic, and what the script makes there by the spec's own operations."""

import datetime
import itertools
import json
import re
import secrets
import threading
import time
import urllib.parse

# The steps of a spec's path that are filled in.
SLOT = re.compile(r"\{(\w+)\}")
_count = itertools.count()


class Refused(Exception):
    """Something that an attack needs could not be had."""


class Parts:
    """A request in parts, so that one of them can be put in another's place."""

    def __init__(self, operation, path, query, body):
        self.operation, self.path, self.query, self.body = operation, path, query, body

    def copy(self):
        return Parts(self.operation, dict(self.path), dict(self.query), json.loads(json.dumps(self.body)))

    def put(self, position, value):
        parts = self.copy()
        if position.where == "body":
            put(parts.body, position.steps, [value] if position.many and not isinstance(value, list) else value)
        else:
            (parts.path if position.where == "path" else parts.query)[position.name] = value
        return parts

    def target(self, raw=()):
        """Names in `raw` are put into the path as they are."""
        path = SLOT.sub(lambda slot: self.path[slot[1]] if slot[1] in raw else urllib.parse.quote(str(self.path[slot[1]]), safe=""), self.operation.path)
        return path + ("?" + urllib.parse.urlencode(self.query) if self.query else "")

    def data(self):
        if self.body is None:
            return None
        return self.body.encode() if isinstance(self.body, str) else json.dumps(self.body).encode()

    def headers(self):
        return [("Content-Type", self.operation.media)] if self.body is not None else []


def put(body, steps, value):
    for step, following in zip(steps, steps[1:]):
        if isinstance(body, list):
            body.extend([{}] if not body else [])
        elif body.get(step) is None:
            body[step] = [{}] if following == 0 else {}
        body = body[step]
    body[steps[-1]] = value


def look(body, steps):
    for step in steps:
        try:
            body = body[step]
        except (KeyError, IndexError, TypeError):
            return None
    return body


class Session:
    """A log-in, renewed before its token expires. Tokens are shown to nobody."""

    def __init__(self, client, spec, email, password, ask=None):
        self.client, self.email, self.password, self.ask, self.lock = client, email, password, ask, threading.Lock()
        # All that must never be shown.
        self.secrets = {password}
        self.log_in_path = path_of(spec, "login")
        self.refresh_path = path_of(spec, "refresh")
        body = {"email": email, "password": password}
        answer = self.post(self.log_in_path, body)
        if answer.status == 401 and answer.get("code") == "code_required" and ask:
            answer = self.post(self.log_in_path, {**body, "code": ask(email)})
        if not answer.ok:
            raise Refused(f"the log-in of {email} was answered {answer.status} {answer.get('code') or ''}")
        self.take(answer)
        self.user, self.company = answer.get("user") or {}, answer.get("company") or {}

    def post(self, path, body, headers=()):
        return self.client.send("POST", path, [("Content-Type", "application/json"), *headers], json.dumps(body).encode())

    def take(self, answer):
        self.access, self.refresh = answer.get("accessToken"), answer.get("refreshToken")
        self.secrets |= {self.access, self.refresh} - {None, ""}
        self.renew_at = time.monotonic() + 0.5 * float(answer.get("expiresIn") or 300)

    @property
    def token(self):
        with self.lock:
            if time.monotonic() > self.renew_at and self.refresh:
                answer = self.post(self.refresh_path, {"refreshToken": self.refresh})
                if answer.ok:
                    self.take(answer)
                else:
                    self.renew_at = time.monotonic() + 5
            return self.access


def path_of(spec, name):
    """The path of an operation of log-ins, by its last step."""
    return next((one.path for one in spec.operations if one.method == "POST" and one.path.endswith("/" + name)), f"/api/v1/auth/{name}")


class Party:
    """A person at a clinic. Each thing that is made has the clinic's own mark in its texts."""

    def __init__(self, name, client, spec, session, watch=None):
        self.name, self.client, self.spec, self.session, self.watch = name, client, spec, session, watch
        self.mark = f"Zq{name.lower()[:1]}{secrets.token_hex(3)}"
        # One for all parties: they share what is learnt of the spec.
        self.lock, self.things, self.made = spec.lock, {}, []
        self.things["company"] = [session.company["id"]] if session.company.get("id") else []
        self.things["user"] = [session.user["id"]] if session.user.get("id") else []
        # Of what there may be only so many.
        self.limited = set()
        # What is looked at again at the end.
        self.kept = set()

    def another(self):
        """One more log-in of the same person."""
        session = Session(self.client, self.spec, self.session.email, self.session.password, self.session.ask)
        self.session.secrets |= session.secrets
        return session

    def send(self, parts, headers=(), method=None, raw=(), session=None):
        return self.raw(method or parts.operation.method, parts.target(raw), [*parts.headers(), *headers], parts.data(), session)

    def raw(self, method, target, headers=(), body=None, session=None):
        return self.client.send(method, target, [("Authorization", f"Bearer {(session or self.session).token}"), *headers], body)

    # What there is.

    def any(self, kind):
        """Something of this kind that may be used, but not used up."""
        with self.lock:
            if not self.things.get(kind):
                if kind in self.spec.makers:
                    self.things[kind] = [self.fresh(kind)]
                else:
                    self.find(kind)
            return self.things[kind][0] if self.things.get(kind) else None

    def find(self, kind):
        """What is there already, by the lists of this kind that need no id."""
        for one in self.spec.operations:
            if one.lists == kind and "{" not in one.path and not one.public:
                rows = rows_of(self.raw("GET", one.path))
                self.things.setdefault(kind, []).extend(row["id"] for row in rows if row.get("id"))

    def fresh(self, kind):
        """Something new of this kind; what there is where no operation makes it."""
        with self.lock:
            maker = self.spec.makers.get(kind)
            if not maker:
                return self.any(kind)
            answer, _ = self.succeed(maker)
            if not answer.ok:
                raise Refused(f"{maker}: {answer.status} {answer.get('code') or ''}")
            return answer.get("id")

    def keep(self, operation, answer):
        """Remembers what was made, for the end; of clinic B, for the watch too."""
        if operation.makes and answer.ok and answer.get("id"):
            self.made.append((operation.makes, answer.get("id")))
            if self.watch:
                self.watch.of_clinic([answer.get("id")])
        return answer

    # Requests that are valid.

    def parts(self, operation, new=False, given=None, mark=None):
        """A valid request; `new`: of things of its own. What an optional field names is left out unless `given`."""
        given, path, query = given or {}, {}, {}
        body = json.loads(json.dumps(self.spec.templates.get(self.which(operation, given)) or template(self.spec, operation)))
        if isinstance(body, dict):
            self.freshen(operation, body, mark or self.mark)
        required = set((operation.json_body or {}).get("required", []))
        # What is changed or used up is not what others use.
        uses_up = operation.method != "GET" and not operation.makes
        for position in operation.positions():
            value = given.get(position.name)
            if value is None and (position.where == "path" or position.where == "body" and position.steps[0] in required):
                value = self.thing(operation, position, new or uses_up and position.where == "path")
            if value is None:
                continue
            if position.where == "body":
                put(body, position.steps, [value] if position.many else value)
            else:
                (path if position.where == "path" else query)[position.name] = value
        for parameter in operation.named("query"):
            if parameter["name"] in ("from", "to") or parameter.get("required"):
                query.setdefault(parameter["name"], window(parameter))
        return Parts(operation, path, {name: value for name, value in query.items() if value is not None}, body)

    @staticmethod
    def which(operation, given):
        """The template of an operation differs by the ids that are put into it."""
        return operation.id, *sorted(one.name for one in operation.positions() if one.where == "body" and one.name in (given or {}))

    def thing(self, operation, position, new):
        """What may stand in this place."""
        kind = self.spec.kind(operation, position)
        value = (self.fresh(kind) if new else self.any(kind)) if kind else None
        return value or self.tried(operation, position) or f"no-{position.name}"

    def freshen(self, operation, body, mark):
        """Texts of our own, and times that nobody has taken."""
        number = next(_count)
        at = datetime.datetime.combine(datetime.date.today() + datetime.timedelta(days=9), datetime.time(6), datetime.timezone.utc)
        at += datetime.timedelta(hours=number % 12000)
        first = None
        for steps, schema, _ in self.spec.leaves(operation.json_body or {}):
            value = look(body, steps)
            if not isinstance(value, str):
                continue
            if "@mark@" in value:
                put(body, steps, value.replace("@mark@", f"{mark}{number}"))
            elif schema.get("format") == "date-time":
                then = datetime.datetime.fromisoformat(value.replace("Z", "+00:00"))
                first = first or then
                put(body, steps, (at + (then - first)).isoformat())

    def ready(self, operation, given=None, new=False, mark=None, recipe=None):
        """A valid request that only needs to be sent: what has to be done before is done."""
        recipe = self.spec.recipes.get(operation.id, ()) if recipe is None else recipe
        given = dict(given or {})
        if recipe:
            for position in operation.positions():
                if position.where == "path" and position.name not in given:
                    given[position.name] = self.thing(operation, position, True)
            first = operation.positions()[0].name
            thing = given[first]
            for step, position in recipe:
                shared = {name: value for name, value in given.items() if name != first and "{%s}" % name in step.path}
                answer, _ = self.settle(step, {**shared, position.name: thing}, recipe=())
                # What follows is done to what was made below it.
                thing = answer.get("id") or thing if step.makes else thing
        return self.parts(operation, new, given, mark)

    def settle(self, operation, given=None, new=False, mark=None, recipe=None):
        """Sends a valid request, mended as the answers ask: what is refused in the example is put back, then left out; where something
        is taken, with things of its own. The last answer, and its request."""
        which = self.which(operation, given)
        with self.lock:
            before = self.spec.templates.get(which)
            for _ in range(10):
                parts = self.ready(operation, given, new, mark, recipe)
                answer = self.keep(operation, self.send(parts))
                if answer.status == 409 and not new and operation.positions():
                    new = True
                elif answer.status not in (409, 422) or not (
                        self.mend(operation, answer, given) or answer.status == 409 and operation.makes and self.make_room(operation.makes)):
                    break
            if not answer.ok:
                # What did not help is forgotten.
                self.spec.templates[which] = before
            return answer, parts

    def make_room(self, kind):
        """Where there may be only so many, the oldest of those that were made goes; whether one went."""
        with self.lock:
            for made, thing in [one for one in self.made if one[0] == kind and one[1] not in self.kept]:
                self.made.remove((made, thing))
                self.things[kind] = [one for one in self.things.get(kind, []) if one != thing]
                if (gone := self.delete(kind, thing)) and gone.ok:
                    self.limited.add(kind)
                    return True
        return False

    def succeed(self, operation, given=None, mark=None):
        """The same; where things have to be in another state, what leads there is found by trying."""
        with self.lock:
            answer, parts = self.settle(operation, given, mark=mark)
            if answer.status in (404, 409) and operation.method != "GET" and operation.id not in self.spec.recipes:
                self.spec.recipes[operation.id] = ()
                for recipe in self.recipes(operation):
                    try:
                        other, request = self.settle(operation, given, mark=mark, recipe=recipe)
                    except Refused:
                        continue
                    if other.ok:
                        self.spec.recipes[operation.id] = recipe
                        return other, request
            return answer, parts

    def recipes(self, operation):
        """What could be done before: an action on the same thing; something made below it, and an action on that."""
        first = next((one for one in operation.positions() if one.where == "path"), None)
        kind = first and self.spec.kind(operation, first)
        if kind not in self.spec.makers:
            return
        others = [(one, position) for one in self.spec.operations if one is not operation and one.method in ("POST", "DELETE")
                  for position in one.positions() if position.where != "query"]
        of = lambda wanted: [(one, position) for one, position in others if not one.makes and self.spec.kind(one, position) == wanted]
        below = [(one, position) for one, position in others
                 if one.makes and position.where == "path" and self.spec.kind(one, position) == kind]
        yield from ([step] for step in of(kind))
        yield from ([made, act] for made in below for act in of(made[0].makes))
        yield from ([made] for made in below)

    def mend(self, operation, answer, given=None):
        """Changes the template where the answer points; whether it did."""
        which = self.which(operation, given)
        current = json.loads(json.dumps(self.spec.templates.get(which) or template(self.spec, operation)))
        example, changed = operation.example(), False
        for error in answer.get("errors") or []:
            steps = tuple(int(step) if step.isdigit() else step for step in str(error.get("pointer", "")).strip("/").split("/"))
            if isinstance(current, dict) and steps[0] in current:
                old = look(example, steps)
                if old is not None and look(current, steps) != old:
                    put(current, steps, old)
                else:
                    del current[steps[0]]
                changed = True
            elif isinstance(current, dict) and any(steps == known for known, free in operation.texts() if free):
                put(current, steps, "@mark@")
                changed = True
        self.spec.templates[which] = current
        return changed

    def tried(self, operation, position):
        """One's own thing that this place takes, where the spec does not say what it names: found by trying each kind."""
        key = self.spec.key(operation, position)
        if operation.method == "DELETE":
            # It finds nothing to remove yet; what enters the same tells.
            operation = next((one for one in self.spec.operations if one.path == operation.path and one.method in ("POST", "PUT")), operation)
        with self.lock:
            if key in self.spec.learnt or getattr(self, "trying", False):
                return None
            self.trying = True
            try:
                for kind in sorted(self.spec.makers):
                    try:
                        answer, _ = self.settle(operation, {position.name: self.fresh(kind)})
                    except Refused:
                        continue
                    if answer.ok:
                        self.spec.learnt[key] = kind
                        return self.fresh(kind)
            finally:
                self.trying = False
            self.spec.learnt[key] = None
            return None

    def delete(self, kind, thing):
        for one in self.spec.operations:
            if one.method == "DELETE" and one.path.endswith("}") and len(one.positions()) == 1 and self.spec.kind(one, one.positions()[0]) == kind:
                return self.raw("DELETE", SLOT.sub(thing, one.path))
        return None

    def clean_up(self):
        """Deletes what was made, newest first, as far as the spec's operations let; how many are left."""
        answers = [self.delete(kind, thing) for kind, thing in reversed(self.made)]
        return sum(not answer or answer.status in (0, 403, 409) or answer.status >= 500 for answer in answers)


def template(spec, operation):
    """The spec's example, with a place for a mark in its texts, and without ids, which are put in later."""
    body = operation.example()
    if not isinstance(body, dict):
        return body
    for position in operation.positions():
        if position.where == "body" and len(position.steps) == 1:
            body.pop(position.steps[0], None)
    for steps, free in operation.texts():
        value = look(body, steps)
        if isinstance(value, str) and (free or "@" in value):
            put(body, steps, "@mark@" if free else "@mark@@example.org")
    return body


def rows_of(answer):
    """The rows of a list's answer."""
    value = answer.json
    if isinstance(value, dict):
        value = next((one for one in value.values() if isinstance(one, list)), [])
    return [row for row in value or [] if isinstance(row, dict)]


def window(parameter):
    """A value for what a query asks for."""
    schema = parameter.get("schema", {})
    if "example" in parameter or "example" in schema:
        return parameter.get("example", schema.get("example"))
    # Days on which what we book lies; moments that hold what has just happened.
    days = {"date": {"from": 8, "to": 40}, "date-time": {"from": -1, "to": 40}}.get(schema.get("format"))
    if not days:
        return None
    day = (datetime.date.today() + datetime.timedelta(days=days.get(parameter["name"], 9))).isoformat()
    return day if schema["format"] == "date" else f"{day}T00:00:00Z"
