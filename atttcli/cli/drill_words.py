"""Words of drills: dimensions, reasons of a score line."""

from __future__ import annotations

from atttcli.text.messages import _


def dimension_word(dim: str) -> str:
    """A dimension of the score as people say it."""
    words = {
        "detect": _("detection"), "triage": _("triage and class"), "contain": _("containment"),
        "report": _("reporting"), "playbook": _("playbook"), "evidence": _("evidence"),
    }  # fmt: skip
    return words.get(dim, dim)


def reason_word(reason: str) -> str:
    """Why a line is worth what it is worth."""
    words = {
        "on-time": _("in time"), "late": _("late"), "too-late": _("too late"), "never": _("not done"),
        "missed": _("missed"), "logged": _("only the tool saw it"), "found-later": _("found while handling"),
        "false-alarm": _("false alarm"), "right": _("right"), "partly": _("partly right"), "wrong": _("wrong"),
        "wrong-addressee": _("sent to the wrong reader"), "out-of-order": _("before what should come first"),
        "no-evidence": _("without proof"), "ruled": _("the controller's ruling"),
        "unruled": _("not graded yet"),
    }  # fmt: skip
    return words.get(reason, reason)


def capability_word(capability: str) -> str:
    """What an objective is about, without saying what is to be done."""
    words = {
        "phat-hien": _("detection"), "xac-minh": _("triage and class"), "ngan-chan": _("containment"),
        "bao-cao": _("reporting"), "dieu-phoi": _("coordination"), "khoi-phuc": _("recovery"),
        "bang-chung": _("evidence"),
    }  # fmt: skip
    return words.get(capability, capability)


def channel_word(channel: str) -> str:
    """How an inject reaches the team."""
    words = {
        "phone": _("telephone"), "file": _("file"), "log": _("log"), "capture": _("capture"), "mail": _("mail"),
        "list": _("list"), "letter": _("letter"), "media": _("press"), "question": _("question"),
    }  # fmt: skip
    return words.get(channel, channel)


def format_word(format: str) -> str:
    """The format of a drill as people say it."""
    words = {
        "tabletop": _("tabletop"), "functional": _("functional"), "log": _("real systems"), "flash": _("flash, 20 minutes"),
    }  # fmt: skip
    return words.get(format, format)
