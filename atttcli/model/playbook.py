"""A playbook (CACAO 2.0) as values: the document untouched, and the steps as the runner reads them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Variable:
    """A typed variable. `value` as CACAO holds it: text, or None when it is not set yet."""

    name: str
    type: str = "string"
    value: str | None = None
    description: str = ""
    constant: bool = False
    external: bool = False


@dataclass(frozen=True, slots=True)
class Command:
    """One command of an action. `text` decoded; `type` manual, bash, powershell, ssh, http-api ..."""

    type: str
    text: str = ""
    description: str = ""
    more: tuple[tuple[str, str], ...] = ()  # what else it says: headers, content, version


@dataclass(frozen=True, slots=True)
class Party:
    """An agent or a target. `addresses`: (kind, value)."""

    id: str
    type: str
    name: str
    role: str = ""
    name_en: str = ""
    addresses: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One workflow step. Times in microseconds; `asks` is the one boolean variable that a plain yes or no sets."""

    id: str
    type: str  # start, end, action, playbook-action, parallel, if-condition, while-condition, switch-condition
    name: str = ""
    name_en: str = ""
    description: str = ""
    description_en: str = ""
    code: str = ""
    next: str = ""  # on_completion, or on_success
    on_failure: str = ""
    on_true: str = ""
    on_false: str = ""
    condition: str = ""  # of a switch: the variable's name
    branches: tuple[str, ...] = ()
    cases: tuple[tuple[str, str], ...] = ()
    commands: tuple[Command, ...] = ()
    agent: str = ""
    targets: tuple[str, ...] = ()
    in_args: tuple[str, ...] = ()
    out_args: tuple[str, ...] = ()
    variables: tuple[Variable, ...] = ()
    playbook_id: str = ""
    playbook_version: str = ""
    delay: int = 0
    timeout: int | None = None
    # of our extension
    lead: tuple[str, ...] = ()
    support: tuple[str, ...] = ()
    org: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    advisory: tuple[str, ...] = ()
    reports: tuple[str, ...] = ()
    deadlines: tuple[str, ...] = ()
    ask: str = ""
    ask_en: str = ""
    asks: str = ""
    due: int | None = None
    due_from: str = "opened"
    remind: int | None = None
    escalate: int | None = None
    escalate_to: str = ""
    needs_evidence: bool = False
    evidence: tuple[str, ...] = ()
    approval: tuple[str, ...] = ()
    optional: bool = False
    max_rounds: int = 10

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
    variables: dict[str, Variable] = field(default_factory=dict)
    parties: dict[str, Party] = field(default_factory=dict)  # agents and targets by id
    roles: dict[str, str] = field(default_factory=dict)  # role code to its name
    exception: str = ""  # workflow_exception
    fits: tuple[str, ...] = ()
    process: str = ""
    document: dict[str, Any] = field(default_factory=dict)
    short: str = ""  # file name without extension: what people type
    origin: str = "shipped"  # or `imported`, `file`, `run`

    def variable(self, step: Step, name: str) -> Variable | None:
        """A variable as this step sees it: its own first."""
        own = next((one for one in step.variables if one.name == name), None)
        return own or self.variables.get(name)


@dataclass(frozen=True, slots=True)
class Token:
    """Where the run stands: a step, and the frames (parallel, if, while) it is inside of, outermost first.

    `round`: how often that step was opened when this token came to wait there; `turns`: rounds that a while made so far.
    """

    step: str
    frames: tuple[int, ...] = ()
    round: int = 0
    turns: int = 0


@dataclass(frozen=True, slots=True)
class Frame:
    """A step that waits for its branches: `left` of them have not reached their end."""

    step: str
    left: int
    turns: int = 0


@dataclass(frozen=True, slots=True)
class RunState:
    """The whole state of a run; JSON-serialisable through `to_json`. Without tokens it has ended."""

    tokens: tuple[Token, ...] = ()
    frames: tuple[tuple[int, Frame], ...] = ()
    variables: tuple[tuple[str, Any], ...] = ()
    locals: tuple[tuple[str, Any], ...] = ()  # `step id/variable` to value
    rounds: tuple[tuple[str, int], ...] = ()
    made: int = 0  # frames made so far
    failed: bool = False  # it went on to the playbook's exception step

    @property
    def finished(self) -> bool:
        """No token is left."""
        return not self.tokens

    def to_json(self) -> dict[str, Any]:
        """As stored."""
        return {
            "tokens": [[t.step, list(t.frames), t.round, t.turns] for t in self.tokens],
            "frames": [[key, f.step, f.left, f.turns] for key, f in self.frames],
            "variables": dict(self.variables),
            "locals": dict(self.locals),
            "rounds": dict(self.rounds),
            "made": self.made,
            "failed": self.failed,
        }

    @staticmethod
    def from_json(body: dict[str, Any]) -> RunState:
        """Back from what was stored; runs of the first version had neither rounds at tokens nor local variables."""
        rounds = body["rounds"]
        return RunState(
            tuple(
                Token(step, tuple(frames), *(more or (rounds.get(step, 1),))) for step, frames, *more in body["tokens"]
            ),
            tuple((key, Frame(step, left, *more)) for key, step, left, *more in body["frames"]),
            tuple(sorted(body["variables"].items())),
            tuple(sorted(body.get("locals", {}).items())),
            tuple(sorted(rounds.items())),
            body["made"],
            bool(body.get("failed", False)),
        )


@dataclass(frozen=True, slots=True)
class Opening:
    """A step that now waits: the runner's command to make a task.

    `kind`: `task` (an action), `child` (a playbook-action), `again` (a while-condition that went round often enough).
    """

    step: str
    round: int
    kind: str = "task"


@dataclass(frozen=True, slots=True)
class Moved:
    """The run after an answer: its state, the steps that opened, and waiting ones that nobody needs to answer any more."""

    state: RunState
    opened: tuple[Opening, ...] = ()
    dropped: tuple[Token, ...] = ()
