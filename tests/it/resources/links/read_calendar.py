"""Reads a calendar as calendar programs do, with PyPI's icalendar, and writes what it understood as JSON."""

import json
import sys
from zoneinfo import ZoneInfo

from icalendar import Calendar

zone = ZoneInfo(sys.argv[1])
calendar = Calendar.from_ical(sys.stdin.buffer.read())
events = calendar.walk("VEVENT")
broken = [str(error) for component in calendar.walk() for error in component.errors]
json.dump(
    {
        "version": calendar["VERSION"],
        "name": calendar["X-WR-CALNAME"],
        "broken": broken,
        "others": sorted({component.name for component in calendar.walk()} - {"VCALENDAR", "VEVENT"}),
        "events": [
            {
                "uid": event["UID"],
                "start": event["DTSTART"].dt.astimezone(zone).isoformat(),
                "minutes": (event["DTEND"].dt - event["DTSTART"].dt).total_seconds() / 60,
                "status": event["STATUS"],
                "transparency": event["TRANSP"],
                "sequence": event["SEQUENCE"],
                "stamp": event["DTSTAMP"].dt.isoformat(),
                "modified": event["LAST-MODIFIED"].dt.isoformat(),
                "summary": event["SUMMARY"],
                "properties": sorted(event.keys()),
            }
            for event in events
        ],
    },
    sys.stdout,
)
