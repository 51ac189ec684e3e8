"""What every step of one ingest shares: store, desk, engines, clock, the run's number, and what waits to be committed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from atttcli.clock import Clock
from atttcli.engine import EngineProblem
from atttcli.ingest.matched import KeptMatches
from atttcli.ingest.matchers import Matchers
from atttcli.model.alert import Alert, Detection, Origin
from atttcli.store.connection import Connection, Store
from atttcli.store.facts.files import Problem, add_problems
from atttcli.store.workspace import Workspace
from atttcli.triage.desk import Desk
from atttcli.triage.identity import alert_of

Tick = Callable[[int, int, str], None]
MOST_WAITING = 4000  # alerts held in memory before a commit


@dataclass(slots=True)
class Session:
    """One run of ingest."""

    workspace: Workspace
    store: Store
    desk: Desk
    matchers: Matchers
    clock: Clock
    run: int
    tick: Tick
    log_source: str = ""
    system: str = ""  # that the logs of this run are of
    matched: KeptMatches = field(init=False)

    def __post_init__(self) -> None:
        self.matched = KeptMatches(self.workspace.events)


@dataclass(slots=True)
class Waiting:
    """Alerts and problems of one file that the next commit stores."""

    session: Session
    sha256: str
    path: str
    alerts: list[tuple[Alert, str]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    made: int = 0
    problem_count: int = 0

    def claim(self, alert: Alert, pack: str = "") -> None:
        """A source's own claim, or one made from a detection."""
        self.alerts.append((alert, pack))

    def detection(self, found: Detection, occurrence: str) -> None:
        """An engine's match, unless people switched its rule off."""
        if not self.session.matchers.is_disabled(found.rule_id):
            self.alerts.append((alert_of(found, occurrence), found.pack))

    def problem(self, reason: str, line: int | None = None, offset: int | None = None, excerpt: str = "") -> None:
        """Something of this file that could not be read or judged."""
        self.problem_count += 1
        text = excerpt.encode("utf-8", "backslashreplace").decode("utf-8")
        at = (-1 if line is None else line, -1 if offset is None else offset)
        self.problems.append(Problem(self.sha256, safe(self.path), reason, at[0], at[1], text))

    def engine_problem(self, problem: EngineProblem) -> None:
        """What an engine could not judge."""
        self.problem(problem.reason, problem.where.line, problem.where.offset)

    def store(self, db: Connection) -> list[bool]:
        """Inside the caller's transaction: which of the waiting alerts were new."""
        fresh, made = self.session.desk.store_alerts(db, self.alerts)
        add_problems(db, self.problems, self.session.clock.now())
        self.made += made
        self.alerts, self.problems = [], []
        return fresh

    @property
    def is_full(self) -> bool:
        """Whether memory asks for a commit."""
        return len(self.alerts) + len(self.problems) >= MOST_WAITING


def safe(path: str) -> str:
    """A path that can be stored: file names may hold bytes that are no UTF-8."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def line_occurrence(origin: Origin, line: int | None) -> str:
    """A line of a file: stored events are stored once, so this names a sighting for good."""
    return f"{origin.sha256[:24]}:{line if line is not None else -1}"
