"""What surrounds a log-in: how alike known and unknown accounts are answered, and how many log-ins and refreshes there are to a second."""

import http.client
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import threading
import time

from replay import logged
from stack import PASSWORD, at_once, expect, median, request

TRIES = 200
LOGIN = "/api/v1/auth/login"
REFRESH = "/api/v1/auth/refresh"


def alike(stack, known, unproven):
    """Of each operation that anybody may ask for any address: how long it takes for an account, divided by how long for none."""
    wrong = {"password": "wrong horse battery staple"}
    kinds = {
        "login": (LOGIN, known.email, wrong, 401),
        "forgot": ("/api/v1/auth/forgot-password", known.email, {}, 204),
        "resend": ("/api/v1/auth/resend-verification", unproven.email, {}, 204),
    }
    connection = http.client.HTTPConnection("127.0.0.1", stack.port, timeout=60)
    # What mail is queued by one try must not be sent during the next.
    stack.worker.send_signal(signal.SIGSTOP)
    try:
        ratios = {}
        for kind, (path, email, more, status) in kinds.items():
            took = {email: [], f"nobody-{email}": []}
            for number in range(TRIES + 5):
                # As if nobody had asked before: no wait, no mail that is queued already.
                stack.sql("DELETE FROM login_failures; DELETE FROM email_outbox WHERE status = 'queued'", "medicalpro_central", "medicalpro_central")
                # Neither is always the first.
                for address in sorted(took, reverse=number % 2 == 0):
                    began = time.perf_counter()
                    answer = request(stack.port, "POST", path, {"email": address, **more}, connection=connection)
                    took[address].append(time.perf_counter() - began)
                    expect(status, answer)
            # The first few prepare statements.
            ratios[f"alike_{kind}"] = median(took[email][5:]) / median(took[f"nobody-{email}"][5:])
        return ratios
    finally:
        stack.worker.send_signal(signal.SIGCONT)
        connection.close()


def logins(stack, people, seconds):
    """Log-ins a second of so many people at once, each on a device of their own; and the server's memory at its highest."""
    counts, until = [], time.monotonic() + seconds

    def again(person):
        connection, count, device = http.client.HTTPConnection("127.0.0.1", stack.port, timeout=60), 0, {}
        while time.monotonic() < until:
            body = {"email": person.email, "password": PASSWORD, **device}
            answer = expect(200, request(stack.port, "POST", LOGIN, body, connection=connection))
            device = {"deviceToken": answer["deviceToken"]} if answer.get("deviceToken") else device
            count += 1
        counts.append(count)
        connection.close()

    with Peak(stack) as peak:
        at_once([lambda person=person: again(person) for person in people])
    return {"login_per_second": sum(counts) / seconds, "login_rss_mb": peak.megabytes}


def refreshes(stack, person, options):
    """Refreshes a second, each with the token that the one before was answered with; against pgbench, which does the same."""
    tokens = []
    # One more for each thread of wrk, which tries a request before it begins.
    for _ in range(options.connections + 2):
        answer = expect(200, request(stack.port, "POST", LOGIN, {"email": person.email, "password": PASSWORD}))
        tokens.append(answer["refreshToken"])
    text, parameters = statement(stack, tokens)
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("\n".join(tokens) + "\n")
        file.flush()
        command = ["wrk", "-t", "2", "-c", str(options.connections), "-d", f"{options.seconds}s", "-s",
                   pathlib.Path(__file__).parent / "refresh.lua", f"http://127.0.0.1:{stack.port}"]
        with Peak(stack) as peak:
            output = subprocess.run(command, env={**os.environ, "TOKENS": file.name}, check=True, stdout=subprocess.PIPE, text=True).stdout
    rate, failed = re.search(r"rate ([\d.]+) failed (\d+)", output).groups()
    if int(failed):
        raise SystemExit(f"refresh: {failed} requests failed\n{output}")
    limit = pgbench(stack, person, text, parameters, options.seconds)
    return {"refresh_per_second": float(rate), "refresh_rss_mb": peak.megabytes, "refresh_vs_pgbench": float(rate) / limit}


def statement(stack, tokens):
    """The statement of a refresh, as the server sends it."""
    def refresh():
        tokens[0] = expect(200, request(stack.port, "POST", REFRESH, {"refreshToken": tokens[0]}))["refreshToken"]

    found = [entry for entry in logged(stack, "medicalpro_api", refresh) if "refresh_tokens" in entry[0]]
    if len(found) != 1:
        raise SystemExit(f"a refresh is one statement no more: {found}")
    return found[0]


def pgbench(stack, person, text, parameters, seconds):
    """Refreshes a second: as many clients as the server has connections to central, each with a session whose tokens are the hashes
    of a number that it counts."""
    clients = 8
    token = "sha256(convert_to('bench ' || :client_id::text || ' ' || {}::text, 'UTF8'))"
    stack.sql(
        "WITH opened AS (INSERT INTO sessions (id, user_id, company_id, expires_at) SELECT gen_random_uuid(), u.id, m.company_id, now() + interval '1 day' "
        f"FROM users u JOIN memberships m ON m.user_id = u.id, generate_series(1, {clients}) WHERE u.email = '{person.email}' RETURNING id) "
        "INSERT INTO refresh_tokens (token_hash, session_id, expires_at) "
        "SELECT sha256(convert_to('bench ' || row_number() OVER () - 1 || ' 0', 'UTF8')), id, now() + interval '1 day' FROM opened",
        "medicalpro_central", "medicalpro_central")

    def value(found):
        number = found.group(1)
        if number == "1":
            return token.format(":n")
        if number == "2":
            return f"ARRAY[{token.format('(:n::int + 1)')}]"
        given = parameters[number]
        return "NULL" if given is None else "'" + given.replace("'", "''") + "'"

    file = stack.directory / "refresh.sql"
    file.write_text(re.sub(r"\$(\d+)", value, text).rstrip(";").replace("\n", " ") + ";\n\\set n :n + 1\n")
    command = ["pgbench", "-n", "-M", "prepared", "-c", str(clients), "-j", "2", "-T", str(seconds), "-D", "n=0", "-f", file,
               stack.environment["MEDICALPRO_DATABASE_URL"]]
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if run.returncode:
        raise SystemExit(run.stderr[:2000])
    done = int(re.search(r"transactions actually processed: (\d+)", run.stdout).group(1))
    # This can fail: a statement that exchanges nothing is quicker.
    exchanged = int(stack.sql(
        "SELECT count(*) FROM refresh_tokens t WHERE used_at IS NOT NULL AND t.token_hash IN "
        f"(SELECT sha256(convert_to('bench ' || c || ' ' || n, 'UTF8')) FROM generate_series(0, {clients - 1}) c, generate_series(0, {done}) n)",
        "medicalpro_central", "medicalpro_central"))
    if exchanged != done:
        raise SystemExit(f"pgbench: {done} transactions, {exchanged} tokens exchanged")
    return float(re.search(r"tps = ([\d.]+)", run.stdout).group(1))


class Peak:
    """The server's resident memory at its highest within the `with` block, looked at ten times a second."""

    def __init__(self, stack):
        self.stack, self.megabytes, self.over = stack, 0, threading.Event()

    def __enter__(self):
        self.thread = threading.Thread(target=self.watch)
        self.thread.start()
        return self

    def watch(self):
        while not self.over.wait(0.1):
            self.megabytes = max(self.megabytes, self.stack.memory())

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()
