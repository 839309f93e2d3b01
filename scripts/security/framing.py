"""Where one request ends and the next begins, by raw bytes; clients that take their time; headers that name another host, path or client.
Controls: two requests on one connection are both answered, and a request that is cut nowhere is."""

import time
from concurrent.futures import ThreadPoolExecutor

from engine import BROKEN, HELD, UNPROVEN
from wire import exchange, statuses

MARK = "smuggled-zq"
# Seconds in which somebody else has to be served.
WAIT = 20.0


def attack(run, group, workers):
    safe = next(one for one in run.spec.operations if one.method == "GET" and not one.public and one.path.endswith("/me"))
    maker = next(one for one in run.spec.operations if one.makes and one.json_body and not one.public and not one.positions())
    smuggle(run, safe, maker, workers)
    slow(run, safe)
    spoof(run, workers)


def smuggle(run, safe, maker, workers):
    token, host = run.a.session.token, run.client.url.netloc
    base = run.client.base
    hidden = f"GET {base}/{MARK} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\nX-Request-Id: {MARK}\r\n\r\n"

    def head(method, path, *lines):
        return "".join(f"{line}\r\n" for line in (f"{method} {base}{path} HTTP/1.1", f"Host: {host}", f"Authorization: Bearer {token}", "Content-Type: application/json", *lines)) + "\r\n"

    two = exchange(run.client, (head("GET", safe.path) + head("GET", safe.path, "Connection: close")).encode(), 10.0)
    run.control(safe, "two requests", statuses(two) == [200, 200], f"two requests on one connection are answered {statuses(two)}")
    # Over another's connection that goes on, a hidden request would be answered for whoever comes next: twice, so that the second is too.
    length, chunk = len(hidden), f"0\r\n\r\n{hidden}"
    cuts = {
        "a length and chunks": ([f"Content-Length: {len(chunk)}", "Transfer-Encoding: chunked"], chunk),
        "chunks and a length": (["Transfer-Encoding: chunked", f"Content-Length: {len(chunk)}"], chunk),
        "chunks and a short length": (["Content-Length: 4", "Transfer-Encoding: chunked"], chunk),
        "two lengths": (["Content-Length: 0", f"Content-Length: {length}"], hidden),
        "two lengths, longer first": ([f"Content-Length: {length}", "Content-Length: 0"], hidden),
        "two lengths in one": ([f"Content-Length: 0, {length}"], hidden),
        "a signed length": ([f"Content-Length: +{length}"], hidden),
        "a length in hexadecimal": ([f"Content-Length: 0x{length:x}"], hidden),
        "a length with a fraction": ([f"Content-Length: {length}.0"], hidden),
        "a length of letters": (["Content-Length: ٣"], hidden),
        "a length far too long": (["Content-Length: 18446744073709551616"], hidden),
        "a negative length": (["Content-Length: -1"], hidden),
        "a space before the colon": (["Content-Length: 0", "Transfer-Encoding : chunked"], chunk),
        "a tab before the colon": (["Content-Length: 0", "Transfer-Encoding\t: chunked"], chunk),
        "a folded coding": ([f"Content-Length: {len(chunk)}", "X: y\r\n Transfer-Encoding: chunked"], chunk),
        "a folded value": ([f"Content-Length: {len(chunk)}", "Transfer-Encoding:\r\n chunked"], chunk),
        "another coding": ([f"Content-Length: {len(chunk)}", "Transfer-Encoding: xchunked"], chunk),
        "identity and chunked": ([f"Content-Length: {len(chunk)}", "Transfer-Encoding: identity, chunked"], chunk),
        "chunked and identity": ([f"Content-Length: {len(chunk)}", "Transfer-Encoding: chunked, identity"], chunk),
        "chunked twice": ([f"Content-Length: {len(chunk)}", "Transfer-Encoding: chunked, chunked"], chunk),
        "two codings": ([f"Content-Length: {len(chunk)}", "Transfer-Encoding: identity", "Transfer-Encoding: chunked"], chunk),
        "a vertical tab": ([f"Content-Length: {len(chunk)}", "Transfer-Encoding: \x0bchunked"], chunk),
        "a quoted coding": ([f"Content-Length: {len(chunk)}", 'Transfer-Encoding: "chunked"'], chunk),
        "a NUL in the name": ([f"Content-Length: {len(chunk)}", "Transfer-Encoding\0: chunked"], chunk),
        "a bare line feed": ([f"Content-Length: {len(chunk)}", "X: y\nTransfer-Encoding: chunked"], chunk),
        "a bare return": ([f"Content-Length: {len(chunk)}", "X: y\rTransfer-Encoding: chunked"], chunk),
        "a header without a name": ([f"Content-Length: {len(chunk)}", ": x", "Transfer-Encoding: chunked"], chunk),
        "an extension with a line feed": (["Transfer-Encoding: chunked"], f"2;x\n{{}}\r\n0;\n\r\n{hidden}"),
        "a chunk's size with an underscore": (["Transfer-Encoding: chunked"], f"0_2\r\n{{}}\r\n0\r\n\r\n{hidden}"),
        "a chunk's size in hexadecimal letters": (["Transfer-Encoding: chunked"], f"0x2\r\n{{}}\r\n0\r\n\r\n{hidden}"),
        "a chunk's size that is negative": (["Transfer-Encoding: chunked"], f"-2\r\n{{}}\r\n0\r\n\r\n{hidden}"),
        "a chunk's size far too long": (["Transfer-Encoding: chunked"], f"10000000000000002\r\n{{}}\r\n0\r\n\r\n{hidden}"),
        "a chunk longer than said": (["Transfer-Encoding: chunked"], f"1\r\n{{}}\r\n0\r\n\r\n{hidden}"),
        "chunks that end by line feeds": (["Transfer-Encoding: chunked"], f"2\n{{}}\n0\n\n{hidden}"),
        "HTTP/1.0 with chunks": (None, f"POST {base}{maker.path} HTTP/1.0\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\nContent-Length: {len(chunk)}\r\nConnection: keep-alive\r\n\r\n{chunk}"),
        "a body of a GET": (None, head("GET", safe.path, f"Content-Length: {length}") + hidden),
        "a body of a HEAD": (None, head("HEAD", safe.path, f"Content-Length: {length}") + hidden),
        "a body with an expectation": (["Expect: 100-continue", f"Content-Length: {length}"], hidden),
        "an unknown expectation": (["Expect: x", f"Content-Length: {length}"], hidden),
        "a line in the path": (None, f"GET {base}{safe.path}\r\n{hidden}"),
        "two versions": (None, f"GET {base}{safe.path} HTTP/1.1 HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\n\r\n{hidden}"),
        "an upgrade": (["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__", f"Content-Length: {length}"], hidden),
        "two hosts": ([f"Host: {MARK}.example.org", f"Content-Length: {length}"], hidden),
    }
    if run.short:
        cuts = dict(list(cuts.items())[::2])

    def cut(item):
        what, (lines, body) = item
        data = (head("POST", maker.path, *lines) + body if lines is not None else body).encode("utf-8")
        said = exchange(run.client, data, 1.0 if run.short else 2.0)
        answered = statuses(said)
        # The hidden request has a path and an id of its own: its answer would have a status 404, or repeat the id.
        final = [status for status in answered if status >= 200]
        loose = MARK.encode() in said or len(final) > 1
        run.record("frame.smuggle", BROKEN if loose or any(status >= 500 and status not in (501, 505) for status in answered) else HELD,
                   f"{what}: answered {answered}")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(cut, cuts.items()))


def slow(run, safe):
    """Many that say little keep nobody else waiting."""
    links = []
    count = 40 if run.short else 200
    kinds = [f"GET {run.client.base}{safe.path} HTTP/1.1\r\nHost: x\r\nX: ", f"POST {run.client.base}{safe.path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{{",
             f"POST {run.client.base}{safe.path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{{", ""]
    try:
        for number in range(count):
            link = run.client.socket(5)
            links.append(link)
            link.sendall(kinds[number % len(kinds)].encode())
        for _ in range(3 if run.short else 20):
            for link in links:
                try:
                    link.sendall(b"a")
                except OSError:
                    pass
            for party in (run.a, run.b):
                began = time.monotonic()
                head = f"GET {run.client.base}{safe.path} HTTP/1.1\r\nHost: {run.client.url.netloc}\r\nAuthorization: Bearer {party.session.token}\r\nConnection: close\r\n\r\n"
                said = statuses(exchange(run.client, head.encode(), WAIT))
                if not run.check("frame.slow", said == [200], f"with {count} slow clients another was answered {said} in {time.monotonic() - began:.1f} s"):
                    return
            time.sleep(0.1)
    except OSError as refused:
        # Whoever takes no more connections of one address keeps others free.
        answer = run.b.raw("GET", safe.path)
        run.record("frame.slow", HELD if answer.ok else BROKEN, f"after {len(links)} slow clients: {refused}, and another was answered {answer.status}")
    finally:
        for link in links:
            link.close()


def spoof(run, workers):
    """Another host, path, client or scheme by header: no answer leads there, none shows what another path has."""
    evil = f"{MARK}.example.org"
    rows = [("Host", evil), ("X-Forwarded-Host", evil), ("X-Host", evil), ("X-Forwarded-Server", evil), ("Forwarded", f"host={evil};proto=http"), ("X-HTTP-Host-Override", evil),
            ("X-Original-URL", "/metrics"), ("X-Rewrite-URL", "/metrics"), ("X-Original-URL", "/api/v1/platform/companies"), ("X-Override-URL", "/api/v1/platform/companies"),
            ("X-Forwarded-Path", "/api/v1/platform/companies"), ("X-Forwarded-Prefix", "/" + MARK), ("X-Forwarded-For", "127.0.0.1"), ("X-Real-IP", "127.0.0.1"), ("True-Client-IP", "127.0.0.1"),
            ("X-Client-IP", "::1"), ("X-Forwarded-For", "' OR 1=1 --"), ("X-Forwarded-For", ", ".join(["10.0.0.1"] * 200)), ("X-Forwarded-Proto", "http"), ("X-Forwarded-Scheme", "nothttps"),
            ("X-Forwarded-Port", "1"), ("Via", evil), ("Origin", f"https://{evil}"), ("X-Custom-IP-Authorization", "127.0.0.1"), ("Connection", "Authorization"), ("Connection", "close, X-Request-Id")]
    safe = [one for one in run.spec.operations if one.method == "GET" and not one.streams and "{" not in one.path]
    safe = safe[::6] if run.short else safe

    def one_by_one(job):
        one, (name, value) = job
        answer = run.ask("frame.spoof", run.a, "GET", one.path, [(name, value)])
        shown = MARK.encode() in answer.body or any(MARK in text for _, text in answer.headers)
        cors = answer.header("access-control-allow-origin")
        run.check("frame.spoof", not shown and answer.status < 500 and answer.status != 0 and not (name == "Origin" and cors in (value, "*", "null") and answer.header("access-control-allow-credentials")),
                  f"{one}, {name}: {value[:60]}: answered {answer.status}" + (", and led there" if shown else ""))

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(one_by_one, [(one, row) for one in safe for row in rows]))
    for one in (one for one in run.spec.operations if "/platform" in one.path and one.method == "GET" and "{" not in one.path):
        for name, value in rows:
            answer = run.ask("frame.spoof", run.a, "GET", one.path, [(name, value)])
            run.check("frame.spoof", not answer.ok, f"{one}, of the platform, was answered to a clinic's admin with {name}: {value[:40]}")
    maker = next((one for one in run.spec.operations if one.makes and one.json_body and not one.public and not one.positions()), None)
    if maker:
        parts = run.a.ready(maker)
        answer = run.a.keep(maker, run.ask("frame.spoof", run.a, "POST", parts.target(), [*parts.headers(), ("Host", evil), ("X-Forwarded-Host", evil)], parts.data()))
        run.check("frame.spoof", MARK not in (answer.header("location") or ""), f"{maker}: Location leads to the host that was named")
    else:
        run.record("frame.spoof", UNPROVEN, "nothing is made without ids")
