"""What rules for new values learned stays known: in later runs, after a kill, in a backup; and is forgotten when it must be."""

from __future__ import annotations

from pathlib import Path

import pytest

from atttcli.clock import DAY, HOUR, SECOND, from_micros, to_micros
from atttcli.ingest import correlate as correlating
from atttcli.store.connection import Store
from atttcli.store.facts import learned as facts
from atttcli.store.facts.learned import LearnedRow, forget_learned, keep_learned, learned
from tests.support.ingest_case import attt, dump, ingest_json, new_workspace, rows

DAY_ONE = to_micros(from_micros(1620693000_000_000))  # 11 May 2021, 07:30 in Viet Nam
BOX = "lan@backan.gov.vn"
RULE = "attt-mail-0016"


def login(at: int, address: str, box: str = BOX) -> str:
    stamp = from_micros(at + 7 * HOUR).strftime("%Y-%m-%d %H:%M:%S,000")
    return (
        f"{stamp} INFO  [qtp-7] [name={box};oip={address};ua=zclient;soapId=1;] security - cmd=Auth; account={box};"
        " protocol=soap;\n"
    )


def log(path: Path, start: int, *addresses: str, box: str = BOX) -> Path:
    path.write_text("".join(login(start + n * 600 * SECOND, address, box) for n, address in enumerate(addresses)))
    return path


def told(workspace: Path) -> list[tuple[str, int]]:
    return rows(workspace, "SELECT key, count FROM alert WHERE rule_id = ? ORDER BY key", RULE)


def known(workspace: Path) -> list[tuple[str, int]]:
    return rows(workspace, "SELECT value, count FROM learned_value WHERE rule = ? ORDER BY value", RULE)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return new_workspace(tmp_path / "ws")


def usual(path: Path) -> Path:
    return log(path / "day-1.log", DAY_ONE, *["203.0.113.7"] * 12)


def strange(path: Path) -> Path:
    return log(path / "day-2.log", DAY_ONE + DAY, "203.0.113.9", "198.51.100.40", "198.51.100.41")


def test_a_network_new_on_the_second_day_is_told_once(place: Path, tmp_path: Path) -> None:
    one, two = usual(tmp_path), strange(tmp_path)
    ingest_json(place, one)
    assert (told(place), known(place)) == ([], [("203.0.113.0/24", 12)])
    ingest_json(place, two)
    assert told(place) == [(f"{BOX}|198.51.100.0/24", 1)]
    for _ in range(2):
        ingest_json(place, one, two)
    assert told(place) == [(f"{BOX}|198.51.100.0/24", 1)]
    assert known(place) == [("198.51.100.0/24", 2), ("203.0.113.0/24", 13)]
    more = log(tmp_path / "day-3.log", DAY_ONE + 2 * DAY, "198.51.100.77", "203.0.113.1")
    ingest_json(place, more)
    assert told(place) == [(f"{BOX}|198.51.100.0/24", 1)]


def test_a_log_that_grows_by_the_minute_teaches_each_line_once(place: Path, tmp_path: Path) -> None:
    path = tmp_path / "audit.log"
    for count in range(1, 15):  # every run feeds the hour before again
        log(path, DAY_ONE, *["203.0.113.7"] * count)
        ingest_json(place, path)
    assert (told(place), known(place)) == ([], [("203.0.113.0/24", 14)])
    log(path, DAY_ONE, *["203.0.113.7"] * 14, "198.51.100.40")
    ingest_json(place, path)
    log(path, DAY_ONE, *["203.0.113.7"] * 14, "198.51.100.40", "198.51.100.41")
    ingest_json(place, path)
    assert told(place) == [(f"{BOX}|198.51.100.0/24", 1)]
    assert known(place) == [("198.51.100.0/24", 2), ("203.0.113.0/24", 14)]


def test_nine_logins_of_one_run_and_one_of_another_make_ten(place: Path, tmp_path: Path) -> None:
    ingest_json(place, log(tmp_path / "a.log", DAY_ONE, *["203.0.113.7"] * 9))
    ingest_json(place, log(tmp_path / "b.log", DAY_ONE + DAY, "198.51.100.1"))
    assert told(place) == []  # nine known only: the tenth is learned
    ingest_json(place, log(tmp_path / "c.log", DAY_ONE + 2 * DAY, "192.0.2.200"))
    assert told(place) == [(f"{BOX}|192.0.2.0/24", 1)]


class Killed(BaseException):
    """As SIGKILL: nothing catches it."""


@pytest.mark.parametrize("at", ["keep_learned", "settle_correlation", "correlate"])
def test_a_kill_neither_loses_nor_doubles(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    one, two = usual(tmp_path), strange(tmp_path)

    def die(*_: object) -> None:
        raise Killed

    ingest_json(place, one)
    with monkeypatch.context() as patch:
        target = "atttcli.ingest.run.correlate" if at == "correlate" else f"atttcli.ingest.correlate.{at}"
        patch.setattr(target, die)
        with pytest.raises(Killed):
            attt(place, "ingest", str(two))
    assert (told(place), known(place)) == ([], [("203.0.113.0/24", 12)])
    ingest_json(place, two)
    clean = new_workspace(tmp_path / "clean")
    ingest_json(clean, one)
    ingest_json(clean, two)
    assert dump(place) == dump(clean)
    assert known(place) == known(clean) == [("198.51.100.0/24", 2), ("203.0.113.0/24", 13)]
    assert correlating.keep_learned is keep_learned


def test_a_purge_forgets_what_was_last_seen_before(place: Path, tmp_path: Path) -> None:
    ingest_json(place, usual(tmp_path))
    answer = attt(place, "db", "purge", "--events-older-than", "13mo", "--dry-run", "--json")
    assert '"learned": 1' in answer.stdout
    assert known(place)
    assert attt(place, "db", "purge", "--events-older-than", "13mo", "--yes").exit_code == 0
    assert known(place) == []
    assert attt(place, "db", "verify").exit_code == 0


def test_a_backup_holds_it(place: Path, tmp_path: Path) -> None:
    ingest_json(place, usual(tmp_path))
    assert attt(place, "db", "backup", str(tmp_path / "kept.zip")).exit_code == 0
    again = tmp_path / "again"
    assert attt(place, "db", "restore", str(tmp_path / "kept.zip"), str(again)).exit_code == 0
    ingest_json(again, strange(tmp_path))
    assert told(again) == [(f"{BOX}|198.51.100.0/24", 1)]


def row(value: str, last: int, group: str = BOX, count: int = 1, told_at: int | None = None) -> LearnedRow:
    return LearnedRow("r", (group,), value, last, last, count, told_at)


@pytest.fixture
def store(place: Path) -> Store:
    return Store(place / "workspace.db")


def kept(store: Store, group: str = BOX) -> list[str]:
    return [one.value for one in learned(store, "r", (group,))]


def test_values_age_by_the_groups_own_time_and_no_future_stamp_wipes_them(store: Store) -> None:
    now = DAY_ONE + 5000 * DAY
    with store.transaction() as db:
        keep_learned(db, [row("old", DAY_ONE), row("older", DAY_ONE - DAY)], now)
    assert kept(store) == ["older", "old"]  # an old log read today
    with store.transaction() as db:
        keep_learned(db, [row("new", DAY_ONE + 396 * DAY)], now)
    assert kept(store) == ["old", "new"]
    with store.transaction() as db:
        keep_learned(db, [row("crafted", 2**61)], DAY_ONE + 397 * DAY - 1)
    assert "new" in kept(store)


def test_the_whole_is_bounded_and_the_longest_unseen_go_first(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facts, "MOST_ROWS", 3)
    with store.transaction() as db:
        keep_learned(db, [row(str(n), DAY_ONE + n, f"user-{n}") for n in range(5)], DAY_ONE)
        keep_learned(db, [row("x" * 2000, DAY_ONE + 9)], DAY_ONE)
    assert [group for group in range(5) if kept(store, f"user-{group}")] == [2, 3, 4]
    assert kept(store) == []
    with store.transaction() as db:
        assert forget_learned(db, DAY_ONE + 4) == 2


def test_counts_add_up_and_what_was_told_stays_told(store: Store) -> None:
    with store.transaction() as db:
        keep_learned(db, [row("a", DAY_ONE, count=2, told_at=DAY_ONE)], DAY_ONE)
        keep_learned(db, [row("a", DAY_ONE + 5, count=3, told_at=DAY_ONE + 5)], DAY_ONE)
    assert learned(store, "r", (BOX,)) == [LearnedRow("r", (BOX,), "a", DAY_ONE, DAY_ONE + 5, 5, DAY_ONE)]
