"""What an inject may bring, channel by channel: the words of its payload, read and bounded."""

from __future__ import annotations

import re
from typing import Any

from atttcli.model.drill import Said
from atttcli.profile.record import Record

LOG_STYLES = ("web", "windows", "syslog", "mail", "gateway", "audit")
CAPTURE_SHAPES = ("upload", "flood", "key")
SIGS = {
    "file": (
        "ransom-note", "renamed-files", "home-page", "script-upload", "login-page", "paper-scan", "repo-key",
    ),
    "mail": ("login-page", "ransom-note", "paper-scan", "repo-key"),
    "log": (
        "disk-lock", "shadow-delete", "usb-copy", "editor-publish", "upload-post", "far-login", "abroad-login",
        "forward-rule", "mass-mail", "bulk-export", "backup-read", "request-flood", "form-peak", "quiet-probe",
        "key-burst", "partner-load", "service-write",
    ),
    "capture": ("wire-upload", "wire-flood", "wire-key"),
}  # fmt: skip
MAX_LINES = 5000
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}(?<!\.)\Z")
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|\Z)", re.IGNORECASE)  # no names of files on Windows
_ENDING = re.compile(r"[A-Za-z0-9]{1,20}\Z")


def read_payload(channel: str, given: Record) -> dict[str, Any]:
    """The payload of one inject; InputError with the line otherwise."""
    found = _READERS[channel](given)
    given.finish()
    return found


def _said(given: Record, key: str) -> Said:
    inner = given.record(key)
    found = Said(inner.text("vi"), inner.text("en"))
    inner.finish()
    return found


def _spoken(given: Record) -> dict[str, Any]:
    found: dict[str, Any] = {"text": _said(given, "text")}
    if given.has("from"):
        found["from"] = _said(given, "from")
    if given.has("number"):
        found["number"] = given.text("number")
    return found


def _name(given: Record) -> str:
    name = given.text("name")
    if not _NAME.match(name) or _DEVICE.match(name):
        raise given.refuse(f"{name[:40]!r} is no safe file name", "name", hint="letters, digits, . _ -")
    return name


def _file(given: Record) -> dict[str, Any]:
    ending = given.text("ending", "khoa")
    if not _ENDING.match(ending):
        raise given.refuse(f"{ending[:40]!r} is no ending of a file", "ending", hint="letters and digits: khoa")
    return {
        "name": _name(given),
        "sig": given.choice("sig", SIGS["file"]),
        "text": _said(given, "text"),
        "copies": given.integer("copies", 0, low=0, high=50),
        "ending": ending,
    }


def _log(given: Record) -> dict[str, Any]:
    return {
        "name": _name(given),
        "style": given.choice("style", LOG_STYLES),
        "sig": given.choice("sig", SIGS["log"]),
        "lines": given.texts("lines"),
        "count": given.integer("count", 20, low=1, high=MAX_LINES),
        "noise": given.integer("noise", 0, low=0, high=MAX_LINES),
        "sources": given.integer("sources", 3, low=1, high=60),
    }


def _capture(given: Record) -> dict[str, Any]:
    return {
        "name": _name(given),
        "shape": given.choice("shape", CAPTURE_SHAPES),
        "sig": given.choice("sig", SIGS["capture"]),
        "count": given.integer("count", 50, low=1, high=MAX_LINES),
    }


def _mail(given: Record) -> dict[str, Any]:
    return {
        "name": _name(given),
        "sig": given.choice("sig", SIGS["mail"]),
        "from": given.text("from"),
        "subject": _said(given, "subject"),
        "text": _said(given, "text"),
        "count": given.integer("count", 1, low=1, high=50),
    }


def _list(given: Record) -> dict[str, Any]:
    return {
        "name": _name(given),
        "number": given.text("number", ""),
        "about": given.text("about"),
        "places": given.texts("places"),
        "rows": given.integer("rows", 3, low=1, high=500),
    }


_READERS = {
    "phone": _spoken, "letter": _spoken, "media": _spoken, "question": _spoken, "file": _file, "log": _log,
    "capture": _capture, "mail": _mail, "list": _list,
}  # fmt: skip


def header_texts(channel: str, payload: dict[str, Any]) -> tuple[str, ...]:
    """What becomes a header of a mail."""
    return (payload["from"], payload["subject"].vi, payload["subject"].en) if channel == "mail" else ()


def texts_of(channel: str, payload: dict[str, Any]) -> tuple[str, ...]:
    """Every text of a payload, for the checks of a scenario."""
    found: list[str] = []
    for value in payload.values():
        if isinstance(value, Said):
            found += [value.vi, value.en]
        elif isinstance(value, str):
            found.append(value)
        elif isinstance(value, tuple):
            found += value
    return tuple(found)
