"""A coordination playbook (CACAO 2.0) as values: the document untouched, and the steps as the runner reads them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Step:
    """One workflow step. `asks` is the boolean variable that a person's yes or no sets; `due` microseconds from opening."""

    id: str
    type: str  # start, end, action, parallel, if-condition, while-condition, switch-condition
    name: str = ""
    name_en: str = ""
    description: str = ""
    description_en: str = ""
    code: str = ""
    next: str = ""  # on_completion, or on_success
    on_failure: str = ""
    on_true: str = ""
    on_false: str = ""
    condition: str = ""
    branches: tuple[str, ...] = ()
    cases: tuple[tuple[str, str], ...] = ()
    lead: tuple[str, ...] = ()
    support: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    asks: str = ""
    due: int | None = None
    needs_evidence: bool = False
    optional: bool = False

    def successors(self) -> tuple[str, ...]:
        """Every step that may follow directly."""
        named = (self.next, self.on_failure, self.on_true, self.on_false, *self.branches, *(t for _, t in self.cases))
        return tuple(target for target in named if target)


@dataclass(frozen=True, slots=True)
class Playbook:
    """`digest` is sha256 of the canonical JSON of `document`; a run is pinned to (id, modified, digest)."""

    id: str
    name: str
    name_en: str
    modified: str
    digest: str
    start: str
    steps: dict[str, Step]
    variables: dict[str, Any] = field(default_factory=dict)
    roles: dict[str, str] = field(default_factory=dict)  # role code to its name
    document: dict[str, Any] = field(default_factory=dict)
    short: str = ""  # file name without extension: what people type


@dataclass(frozen=True, slots=True)
class Token:
    """Where the run stands: a step, and the frames (parallel, if, while) it is inside of, outermost first."""

    step: str
    frames: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Frame:
    """A step that waits for its branches: `left` of them have not reached their end."""

    step: str
    left: int


@dataclass(frozen=True, slots=True)
class RunState:
    """The whole state of a run; JSON-serialisable through `to_json`. Without tokens it has ended."""

    tokens: tuple[Token, ...] = ()
    frames: tuple[tuple[int, Frame], ...] = ()
    variables: tuple[tuple[str, Any], ...] = ()
    rounds: tuple[tuple[str, int], ...] = ()
    made: int = 0  # frames made so far

    @property
    def finished(self) -> bool:
        """No token is left."""
        return not self.tokens

    def to_json(self) -> dict[str, Any]:
        """As stored."""
        return {
            "tokens": [[t.step, list(t.frames)] for t in self.tokens],
            "frames": [[key, f.step, f.left] for key, f in self.frames],
            "variables": dict(self.variables),
            "rounds": dict(self.rounds),
            "made": self.made,
        }

    @staticmethod
    def from_json(body: dict[str, Any]) -> RunState:
        """Back from what was stored."""
        return RunState(
            tuple(Token(step, tuple(frames)) for step, frames in body["tokens"]),
            tuple((key, Frame(step, left)) for key, step, left in body["frames"]),
            tuple(sorted(body["variables"].items())),
            tuple(sorted(body["rounds"].items())),
            body["made"],
        )


@dataclass(frozen=True, slots=True)
class Opening:
    """A step that now waits for people: the runner's command to make a task."""

    step: str
    round: int
