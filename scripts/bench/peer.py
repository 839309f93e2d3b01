"""The peer: the Node server in peer-node/, on the same PostgreSQL, with the same patients."""

import base64
import hashlib
import hmac
import json
import pathlib
import shutil
import subprocess
import time

from stack import free_port, request, until

HERE = pathlib.Path(__file__).parent / "peer-node"
SECRET = "0123456789abcdef0123456789abcdef"


class Peer:
    """Runs until the end of its `with` block; `token` is good for the whole run."""

    def __init__(self, stack, clinic, pool):
        self.stack, self.clinic, self.pool = stack, clinic, pool

    def __enter__(self):
        home = self.stack.directory / "peer-node"
        shutil.copytree(HERE, home)
        subprocess.run(["npm", "ci" if (home / "package-lock.json").exists() else "install", "--silent", "--no-fund", "--no-audit"], cwd=home, check=True)
        self.copy_patients()
        self.port = free_port()
        url = self.stack.postgres
        environment = {
            **self.stack.environment, "NODE_ENV": "production", "PGHOST": "127.0.0.1", "PGPORT": str(url.port), "PGUSER": "postgres",
            "PGPASSWORD": url.password, "CENTRAL_DB": "peer_central", "HTTP_PORT": str(self.port), "POOL": str(self.pool), "JWT_SECRET": SECRET,
        }
        self.process = subprocess.Popen(["node", "app.js"], cwd=home, env=environment, stdout=subprocess.DEVNULL)
        self.token = token({"companyId": self.clinic.id, "exp": int(time.time()) + 86400})
        until("the peer", 20, self.ready)
        return self

    def copy_patients(self):
        """Its own table, indexed for its queries; its user is a superuser, whom no row security holds up."""
        sql, url = self.stack.sql, self.stack.postgres
        sql("CREATE DATABASE peer_central")
        sql("CREATE DATABASE peer_clinic")
        sql("CREATE TABLE companies (id uuid PRIMARY KEY, db_name text, db_user text, db_password text)", "peer_central")
        sql(f"INSERT INTO companies VALUES ('{self.clinic.id}', 'peer_clinic', 'postgres', '{url.password}')", "peer_central")
        sql("""CREATE TABLE patients (
                 id uuid PRIMARY KEY, company_id uuid NOT NULL, patient_number text, first_name text, last_name text, birth_date date,
                 gender text, email text, phone text, address jsonb, blood_type text, notes text,
                 created_at timestamptz, updated_at timestamptz, deleted_at timestamptz);
               CREATE INDEX ON patients (company_id, created_at, id)""", "peer_clinic")
        columns = "id, company_id, patient_number, first_name, last_name, birth_date, gender, email, phone, created_at, updated_at"
        schema = self.clinic.database
        rows = subprocess.Popen(
            ["psql", "-XAtq", "-c", f"COPY (SELECT {columns} FROM {schema}.patients) TO STDOUT", url._replace(path="/" + schema).geturl()],
            stdout=subprocess.PIPE)
        subprocess.run(
            ["psql", "-XAtq", "-c", f"COPY patients ({columns}) FROM STDIN", url._replace(path="/peer_clinic").geturl()],
            stdin=rows.stdout, check=True)
        if rows.wait():
            raise SystemExit("the patients could not be copied")
        sql("VACUUM ANALYZE patients", "peer_clinic")

    def ready(self):
        try:
            return request(self.port, "GET", "/api/v1/patients?limit=1", token=self.token)[0] == 200
        except OSError:
            return False

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def token(claims):
    """A JWT by HS256 (RFC 7519)."""
    def part(data):
        return base64.urlsafe_b64encode(data).rstrip(b"=")
    signed = part(b'{"alg":"HS256","typ":"JWT"}') + b"." + part(json.dumps(claims).encode())
    return (signed + b"." + part(hmac.new(SECRET.encode(), signed, hashlib.sha256).digest())).decode()
