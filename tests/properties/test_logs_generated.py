"""Readers against generated lines, and the line cutter against the obvious way to cut lines."""

from __future__ import annotations

import io
import ipaddress
from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given, settings
from hypothesis import strategies as st

from atttcli.clock import to_micros
from atttcli.limits import Budget, Limits
from atttcli.model.event import Event
from atttcli.source import Input, ReadProblem, Source
from atttcli.sources import LOG_SOURCES
from atttcli.sources.logs import lines
from atttcli.sources.logs.lines import read_blocks

BY_NAME: dict[str, Source] = {source.name: source for source in LOG_SOURCES}
LIMIT = 40


class Pieces(io.BytesIO):
    """A stream that gives its bytes in pieces of the sizes asked for by the test."""

    def __init__(self, data: bytes, sizes: list[int]) -> None:
        super().__init__(data)
        self._sizes = sizes

    def read(self, size: int | None = -1) -> bytes:
        self._sizes.append(self._sizes.pop(0))
        asked = len(self.getvalue()) if size is None or size < 0 else size
        return super().read(min(self._sizes[-1], asked))


def source_of(data: bytes, stream: io.BytesIO | None = None, modified: int = 0, limit: int = 1 << 20) -> Input:
    return Input(
        "x",
        "",
        len(data),
        data[:65536],
        stream or io.BytesIO(data),
        modified=modified,
        budget=Budget(Limits(line_bytes=limit)),
    )


plain = st.lists(
    st.sampled_from([b"a", b"\n", b"\r\n", b"\xff", b"\xc4\x91", b"\x00", b" ", b"x" * LIMIT, b"\r"]), max_size=60
).map(b"".join)


@settings(max_examples=300, deadline=None)
@given(plain, st.lists(st.integers(1, 50), min_size=1, max_size=5))
def test_lines_are_cut_as_split_cuts_them(data: bytes, sizes: list[int]) -> None:
    found: list[tuple[int, int, str | None]] = []
    for block in read_blocks(source_of(data, Pieces(data, sizes), limit=LIMIT)):
        if isinstance(block, ReadProblem):
            found.append((block.line or 0, block.offset or 0, None))
        else:
            found += [(block.number + i, block.offset_of(i), line) for i, line in enumerate(block.lines)]
    if lines.utf16(data):
        return
    wanted: list[tuple[int, int, str | None]] = []
    offset = 0
    parts = data.split(b"\n")
    for number, part in enumerate(parts, 1):
        if part or number < len(parts):
            last = number == len(parts)
            text = part.decode("utf-8", "backslashreplace")
            text = text[:-1] if text.endswith("\r") else text
            wanted.append((number, offset, None if len(part) > LIMIT else text))
            assert last or data[offset + len(part)] == 10
        offset += len(part) + 1
    assert found == wanted


ADDRESSES = st.ip_addresses().filter(
    lambda address: getattr(address, "ipv4_mapped", None) is None and "%" not in str(address)
)
WORD = st.text(
    st.characters(codec="utf-8", exclude_characters='"\\ []', exclude_categories=("C", "Z")), min_size=1, max_size=20
)
AGENT = st.text(
    st.characters(codec="utf-8", exclude_characters='"\\', exclude_categories=("C", "Zl", "Zp")), max_size=40
)
MOMENTS = st.datetimes(datetime(1999, 1, 1), datetime(2040, 1, 1))  # noqa: DTZ001 - the zone is drawn apart
ZONES = st.integers(-12 * 4, 14 * 4).map(lambda quarter: timezone(timedelta(minutes=15 * quarter)))
MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()  # noqa: SIM905


@settings(max_examples=300, deadline=None)
@given(ADDRESSES, WORD, MOMENTS, ZONES, WORD, st.integers(100, 599), st.integers(0, 10**15), AGENT, st.booleans())
def test_an_access_log_line_gives_back_what_was_put_in(
    client: ipaddress.IPv4Address | ipaddress.IPv6Address, user: str, moment: datetime, zone: timezone, path: str, status: int,
    size: int, agent: str, vhost: bool,
) -> None:  # fmt: skip
    moment = moment.replace(microsecond=0, tzinfo=zone)
    stamp = f"{moment.day:02d}/{MONTHS[moment.month - 1]}/{moment:%Y:%H:%M:%S %z}"
    front = "portal.example:443 " if vhost else ""
    line = f'{front}{client} - {user} [{stamp}] "GET /{path} HTTP/1.1" {status} {size} "-" "{agent}"'
    (event,) = BY_NAME["web-access"].read(source_of(line.encode()))
    assert isinstance(event, Event)
    assert (event.src_ip, event.user, event.url) == (str(client), "" if user == "-" else user, "/" + path)
    assert event.time == to_micros(moment)
    assert (event.fields["sc-status"], event.fields["sc-bytes"], event.fields["cs-user-agent"]) == (status, size, agent)
    assert event.raw == line


@settings(max_examples=300, deadline=None)
@given(MOMENTS, st.integers(0, 362), st.integers(0, 999_999))
def test_a_yearless_stamp_within_a_year_before_the_file_is_found_again(
    modified: datetime, days: int, micros: int
) -> None:
    modified = modified.replace(tzinfo=UTC)
    moment = modified - timedelta(days=days)
    line = f"{MONTHS[moment.month - 1]} {moment.day:2d} {moment:%H:%M:%S}.{micros:06d} host prog[1]: x"
    given_input = source_of(line.encode(), modified=to_micros(modified))
    given_input.zone = UTC
    (event,) = BY_NAME["syslog"].read(given_input)
    assert isinstance(event, Event)
    assert event.time == to_micros(moment.replace(microsecond=micros))


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60), ADDRESSES, st.integers(1, 65535))
def test_no_user_name_changes_the_address_of_a_failed_login(user: str, client: object, port: int) -> None:
    user = user.replace("\n", " ")
    line = f"Nov 23 10:04:05 host sshd[1]: Failed password for invalid user {user} from {client} port {port} ssh2"
    events = [record for record in BY_NAME["syslog"].read(source_of(line.encode())) if isinstance(record, Event)]
    assert [(event.src_ip, event.src_port, event.outcome) for event in events] == [(str(client), port, "failure")]
