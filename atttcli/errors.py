"""One tree of errors. Each carries a code, what to do next, where it happened, and the exit code of the CLI.

AtttError (2)
 |- InputError (2)            something read from outside is malformed, too large or refused
 |   |- LimitExceeded         a Budget ran out (bytes, ratio, depth, members, time)
 |   |- SecretDocument        marked as a state secret: refused at intake
 |   |- BundleRefused (7)     a bundle that is not what its kit signed and sealed for us, or not its turn; `fault` says which
 |   `- RuleError             a detection rule that cannot be used whole
 |- UsageError (2)            the command's words do not fit together
 |- MissingFeature (2)        an optional package is not installed
 |- WorkspaceError (2)        no workspace, network share, version too new
 |- NotFound (3)              no such incident, alert, agency ...
 |- Refused (4)               a guard or a role says no, and which command satisfies it
 |- Conflict (5)              somebody else changed it first
 `- IntegrityError (7)        journal chain, evidence or database is broken

Python 3.8-clean: the field scanner imports this module on agency machines.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional


@dataclass(frozen=True)
class Where:
    """A position in some input. `path` is as the user gave it; `line` and `column` count from 1; `offset` in bytes."""

    path: str = ""
    line: Optional[int] = None
    column: Optional[int] = None
    offset: Optional[int] = None
    rule: str = ""
    member: str = ""

    def __str__(self) -> str:
        text = self.path
        if self.member:
            text += "!" + self.member
        if self.line is not None:
            text += ":%d" % self.line
            if self.column is not None:
                text += ":%d" % self.column
        elif self.offset is not None:
            text += "@%d" % self.offset
        if self.rule:
            text += " [%s]" % self.rule
        return text


class AtttError(Exception):
    """Base of every error that a user may see: message, hint (what to do next), where."""

    code = "error"
    exit_code = 2

    def __init__(self, message: str, *, hint: str = "", where: Optional[Where] = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.where = where


class InputError(AtttError):
    """Something read from outside is malformed, too large or refused."""

    code = "input"


class LimitExceeded(InputError):
    """A budget ran out while reading untrusted input."""

    code = "limit"


class SecretDocument(InputError):
    """A document marked as a state secret (MẬT, TỐI MẬT, TUYỆT MẬT); such documents are outside this tool's scope."""

    code = "state-secret"


class BundleRefused(InputError):
    """A bundle from an agency that must not be believed. `fault` is one stable word of `atttcli.field.manifest.FAULTS`."""

    code = "bundle"
    exit_code = 7

    def __init__(self, message: str, *, fault: str, hint: str = "", where: Optional[Where] = None) -> None:
        super().__init__(message, hint=hint, where=where)
        self.fault = fault


class RuleError(InputError):
    """A rule that cannot be used whole: refused by name, counted, never run in part."""

    code = "rule"


class UsageError(AtttError):
    """The command's words do not fit together."""

    code = "usage"


class MissingFeature(AtttError):
    """An optional package is not installed; the hint names the extra to install."""

    code = "missing-feature"


class WorkspaceError(AtttError):
    """No workspace here, one on a network share, or one written by a newer version."""

    code = "workspace"


class NotFound(AtttError):
    """No such thing in this workspace."""

    code = "not-found"
    exit_code = 3


class Refused(AtttError):
    """A guard or a role says no; `guard` names it and the hint gives the command that satisfies it."""

    code = "refused"
    exit_code = 4

    def __init__(self, message: str, *, guard: str, hint: str = "", where: Optional[Where] = None) -> None:
        super().__init__(message, hint=hint, where=where)
        self.guard = guard


class Conflict(AtttError):
    """Somebody else changed it first, or it exists already."""

    code = "conflict"
    exit_code = 5


class IntegrityError(AtttError):
    """The journal's chain, an evidence object or the database is broken."""

    code = "integrity"
    exit_code = 7
