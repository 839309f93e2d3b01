"""What Schemathesis is told about this API, in its own process: who asks, and what is counted.

`MEDICALPRO_FUZZ` describes it: the person, the server's port and where the counts go."""

import atexit
import collections
import datetime
import json
import os
import pathlib
import re
import sys
import threading
import uuid
import zlib

import schemathesis

sys.path += [str(pathlib.Path(__file__).parent), str(pathlib.Path(__file__).parents[1] / "bench")]

from people import Person  # noqa: E402
from stack import PASSWORD  # noqa: E402

SETTINGS = json.loads(os.environ["MEDICALPRO_FUZZ"])
PERSON = SETTINGS["person"] and Person.of(SETTINGS["port"], SETTINGS["person"])
# Each of these may end the session that asks, or stops answering it: asked by a session that nobody else needs.
ENDING = {
    "auth_logout", "auth_sessions_revoke", "auth_session_revoke", "auth_switch_clinic", "auth_change_email", "auth_change_password", "auth_deactivate",
    "auth_totp_begin", "auth_totp_confirm", "auth_totp_disable", "auth_totp_recovery_codes",
}

# What the schema says and we answer (`api::schema`): of a request that the schema allows none of these may be said. All else are rules beyond
# it: of two fields together, of a country, of a moment, of what is stored.
SCHEMA_CODES = {"format", "invalid", "null", "too_long", "too_many", "too_short", "type", "unknown_field"}
SCHEMA_DETAILS = ("is required", "is outside the allowed range")
# But for rules whose pattern nobody could read.
UNREADABLE = ("must not contain control characters", "must not be blank", "must be a time zone of the IANA database", "must be an e-mail address")


def of_schema(error, case):
    code, detail, pointer = error["code"], error["detail"], error.get("pointer", "")
    place, name = pointer.split("/")[1:3] if pointer.count("/") > 1 else ("", "")
    # Texts in a query are held to the same rules, and told in fewer words; the header of a file is no schema's.
    if place == "query" and not str((case.query or {}).get(name, "")).isprintable() or operation_id(case) == "patients_import" and place == "header":
        return False
    return (code in SCHEMA_CODES and not detail.startswith(UNREADABLE)) or detail in SCHEMA_DETAILS or detail.startswith("must be one of: ")


# What ids in a body are of.
KINDS = {
    "patientId": "patients", "duplicateId": "patients", "practitionerId": "practitioners", "facilityId": "facilities", "roomId": "rooms",
    "serviceId": "products", "productId": "products", "parentId": "categories",
}
TODAY = datetime.datetime.now(datetime.timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0)

# Ids that were answered, by kind: the newest.
seen = collections.defaultdict(list, SETTINGS["ids"])
counts = collections.defaultdict(collections.Counter)
lock = threading.Lock()


def operation_id(case):
    return case.operation.definition.raw.get("operationId", case.operation.label)


if PERSON:

    @schemathesis.auth(refresh_interval=240)
    class Token:
        def get(self, case, context):
            PERSON.until = 0
            return PERSON.token()

        def set(self, case, data, context):
            # Whose code counts once cannot log in for each case: what ends a session is left out for them.
            token = PERSON.log_in()["accessToken"] if operation_id(case) in ENDING and not PERSON.secret else data
            case.headers = {**(case.headers or {}), "Authorization": f"Bearer {token}"}


def collection(case):
    """The kind of thing that a path's id is of: what stands before it, else what stands last."""
    parts = [part for part in case.operation.path.split("/") if part]
    return parts[parts.index("{id}") - 1] if "{id}" in parts else parts[-1]


def sometimes(case, share):
    """The same for the same case: true for all but one in `share`."""
    return zlib.crc32(json.dumps([case.path_parameters, case.body], default=str).encode()) % share


def known(kind, instead_of):
    ids = seen[kind]
    return ids[zlib.crc32(str(instead_of).encode()) % len(ids)] if ids else instead_of


def plausible(body):
    """Of what is there, and of a working day that comes."""
    for name, value in body.items():
        if name in KINDS and isinstance(value, str):
            body[name] = known(KINDS[name], value)
        elif name == "categoryIds":
            body[name] = [known("categories", one) for one in value]
        elif name == "startsAt":
            minutes = zlib.crc32(str(value).encode())
            body[name] = (TODAY + datetime.timedelta(days=4 + minutes % 300, hours=8, minutes=minutes // 300 % 36 * 15)).isoformat()


@schemathesis.hook
def before_call(context, case, kwargs):
    """Of requests that are to be accepted: nearly all are attempts of their own at what is there; and what no pattern allows is left out."""
    headers = dict(case.headers or {})
    headers.setdefault("Accept-Language", "en")
    if case.meta and case.meta.generation.mode.is_positive:
        for parameter in case.operation.definition.raw.get("parameters", []):
            name, pattern = parameter["name"], parameter["schema"].get("pattern")
            if parameter["in"] == "header" and pattern and name in headers and not re.search(pattern, str(headers[name])):
                del headers[name]
        if sometimes(case, 8):
            if headers.get("Idempotency-Key"):
                headers["Idempotency-Key"] = str(uuid.uuid4())
            # In the stateful phase links lead to what is there.
            if case.meta.phase.name.value != "stateful":
                headers.pop("If-Match", None)
                parameters = case.path_parameters or {}
                for name, kind in (("id", collection(case)), ("serviceId", "products")):
                    if name in parameters:
                        parameters[name] = known(kind, parameters[name])
                if isinstance(case.body, dict):
                    plausible(case.body)
                    if operation_id(case) in ("auth_login", "auth_totp_begin") and PERSON:
                        case.body.update({"password": PASSWORD, **({"email": PERSON.email} if "email" in case.body else {})})
    case.headers = headers


@schemathesis.hook
def after_call(context, case, response):
    with lock:
        counts[operation_id(case)][response.status_code] += 1
    if response.status_code in (200, 201) and "json" in response.headers.get("content-type", [""])[0]:
        said = response.json()
        for one in said.get("data", [said]) if isinstance(said, dict) else []:
            if isinstance(one, dict) and isinstance(one.get("id"), str):
                ids = seen[collection(case)]
                if one["id"] not in ids:
                    ids.append(one["id"])
                    del ids[:-40]


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """Accepts one thing: that what the schema allows is refused by a rule that no schema can say."""
    if failure.title != "Schema-valid request rejected" or response.status_code not in (400, 412, 422):
        return True
    said = response.json()
    return any(of_schema(error, case) for error in said.get("errors", [said]))


@atexit.register
def write():
    with open(SETTINGS["counts"], "w") as file:
        json.dump({"answers": counts, "person": PERSON and PERSON.described()}, file)
