"""What is measured, started as production starts it: the release binary's own commands on a durable private PostgreSQL."""

import email
import email.policy
import http.client
import json
import os
import pathlib
import re
import socket
import statistics
import subprocess
import threading
import time
import urllib.parse

PASSWORD = "bench-only-not-a-secret"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(what, seconds, probe):
    """The first true answer of `probe`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        answer = probe()
        if answer:
            return answer
        time.sleep(0.02)
    raise SystemExit(f"{what}: not within {seconds} s")


def request(port, method, path, body=None, token=None, connection=None):
    """One request; status and JSON."""
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    link = connection or http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    link.request(method, path, None if body is None else json.dumps(body), headers)
    answer = link.getresponse()
    text = answer.read()
    if not connection:
        link.close()
    return answer.status, json.loads(text) if text else None


def expect(status, answer):
    if answer[0] != status:
        raise SystemExit(f"expected {status}, answered {answer[0]}: {answer[1]}")
    return answer[1]


def patient(number):
    return {
        "firstName": f"Given{number % 97}",
        "lastName": f"Family{number:05}",
        "birthDate": f"{1940 + number % 70}-{1 + number % 12:02}-{1 + number % 28:02}",
        "email": f"patient{number}@example.org",
        "phone": f"+336{number:08}",
    }


class Clinic:
    """A clinic, registered and verified; `token` is good for ten minutes from `log_in`."""

    def __init__(self, stack, number):
        self.stack, self.email = stack, f"admin{number}@example.org"

    def register(self):
        body = {
            "companyName": f"Clinic {self.email}", "country": "FR", "companyEmail": self.email, "email": self.email,
            "password": PASSWORD, "acceptTerms": True,
        }
        began = time.perf_counter()
        status, answer = request(self.stack.port, "POST", "/api/v1/auth/register", body)
        self.register_ms = (time.perf_counter() - began) * 1000
        self.id = expect(201, (status, answer))["company"]["id"]
        return self

    def verify(self):
        token = until("the verification mail", 20, lambda: self.stack.mailed(self.email))
        expect(204, request(self.stack.port, "POST", "/api/v1/auth/verify-email", {"token": token}))
        return self

    def log_in(self):
        body = {"email": self.email, "password": PASSWORD}
        self.token = expect(200, request(self.stack.port, "POST", "/api/v1/auth/login", body))["accessToken"]
        return self

    @property
    def database(self):
        return "medicalpro_clinic_" + self.id.replace("-", "_")


class Stack:
    """PostgreSQL, worker and server; ends with the `with` block."""

    def __init__(self, binary, directory, pool):
        self.binary, self.directory, self.pool = binary, pathlib.Path(directory), pool
        self.processes = []

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.__exit__()
            raise

    def start(self):
        self.cluster = subprocess.Popen(
            [self.binary, "cluster", "--data", self.directory, "--until-eof"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.admin_url = self.cluster.stdout.readline().strip()
        if not self.admin_url:
            raise SystemExit("PostgreSQL did not start")
        self.postgres = urllib.parse.urlsplit(self.admin_url)
        urls = self.run("bootstrap", "--yes", "--json", "--admin-url", self.admin_url)
        self.port = free_port()
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("MEDICALPRO_")},
            **urls,
            "MEDICALPRO_MASTER_KEYS": self.run("keys", "generate", "--json")["masterKey"],
            "MEDICALPRO_MAIL": f"file:{self.directory / 'mail'}",
            "MEDICALPRO_LISTEN": f"127.0.0.1:{self.port}",
            "MEDICALPRO_POOL_SIZE": str(self.pool),
            "MEDICALPRO_LANES": "8",
            "MEDICALPRO_REGISTRATIONS_PER_MINUTE": "10000000",
            "MEDICALPRO_LOGINS_PER_MINUTE": "10000000",
        }
        self.run("migrate", "--json")
        self.worker = self.spawn("worker")
        until("the worker's signing key", 20, lambda: self.sql("SELECT count(*) FROM medicalpro_central.signing_keys", "medicalpro_central") == "1")
        self.server = self.spawn("serve")
        until("the server", 20, self.ready)
        return self

    def spawn(self, command):
        log = open(self.directory / f"{command}.log", "wb")
        process = subprocess.Popen([self.binary, command], env=self.environment, stdout=log, stderr=log)
        self.processes.insert(0, process)
        return process

    def run(self, *arguments):
        output = subprocess.run([self.binary, *arguments], env=getattr(self, "environment", None), check=True, stdout=subprocess.PIPE)
        return json.loads(output.stdout)

    def ready(self):
        try:
            return request(self.port, "GET", "/health/ready")[0] == 200
        except OSError:
            return False

    def sql(self, statement, database="postgres", schema=None):
        """As the superuser: what the bench sets up around what it measures."""
        url = self.postgres._replace(path="/" + database).geturl()
        environment = {**os.environ, **({"PGOPTIONS": f"-c search_path={schema}"} if schema else {})}
        command = ["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", statement, url]
        output = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
        return output.stdout.strip()

    def mailed(self, address):
        for file in (self.directory / "mail").glob("*.eml"):
            mail = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
            if mail["To"] == address:
                return re.search(r"[#&]token=([\w-]+)", mail.get_body(("plain",)).get_content()).group(1)
        return None

    def memory(self):
        """Resident memory of the server, in MB."""
        output = subprocess.run(["ps", "-o", "rss=", "-p", str(self.server.pid)], check=True, stdout=subprocess.PIPE, text=True).stdout
        return int(output) / 1000

    def __exit__(self, *_):
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait()
        self.cluster.stdin.close()
        self.cluster.wait()


def median(values):
    return statistics.median(values)


def at_once(jobs):
    """Runs all side by side."""
    failures = []

    def guarded(job):
        try:
            job()
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=guarded, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
