"""A hunt by fields finds what a plain reading of the segments finds, whatever stands in them."""

from __future__ import annotations

import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from atttcli.errors import LimitExceeded, UsageError
from atttcli.hunt import ask
from atttcli.hunt.ask import Bounds, hunting
from atttcli.hunt.choose import Chosen
from atttcli.hunt.conditions import parse_condition
from atttcli.hunt.fields import FieldHunt
from atttcli.hunt.parts import folder_of
from atttcli.model.event import Event
from tests.support.hunt_case import bare_workspace, folded, found, keep, many

ADDRESSES = st.sampled_from(
    [
        "",
        "203.0.113.5",
        "203.0.112.255",
        "198.51.100.7",
        "2001:db8::1",
        "2001:db8:0:1::",
        "::1",
        "not an address",
        "203.0.113.5:80",
    ]
)
WORDS = st.sampled_from(
    ["", "root", "Root", "nguyễn", "x' OR '1'='1", '"', "%", "a_b", "\0", "=cmd|' /C calc'!A0", "\x1b[31m", "\\"]
)
TIMES = st.one_of(
    st.none(),
    st.integers(1_620_000_000_000_000, 1_622_000_000_000_000),
    st.sampled_from([0, -1, 253_402_300_799_999_999]),
)
NATIVE = st.dictionaries(
    st.sampled_from(["cs-method", "a b", "/x", "$y", '"q"', "a.b", "~", "ké"]),
    st.one_of(WORDS, st.integers(-5, 5), st.booleans(), st.none()), max_size=4,
)  # fmt: skip
EVENTS = st.lists(
    st.builds(
        Event, time=TIMES, line=st.integers(1, 10**6), raw=WORDS, user=WORDS, host=WORDS, src_ip=ADDRESSES, dst_ip=ADDRESSES,
        src_port=st.integers(0, 3), category=st.sampled_from(["", "webserver", "mail"]), fields=NATIVE,
    ), min_size=1, max_size=12,
)  # fmt: skip
NAMES = st.sampled_from(["user", "host", "category", "cs-method", "a b", "/x", "$y", '"q"', "a.b", "~", "ké"])
NETWORKS = st.sampled_from(
    [
        "203.0.113.0/24",
        "203.0.112.0/23",
        "0.0.0.0/0",
        "2001:db8::/32",
        "2001:db8::/64",
        "::/0",
        "203.0.113.5",
        "::1/128",
    ]
)
CONDITIONS = st.one_of(
    st.builds("{}={}".format, NAMES, WORDS.filter(lambda word: word == word.strip())),
    st.builds("src_ip={}".format, NETWORKS),
    st.builds("src_port={}".format, st.integers(0, 3)),
)
HUNTS = st.builds(
    FieldHunt, fields=st.lists(CONDITIONS, max_size=2).map(tuple), text=st.sampled_from(["", "ROOT", "%", "'"]),
    day=st.sampled_from(["", "2021-05-13"]), since=st.sampled_from(["", "2021-05-05 00:00"]),
)  # fmt: skip


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(EVENTS, EVENTS, st.lists(HUNTS, min_size=4, max_size=10))
def test_equals_a_plain_fold(first: list[Event], second: list[Event], hunts: list[FieldHunt]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        workspace, store = bare_workspace(Path(folder) / "ws")
        with store:
            keep(workspace, store, first, "a")
            keep(workspace, store, second, "it's [b]*")
            for asked in (FieldHunt(), *hunts):
                assert found(workspace, store, asked) == folded(workspace, store, asked), asked


def test_a_day_is_viet_nams_and_opens_only_its_files(tmp_path: Path) -> None:
    from atttcli.hunt.choose import files

    workspace, store = bare_workspace(tmp_path / "ws")
    with store:
        keep(workspace, store, list(many(3 * 86_400 // 600, 1_620_842_400_000_000)), "a")
        keep(
            workspace,
            store,
            [Event(1_620_842_400_000_000 + day * 86_400_000_000, day + 1, "x") for day in range(9)],
            "b",
        )
        asked = FieldHunt(day="14/05/2021", source="b")
        assert [line for _, line in found(workspace, store, asked)] == [2], "17:00 UTC is the next day's midnight there"
        opened = files(workspace, store, asked.window, "b")
        assert [path.parent.name for path in opened.paths] == ["day=2021-05-13"]
        assert len(files(workspace, store, FieldHunt(source="b").window, "b").paths) == 9


def test_wildcards_numbers_and_refusals(tmp_path: Path) -> None:
    workspace, store = bare_workspace(tmp_path / "ws")
    with store:
        keep(workspace, store, list(many(30)))

        def lines(*fields: str) -> int:
            return len(found(workspace, store, FieldHunt(fields)))

        assert lines("url=/P1*") == 11
        assert lines("sc-status>=201") == 20
        assert lines("sc-status!=200") == 20
        assert lines("url=/p1", "url=/p2", "action=request") == 2
        assert lines("line>=30") == 1
        assert lines("url=/p_") == 0, "an underscore is no wildcard"
        for wrong in ("no sign", "=x", "src_port=x", "sc-status>x", "time=now"):
            with pytest.raises(UsageError):
                lines(wrong)
    assert parse_condition("USER = a=b").value == "a=b"
    assert parse_condition("USER = a=b").name == "user"


CLOSED = (
    "SELECT * FROM read_text('/etc/passwd')", "SELECT * FROM '/etc/passwd'", "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_blob('/etc/hostname')", "SELECT * FROM glob('/etc/*')", "SELECT getenv('HOME')",
    "SELECT * FROM read_parquet('https://example.com/x.parquet')", "SELECT * FROM read_text('/proc/self/environ')",
    "COPY (SELECT 1) TO '{hunt}/x.csv'", "COPY events TO '/tmp/x'", "EXPORT DATABASE '{hunt}/e'", "ATTACH '/tmp/a.db'",
    "INSTALL httpfs", "LOAD inet", "SET memory_limit='9GB'", "SET enable_external_access=true", "PRAGMA database_list",
    "EXPLAIN ANALYZE COPY (SELECT 1) TO '{hunt}/x.csv'", "CREATE TABLE x AS SELECT 1", "DROP VIEW events", "SELECT 1; SELECT 2",
    "SELECT * FROM query('COPY (SELECT 1) TO ''{hunt}/x.csv''')", "CALL pragma_version()", "", ";", "not SQL", "SELECT '",
    "SELECT * FROM secret_of_python", "SELECT * FROM read_text('{hunt}/../secret.txt')", "SELECT * FROM duckdb_secrets()",
)  # fmt: skip


@pytest.mark.parametrize("sql", CLOSED)
def test_sql_of_strangers_reads_and_writes_nothing_else(tmp_path: Path, sql: str) -> None:
    secret_of_python = [("secret",)]
    workspace, store = bare_workspace(tmp_path / "ws")
    (tmp_path / "ws" / "secret.txt").write_text("secret")
    with store:
        keep(workspace, store, list(many(3)))
        found(workspace, store, FieldHunt())
        before = sorted(str(path) for path in tmp_path.rglob("*"))
        folder = folder_of(workspace.root)
        paths = Chosen(tuple(folder.rglob("*.parquet")))
        with (
            hunting(folder, paths, Bounds()) as opened,
            pytest.raises(UsageError),
            opened.ask(sql.format(hunt=folder)) as answer,
        ):
            list(answer.rows)
        after = sorted(str(path) for path in tmp_path.rglob("*"))
        assert [p for p in after if "-wal" not in p and "-shm" not in p] == [
            p for p in before if "-wal" not in p and "-shm" not in p
        ]
    assert secret_of_python


def test_bounds_hold(tmp_path: Path) -> None:
    with (
        hunting(tmp_path, Chosen(), Bounds(memory="100MB", seconds=0.5, rows=10)) as opened,
        pytest.raises(LimitExceeded),
        opened.ask("SELECT sum(a.range * b.range) FROM range(10000000) a, range(1000000) b") as answer,
    ):
        list(answer.rows)
    with hunting(tmp_path, Chosen(), Bounds(memory="100MB", rows=10)) as opened:
        with pytest.raises(LimitExceeded), opened.ask("SELECT list(range) FROM range(100000000)") as answer:
            list(answer.rows)
        with opened.ask("SELECT * FROM range(1000)") as answer:
            assert len(list(answer.rows)) == 10
            assert answer.truncated
        with opened.ask("SELECT * FROM range(10)") as answer:
            assert len(list(answer.rows)) == 10
            assert not answer.truncated


@pytest.mark.skipif(sys.platform != "linux", reason="the ceiling over a process is Linux's")
@pytest.mark.parametrize(
    "sql",
    [
        "SELECT repeat('a', 3000000000)",
        "SELECT printf('%1900000000d', 1)",
        "SELECT repeat('x', 100000000) FROM range(99)",
    ],
)
def test_what_functions_make_is_bounded_too(tmp_path: Path, sql: str) -> None:
    import resource

    before = resource.getrlimit(resource.RLIMIT_AS)
    with (
        hunting(tmp_path, Chosen(), Bounds(memory="100MB", rows=99)) as opened,
        pytest.raises(LimitExceeded),
        opened.ask(sql) as answer,
    ):
        assert resource.getrlimit(resource.RLIMIT_AS) != before
        list(answer.rows)
    assert resource.getrlimit(resource.RLIMIT_AS) == before


def test_a_call_that_hears_no_interruption_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ask, "_GRACE", 0.1)
    told: list[bool] = []
    with (
        hunting(tmp_path, Chosen(), Bounds(seconds=0.1), stuck=lambda: told.append(True)) as opened,
        suppress(LimitExceeded),
        opened.ask("SELECT levenshtein(repeat('a', 40000), repeat('b', 40000))") as answer,
    ):
        list(answer.rows)
    assert told
