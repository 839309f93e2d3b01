"""What is put into texts: each kind of interpreter behind a server would take one of these for more than a text."""

# 9801547 is 1337 times 7331: whoever finds it in an answer has had it computed.
COMPUTED = b"9801547"

SHORT = [
    "' OR '1'='1", "'; SELECT pg_sleep(0) --", "x' UNION SELECT NULL, version() --", "%' OR 1=1 --", "\u0000", "\r\nX-Injected: 1\r\n\r\n<html>",
    "<script>alert(1)</script>", "{{1337*7331}}", "${1337*7331}", "../../../../etc/passwd", "%s%s%s%n", "*)(uid=*))(|(uid=*", "\u202e\u0000\ufeff", "A" * 5000,
]

LONG = SHORT + [
    "'", "''", "\"", "\\", "\\'", "`", "';", "')", "'))", "'--", "/**/", "1;DROP TABLE patients", "'||(SELECT current_user)||'", "$$; SELECT 1; $$", "E'\\x41'", "\\u0027",
    "1 OR 1=1", "-1", "0", "NULL", "null", "true", "NaN", "Infinity", "1e309", "9223372036854775808", "%", "_", "%%%", "\\%", "\\_", "a%", "*", "?", "[a-z]", "(a+)+$",
    "'; SELECT set_config('app.ctx', '', false) --", "'; SET ROLE postgres --", "'; COPY (SELECT 1) TO PROGRAM 'id' --", "'; NOTIFY x --", "$1", "$2", ":1", "?1", "@@version",
    "<img src=x onerror=alert(1)>", "\"><svg/onload=alert(1)>", "javascript:alert(1)", "'-alert(1)-'", "</script><script>alert(1)</script>", "&lt;b&gt;", "<!--", "]]>",
    "<?xml version=\"1.0\"?><!DOCTYPE r [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><r>&x;</r>", "<xi:include href=\"file:///etc/passwd\"/>",
    "#{1337*7331}", "<%= 1337*7331 %>", "${{1337*7331}}", "{%print(1337*7331)%}", "*{1337*7331}", "@(1337*7331)", "${jndi:ldap://127.0.0.1:1/x}", "{{constructor.constructor('return 1337*7331')()}}",
    "$(expr 1337 \\* 7331)", "`expr 1337 \\* 7331`", "|id", ";id", "& ping -c 1 127.0.0.1 &", "\n/bin/id\n", "=1337*7331", "+1337*7331", "-1337*7331", "@SUM(1)", "=cmd|'/c calc'!A0",
    "*)(objectClass=*)", "admin)(&)", "' or count(/*)=1 or '", "'||'1'=='1", "{\"$gt\":\"\"}", "[$ne]", "__proto__", "constructor.prototype", "%p%x%d", "%99999999s", "{0}", "{}", "%{}",
    "..\\..\\windows\\win.ini", "file:///etc/passwd", "http://127.0.0.1:1/", "http://169.254.169.254/latest/meta-data/", "gopher://127.0.0.1:1/_x", "//127.0.0.1:1/", "php://filter", "%2e%2e%2f", "%00",
    "%0d%0aX-Injected: 1", "\r\nBcc: x@example.org", "\n.\nMAIL FROM:<x@example.org>", "x@example.org\r\nBcc: y@example.org", "\u2028\u2029", "\ud7ff", "\uffff", "\u0085", "\u00a0", "\u200b",
    "\u0130\u0131", "\ufb03", "\u00df", "e\u0301" * 50, "Z\u0351\u036b\u0343" * 20, "\U0001f469\u200d\u2695\ufe0f", "\U00010000", "\u05d0\u0627", "\u2800", "\u1160", "\uff07 OR 1=1", "\u02bc OR 1=1", "A" * 100_000,
]

# Of paths and queries: as they stand in a request's line.
LINE_SHORT = ["'%20OR%20'1'='1", "%00", "%0d%0aX-Injected:%201", "..%2f..%2f..%2fetc%2fpasswd", "%27", "%25", "%ff", "{{1337*7331}}", "%3Cscript%3Ealert(1)%3C/script%3E", "%F0%9F%A9%BA"]
LINE_LONG = LINE_SHORT + [
    "%22", "%5c", "%3b", "%60", "1%20OR%201=1", "%27;SELECT%20pg_sleep(0)--", "%27||(SELECT%20version())||%27", "%27%20UNION%20SELECT%20NULL--", "$1", "%2500", "%c0%ae%c0%ae", "%e0%80%af",
    "%u0027", "%uff07", "%ed%a0%80", "%fe%ff", "%80", "*", "_", "%5b%5d", "%7b%7d", "(a%2b)%2b$", "-1", "0", "99999999999999999999", "1e309", "NaN", "null", "undefined", "true",
    "..", ".", "...", "%2e%2e", "%2e%2e%2f%2e%2e%2f", "..;", "..%5c", ";", "~", "a" * 3000, "%24%7bjndi:ldap://127.0.0.1:1/x%7d", "%24%7b1337*7331%7d", "%23", "%3f", "%26a=b", "a=b=c", "%09", "%0a", "%20", "+",
]

# What is no client's to set, beside what the server's own answers have and its requests have not.
FIELDS = ["companyId", "company_id", "tenantId", "clinicId", "id", "role", "roles", "isAdmin", "is_admin", "admin", "deletedAt", "deleted_at", "archived", "createdBy", "created_by", "createdAt",
          "updatedAt", "version", "emailVerified", "email_verified_at", "status", "totalCents", "netCents", "taxCents", "number", "platformRole", "ownerId", "userId", "passwordHash", "__proto__",
          "constructor", "$where", "_id", "permissions", "password", "seats", "plan"]

HEADERS = ["If-Match", "If-None-Match", "Idempotency-Key", "Last-Event-ID", "Accept-Language", "X-Request-Id", "User-Agent", "Accept", "Content-Language", "Range", "Origin", "Traceparent"]

# Bodies of other shapes and types: what a parser that nobody thought of might read.
TYPES = [
    ("application/xml", b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r>&x;</r>'),
    ("application/json", b"[" * 20000), ("application/json", b'{"a":' * 5000), ("application/json", b'{"a":1e999999}'), ("application/json", b"\xff\xfe{}"), ("application/json", b""),
    ("application/json", b'{"__proto__":{"admin":true}}'), ("application/json", b'{"a":"\\ud800"}'), ("application/json", b'{"a":"\xc0\xaf"}'), ("application/x-www-form-urlencoded", b"a=b"),
    ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="f"; filename="../../x"\r\n\r\nx\r\n--x--\r\n'), ("text/yaml", b"a: !!python/object/apply:os.system [id]"),
    ("application/x-java-serialized-object", b"\xac\xed\x00\x05"), ("application/json; charset=utf-7", b"+AHs-+AH0-"), ("text/plain", b"{}"), ("application/cbor", b"\xa0"), ("image/svg+xml", b"<svg/>"),
    ("a" * 4000, b"{}"), ("application/json\x80", b"{}"), ("", b"{}"), ("*/*", b"{}"), ("application/json, text/csv", b"{}"),
]
