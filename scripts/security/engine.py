"""A run: who there is, what was tried, and what became of it."""

import re
import threading
import time
from collections import Counter

from catalogue import CASES
from parties import Refused, rows_of

HELD, BROKEN, UNPROVEN = "held", "broken", "unproven"
SHOWN = 20


class Tally:
    """What became of a case. What is broken is kept with how to see it again, what is not proven with why."""

    def __init__(self):
        self.counts, self.findings, self.reasons, self.notes = Counter(), [], Counter(), []

    @property
    def attempts(self):
        return sum(self.counts.values())


class Run:
    def __init__(self, client, spec, watch, a, b, others=(), short=False, note=lambda text: None):
        self.client, self.spec, self.watch, self.a, self.b, self.others = client, spec, watch, a, b, list(others)
        self.short, self.note, self.lock = short, note, threading.Lock()
        self.tallies = {id: Tally() for id in CASES}
        # Operations by what became of their ids, and those that were not attacked with why.
        self.controls, self.left_out, self.attacked = {}, {}, set()
        # The ids that name nothing, which were sent beside clinic B's.
        self.invented, self.repeating, self.telling = set(), set(), set()
        watch.mark = b.mark.lower().encode()
        watch.of_clinic(b.things["company"] + b.things["user"])

    @property
    def attackers(self):
        return [self.a, *self.others]

    def record(self, case, verdict, what=""):
        with self.lock:
            tally = self.tallies[case]
            tally.counts[verdict] += 1
            if verdict == BROKEN and len(tally.findings) < SHOWN:
                tally.findings.append(self.redact(what))
            elif verdict == UNPROVEN:
                tally.reasons[self.redact(what)] += 1

    def tell(self, case, what):
        """A figure that is no verdict."""
        self.tallies[case].notes.append(what)

    def check(self, case, right, what):
        self.record(case, HELD if right else BROKEN, what)
        return right

    def control(self, operation, what, proven, why=""):
        """Whether the same request with an id of one's own is answered otherwise: without that, a refusal shows nothing."""
        with self.lock:
            self.controls[f"{operation}: {what}"] = (proven, self.redact(why))

    def leave_out(self, operation, why):
        with self.lock:
            self.left_out[operation.id] = why

    def redact(self, text):
        for party in (self.a, self.b, *self.others):
            for secret in list(party.session.secrets):
                text = text.replace(secret, "…")
        return text

    def describe(self, method, target, headers, body):
        """A request, to be sent again: without what is secret."""
        shown = [f"{name}: {self.redact(value)[:80]}" for name, value in headers if name.lower() not in ("authorization", "cookie")]
        text = self.redact((body or b"").decode("utf-8", "replace"))
        return f"{method} {self.redact(target)[:400]}" + (f" [{'; '.join(shown)[:300]}]" if shown else "") + (f" {text[:300]}" if text else "")

    def ask(self, case, party, method, target, headers=(), body=None, sent=(), session=None, token=True):
        """A request of clinic A's; what comes back is looked through for what is clinic B's."""
        headers = list(headers)
        if token and not any(name.lower() == "authorization" for name, _ in headers):
            headers.insert(0, ("Authorization", f"Bearer {(session or party.session).token}"))
        answer = party.client.send(method, target, headers, body)
        if answer.status == 429:
            raise Refused(f"limited (429, Retry-After: {answer.header('retry-after')})")
        said = " ".join([target, *(value for _, value in headers), *filter(None, sent)]).lower().encode("utf-8", "replace") + (body or b"").lower()
        self.look(case, answer, said, lambda: self.describe(method, target, headers, body), (party, target) if method == "GET" and token else None)
        return answer

    def look(self, case, answer, said, request, again=None):
        leak = self.watch.leaked(answer, said)
        if leak and again and " id " in leak and rows_of(answer) and self.repeats(*again, leak.split()[2]):
            leak = None
        insides = self.watch.insides(answer, said)
        if leak or insides:
            request = request() if callable(request) else request
        self.record("watch.leaks", BROKEN if leak else HELD, f"{case}: {leak} in the answer {answer.status} to {request}")
        self.record("watch.errors", BROKEN if insides else HELD, f"{case}: {insides}: {request}")
        if leak:
            self.record(case, BROKEN, f"{leak} in the answer {answer.status} to {request}")
        return not leak

    def repeats(self, party, target, id):
        """A trail that keeps what was sent to it shows ids that A has sent, in the same way whether or not they exist: it tells A nothing."""
        if target.partition("?")[0] in self.telling:
            return False
        for attempt in range(5):
            rows = rows_of(party.raw("GET", re.sub(r"([?&])limit=\d+", r"\1", target) + ("&" if "?" in target else "?") + "limit=200"))
            shapes = lambda wanted: {tuple(sorted(row)) for row in rows if any(isinstance(value, str) and wanted(value) for value in row.values())}
            invented = shapes(lambda value: value in self.invented)
            if invented and shapes(lambda value: value == id) <= invented:
                self.repeating.add(target.partition("?")[0])
                return True
            time.sleep(0.2)
        self.telling.add(target.partition("?")[0])
        return False

    def pair(self, case, party, what, foreign, absent, refused=False, plain=None):
        """The same request twice: with what is clinic B's, and with what is nowhere. `foreign` and `absent` are (method, target, headers,
        body, the value). Both are answered alike, byte for byte; where `refused`, with a refusal. Where one's own is asked for beside it,
        `plain` is the target of that alone: what one sees anyway may change between two looks."""
        self.invented.add(absent[4])
        for attempt in range(3):
            try:
                answers = [self.ask(case, party, *request[:4], sent=(request[4],)) for request in (foreign, absent)]
            except Refused as limited:
                return self.record(case, UNPROVEN, str(limited))
            one, other = (answer.bare(spellings(request[4])) for answer, request in zip(answers, (foreign, absent)))
            statuses = [answer.status for answer in answers]
            if any(status in (0, 502, 503, 504) for status in statuses):
                # Whoever does not answer has refused nothing.
                if attempt < 2:
                    time.sleep(1)
                    continue
                if statuses[0] == statuses[1]:
                    return self.record(case, UNPROVEN, f"{what}: not answered, {statuses}")
            if one == other and not (refused and answers[0].ok):
                return self.record(case, HELD)
            if plain and all(answer.ok for answer in answers):
                seen = ids(self.ask(case, party, foreign[0], plain)) | ids(answers[1])
                if ids(answers[0]) <= seen:
                    return self.record(case, HELD)
            if statuses[0] != statuses[1] and not any(status == 0 or status >= 500 for status in statuses):
                break
            # Of equal status once may be chance: another request in between. Again and again is not.
        request = self.describe(*foreign[:4])
        if one != other:
            return self.record(case, BROKEN, f"{what}: answered {statuses[0]}, an absent one {statuses[1]}{differing(one, other)}: {request}")
        return self.record(case, BROKEN, f"{what}: answered {statuses[0]} as if it were one's own: {request}")


def ids(answer):
    """The rows of a list, by their ids."""
    return {str(row.get("id", row)) for row in rows_of(answer)}


def spellings(value):
    return [value, value.upper(), value.lower()] if value else []


def differing(one, other):
    if one[0] == other[0]:
        return ", and other headers" if one[2] == other[2] else ", and another body"
    return ""
