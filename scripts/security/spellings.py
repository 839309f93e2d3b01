"""In how many ways an id can be written: what a server may read as the same, or as another's."""

import gzip
import json
import secrets
import zlib


def absent(value):
    """An id like another, that names nothing."""
    if "-" not in value:
        return str(int(value) + 10**9) if value.isdigit() else value[::-1]
    head, tail = value[:-12], "".join(secrets.choice("0123456789abcdef") for _ in range(12))
    # The time within it differs too, as it does between two that exist.
    return "".join(secrets.choice("0123456789abcdef") if i in (4, 5, 6, 7, 9, 10, 11, 12, 20, 21, 22) else c for i, c in enumerate(head)) + tail


def percent(text):
    return "".join(f"%{byte:02x}" for byte in text.encode())


def wide(text):
    """In letters of full width, which some take for the same."""
    return percent("".join(chr(ord(c) + 0xFEE0) if c != "-" else c for c in text))


# This one asks for one's own, and is answered so: nothing to try with what changes it.
ALONE = "own, and the other in the query"

# Of a path: what stands there, made of the id and of one's own. The first few are the short form's.
PATH = {
    "as it is": lambda v, own: v,
    "upper case": lambda v, own: v.upper(),
    "in braces": lambda v, own: f"%7B{v}%7D",
    "without hyphens": lambda v, own: v.replace("-", ""),
    "percent-encoded": lambda v, own: percent(v),
    "with a slash behind": lambda v, own: v + "/",
    "matrix parameter": lambda v, own: f"{own};id={v}",
    "traversal": lambda v, own: f"{own}/../{v}",
    "list": lambda v, own: f"{own},{v}",
    "NUL behind": lambda v, own: f"{v}%00",
    # The long form's.
    "encoded twice": lambda v, own: percent(v).replace("%", "%25"),
    "as a URN": lambda v, own: f"urn:uuid:{v}",
    "quoted": lambda v, own: f"%22{v}%22",
    "slash before": lambda v, own: f"/{v}",
    "dot behind": lambda v, own: f"{v}.",
    "parameter behind": lambda v, own: f"{v};a=b",
    "list, first": lambda v, own: f"{v},{own}",
    "twice": lambda v, own: v + v,
    "NUL between": lambda v, own: f"{own}%00{v}",
    "space behind": lambda v, own: f"{v}%20",
    "space before": lambda v, own: f"%20{v}",
    "line end": lambda v, own: f"{v}%0d%0a",
    "tab": lambda v, own: f"%09{v}",
    "encoded traversal": lambda v, own: f"{own}%2f..%2f{v}",
    "backslashes": lambda v, own: f"{own}%5c..%5c{v}",
    "encoded dots": lambda v, own: f"{own}/%2e%2e/{v}",
    "dot before": lambda v, own: f"./{v}",
    "traversal encoded twice": lambda v, own: f"{own}%252f..%252f{v}",
    "overlong slashes": lambda v, own: f"{own}%c0%af..%c0%af{v}",
    "suffix": lambda v, own: f"{v}.json",
    "query within": lambda v, own: f"{own}%3fid={v}",
    "fragment": lambda v, own: f"{own}%23{v}",
    "fragment behind": lambda v, own: f"{v}%23",
    "full width": lambda v, own: wide(v),
    "wildcard": lambda v, own: f"{v[:-1]}%25",
    "any character": lambda v, own: f"{v[:-1]}_",
    "injected or": lambda v, own: f"{own}'%20OR%20id='{v}",
    "injected union": lambda v, own: f"{own}'%20UNION%20SELECT%20'{v}",
    "array": lambda v, own: f"[{v}]",
    "object": lambda v, own: f"%7B%22id%22:%22{v}%22%7D",
    "plus": lambda v, own: f"+{v}",
    ALONE: lambda v, own: f"{own}?id={v}",
    "query too": lambda v, own: f"{v}?id={own}",
}
PATH_SHORT = 8

# Of a query: the whole of it, in place of `name=own`.
QUERY = {
    "as it is": lambda n, v, own: f"{n}={v}",
    "upper case": lambda n, v, own: f"{n}={v.upper()}",
    "twice, last": lambda n, v, own: f"{n}={own}&{n}={v}",
    "list": lambda n, v, own: f"{n}={own},{v}",
    "in braces": lambda n, v, own: f"{n}=%7B{v}%7D",
    "twice, first": lambda n, v, own: f"{n}={v}&{n}={own}",
    "array": lambda n, v, own: f"{n}[]={v}",
    "indexed": lambda n, v, own: f"{n}={own}&{n}[0]={v}",
    "operator": lambda n, v, own: f"{n}[eq]={v}",
    "without hyphens": lambda n, v, own: f"{n}={v.replace('-', '')}",
    "percent-encoded": lambda n, v, own: f"{percent(n)}={percent(v)}",
    "name in capitals": lambda n, v, own: f"{n.upper()}={v}",
    "semicolon": lambda n, v, own: f"{n}={own};{n}={v}",
    "injected or": lambda n, v, own: f"{n}={own}'%20OR%20'{v}'='{v}",
    "NUL": lambda n, v, own: f"{n}={v}%00",
    "space": lambda n, v, own: f"{n}=+{v}",
    "wildcard": lambda n, v, own: f"{n}={v[:-1]}%25",
    "clinic too": lambda n, v, own: f"{n}={v}&companyId={v}&tenant={v}",
}
QUERY_SHORT = 4

# Of a body: in place of the value.
BODY = {
    "as it is": lambda v, own: v,
    "upper case": lambda v, own: v.upper(),
    "array": lambda v, own: [v],
    "object": lambda v, own: {"id": v},
    "in braces": lambda v, own: "{%s}" % v,
    "as a URN": lambda v, own: f"urn:uuid:{v}",
    "without hyphens": lambda v, own: v.replace("-", ""),
    "space before": lambda v, own: f" {v}",
    "array of both": lambda v, own: [own, v],
    "nested arrays": lambda v, own: [[v]],
    "operator": lambda v, own: {"$eq": v},
    "injected or": lambda v, own: f"{own}' OR '{v}'='{v}",
    "list": lambda v, own: f"{own},{v}",
    "NUL": lambda v, own: f"{v}\0",
}
BODY_SHORT = 4


def twice(body, name, first, second):
    """A body in which one key stands twice at the top, which parsers read differently."""
    rest = json.dumps({key: value for key, value in body.items() if key != name})[1:-1]
    return ("{%s: %s%s, %s: %s}" % (json.dumps(name), json.dumps(first), ", " + rest if rest else "", json.dumps(name), json.dumps(second))).encode()


def wholes(body, name, value, own):
    """Whole bodies, with their headers: what surrounds the value differs."""
    plain = json.dumps({**body, name: value}).encode()
    kind = [("Content-Type", "application/json")]
    yield "key twice, last", twice(body, name, own, value), kind
    yield "key twice, first", twice(body, name, value, own), kind
    yield "escaped", json.dumps({**body, name: "@"}).encode().replace(b'"@"', ('"%s"' % "".join(f"\\u{ord(c):04x}" for c in value)).encode()), kind
    yield "key in capitals", json.dumps({**body, name.upper(): value}).encode(), kind
    yield "clinic beside it", json.dumps({**body, name: value, "companyId": value, "company_id": value, "tenantId": value}).encode(), kind
    yield "array of bodies", b"[" + plain + b"]", kind
    yield "two bodies", plain + b"\n" + plain, kind
    yield "as text", plain, [("Content-Type", "text/plain")]
    yield "as a form", plain, [("Content-Type", "application/x-www-form-urlencoded")]
    yield "as XML", f'<?xml version="1.0"?><r><{name}>{value}</{name}></r>'.encode(), [("Content-Type", "application/xml")]
    yield "without a type", plain, []
    yield "another charset", plain.decode().encode("utf-16"), [("Content-Type", "application/json; charset=utf-16")]
    yield "compressed", gzip.compress(plain, mtime=0), [*kind, ("Content-Encoding", "gzip")]
    yield "deflated", zlib.compress(plain), [*kind, ("Content-Encoding", "deflate")]
    yield "merge patch", plain, [("Content-Type", "application/merge-patch+json")]
    yield "JSON patch", json.dumps([{"op": "replace", "path": f"/{name}", "value": value}]).encode(), [("Content-Type", "application/json-patch+json")]


WHOLE_SHORT = 2
