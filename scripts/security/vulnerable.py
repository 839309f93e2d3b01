"""A small server of notes and tasks for two clinics, sound but for the holes that it is told to have: what the suite is tried on."""

import hashlib
import hmac
import json
import re
import secrets
import threading
import time
import urllib.parse
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from forged import opened, part

SECRET, PUBLIC = secrets.token_bytes(32), secrets.token_bytes(32)
ID = re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", re.I)
# Of each body: the fields, which of them are required, and of what kind they are.
BODIES = {
    "notes": {"title": "text", "text": "text"},
    "tasks": {"title": "text", "noteId": "uuid", "startsAt": "date-time"},
}


def document():
    """The OpenAPI document of all this."""
    field = {"text": {"type": "string", "maxLength": 200}, "uuid": {"type": "string", "format": "uuid"}, "date-time": {"type": "string", "format": "date-time"}}
    example = {"notes": {"title": "Milk", "text": "Two bottles"}, "tasks": {"title": "Shop", "startsAt": "2028-01-01T09:00:00+00:00"}}
    schemas = {}
    for name, fields in BODIES.items():
        properties = {key: field[kind] for key, kind in fields.items()}
        kind = name[:-1].capitalize()
        schemas[kind] = {"type": "object", "properties": {"id": field["uuid"], "companyId": field["uuid"], "done": {"type": "boolean"}, **properties}}
        schemas["New" + kind] = {"type": "object", "properties": properties, "required": [key for key in fields if key != "text"], "example": example[name]}
        schemas[kind + "Patch"] = {"type": "object", "properties": {"title": field["text"]}, "example": {"title": "Bread"}}
        schemas["Page_" + kind] = {"type": "object", "properties": {"data": {"type": "array", "items": {"$ref": f"#/components/schemas/{kind}"}}}}
    ref = lambda name: {"content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}}
    place = lambda name, where, **schema: {"name": name, "in": where, "schema": {"type": "string", **schema}, "required": where == "path"}
    guarded, paths = [{"bearer": []}], {}
    one = lambda id, answers, parameters=(), body=None, security=guarded: {
        "operationId": id, "security": security, "parameters": list(parameters), "responses": answers, **({"requestBody": body} if body else {})}
    for name in BODIES:
        kind = name[:-1].capitalize()
        filters = [place("limit", "query"), place("cursor", "query"), place("q", "query")] + ([place("noteId", "query", format="uuid")] if name == "tasks" else [])
        id, match, none, key = place("id", "path", format="uuid"), place("If-Match", "header"), place("If-None-Match", "header"), place("Idempotency-Key", "header")
        paths[f"/api/v1/{name}"] = {"get": one(f"{name}_list", {"200": ref("Page_" + kind)}, filters), "post": one(f"{name}_create", {"201": ref(kind)}, [key], ref("New" + kind))}
        paths[f"/api/v1/{name}/{{id}}"] = {"get": one(f"{name}_find", {"200": ref(kind)}, [id, none]), "delete": one(f"{name}_delete", {"204": {}}, [id, match]),
                                           "patch": one(f"{name}_update", {"200": ref(kind)}, [id, match], ref(kind + "Patch"))}
    paths["/api/v1/notes/import"] = {"post": one("notes_import", {"200": {}}, [], {"content": {"text/csv": {"schema": {"type": "string", "example": "title,text\r\nMilk,Two\r\n"}}}})}
    paths["/api/v1/notes/events"] = {"get": one("notes_events", {"200": {"content": {"text/event-stream": {}}}})}
    paths["/api/v1/auth/me"] = {"get": one("me", {"200": {}})}
    for name in ("login", "refresh", "forgot-password", "resend-verification"):
        paths[f"/api/v1/auth/{name}"] = {"post": one(name, {"200": {}}, [], ref("NewNote"), [])}
    paths["/api/v1/auth/logout"] = {"post": one("logout", {"204": {}})}
    paths["/api/v1/platform/companies"] = {"get": one("companies", {"200": {}})}
    return {"openapi": "3.0.0", "paths": paths, "components": {"schemas": schemas}}


class Refusal(Exception):
    def __init__(self, status, code, **headers):
        self.status, self.code, self.headers = status, code, headers


class Server(ThreadingHTTPServer):
    daemon_threads, request_queue_size = True, 256

    def __init__(self, holes):
        super().__init__(("127.0.0.1", 0), Handler)
        self.holes, self.lock, self.things, self.keys, self.ended = set(holes), threading.RLock(), {"notes": {}, "tasks": {}}, {}, set()
        self.people = {f"{name}@example.org": {"company": str(uuid.uuid4()), "user": str(uuid.uuid4())} for name in "ab"}
        # As long as twenty clients are slow, all others wait.
        self.turn = threading.Semaphore(20)
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def handle_error(self, request, client_address):
        pass

    def token(self, person, **claims):
        now = int(time.time())
        body = {"companyId": person["company"], "userId": person["user"], "sub": person["user"], "sid": str(uuid.uuid4()), "role": "admin", "aud": "notes", "iss": "notes",
                "iat": now, "exp": now + 600, **claims}
        text = f"{part({'alg': 'HS256', 'typ': 'at+jwt', 'kid': 'k1'})}.{part(body)}"
        return f"{text}.{part(hmac.new(SECRET, text.encode(), hashlib.sha256).digest())}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60
    # Head and body in one piece: two small ones would wait for each other.
    wbufsize = 65536

    def log_message(self, *_):
        pass

    def __getattr__(self, name):
        if name.startswith("do_"):
            return self.serve
        raise AttributeError(name)

    def handle(self):
        if "slow" in self.server.holes:
            with self.server.turn:
                return super().handle()
        return super().handle()

    def has(self, hole):
        return hole in self.server.holes

    def serve(self):
        lengths = self.headers.get_all("Content-Length") or []
        framed = bool(lengths or self.headers.get("Transfer-Encoding") or self.headers.defects)
        self.request = str(uuid.uuid4())
        self.close_connection = self.close_connection or framed and not self.has("smuggle") and not (len(lengths) == 1 and lengths[0].isdigit() and not self.headers.get("Transfer-Encoding"))
        length = int(lengths[0]) if lengths and lengths[0].isdigit() else 0
        status, body, headers = 400, {"code": "framing"}, {}
        try:
            if self.has("smuggle") or not framed or not self.close_connection:
                self.body = self.rfile.read(min(length, 10**6))
                self.close_connection = self.close_connection or length > 10**6 or self.command in ("GET", "HEAD") and length > 0 and not self.has("smuggle")
                status, body, headers = self.route()
        except Refusal as refusal:
            status, body, headers = refusal.status, {"code": refusal.code}, refusal.headers
        except Exception as failure:
            status, body, headers = 500, {"code": "internal", "detail": f"{type(failure).__name__}"}, {}
        if headers.pop("stream", False):
            return None
        if isinstance(body, dict) and status >= 400:
            body = {**body, "requestId": self.request}
        data = b"" if body is None else json.dumps(body).encode()
        self.send_response_only(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(data)), "X-Request-Id": self.request, **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)
        return None

    # Who asks.

    def caller(self):
        values = self.headers.get_all("Authorization") or []
        query = urllib.parse.parse_qs(self.path.partition("?")[2])
        if self.has("absent") and not values:
            return next(iter(self.server.people.values()))["company"]
        text = values[0] if len(values) == 1 or values and self.has("form") else ""
        if self.has("place") and not text and query.get("access_token"):
            text = "Bearer " + query["access_token"][0]
        scheme, _, token = text.partition(" ")
        token = token.strip()
        parts = token.split(".")
        if scheme.lower() != "bearer" or len(parts) < 3:
            if self.has("purpose") and token.startswith("refresh-"):
                return self.server.people[token[8:]]["company"]
            raise Refusal(401, "unauthorized", WWW_Authenticate="Bearer")
        try:
            head, claims = json.loads(opened(parts[0])), json.loads(opened(parts[1]))
            signature, signed = opened(parts[2]), f"{parts[0]}.{parts[1]}".encode()
        except (ValueError, RecursionError):
            raise Refusal(401, "unauthorized", WWW_Authenticate="Bearer")
        mac = lambda secret: hmac.compare_digest(hmac.new(secret, signed, hashlib.sha256).digest(), signature)
        good = len(parts) == 3 and head.get("alg") == "HS256" and head == {"alg": "HS256", "typ": "at+jwt", "kid": "k1"} and mac(SECRET)
        good = good or self.has("none") and str(head.get("alg")).lower() == "none" or self.has("mac") and mac(PUBLIC)
        good = good or self.has("kid") and "/dev/null" in str(head.get("kid")) and mac(b"") or self.has("key") and "jwk" in head
        good = good or self.has("claims") and parts[2] != "" and head.get("kid") == "k1" and claims.get("role") != "admin" or self.has("signature") and parts[2] == ""
        if not good or not isinstance(claims, dict) or claims.get("sid") in self.server.ended and not self.has("ended"):
            raise Refusal(401, "unauthorized", WWW_Authenticate="Bearer")
        self.sid = claims.get("sid")
        company = self.headers.get("X-Company-Id") if self.has("header") else None
        return company or claims.get("companyId")

    # What is asked.

    def route(self):
        path, _, query = self.path.partition("?")
        steps = path.strip("/").split("/")
        if self.path == "/openapi.json":
            return 200, document(), {}
        if path == "/.well-known/jwks.json":
            return 200, {"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "k1", "x": part(PUBLIC)}]}, {}
        if steps[:2] != ["api", "v1"]:
            raise Refusal(404, "not_found")
        if steps[2] == "auth":
            return self.account(steps[3] if len(steps) == 4 else "")
        company = self.caller()
        query = urllib.parse.parse_qs(query, keep_blank_values=True)
        if self.has("query") and "'" in urllib.parse.unquote(self.path) or self.has("inject-header") and "'" in str(self.headers):
            return 500, {"code": "internal", "detail": 'syntax error at or near "\'"'}, {}
        if path == "/api/v1/platform/companies":
            if self.has("spoof") and self.headers.get("X-Forwarded-For"):
                return 200, {"data": []}, {}
            raise Refusal(403, "forbidden")
        if path == "/api/v1/notes/import" and self.command == "POST":
            return self.bring(company)
        if path == "/api/v1/notes/events" and self.command == "GET":
            return self.stream(company)
        if len(steps) == 3 and steps[2] in BODIES:
            return self.collection(company, steps[2], query)
        if len(steps) == 4 and steps[2] in BODIES:
            return self.single(company, steps[2], urllib.parse.unquote(steps[3]))
        raise Refusal(404, "not_found")

    def account(self, name):
        if self.command == "GET" and name == "me":
            company = self.caller()
            email, person = next((email, one) for email, one in self.server.people.items() if one["company"] == company)
            return 200, {"user": {"id": person["user"], "email": email}, "company": {"id": company}}, {}
        if self.command != "POST":
            raise Refusal(404 if name not in ("login", "me") else 405, "not_found")
        if name == "logout":
            self.caller()
            self.server.ended.add(self.sid)
            return 204, None, {}
        body = self.fields()
        person = self.server.people.get(str(body.get("email", "")))
        if name in ("forgot-password", "resend-verification"):
            if self.has("enum") and not person:
                raise Refusal(404, "unknown")
            return 204, None, {}
        if name == "refresh":
            raise Refusal(401, "unauthorized")
        if name != "login" or not person or body.get("password") != "pw":
            raise Refusal(401, "wrong_credentials")
        wanted = body.get("companyId")
        if wanted and wanted != person["company"]:
            if not (self.has("login") and any(one["company"] == wanted for one in self.server.people.values())):
                raise Refusal(403, "not_a_member")
        answer = {"accessToken": self.server.token(person, **({"companyId": wanted} if wanted else {})), "refreshToken": "refresh-" + body["email"], "expiresIn": 600}
        return 200, {**answer, "user": {"id": person["user"]}, "company": {"id": wanted or person["company"]}}, {}

    def fields(self):
        media = (self.headers.get("Content-Type") or "").split(";")[0].strip()
        if media != "application/json" or self.headers.get("Content-Encoding"):
            if self.has("type") and "xml" in media:
                return {"title": "root:x:0:0"}
            raise Refusal(415, "media_type")
        try:
            body = json.loads(self.body.decode(), object_pairs_hook=self.once)
        except (ValueError, RecursionError):
            raise Refusal(400, "malformed_json")
        if not isinstance(body, dict):
            raise Refusal(422, "invalid")
        return body

    @staticmethod
    def once(pairs):
        if len(dict(pairs)) != len(pairs):
            raise ValueError("twice")
        return dict(pairs)

    def checked(self, kind, body, patch=False):
        fields = {"title": "text"} if patch else BODIES[kind]
        for name, value in body.items():
            if name not in fields:
                if self.has("mass-change" if patch else "mass-create") and name in ("done", "companyId"):
                    continue
                raise Refusal(422, "unknown_field")
            if self.has("body") and isinstance(value, str) and "'" in value:
                return (_ for _ in ()).throw(RuntimeError("quote"))
            if not isinstance(value, str) or len(value) > 200 or any(c < " " for c in value) or fields[name] == "uuid" and not ID.fullmatch(value):
                raise Refusal(422, "invalid")
        if not patch and any(name not in body for name in fields if name != "text"):
            raise Refusal(422, "required")
        return body

    def named(self, company, kind, id, hole=None):
        """A thing of this clinic's; with its hole, of any."""
        thing = self.server.things[kind].get(id.lower()) if ID.fullmatch(id) else None
        if not ID.fullmatch(id):
            if self.has("path") and "'" in id:
                raise RuntimeError("quote")
            raise Refusal(422, "invalid")
        if not thing or thing["companyId"] != company and not (hole and self.has(hole)):
            if thing and self.has("differs"):
                raise Refusal(403, "forbidden")
            raise Refusal(404, "not_found")
        return thing

    def collection(self, company, kind, query):
        if self.command == "POST":
            return self.make(company, kind)
        if self.command != "GET":
            raise Refusal(405, "method", Allow="GET, POST")
        limit, cursor = (query.get("limit") or ["50"])[0], (query.get("cursor") or [""])[0]
        if not (limit.isdigit() and 1 <= int(limit) <= 200) and not self.has("limits"):
            raise Refusal(422, "invalid")
        start, of = 0, company
        if "cursor" in query:
            payload, _, mac = cursor.partition(".")
            if not hmac.compare_digest(mac, self.mac(payload)):
                raise Refusal(400, "cursor")
            of, _, start = opened(payload).decode().partition("|")
            if of != company and not self.has("cursor"):
                raise Refusal(400, "cursor")
            start = int(start)
        rows = [thing for thing in list(self.server.things[kind].values()) if thing["companyId"] == of]
        if "noteId" in query and kind == "tasks":
            value = query["noteId"][0]
            if len(query["noteId"]) > 1 or not ID.fullmatch(value):
                raise Refusal(422, "invalid")
            rows = [row for row in (self.server.things[kind].values() if self.has("filter") else rows) if row["noteId"] == value.lower()]
        if "q" in query and query["q"][0]:
            rows = rows if self.has("like") and "%" in query["q"][0] else [row for row in rows if query["q"][0] in row["title"]]
        count = int(limit) if limit.isdigit() else 50
        page = rows[start:start + count]
        payload = part(f"{of}|{start + count}".encode())
        return 200, {"data": page, **({"nextCursor": f"{payload}.{self.mac(payload)}"} if len(rows) > start + count else {})}, {}

    def mac(self, payload):
        return hmac.new(SECRET, payload.encode(), hashlib.sha256).hexdigest()

    def make(self, company, kind):
        key = self.headers.get("Idempotency-Key")
        if key is None:
            with self.server.lock if not self.has("race-time") else threading.Lock():
                return self.enter(company, kind)
        name = (kind, key) if self.has("key") else (company, kind, key)
        if self.has("race-key"):
            time.sleep(0.02)
            return self.enter(company, kind)
        with self.server.lock:
            if name in self.server.keys:
                body, answer = self.server.keys[name]
                if body != self.body:
                    raise Refusal(422, "key_reused")
                return answer
            answer = self.enter(company, kind)
            self.server.keys[name] = self.body, answer
            return answer

    def enter(self, company, kind):
        body = self.checked(kind, self.fields())
        things = self.server.things[kind]
        if "noteId" in body:
            note = self.server.things["notes"].get(body["noteId"].lower())
            if not note or note["companyId"] != company and not self.has("reference"):
                raise Refusal(409, "reference_missing")
            body["noteId"] = body["noteId"].lower()
        if "startsAt" in body and any((one["startsAt"], one["noteId"]) == (body["startsAt"], body["noteId"]) for one in list(things.values())):
            raise Refusal(409, "taken")
        if self.has("same") and any(one["title"] == body["title"] for one in things.values()):
            raise Refusal(409, "title_taken")
        if self.has("race-time"):
            time.sleep(0.02)
        thing = {"id": str(uuid.uuid4()), "companyId": company, "done": False, "text": "", **body, "version": 1}
        things[thing["id"]] = thing
        host = self.headers.get("Host") if self.has("host") else ""
        return 201, thing, {"Location": f"{'http://' + host if host else ''}/api/v1/{kind}/{thing['id']}", "ETag": '"1"'}

    def single(self, company, kind, id):
        method = self.command
        if self.has("method") and self.headers.get("X-HTTP-Method-Override") == "DELETE":
            # Its check is done for the method that was sent, and not for this.
            return (204, None, {}) if self.server.things[kind].pop(id.lower(), None) else (404, {"code": "not_found"}, {})
        if method not in ("GET", "HEAD", "PATCH", "DELETE"):
            raise Refusal(405, "method", Allow="GET, PATCH, DELETE")
        if self.has("blind-write") and method == "PATCH" and id in self.server.things[kind]:
            self.server.things[kind][id]["version"] += 1
        match, none = self.headers.get("If-Match"), self.headers.get("If-None-Match")
        if self.has("condition") and id in self.server.things[kind] and match == '"1"':
            raise Refusal(412, "changed")
        thing = self.named(company, kind, id, "foreign")
        tag = f'"{thing["version"]}"'
        if match and match not in ("*", tag):
            raise Refusal(412, "changed")
        if method == "DELETE":
            self.server.things[kind].pop(id.lower(), None)
            return 204, None, {}
        if method == "PATCH":
            thing.update(self.checked(kind, self.fields(), patch=True), version=thing["version"] + 1)
        if none and method == "GET" and none in ("*", tag):
            return 304, None, {"ETag": tag}
        return 200, thing, {"ETag": f'"{thing["version"]}"'}

    def bring(self, company):
        if self.headers.get("Content-Type") != "text/csv" or self.headers.get("Content-Encoding"):
            raise Refusal(415, "media_type")
        head, _, rows = self.body.decode("utf-8", "replace").partition("\r\n")
        if self.has("file") and head.startswith("id,"):
            return 200, {"updated": sum(rows.split(",")[0] == id for id in self.server.things["notes"])}, {}
        if head != "title,text" or "\0" in rows or not rows.strip():
            raise Refusal(422, "invalid")
        return 200, {"count": rows.count("\r\n")}, {}

    def stream(self, company):
        self.close_connection = True
        self.send_response_only(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self.wfile.flush()
        seen, until = set(self.server.things["notes"]), time.monotonic() + 1.5
        while time.monotonic() < until:
            for id, thing in list(self.server.things["notes"].items()):
                if id not in seen and (thing["companyId"] == company or self.has("events")):
                    self.wfile.write(f"data: {id}\n\n".encode())
                    self.wfile.flush()
                seen.add(id)
            time.sleep(0.02)
        return 200, None, {"stream": True}
