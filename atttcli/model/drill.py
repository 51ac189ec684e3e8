"""A drill as values: the scenario that a person wrote, and what is read back from the journal of the drill. No I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

FORMATS = ("tabletop", "functional", "log", "flash")
CHANNELS = ("phone", "file", "log", "capture", "mail", "list", "letter", "media", "question")
MADE = ("file", "log", "capture", "mail", "list")  # channels whose payload goes through the ingest
DIMENSIONS = ("detect", "triage", "contain", "report", "playbook", "evidence")
WEIGHTS = {"detect": 25, "triage": 15, "contain": 20, "report": 20, "playbook": 15, "evidence": 5}
KINDS = ("detect", "dismiss", "classify", "contain", "report", "step", "decision", "evidence")
CAPABILITIES = (
    "phat-hien", "xac-minh", "ngan-chan", "bao-cao", "dieu-phoi", "khoi-phuc", "bang-chung",
)  # fmt: skip
CHOICES = ("yes", "no", "na", "dismiss", "incident")  # words of an answer that are no option
GATES = ("real-system", "real-addressee", "drill-data-in-live")


@dataclass(frozen=True, slots=True)
class Said:
    """One wording in both languages."""

    vi: str = ""
    en: str = ""

    def say(self, language: str) -> str:
        """The wording in `language`, or in the other one rather than nothing."""
        return (self.en or self.vi) if language == "en" else (self.vi or self.en)


@dataclass(frozen=True, slots=True)
class Condition:
    """One node: `op` is all, any, not, after, at, done, no_action_for or score_below.

    `name`: an inject (after), an expectation (done) or an objective (score_below, empty for the total). `amount`:
    microseconds of scenario time (after, at, no_action_for) or points (score_below).
    """

    op: str
    parts: tuple[Condition, ...] = ()
    name: str = ""
    amount: int = 0


@dataclass(frozen=True, slots=True)
class Goal:
    """An objective of the drill, rated P, S, M or U."""

    id: str
    text: Said
    capability: str
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Role:
    """Who plays; an inject is addressed to one."""

    code: str
    name: Said


@dataclass(frozen=True, slots=True)
class Truth:
    """What the controller knows of an inject, sealed until the end. A decoy is not malicious."""

    malicious: bool
    category: str = ""
    severity: str = ""
    attack: tuple[str, ...] = ()
    why: Said = Said()


@dataclass(frozen=True, slots=True)
class Option:
    """One way to decide; `grade` 0, 0.5 or 1."""

    id: str
    text: Said
    grade: float


@dataclass(frozen=True, slots=True)
class Matcher:
    """What in the journal of the drill meets an expectation. `kind`: step, moved, paper, deadline, advisory, evidence, opened."""

    kind: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a team should do about an inject. Times in microseconds of active time, from the delivery of the inject.

    `after`: expectations that come first; `fields`: what a report must say (name -> truth, empty truth: only filled in);
    `measure`: a stable word by which drills are compared.
    """

    id: str
    inject: str
    kind: str
    text: Said
    points: int
    goal: str
    dim: str
    target: int = 0
    limit: int = 0
    critical: bool = False
    evidence: bool = False
    measure: str = ""
    addressee: str = ""
    category: str = ""
    severity: str = ""
    after: tuple[str, ...] = ()
    on: tuple[Matcher, ...] = ()
    fields: tuple[tuple[str, str], ...] = ()
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class Inject:
    """One thing that happens. `at` is scenario time, or `when` says on what it waits; `unless` keeps it back for good.

    `payload`: the words of its channel, as read and checked; `hint`: what the controller may say to a team that is stuck.
    """

    id: str
    channel: str
    payload: dict[str, Any]
    to: str = ""
    at: int | None = None
    when: Condition | None = None
    unless: Condition | None = None
    truth: Truth | None = None
    hint: Said = Said()
    branch: bool = False
    expects: tuple[Expectation, ...] = ()
    line: int | None = None
    module: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A name of the scenario that stands for an agency or a system of the organisation. `at`: which of its group."""

    name: str
    kind: str
    group: str = ""
    at: int = 1
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Module:
    """A part of a tabletop that is talked through in one go: what has happened by then, and for how long it is discussed."""

    id: str
    name: Said
    text: Said
    minutes: int = 0


@dataclass(frozen=True, slots=True)
class Scope:
    """What is allowed on real systems, set beforehand: `targets` (id, what), what is forbidden, tools, depth, the word to stop.

    `times`: detect and contain, each (target, limit) in microseconds of active time since the red action.
    """

    targets: tuple[tuple[str, Said], ...]
    forbidden: tuple[Said, ...]
    tools: tuple[Said, ...]
    depth: Said
    stop: Said
    times: tuple[tuple[str, int, int], ...] = ()

    def limits(self, what: str) -> tuple[int, int]:
        """Target and limit of `detect` or `contain`; zeros where none was set."""
        return next(((target, limit) for name, target, limit in self.times if name == what), (0, 0))


@dataclass(frozen=True, slots=True)
class Grade:
    """What one rater thinks of an answer or of a logged action: 0, 0.5 or 1, with the reason. A later one replaces an earlier."""

    rater: str
    value: float
    reason: str
    seq: int


@dataclass(frozen=True, slots=True)
class LogLine:
    """An action of an exercise on real systems. `id` R1, B1 ...; `answers`: the red action that a blue one is about.

    `what`: detect, contain, or empty for what is bound to an objective only; `outside`: in which way a red action left what was
    allowed (target, time, stopped).
    """

    id: str
    seq: int
    at: int
    active: int
    side: str
    by: str
    text: str
    target: str = ""
    technique: str = ""
    level: str = ""
    answers: str = ""
    what: str = ""
    goal: str = ""
    evidence: tuple[tuple[str, str], ...] = ()
    outside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scenario:
    """A whole scenario. `duration` in microseconds; `digest` is that of its file; `truth_digest` seals what is true."""

    code: str
    version: int
    name: Said
    situation: Said
    format: str
    category: str
    duration: int
    roles: tuple[Role, ...]
    places: tuple[Place, ...]
    goals: tuple[Goal, ...]
    injects: tuple[Inject, ...]
    weights: dict[str, int]
    techniques: tuple[str, ...]
    rules: tuple[Said, ...] = ()
    digest: str = ""
    truth_digest: str = ""
    path: str = ""
    modules: tuple[Module, ...] = ()
    scope: Scope | None = None

    def inject(self, id: str) -> Inject | None:
        """An inject by its id."""
        return next((one for one in self.injects if one.id == id), None)

    @property
    def expectations(self) -> tuple[Expectation, ...]:
        """Every expectation, in the order of the file."""
        return tuple(one for inject in self.injects for one in inject.expects)

    def expectation(self, id: str) -> Expectation | None:
        """An expectation by its id."""
        return next((one for one in self.expectations if one.id == id), None)


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong in a scenario; `severity` error or warning."""

    severity: str
    code: str
    line: int | None
    message: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """An inject as it reached the team. `at` wall time, `active` and `scenario` times of the clock; `how`: due, hand or jump."""

    inject: str
    seq: int
    at: int
    active: int
    scenario: int
    how: str = "due"
    alerts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Action:
    """Something that the team did, as the journal has it. `data` holds what its kind needs; `order` ranks equal times."""

    kind: str
    seq: int
    at: int
    active: int
    scenario: int
    actor: str
    object: str
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Note:
    """What an observer wrote down. `sign`: + strength, - weakness, ! safety, i anything else."""

    seq: int
    at: int
    author: str
    sign: str
    text: str
    goal: str = ""
    inject: str = ""
    gate: str = ""


@dataclass(frozen=True, slots=True)
class ScoreLine:
    """One line of the score. `value` 0 to 1 of `points`; `entries` are the journal's numbers that it rests on.

    `reason`: on-time, late, never, found-later, wrong, right, partly, not-asked ... ; `took`, `target` and `limit` in
    microseconds of active time (`took` -1: never).
    """

    id: str
    expectation: str
    inject: str
    goal: str
    dim: str
    points: float
    value: float
    reason: str
    took: int = -1
    target: int = 0
    limit: int = 0
    entries: tuple[int, ...] = ()
    overridden: str = ""
    disagreed: str = ""  # raters a whole grade apart, as `an 0, binh 1`


@dataclass(frozen=True, slots=True)
class GoalScore:
    """An objective's score out of 100 and its letter; `count` expectations stand behind it, None: none was reached."""

    id: str
    score: float | None
    letter: str
    count: int
    missed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Score:
    """The whole score of one team. `total` out of 100; `coverage`: technique -> 0 to 1, None where it was not tested."""

    lines: tuple[ScoreLine, ...]
    dims: tuple[tuple[str, float | None], ...]
    total: float
    goals: tuple[GoalScore, ...]
    coverage: tuple[tuple[str, float | None], ...]
    true_positives: int
    false_positives: int
    false_negatives: int
    f2: float | None
    gates: tuple[str, ...] = ()

    @property
    def valid(self) -> bool:
        """False when a safety gate was broken: such a result counts nowhere."""
        return not self.gates

    def measure(self, scenario: Scenario) -> dict[str, tuple[float, int]]:
        """Measure -> (value 0 to 1, active microseconds or -1) of the expectations that carry one."""
        found: dict[str, tuple[float, int]] = {}
        names = {one.id: one.measure for one in scenario.expectations if one.measure}
        for line in self.lines:
            name = names.get(line.expectation)
            if name and (name not in found or line.value < found[name][0]):
                found[name] = (line.value, line.took)
        return found
