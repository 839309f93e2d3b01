"""How requests are sent and answers are looked at. Every answer to anybody passes `Watch`: whatever a case asks, what must never be
in an answer is looked for in each."""

import http.client
import json
import re
import socket
import ssl
import threading
import time
import urllib.parse

UUID = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
# What PostgreSQL, Rust, and other machinery say of themselves.
INSIDES = re.compile(
    rb"syntax error at or near|pg_catalog|SQLSTATE|relation \"|column \"\w+\" (of|does)|violates (unique|foreign|check|row)|row-level security"
    rb"|invalid input syntax for|duplicate key value|tokio|panicked at|RUST_BACKTRACE|\.rs:\d+|stack backtrace|Traceback \(most|\bat [\w.$]+\([\w.]+:\d+\)"
    rb"|ORA-\d{5}|You have an error in your SQL|root:x:0:0", re.I)
# What differs from answer to answer, and says nothing of what was asked for.
VOLATILE = {"date", "x-request-id", "age", "retry-after", "keep-alive", "connection"}
TIMEOUT = 30


class Answer:
    """What came back. Status 0: nothing did, the connection was closed."""

    def __init__(self, status, headers, body, seconds=0.0):
        self.status, self.headers, self.body, self.seconds = status, headers, body, seconds

    @property
    def ok(self):
        return 200 <= self.status < 300

    def header(self, name):
        return next((value for key, value in self.headers if key == name), None)

    @property
    def json(self):
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    def get(self, name):
        value = self.json
        return value.get(name) if isinstance(value, dict) else None

    def bare(self, sent=()):
        """Without the request's own id, the time, and the values that were sent, which an answer may repeat."""
        request = self.header("x-request-id")
        texts = [text for text in (request, *sent) if text]

        def clean(data):
            for text in texts:
                data = data.replace(text.encode(), b"*")
            return data

        headers = sorted((name, clean(value.encode("latin-1", "replace"))) for name, value in self.headers if name not in VOLATILE)
        # A length says only what the body says, of which the repeated values are none.
        headers = [(name, value) for name, value in headers if name != "content-length"] if sent else headers
        return self.status, tuple(headers), re.sub(rb'"requestId":\s*"[^"]*"', b'"requestId":"*"', clean(self.body))


class Watch:
    """What no answer may hold: of clinic B in an answer to A, of the server's insides in any."""

    def __init__(self):
        self.mark, self.ids, self.shapes = None, set(), {}

    def of_clinic(self, ids):
        self.ids.update(one.lower().encode() for one in ids)

    def leaked(self, answer, sent=b""):
        """What of clinic B an answer to A holds, without what A itself had sent: its text, or an id."""
        data = answer.body.lower() + "\n".join(value for _, value in answer.headers).lower().encode("utf-8", "replace")
        if self.mark and self.mark in data and self.mark not in sent:
            return "text that only clinic B has"
        return next((f"the id {found.decode()} of clinic B" for found in UUID.findall(data) if found in self.ids and found not in sent), None)

    @staticmethod
    def insides(answer, sent=b""):
        found = INSIDES.search(answer.body)
        if found and found.group(0).lower() not in sent:
            return f"the server's insides: {found.group(0)[:40].decode(errors='replace')}"
        if answer.status >= 500 and answer.status not in (501, 503, 505):
            return f"a server error, {answer.status}"
        return None


class Client:
    """One server; a connection a thread. Waits where it is asked to (429), up to `patience` seconds in all."""

    def __init__(self, url, ca=None, patience=120.0):
        self.url = urllib.parse.urlsplit(url)
        self.tls = ssl.create_default_context(cafile=ca) if self.url.scheme == "https" else None
        self.port = self.url.port or (443 if self.tls else 80)
        self.base = self.url.path.rstrip("/")
        self.local, self.patience, self.requests, self.limited = threading.local(), patience, 0, 0

    def socket(self, timeout=TIMEOUT):
        """A connection to send bytes by."""
        link = socket.create_connection((self.url.hostname, self.port), timeout)
        return self.tls.wrap_socket(link, server_hostname=self.url.hostname) if self.tls else link

    def link(self):
        if not getattr(self.local, "link", None):
            kind = http.client.HTTPSConnection if self.tls else http.client.HTTPConnection
            more = {"context": self.tls} if self.tls else {}
            self.local.link, self.local.used = kind(self.url.hostname, self.port, timeout=TIMEOUT, **more), False
        return self.local.link

    def close(self):
        link, self.local.link = getattr(self.local, "link", None), None
        if link:
            link.close()

    def send(self, method, target, headers=(), body=None):
        """Headers are pairs, as many as one likes of the same name; `Host` is ours unless given."""
        for _ in range(6):
            answer = self.once(method, target, headers, body)
            if answer.status != 429:
                return answer
            self.limited += 1
            wait = min(float(answer.header("retry-after") or 1), 60)
            if wait > self.patience:
                return answer
            self.patience -= wait
            time.sleep(wait)
        return answer

    def once(self, method, target, headers, body):
        began = time.perf_counter()
        self.requests += 1
        while True:
            link, used = self.link(), getattr(self.local, "used", False)
            try:
                given = {name.lower() for name, _ in headers}
                link.putrequest(method, self.base + target, skip_host="host" in given, skip_accept_encoding=True)
                for name, value in headers:
                    link.putheader(name, value)
                if body is not None and "content-length" not in given:
                    link.putheader("Content-Length", str(len(body)))
                elif body is None and method in ("POST", "PUT", "PATCH"):
                    link.putheader("Content-Length", "0")
                link.endheaders(body)
                return self.read(link.sock, link.getresponse(), began)
            except (OSError, http.client.HTTPException):
                self.close()
                # A kept connection may have been closed meanwhile: that says nothing. A new one may not.
                if not used:
                    return Answer(0, [], b"", time.perf_counter() - began)

    def read(self, socket, response, began):
        headers = [(name.lower(), value) for name, value in response.getheaders()]
        if (response.getheader("content-type") or "").startswith("text/event-stream") and response.status == 200:
            return Answer(200, headers, self.stream(socket, response), time.perf_counter() - began)
        body = response.read()
        self.local.used = True
        if response.will_close:
            self.close()
        return Answer(response.status, headers, body, time.perf_counter() - began)

    def stream(self, socket, response, seconds=1.0):
        """What comes of an answer that does not end."""
        data, until = b"", time.monotonic() + seconds
        try:
            while (left := until - time.monotonic()) > 0:
                # The connection may have let go of it already, for an answer that ends it.
                socket.settimeout(left)
                more = response.read1(65536)
                if not more:
                    break
                data += more
        except OSError:
            pass
        self.close()
        return data


def statuses(data):
    """The statuses of all answers in what a connection said."""
    return [int(found) for found in re.findall(rb"HTTP/1\.[01] (\d{3})", data)]


def exchange(client, data, seconds=2.0):
    """Sends bytes as they are, and gives all that comes back until the server closes or falls silent."""
    said = b""
    try:
        with client.socket(seconds) as link:
            link.sendall(data)
            while True:
                more = link.recv(65536)
                if not more:
                    break
                said += more
    except OSError:
        pass
    return said
