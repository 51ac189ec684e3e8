"""200 advisories to 146 agencies: what is asked every hour stays far below half a second of CPU."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from atttcli.advisory import board
from atttcli.store.connection import Store
from tests.support.casework import START, make_app

STATES = ("sent", "acknowledged", "fixing", "fixed", "verified", "not_affected", "exempt")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ATTTCLI_HOME", str(tmp_path_factory.mktemp("home")))
        made = make_app(Path(tmp_path_factory.mktemp("w"))).store
    with made.transaction() as db:
        for n in range(200):
            number = f"CV-2026-{n + 1:04d}"
            db.execute(
                "INSERT INTO advisory (number, title, stage, body, created, updated, document) VALUES (?,?,'numbered','{}',?,?,?)",
                (number, "Cảnh báo", n, n, f"{n}/A"),
            )
            db.executemany(
                "INSERT INTO delivery (advisory, agency, state, due, total, handled, updated) VALUES (?,?,?,?,5,?,1)",
                [(number, f"a{at:03d}", STATES[(at + n) % 7], START + n, at % 6) for at in range(146)],
            )
    return made


@pytest.mark.parametrize(
    ("ask", "count"),
    [
        (lambda store: board.agency_lines(store, START), 146),
        (lambda store: board.standings(store, START), 200),
        (lambda store: board.board(store, "CV-2026-0100"), 146),
        (lambda store: list(board.todos(store, START + 100)), 300),
    ],
    ids=["agencies", "advisories", "one", "next"],
)
def test_a_year_of_advisories(store: Store, ask: Callable[[Store], list[object]], count: int) -> None:
    begun = time.process_time()
    found = ask(store)
    assert time.process_time() - begun < 0.5
    assert len(found) == count


def test_figures_add_up(store: Store) -> None:
    one = board.standings(store, START)["CV-2026-0001"]
    assert one.deliveries == 146 == one.unsent + one.unanswered + one.fixing + one.unverified + one.done
    assert one.total == 146 * 5
    assert one.handled == sum(min(at % 6, 5) for at in range(146))
    lines = board.agency_lines(store, START + 10**9)
    assert sum(line.advisories for line in lines) == 200 * 146
    assert sum(line.late for line in lines) == sum(
        1 for n in range(200) for at in range(146) if STATES[(at + n) % 7] in STATES[:3]
    )
