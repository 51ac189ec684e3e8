"""Files through YARA-X, in a process of its own: it is faster on text, holds the interpreter's lock, and may be killed by a file.

The rules are those that our own check accepts, as source. What YARA-X refuses of them is said and counted.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Collection, Mapping, Sequence
from importlib.util import find_spec
from typing import Any

from atttcli.engine import RuleProblem
from atttcli.errors import MissingFeature, Where
from atttcli.field import account
from atttcli.field.match import BYTES_PER_SECOND, SECONDS_FLOOR, MatchFailed, RuleHit, StringHit, Subject, externals_of
from atttcli.field.opening import Content
from atttcli.process.worker import FRAME, MAX_FRAME, Worker, WorkerLost

_MODULE = "atttcli.engines.yara_x_worker"
_START_SECONDS = 300.0
_GRACE = 2.0  # seconds that the worker has beyond its own time limit
_ABOUT = 1 << 20  # what is said beside the bytes is less
_TOO_LARGE = "too large for YARA-X"
_LOST = "the matching process was lost"


class YaraXMatcher:
    """Judges as `field.match.Matcher` does, through one worker a thread."""

    mapped = False
    most_bytes = MAX_FRAME - _ABOUT

    def __init__(
        self,
        sources: Mapping[str, str],
        only: Collection[str],
        disabled: Collection[str] = (),
        most_strings: int = 4096,
    ) -> None:
        """`only` these rules (`namespace:rule`) report, but for those `disabled`; MissingFeature without YARA-X."""
        if find_spec("yara_x") is None:
            raise MissingFeature("--engine yara-x needs yara-x", hint="pip install 'atttcli[yara-x]'")
        self._greeting = json.dumps({"sources": dict(sources), "most": most_strings}).encode("ascii")
        self._wanted = {name for name in only if not {name, name.rpartition(":")[2]} & set(disabled)}
        self._held = threading.local()
        self._workers: list[Worker] = []

    def refused(self) -> tuple[RuleProblem, ...]:
        """What YARA-X said of the rules when it compiled them."""
        problems = json.loads(self._worker().ask(b"", seconds=_START_SECONDS))
        return tuple(RuleProblem(Where(str(space)), str(text)) for space, text in problems)

    def match(self, data: Content | memoryview, subject: Subject | None = None) -> list[RuleHit] | MatchFailed:
        """Rules that match, in the order of the rule files."""
        size = len(data)
        if size > MAX_FRAME - _ABOUT:
            return MatchFailed(_TOO_LARGE)
        limit = SECONDS_FLOOR + size // BYTES_PER_SECOND
        about = json.dumps({"externals": externals_of(subject) if subject else {}, "seconds": limit}).encode("ascii")
        worker = self._worker()
        try:
            answer = worker.ask(FRAME.pack(len(about)), about, memoryview(data), seconds=limit + _GRACE)
            told = json.loads(answer)
            if isinstance(told, str):
                return MatchFailed(told)
            return [_hit(one) for one in told if f"{one[0]}:{one[1]}" in self._wanted]
        except WorkerLost as lost:
            return MatchFailed(account.TIMEOUT if "no answer" in lost.message else f"{_LOST}: {lost.message}")
        except (ValueError, TypeError, LookupError):  # a file that took the worker over may let it answer anything
            return MatchFailed(_LOST)

    def _worker(self) -> Worker:
        worker: Worker | None = getattr(self._held, "worker", None)
        if worker is None:
            worker = self._held.worker = Worker(_MODULE, self._greeting, _START_SECONDS)
            self._workers.append(worker)
        return worker

    def spent(self) -> float:
        """Processor seconds of the workers, beside those of this process."""
        return sum(worker.spent for worker in tuple(self._workers))

    def close(self) -> None:
        """End the workers."""
        for worker in self._workers:
            worker.close()


def _hit(told: Sequence[Any]) -> RuleHit:
    namespace, rule, tags, meta, strings, truncated = told
    hits = tuple(StringHit(name, offset, length, bytes.fromhex(excerpt)) for name, offset, length, excerpt in strings)
    return RuleHit(namespace, rule, tuple(tags), dict(meta), hits, truncated)
