"""A private installation to attack: the built binary as scripts/bench starts it, two clinics that have registered, and a secretary."""

import contextlib
import os
import pathlib
import secrets
import signal
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "bench"))
from stack import PASSWORD, Clinic, Stack, expect, request, until  # noqa: E402


@contextlib.contextmanager
def started(directory, options):
    binary = os.environ.get("MEDICALPRO_BINARY") or sys.exit("scripts/security/run: MEDICALPRO_BINARY names no binary")
    # Whoever is told to end ends PostgreSQL with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with Stack(binary, directory, 8) as stack:
        name = secrets.token_hex(3)
        a, b = (Clinic(stack, f"{which}{name}").register().verify() for which in "ab")
        secretary = f"secretary{name}@example.org"
        invite(stack, a.log_in(), secretary)
        options.url, options.a, options.b, options.also = f"http://127.0.0.1:{stack.port}", a.email, b.email, [secretary]
        for who in ("A", "B", "ALSO"):
            os.environ[f"SECURITY_PASSWORD_{who}"] = PASSWORD
        yield


def invite(stack, clinic, address):
    """Somebody of a lesser role: invited by mail, as everybody is."""
    body = {"email": address, "role": "secretary", "firstName": "Sam", "lastName": "Secretary"}
    expect(201, request(stack.port, "POST", "/api/v1/staff/invitations", body, clinic.token))
    token = until("the invitation's mail", 20, lambda: stack.mailed(address))
    expect(204, request(stack.port, "POST", "/api/v1/auth/accept-invitation", {"token": token, "firstName": "Sam", "lastName": "Secretary", "password": PASSWORD, "acceptTerms": True}))
