"""Whom the API is fuzzed as: somebody of each role, each clinic's staff in a clinic of its own, with something of everything in it.

A clinic of its own: what an admin does to the staff must not end the session of the manager who comes next."""

import base64
import collections
import datetime
import hashlib
import hmac
import struct
import time

from stack import PASSWORD, Clinic, expect, request, until

STAFF = ("admin", "manager", "practitioner", "nurse", "secretary", "readonly")
ROLES = (*STAFF, "super_admin", "nobody")


def one_time_code(secret):
    """RFC 6238: six digits, 30 seconds, SHA-1."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", int(time.time()) // 30), hashlib.sha1).digest()
    at = digest[-1] & 15
    return f"{(int.from_bytes(digest[at:at + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06}"


class Person:
    """Somebody who can log in, with an access token that is good for some minutes more."""

    def __init__(self, port, email, secret=None):
        self.port, self.email, self.secret, self.tokens, self.until = port, email, secret, None, 0

    def log_in(self):
        """A new session, kept for nobody else."""
        def attempt():
            code = {"code": one_time_code(self.secret)} if self.secret else {}
            return request(self.port, "POST", "/api/v1/auth/login", {"email": self.email, "password": PASSWORD, **code})

        answer = attempt()
        if answer[0] == 401 and self.secret:
            # A code counts once: the next comes within half a minute.
            time.sleep(30.5 - time.time() % 30)
            answer = attempt()
        return expect(200, answer)

    def token(self):
        if time.monotonic() > self.until:
            # A one-time code counts once: so a session goes on by its refresh token.
            body = {"refreshToken": self.tokens["refreshToken"]} if self.tokens else None
            answer = request(self.port, "POST", "/api/v1/auth/refresh", body) if body else (401, None)
            self.tokens = answer[1] if answer[0] == 200 else self.log_in()
            self.until = time.monotonic() + 300
        return self.tokens["accessToken"]

    def described(self):
        return {"email": self.email, "secret": self.secret, "tokens": self.tokens}

    @classmethod
    def of(cls, port, described):
        person = cls(port, described["email"], described["secret"])
        person.tokens = described["tokens"]
        return person


def operator(stack):
    """One of the platform's own people: a mailed link sets the password, and there is a second factor."""
    email = f"super_admin{time.time_ns()}@example.org"
    stack.run("platform", "add", email, "--role", "super_admin", "--json")
    token = until("the operator's mail", 20, lambda: stack.mailed(email))
    expect(204, request(stack.port, "POST", "/api/v1/auth/reset-password", {"token": token, "password": PASSWORD}))
    person = Person(stack.port, email)
    begun = expect(200, request(stack.port, "POST", "/api/v1/auth/totp", {"password": PASSWORD}, person.token()))
    confirm = {"code": one_time_code(begun["secret"])}
    expect(200, request(stack.port, "POST", "/api/v1/auth/totp/confirm", confirm, person.token()))
    person.secret = begun["secret"]
    return person


def invited(stack, clinic, role):
    email = f"{role}{time.time_ns()}@example.org"
    expect(201, request(stack.port, "POST", "/api/v1/staff/invitations", {"email": email, "role": role}, clinic.token))
    token = until("the invitation", 20, lambda: stack.mailed(email))
    body = {"token": token, "firstName": "Jo", "lastName": role.title(), "password": PASSWORD, "acceptTerms": True}
    expect(204, request(stack.port, "POST", "/api/v1/auth/accept-invitation", body))
    return Person(stack.port, email)


def furnish(stack, token):
    """Something of everything that a path or a body may name: its ids, by kind."""
    ids = collections.defaultdict(list)

    def make(path, body=None, status=201):
        made = expect(status, request(stack.port, "POST", "/api/v1" + path, body, token))["id"]
        ids[path.rsplit("/", 1)[1]].append(made)
        return made

    facility = make("/facilities", {"name": "Left bank"})
    make(f"/facilities/{facility}/rooms", {"name": "Room 1"})
    category = make("/categories", {"name": "Prevention"})
    service = {"kind": "service", "name": "Consultation", "unitPriceCents": 6000, "durationMinutes": 30, "categoryIds": [category]}
    service = make("/products", service)
    make("/products", {"kind": "product", "name": "Bandage", "unitPriceCents": 500})
    practitioner = make("/practitioners", {"firstName": "Jo", "lastName": "Martin"})
    expect(200, request(stack.port, "POST", f"/api/v1/practitioners/{practitioner}/services/{service}", {"durationMinutes": 45}, token))
    for weekday in range(1, 8):
        make(f"/practitioners/{practitioner}/availability", {"kind": "weekly", "weekday": weekday, "starts": "08:00", "ends": "18:00"})
    make(f"/practitioners/{practitioner}/calendar-links")
    patients = [make("/patients", {"firstName": "Camille", "lastName": f"Durand {word}", "birthDate": "1984-02-29"}) for word in ("Anna", "Anne", "Lea")]
    make("/closures", {"startsOn": "2029-08-03", "reason": "Summer holidays"})
    make("/staff/invitations", {"email": f"later{time.time_ns()}@example.org", "role": "nurse"})
    day = datetime.datetime.now(datetime.timezone.utc).replace(hour=9, minute=0, second=0, microsecond=0) + datetime.timedelta(days=3)
    for hour, patient in enumerate(patients):
        booking = {"patientId": patient, "practitionerId": practitioner, "startsAt": (day + datetime.timedelta(hours=hour)).isoformat(), "minutes": 30}
        appointment = make("/appointments", booking)
        item = make(f"/appointments/{appointment}/items", {"productId": service})
        expect(200, request(stack.port, "POST", f"/api/v1/appointment-items/{item}/accept", None, token))
    make(f"/appointments/{appointment}/quote")
    first = str((day + datetime.timedelta(days=30)).date())
    make("/appointment-series", {"patientId": patients[0], "practitionerId": practitioner, "firstOn": first, "starts": "15:00", "minutes": 30, "count": 3})
    make("/slot-holds", {"practitionerId": practitioner, "startsAt": (day + datetime.timedelta(days=1)).isoformat(), "minutes": 30})
    for made, named in (("items", "appointment-items"), ("quote", "documents")):
        ids[named] = ids.pop(made)
    return ids


def somebody(stack, role):
    """A person of the role, `None` for nobody; and ids of what they may ask for."""
    if role == "nobody":
        return None, {}
    if role == "super_admin":
        return operator(stack), {"companies": [Clinic(stack, f"-theirs-{time.time_ns()}").register().id]}
    clinic = Clinic(stack, f"-{role}-{time.time_ns()}").register().verify().log_in()
    ids = furnish(stack, clinic.token)
    other = invited(stack, clinic, "nurse" if role == "admin" else role)
    return Person(stack.port, clinic.email) if role == "admin" else other, ids
