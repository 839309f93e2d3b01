"""The limit: pgbench runs what the server was seen to send, taken from PostgreSQL's own log of one request.

The statements, their parameters, the checkout with its signed context (good for 60 s) and the audit row are the server's own.
pgbench sends a whole transaction in one message (the server needs two or three, since it must read answers in between), so
the limit is a strict one.
"""

import re
import subprocess

from stack import request

EXECUTED = re.compile(r"LOG:  (?:statement: |execute [^:]*: )(.*)", re.S)
PARAMETER = re.compile(r"\$(\d+) = (NULL|'(?:[^']|'')*')")


def record(stack, clinic, method, path, body=None):
    """The statements of one request on the clinic's database, each with its parameters."""
    statements = logged(stack, clinic.database, lambda: request(stack.port, method, path, body, clinic.token))
    if not statements or not statements[-1][0].startswith("COMMIT"):
        raise SystemExit(f"{method} {path}: not a transaction: {statements}")
    return statements


def logged(stack, login, action):
    """The statements that a login runs meanwhile, each with its parameters."""
    settings = {"log_statement": "all", "log_error_verbosity": "default", "log_parameter_max_length": "-1"}
    stack.sql(";".join(f"ALTER ROLE {login} SET {name} = '{value}'" for name, value in settings.items()))
    new_connections(stack, login)
    log = stack.directory / "postgres.log"
    before = log.stat().st_size
    action()
    with open(log, "rb") as file:
        file.seek(before)
        text = file.read().decode()
    stack.sql(";".join(f"ALTER ROLE {login} RESET {name}" for name in settings))
    new_connections(stack, login)

    statements = []
    for entry in re.split(r"^\d{4}-\d\d-\d\d [\d:.]+ \w+ \[\d+\] ", text, flags=re.M):
        entry = entry.replace("\n\t", "\n").strip()
        if executed := EXECUTED.match(entry):
            statements.append((executed.group(1).strip(), {}))
        elif entry.startswith("DETAIL:") and statements:
            for number, value in PARAMETER.findall(entry):
                statements[-1][1][number] = None if value == "NULL" else value[1:-1].replace("''", "'")
    return statements


def new_connections(stack, login):
    """The server's connections are opened anew, under the settings of now."""
    stack.sql(f"SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity WHERE usename = '{login}'")


FRESH_ID = "('018f0000-0000-7000-8000-' || lpad(to_hex(:fresh::bigint), 12, '0'))::uuid"


def as_text(value):
    return "NULL" if value is None else "'" + value.replace("'", "''") + "'"


def script(name, statements, fresh=()):
    """A pgbench script, and the values of its variables. Values that `fresh` has an expression for are new in each transaction: it
    may name `:fresh`, a random number, `:client_id`, and `:n`, which counts the client's transactions."""
    lines, values = ["\\set fresh random(1, 1000000000000)", "\\set n :n + 1", "\\startpipeline"], {}
    for index, (text, parameters) in enumerate(statements):
        for part in text.split("; ") if not parameters else [text]:
            def variable(found):
                value = parameters[found.group(1)]
                if value is None:
                    return "NULL"
                if value in fresh:
                    return fresh[value]
                # pgbench makes a parameter of each mention, and one that stands alone (`$2 IS NULL`) has no type.
                if len(re.findall(rf"\${found.group(1)}\b", part)) > 1:
                    return as_text(value)
                key = f"{name}_{index}_{found.group(1)}"
                values[key] = value
                return f":{key}"
            # A colon before a letter in a text ('HH24:MI') would name a variable.
            part = re.sub(r"'[^']*'", lambda text: re.sub(r":(?=[A-Za-z_])", "' || chr(58) || '", text.group()), part)
            lines.append(re.sub(r"\$(\d+)", variable, part).rstrip(";").replace("\n", " ") + ";")
    lines.append("\\endpipeline")
    return "\n".join(lines) + "\n", values


def pgbench(stack, clinic, scripts, clients, seconds):
    """Transactions a second of these scripts, mixed evenly, as the clinic's own login, whose password is lent for that time."""
    command = ["pgbench", "-n", "-D", "n=0", "-M", "prepared", "-c", str(clients), "-j", "2", "-T", str(seconds)]
    for number, (text, values) in enumerate(scripts):
        file = stack.directory / f"replay-{number}.sql"
        file.write_text(text)
        command += ["-f", file]
        for name, value in values.items():
            command += ["-D", f"{name}={value}"]
    role = re.search(r"SET LOCAL ROLE (\w+)", scripts[0][0]).group(1)
    lent = "bench-only-not-a-secret"
    # pgbench prepares before it begins, when role and search_path of the transaction are not set yet.
    prepared_under = f"-c role={role} -c search_path={clinic.database},pg_temp"
    environment = {**stack.environment, "PGPASSWORD": lent, "PGOPTIONS": prepared_under}
    command += ["-h", "127.0.0.1", "-p", str(stack.postgres.port), "-U", clinic.database, clinic.database]
    own = stack.sql(f"SELECT rolpassword FROM pg_authid WHERE rolname = '{clinic.database}'")
    stack.sql(f"ALTER ROLE {clinic.database} PASSWORD '{lent}'")
    try:
        run = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    finally:
        stack.sql(f"ALTER ROLE {clinic.database} PASSWORD '{own}'")
    output = run.stdout
    if run.returncode:
        raise SystemExit(run.stderr[:2000])
    failed = re.search(r"number of failed transactions: (\d+)", output)
    if failed and int(failed.group(1)):
        raise SystemExit(output)
    return float(re.search(r"tps = ([\d.]+)", output).group(1))
