"""What became of a run: a table, a JSON object, JUnit."""

import datetime
import json
import xml.etree.ElementTree as xml

from catalogue import CASES
from engine import BROKEN, HELD, UNPROVEN

# Of the places where an operation takes an id, those that must have a working control: what falls short is not shown.
FLOOR = 0.85


class Report:
    def __init__(self, run, cases, seconds, notes):
        self.run, self.cases, self.seconds, self.notes = run, cases, seconds, notes
        self.proven = sum(proven for proven, _ in run.controls.values())
        self.places = len(run.controls)
        self.share = self.proven / self.places if self.places else 0.0
        self.cross = sum(run.tallies[id].attempts for id in cases if CASES[id].cross)
        self.broken = sum(run.tallies[id].counts[BROKEN] for id in cases)
        self.empty = [id for id in cases if not run.tallies[id].attempts and not run.tallies[id].notes]

    def wanting(self, least):
        """Why nothing broken is not yet good."""
        if self.empty:
            yield f"nothing was tried of {', '.join(self.empty)}"
        for id in self.cases:
            counts = self.run.tallies[id].counts
            if counts[UNPROVEN] and not counts[HELD] and not counts[BROKEN]:
                yield f"{id}: nothing of it is proven ({next(iter(self.run.tallies[id].reasons), '')})"
        for place, (proven, why) in self.run.controls.items():
            if place.startswith("watch: ") and not proven:
                yield f"the watch sees nothing: {why}"
        if self.places and self.share < FLOOR:
            yield f"controls: {self.share:.0%} of the places where an id is taken are proven, {FLOOR:.0%} are asked for"
        if self.cross < least:
            yield f"{self.cross} cross-clinic attempts, {least} are asked for"

    def table(self, least, out=print):
        run = self.run
        out(f"\n{'case':17}{'attempts':>9}{'held':>8}{'broken':>8}{'not proven':>12}  {'OWASP API':11}{'ASVS 5.0.0':20} what")
        for id in self.cases:
            case, counts = CASES[id], run.tallies[id].counts
            out(f"{id:17}{run.tallies[id].attempts:9,}{counts[HELD]:8,}{counts[BROKEN]:8,}{counts[UNPROVEN]:12,}  {case.owasp:11}{case.asvs:20} {case.title}")
        for id in self.cases:
            for finding in run.tallies[id].findings:
                out(f"\nBROKEN {id}: {finding}")
        for id in self.cases:
            for reason, count in run.tallies[id].reasons.most_common(8):
                out(f"not proven, {id}: {reason}" + (f" ({count} times)" if count > 1 else ""))
            for note in run.tallies[id].notes:
                out(f"told, {id}: {note}")
        for target in sorted(run.repeating):
            out(f"told, watch.leaks: {target} repeats ids that were sent to it, alike whether or not they exist")
        for place, (proven, why) in sorted(run.controls.items()):
            if not proven:
                out(f"no control, {place}: {why}")
        reasons = {}
        for operation, why in run.left_out.items():
            if operation not in run.attacked:
                reasons.setdefault(why, []).append(operation)
        for why, operations in reasons.items():
            out(f"ids not attacked ({why}): {', '.join(sorted(operations))}")
        for note in self.notes:
            out(note)
        out(f"\n{self.cross:,} cross-clinic attempts, {self.broken} broken; {self.proven} of {self.places} places for ids have a working control ({self.share:.0%}); "
            f"{len(run.attacked)} of {len(run.spec.operations)} operations attacked by ids; {run.client.requests:,} requests in {self.seconds:.0f} s")
        for why in self.wanting(least):
            out(f"NOT ENOUGH: {why}")

    def status(self, least):
        """0: all held. 1: something broke. 2: nothing broke, and not enough was shown."""
        return 1 if self.broken else 2 if any(self.wanting(least)) else 0

    def json(self, url, least):
        run = self.run
        return json.dumps({
            "url": url, "at": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"), "seconds": round(self.seconds, 1),
            "form": "short" if run.short else "long", "requests": run.client.requests, "limited": run.client.limited,
            "crossClinicAttempts": self.cross, "broken": self.broken, "wanting": list(self.wanting(least)), "status": self.status(least),
            "controls": {place: {"proven": proven, "why": why} for place, (proven, why) in sorted(run.controls.items())},
            "notAttackedByIds": {one: why for one, why in sorted(run.left_out.items()) if one not in run.attacked},
            "cases": [{
                "id": id, "title": CASES[id].title, "owasp": CASES[id].owasp, "asvs": CASES[id].requirements,
                "attempts": run.tallies[id].attempts, "held": run.tallies[id].counts[HELD], "broken": run.tallies[id].counts[BROKEN],
                "notProven": run.tallies[id].counts[UNPROVEN], "findings": run.tallies[id].findings,
                "reasons": dict(run.tallies[id].reasons), "notes": run.tallies[id].notes,
            } for id in self.cases],
        }, indent=2, ensure_ascii=False)

    def junit(self, least):
        """A test a case, and one for whether enough was shown."""
        run, wanting = self.run, list(self.wanting(least))
        suite = xml.Element("testsuite", name="medicalpro.security", time=f"{self.seconds:.1f}")
        failures = skipped = 0
        for id in self.cases:
            tally, case = run.tallies[id], CASES[id]
            test = xml.SubElement(suite, "testcase", classname=f"security.{case.owasp.partition(':')[0]}", name=f"{id}: {case.title}")
            xml.SubElement(xml.SubElement(test, "properties"), "property", name="asvs", value=" ".join(case.requirements))
            if tally.counts[BROKEN]:
                failures += 1
                xml.SubElement(test, "failure", message=f"{tally.counts[BROKEN]} of {tally.attempts} broken").text = printable("\n".join(tally.findings))
            elif not tally.counts[HELD] and not tally.notes:
                skipped += 1
                xml.SubElement(test, "skipped", message=printable("; ".join(tally.reasons) or "not tried"))
            xml.SubElement(test, "system-out").text = f"{tally.attempts} attempts, {tally.counts[HELD]} held, {tally.counts[UNPROVEN]} not proven"
        test = xml.SubElement(suite, "testcase", classname="security", name="enough is shown")
        if wanting:
            failures += 1
            xml.SubElement(test, "failure", message="not enough is shown").text = printable("\n".join(wanting))
        suite.attrib.update(tests=str(len(self.cases) + 1), failures=str(failures), skipped=str(skipped), errors="0")
        return xml.tostring(suite, encoding="unicode", xml_declaration=True)


def printable(text):
    """XML has no place for control characters."""
    return "".join(c if c in "\n\t" or c >= " " and c not in "\ufffe\uffff" and not "\ud800" <= c <= "\udfff" else "\ufffd" for c in text)
