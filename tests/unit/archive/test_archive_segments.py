"""Segments: what is written comes back, and nothing damaged is handed out."""

from __future__ import annotations

import random
import shutil
import subprocess
from pathlib import Path

import pytest

from atttcli.archive import writing
from atttcli.archive.identity import line_digests
from atttcli.archive.layout import SegmentHeader, SegmentInfo
from atttcli.archive.lookup import possible
from atttcli.archive.purge import purge, remove
from atttcli.archive.reading import read_segment, segment_digests, segment_info, segment_observables, verify_segment
from atttcli.archive.writing import SegmentWriter, orphans, sweep, write_segment
from atttcli.clock import DAY, SECOND, parse_moment
from atttcli.errors import IntegrityError, WorkspaceError
from atttcli.model.event import Event
from atttcli.model.observable import ObservableType as T

HEADER = SegmentHeader("ab" * 32, "web-access", "in.zip!access.log", "portal", moment=parse_moment("2026-11-23 10:00"))
START = parse_moment("2026-11-20 07:00")


def some(count: int = 10, step: int = SECOND) -> list[Event]:
    return [
        Event(START + n * step, n + 1, f"line {n} 192.0.2.{n % 250} \\xff \x00", "webserver", src_ip=f"192.0.2.{n % 250}",
              fields={"sc-status": 200, "nested": {"a": [1, None, "đ"]}})
        for n in range(count)
    ]  # fmt: skip


def write(folder: Path, events: list[Event], header: SegmentHeader = HEADER) -> SegmentInfo:
    info = write_segment(folder, header, events, line_digests(b"k", events))
    assert info is not None
    return info


def test_what_is_written_comes_back(tmp_path: Path) -> None:
    events = some(5000)
    info = write(tmp_path, events)
    assert list(read_segment(tmp_path / info.path)) == events
    assert segment_digests(tmp_path / info.path) == line_digests(b"k", events)
    assert segment_digests(tmp_path / info.path, 3) == line_digests(b"k", events[:3])
    assert info.path.startswith("2026/11/20/")
    assert (info.count, info.time_min, info.time_max) == (5000, START, START + 4999 * SECOND)
    assert info.categories == {"webserver": 5000}
    assert info.bytes == (tmp_path / info.path).stat().st_size


def test_the_file_alone_tells_all_that_the_store_keeps(tmp_path: Path) -> None:
    info = write(tmp_path, some())
    assert segment_info(tmp_path / info.path, tmp_path) == info


def test_same_input_same_bytes_in_whatever_blocks(tmp_path: Path) -> None:
    events = some(3000)
    one = write(tmp_path / "a", events)
    with SegmentWriter(tmp_path / "b", HEADER) as writer:
        for at in range(0, 3000, 7):
            writer.add(events[at : at + 7], line_digests(b"k", events[at : at + 7]))
        other = writer.close()
    assert other == one
    assert (tmp_path / "a" / one.path).read_bytes() == (tmp_path / "b" / one.path).read_bytes()


@pytest.mark.skipif(shutil.which("zstd") is None, reason="the zstd program is not installed")
def test_the_ordinary_zstd_program_shows_the_events(tmp_path: Path) -> None:
    info = write(tmp_path, some(3))
    shown = subprocess.run(["zstd", "-dc", str(tmp_path / info.path)], capture_output=True, check=True)
    lines = shown.stdout.decode().splitlines()
    assert len(lines) == 4
    assert '"format":"atttcli events 1"' in lines[0]


def test_no_events_no_file(tmp_path: Path) -> None:
    assert write_segment(tmp_path, HEADER, [], b"") is None
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_events_without_time_are_filed_by_the_header(tmp_path: Path) -> None:
    info = write(tmp_path, [Event(None, 1, "x")])
    assert info.path.startswith("2026/11/23/")
    assert info.undated == 1
    assert write(tmp_path, [Event(None, 1, "x")], SegmentHeader("ab", "r")).path.startswith("undated/")


def test_a_count_of_digests_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        write_segment(tmp_path, HEADER, some(2), b"x" * 16)
    with pytest.raises(ValueError, match="more digests"):
        write_segment(tmp_path, HEADER, some(1), b"x" * 32)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_every_damage_is_noticed_before_an_event_is_handed_out(tmp_path: Path) -> None:
    info = write(tmp_path, some(200))
    path = tmp_path / info.path
    whole = path.read_bytes()
    chance = random.Random(1)
    damaged = [whole[:at] for at in (0, 1, 63, 64, 65, len(whole) // 2, len(whole) - 1)] + [
        whole + b"x",
        b"",
        whole * 2,
    ]
    for _ in range(300):
        at = chance.randrange(len(whole))
        damaged.append(whole[:at] + bytes([whole[at] ^ (1 << chance.randrange(8))]) + whole[at + 1 :])
    for number, data in enumerate(damaged):
        path.write_bytes(data)
        with pytest.raises(IntegrityError):
            pytest.fail(f"{number}: {next(read_segment(path))}")
        for reader in (segment_observables, segment_digests):
            try:
                reader(path)
            except IntegrityError:
                continue
    path.unlink()
    with pytest.raises(IntegrityError):
        next(read_segment(path))


def test_a_whole_but_other_segment_is_noticed(tmp_path: Path) -> None:
    info = write(tmp_path, some(5))
    verify_segment(tmp_path / info.path, info.sha256)
    with pytest.raises(IntegrityError, match="another file"):
        verify_segment(tmp_path / info.path, "0" * 64)


def test_a_full_disk_is_said_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writing.os, "fsync", full)
    with pytest.raises(WorkspaceError, match="No space left"):
        write(tmp_path, some(5))
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_writer_that_is_not_closed_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), SegmentWriter(tmp_path, HEADER) as writer:
        writer.add(some(5), line_digests(b"k", some(5)))
        raise RuntimeError
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_leftovers_of_a_kill_are_swept_and_orphans_named(tmp_path: Path) -> None:
    info = write(tmp_path, some(5))
    killed = SegmentWriter(tmp_path, HEADER)
    assert sweep(tmp_path) == 1
    killed.abort()
    assert orphans(tmp_path, [info.path]) == []
    assert orphans(tmp_path, []) == [info.path]


def test_purge_keeps_what_is_young(tmp_path: Path) -> None:
    events = some(10, DAY)
    old, astride, young = events[:3], events[3:7], events[7:]
    infos = [write(tmp_path, part) for part in (old, astride, young)]
    cutoff = START + 5 * DAY
    results = list(purge(tmp_path, infos, cutoff))
    assert [result.removed for result in results] == [3, 2]
    assert results[0].kept is None
    for result in results:
        remove(tmp_path, result)
    kept = [event for path in sorted(tmp_path.rglob("*.zst")) for event in read_segment(path)]
    assert kept == events[5:]
    assert results[1].kept is not None
    assert segment_digests(tmp_path / results[1].kept.path) == line_digests(b"k", events[5:7])
    assert not (tmp_path / "2026/11/20").exists()
    assert list(purge(tmp_path, [results[1].kept, infos[2]], cutoff)) == []


def test_purge_dates_undated_events_by_their_file(tmp_path: Path) -> None:
    info = write(tmp_path, [Event(None, 1, "x"), Event(START + 30 * DAY, 2, "y")])
    (result,) = purge(tmp_path, [info], (HEADER.moment or 0) + DAY)
    assert result.removed == 1
    (result,) = purge(tmp_path, [info], START + 40 * DAY)
    assert result.kept is None


TEXTS = [
    '198.51.100.7 - - [x] "GET /a?u=http%3A%2F%2Fevil.example%2Fx HTTP/1.1" 200 "https://portal.Example/" "x"',
    "from=<User.Name@mail.example>, to=<b+c@sub.mail.example>",
    "client 2001:DB8:0:0::1 and ::ffff:203.0.113.9 port 22",
    "hash D41D8CD98F00B204E9800998ECF8427E sha256:" + "a" * 64,
    '{"q":"line\\nbad.example","h":"ví-dụ.example"}',
]


def test_observables_find_every_value_in_any_dress(tmp_path: Path) -> None:
    events = [Event(START, n, text) for n, text in enumerate(TEXTS)]
    held = segment_observables(tmp_path / write(tmp_path, events).path)
    assert {"evil.example", "portal.example", "mail.example", "bad.example", "ví-dụ.example"} <= set(held.host)
    assert {"198.51.100.7", "2001:db8::1", "203.0.113.9"} <= set(held.address)
    assert {"user.name@mail.example", "b+c@sub.mail.example"} <= set(held.mail)
    assert {"d41d8cd98f00b204e9800998ecf8427e", "a" * 64} <= set(held.hash)


def test_possible_is_a_superset(tmp_path: Path) -> None:
    events = [Event(START, n, text) for n, text in enumerate(TEXTS)]
    held = segment_observables(tmp_path / write(tmp_path, events).path)
    present = [
        (T.IPV4, "198.51.100.7"), (T.IPV6, "2001:db8::1"), (T.CIDR, "198.51.100.0/24"), (T.CIDR, "2001:db8::/32"),
        (T.DOMAIN, "mail.example"), (T.DOMAIN, "example"), (T.URL, "http://evil.example/other"), (T.EMAIL, "x@mail.example"),
        (T.MD5, "d41d8cd98f00b204e9800998ecf8427e"), (T.URL, "http://[2001:db8::1]:80/"), (T.URL, "http://u@198.51.100.7:8/"),
    ]  # fmt: skip
    absent = [
        (T.IPV4, "198.51.100.70"), (T.CIDR, "198.51.0.0/25"), (T.DOMAIN, "il.example"), (T.EMAIL, "a@other.example"),
        (T.URL, "http://bad.example.org/"), (T.SHA1, "b" * 40), (T.CIDR, "::/96"), (T.CIDR, "nonsense"),
    ]  # fmt: skip
    assert possible(held, present) == present
    assert possible(held, absent) == []
