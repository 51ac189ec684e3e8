"""English wording: the analysts' version of the same paper."""

from __future__ import annotations

from atttcli.clock import VIETNAM, from_micros
from atttcli.reports.wording import IncidentWording

# Not strftime, which follows the machine's locale.
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def _number(number: str, symbol: str) -> str:
    shown = number or "        "
    return f"No. {shown}/{symbol}" if symbol else f"No. {shown}"


def _place_date(place: str, date: str, as_of: int) -> str:
    year, month, day = (*date.split("-"), "", "")[:3] if date else (str(from_micros(as_of, VIETNAM).year), "", "")
    if not (month.isdigit() and day.isdigit() and 1 <= int(month) <= 12):
        return f"{place or '……'},            {year}"
    return f"{place or '……'}, {int(day)} {_MONTHS[int(month) - 1]} {year}"


def _attached(number: str, symbol: str, date: str, organ: str) -> str:
    shown = _number(number or "……", symbol)
    day = _place_date("", date, 0).partition(", ")[2] if date else "……"
    return f"(Attached to paper {shown} of {day} of {organ or '……'})"


def _moment(micros: int) -> str:
    return f"{from_micros(micros, VIETNAM):%Y-%m-%d %H:%M:%S}"


def _minute(micros: int) -> str:
    return f"{from_micros(micros, VIETNAM):%Y-%m-%d %H:%M}"


def _long_moment(micros: int) -> str:
    moment = from_micros(micros, VIETNAM)
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}, {moment:%H:%M} (UTC+7)"


def _basis(text: str) -> str:
    if text.startswith(("Pursuant", "Under", "Based")):
        return text
    return f"Pursuant to the {text}" if text.startswith("Law ") else f"Pursuant to {text}"


def _count(number: int) -> str:
    return f"{number:,}"


def _size(size: int) -> str:
    for unit, bound in (("GB", 2**30), ("MB", 2**20), ("KB", 2**10)):
        if size >= bound:
            return f"{size * 10 // bound / 10:.1f} {unit}"
    return f"{size} bytes"


INCIDENT = IncidentWording(
    language="en",
    nation="SOCIALIST REPUBLIC OF VIET NAM",
    motto="Independence - Freedom - Happiness",
    number=_number,
    place_date=_place_date,
    moment=_moment,
    minute=_minute,
    long_moment=_long_moment,
    count=_count,
    size=_size,
    kind="REPORT",
    summary_open="Response to {field} incident {number}: situation",
    summary_closed="Response to {field} incident {number}: results",
    about="Re: ",
    addressees="To:",
    basis=_basis,
    intro="{organ} reports on the incident “{title}” ({number}) as of {as_of}. Times are in UTC+7.",
    closing="This is the report of {organ} on {field} incident {number}.",
    recipients="Recipients:",
    same_as_above="As above",
    file_copy="File: {archive}.",
    exercise="EXERCISE - NOT A REAL INCIDENT",
    draft="DRAFT",
    unverified_mark="Contains legal data that nobody has verified (see the last annex)",
    none="None.",
    not_told="Not known yet.",
    unknown="Not known",
    yes="Yes",
    no="No",
    more_rows="{count} more rows are not printed here; the JSON file of this report holds the whole list.",
    headings={
        "general": "GENERAL INFORMATION",
        "incident": "The incident",
        "affected": "Agencies and systems affected",
        "course": "COURSE OF THE INCIDENT",
        "summary": "What happened",
        "cause": "Cause",
        "scope": "Scope and impact",
        "timeline": "Timeline",
        "analysis": "MONITORING AND ANALYSIS",
        "alerts": "Alerts",
        "indicators": "Indicators",
        "response": "RESPONSE",
        "measures": "Measures taken",
        "tasks": "Steps of the response process",
        "result": "Result",
        "notices": "Notices, reports and deadlines",
        "evidence": "EVIDENCE",
        "review": "LESSONS AND PROPOSALS",
        "lessons": "Lessons learned",
        "proposals": "Proposals",
        "notes": "Handlers' notes",
        "missing": "WHAT IS STILL MISSING",
    },
    fields={
        "number": "Incident",
        "title": "Title",
        "category": "Category",
        "legal_class": "Legal class",
        "severity": "Severity (internal)",
        "status": "Status",
        "occurred_at": "Occurred",
        "detected_at": "Detected",
        "detected_by": "Detected by",
        "opened_at": "Received",
        "closed_at": "Closed",
        "owner": "Handled by",
        "personal_data": "Personal data involved",
        "tool": "Made with",
        "profile": "Legal profile",
        "as_of": "Facts as of",
        "chain_count": "Journal entries",
        "chain_hash": "Hash of the last entry",
    },
    columns={
        "index": "No.",
        "agency": "Agency",
        "system": "System",
        "level": "Level",
        "operator": "Owner, operator",
        "at": "Time",
        "actor": "Who",
        "text": "What",
        "severity": "Severity",
        "alerts": "Alerts",
        "sightings": "Sightings",
        "step": "Step",
        "task": "Task",
        "lead": "Lead, assignee",
        "state": "State",
        "note": "Result, note",
        "number": "Number",
        "name": "Name",
        "sha256": "SHA-256",
        "size": "Size",
        "collected": "Collected",
        "duty": "Notice or report",
        "recipient": "Recipient",
        "due": "Due",
        "sent": "Sent",
        "basis": "Basis",
        "alert": "Alert and rule",
        "first_last": "First - last",
        "count": "Count",
        "where": "Agency, system",
        "source": "Source",
        "type": "Type",
        "value": "Value (defanged)",
        "role": "Role",
        "first": "First seen",
        "pack": "Rule pack",
        "rules": "Rules that fired",
        "digest": "Digest",
    },
    sentences={
        "alerts": "{count} alerts, seen {sightings} times in all; listed in {annex}.",
        "indicators": "{count} indicators; listed in {annex}.",
        "evidence": "Originals are kept in the evidence vault by SHA-256; every collection and hand-over is in the journal.",
        "due": "Due: {at}",
        "done": "Done: {at}",
        "done_by": "Confirmed by: {who}",
        "assignee": "Assignee: {who}",
        "evidence_of": "Evidence: {numbers}",
        "missing": "Not known when this report was made:",
        "chain": "Every decision on this incident is an entry of an append-only, hash-chained journal. A later change shows "
        "when the journal no longer holds this count and this hash.",
        "unverified": "Legal data not verified against the original texts:",
        "not_sent": "Not sent",
        "unverified_basis": "{basis} (not verified)",
    },
    severity={
        "informational": "Informational",
        "low": "Low",
        "medium": "Medium",
        "high": "High",
        "critical": "Critical",
    },
    states={
        "open": "Open",
        "doing": "In progress",
        "done": "Done",
        "skipped": "Skipped",
        "waiting": "Waiting",
        "failed": "Failed",
        "cancelled": "Cancelled",
    },
    types={
        "ipv4-addr": "IPv4 address",
        "ipv6-addr": "IPv6 address",
        "cidr": "Network",
        "domain-name": "Domain",
        "url": "URL",
        "email-addr": "Mailbox",
        "md5": "MD5",
        "sha1": "SHA-1",
        "sha256": "SHA-256",
    },
    roles={
        "c2": "C2 server",
        "phishing": "Phishing site",
        "malware": "Malware",
        "attacker": "Attacker",
        "scanner": "Scanner",
        "malicious": "Malicious",
        "source": "Source",
        "target": "Target",
        "victim": "Victim",
        "host": "Host that was called",
        "sender": "Sender",
        "attachment": "Attachment",
    },
    missing={
        "header.organ": "issuing organ",
        "header.place": "place",
        "header.authority": "signing authority",
        "incident.category": "incident category",
        "incident.legal_class": "legal class",
        "incident.detected_at": "time of detection",
        "incident.detected_by": "how it was detected",
        "incident.personal_data": "whether personal data is involved",
        "affected": "agencies and systems affected",
        "affected.level": "level of the system affected",
        "narrative.summary": "description of the incident",
        "narrative.cause": "cause",
        "narrative.scope": "scope and impact",
        "narrative.measures": "measures taken",
        "narrative.result": "result",
        "evidence": "evidence",
    },
    annex="Annex {roman}",
    attached=_attached,
    annex_titles={"alerts": "ALERTS", "indicators": "INDICATORS", "provenance": "SOURCES AND INTEGRITY"},
)
