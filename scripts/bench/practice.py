"""The practice's day, on a clinic of its own with 100,000 patients and ten practitioners: free slots over four weeks, a week of the
calendar, search by three letters, and booking; each by HTTP and by pgbench on the same statements, with the plans of what was run."""

import datetime
import json
import re

from replay import FRESH_ID, as_text, pgbench, record, script
from stack import Clinic, expect, median, request

PATIENTS = 100_000
PRACTITIONERS = 10
KINDS = ("slots", "calendar", "search", "booking")
GOALS = {f"{kind}_vs_pgbench": None for kind in KINDS}
# Each client of a load books times of its own, one after the other.
STEP = 5
LANE = 9_000

GIVEN = "anna jean marie pierre ines luca sofia hugo lea tom eva noah jade paul alba leo nina max lina theo".split()
FAMILY = "martin bernard moreau garcia muller rossi silva weber fischer lopez marchand marin dupont durand petit leroy roux fontana keller braun".split()


def load(stack, clinic):
    """Laid by hand, without triggers: what is measured is the reading. Ids of practitioners and of a patient without an address."""
    names = lambda words, number: f"('{{{','.join(words)}}}'::text[])[1 + {number} % {len(words)}]"
    stack.sql(f"""
        SET session_replication_role = replica;
        INSERT INTO patients (id, patient_number, first_name, last_name, birth_date, sort_name)
        SELECT gen_random_uuid(), 'B' || lpad(n::text, 6, '0'), initcap(first), initcap(last) || n, date '1940-01-01' + n % 25000, last || n || ' ' || first
          FROM (SELECT n, {names(GIVEN, "n")} AS first, {names(FAMILY, "(n / 20)")} AS last FROM generate_series(1, {PATIENTS}) n) p;
        INSERT INTO patient_search_terms (term, patient_id, sort_name, entered_at)
        SELECT t, p.id, p.sort_name, p.created_at FROM patients p, unnest(ARRAY[lower(p.first_name), lower(p.last_name), lower(p.patient_number)]) t;
        INSERT INTO practitioners (id, first_name, last_name, sort_name, appointment_minutes)
        SELECT gen_random_uuid(), 'Test', 'Practitioner' || n, 'practitioner' || n, 20 FROM generate_series(1, {PRACTITIONERS}) n;
        INSERT INTO practitioner_availability (practitioner_id, kind, weekday, starts, ends)
        SELECT p.id, 'weekly', day, s.starts::time, s.ends::time
          FROM practitioners p, generate_series(1, 5) day, (VALUES ('08:00', '12:00'), ('13:30', '18:00')) s (starts, ends);
        -- Two of three slots of the next eight weeks are booked.
        INSERT INTO appointments (patient_id, practitioner_id, starts_at, ends_at, created_by)
        SELECT (SELECT id FROM patients OFFSET (x.n * 37) % 1000 LIMIT 1), x.id, x.at, x.at + interval '20 minutes', gen_random_uuid()
          FROM (SELECT p.id, slot.at, row_number() OVER () AS n
                  FROM practitioners p, generate_series(0, 55) day, generate_series(0, 11) slot_number,
                       LATERAL (SELECT date_trunc('day', now()) + make_interval(days => day, hours => 7, mins => 20 * slot_number) AS at) slot
                 WHERE extract(isodow FROM slot.at) < 6 AND slot_number % 3 < 2) x;
        """, clinic.database, clinic.database)
    stack.sql("VACUUM ANALYZE", clinic.database)
    stack.sql("CHECKPOINT")
    practitioners = stack.sql("SELECT id FROM practitioners ORDER BY id", clinic.database, clinic.database).split()
    return practitioners, stack.sql("SELECT id FROM patients ORDER BY sort_name LIMIT 1", clinic.database, clinic.database)


def requests(practitioners, patient):
    monday = datetime.date.today() + datetime.timedelta(days=7 - datetime.date.today().weekday())
    days = lambda count: f"from={monday}&to={monday + datetime.timedelta(days=count - 1)}"
    # A year ahead, where nothing is booked.
    first = datetime.datetime.combine(monday, datetime.time(), datetime.timezone.utc) + datetime.timedelta(days=364)
    booking = {"patientId": patient, "practitionerId": practitioners[0], "startsAt": first.isoformat(), "minutes": STEP}
    return {
        "slots": ("GET", [f"/api/v1/slots?{days(28)}&minutes=20"], None),
        "calendar": ("GET", [f"/api/v1/calendar?{days(7)}"], None),
        "search": ("GET", ["/api/v1/patients?limit=20&q=" + word for word in ("mar", "mar%20le", "gar", "fon%20an")], None),
        "booking": ("POST", ["/api/v1/appointments"], booking),
    }


def replay(stack, clinic, kind, method, paths, body):
    """The scripts for pgbench, and the statements that they are made of."""
    recorded = [record(stack, clinic, method, path, body) for path in paths]
    scripts = []
    for number, statements in enumerate(recorded):
        fresh = {}
        if body:
            # Each client in its own lane of times.
            first = datetime.datetime.fromisoformat(body["startsAt"])
            for value in (value for _, parameters in statements for value in parameters.values() if value):
                if re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+\d\d", value):
                    offset = datetime.datetime.fromisoformat(value + ":00") - first
                    fresh[value] = (f"(timestamptz '{first.isoformat()}' + interval '{offset.total_seconds():.0f} s'"
                                    f" + make_interval(mins => {STEP} * (:client_id * {LANE} + :n)))")
            insert = next(parameters for text, parameters in statements if "INSERT INTO appointments" in text)
            fresh[insert["2"]] = FRESH_ID
        scripts.append(script(f"{kind}{number}", statements, fresh))
    return scripts, recorded


def plans(stack, clinic, recorded):
    """What PostgreSQL did for each statement of a request, as that caller: then all of it is undone."""
    lines = []
    for text, parameters in recorded:
        text = re.sub(r"\$(\d+)", lambda found: as_text(parameters[found.group(1)]), text) if parameters else text
        explained = re.match(r"(?i)(SELECT|WITH|INSERT|UPDATE|DELETE)\b", text)
        if not text.startswith("COMMIT"):
            lines.append(f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) {text}" if explained else text)
    return stack.sql(";".join([*lines, "ROLLBACK"]), clinic.database)


def unbook(stack, clinic):
    """What was booked a year ahead takes no place any more."""
    booked = "DELETE FROM appointments WHERE starts_at > now() + interval '300 days'"
    stack.sql(f"SET session_replication_role = replica; {booked}", clinic.database, clinic.database)


def measure(stack, options, wrk, note):
    """Rates by kind and by who answers, a list of rounds each; and the plans."""
    clinic = Clinic(stack, "practice").register().verify().log_in()
    note(f"{PATIENTS} patients, {PRACTITIONERS} practitioners")
    practitioners, patient = load(stack, clinic)
    kinds = requests(practitioners, patient)
    rates = {(kind, who): [] for kind in KINDS for who in ("http", "pgbench")}
    shown = {}
    for number in range(options.rounds):
        for kind, (method, paths, body) in kinds.items():
            clinic.log_in()
            note(f"round {number + 1} of {options.rounds}: {kind}")
            for path in paths:
                expect(201 if body else 200, request(stack.port, method, path, body, clinic.token))
            if body:
                first = datetime.datetime.fromisoformat(body["startsAt"]).timestamp()
                lanes = {"START": f"{first:.0f}", "STEP": str(STEP * 60)}
                template = json.dumps({**body, "startsAt": "@START@"})
                unbook(stack, clinic)
                rates[kind, "http"].append(wrk(stack.port, method, paths, clinic.token, template, options, lanes))
                unbook(stack, clinic)
            else:
                rates[kind, "http"].append(wrk(stack.port, method, paths, clinic.token, None, options))
            scripts, recorded = replay(stack, clinic, kind, method, paths, body)
            if body:
                unbook(stack, clinic)
            if kind not in shown:
                shown[kind] = "\n\n".join(plans(stack, clinic, statements) for statements in recorded)
            rates[kind, "pgbench"].append(pgbench(stack, clinic, scripts, options.pool, options.seconds))
    numbers = {f"{kind}_vs_pgbench": median(rates[kind, "http"]) / median(rates[kind, "pgbench"]) for kind in KINDS}
    return numbers, rates, shown


def table(rates):
    print(f"\n{'':12}{'HTTP':>10}{'pgbench':>10}  a second: 4 weeks of {PRACTITIONERS} practitioners' slots, a week's calendar, {PATIENTS:,} patients, bookings")
    for kind in KINDS:
        print(f"{kind:12}" + "".join(f"{median(rates[kind, who]):10.0f}" for who in ("http", "pgbench")))
