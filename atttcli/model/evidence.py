"""A piece of evidence in the vault, and what re-hashing it says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One number of the vault: whose incident, which bytes, where they came from. Times in microseconds UTC.

    A thing that is no file has no `sha256`. `holder`, `place`, `seal`: who has it now, where, under which seal.
    """

    number: str
    incident: str
    sha256: str
    name: str
    size: int
    source: str
    note: str
    collected: int
    actor: str
    withdrawn: int | None
    serial: str = ""
    holder: str = ""
    place: str = ""
    seal: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Outcome of re-hashing: `problem` is empty when the bytes are those that were collected."""

    number: str
    sha256: str
    problem: str = ""
