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
        "on-time": _("in time"), "late": _("late"), "too-late": _("too late"), "never": _("never"),
        "missed": _("missed"), "logged": _("only the tool saw it"), "found-later": _("found while handling"),
        "false-alarm": _("false alarm"), "right": _("right"), "partly": _("partly right"), "wrong": _("wrong"),
        "wrong-addressee": _("sent to the wrong reader"), "out-of-order": _("before what should come first"),
        "no-evidence": _("without proof"), "ruled": _("the controller's ruling"),
    }  # fmt: skip
    return words.get(reason, reason)
