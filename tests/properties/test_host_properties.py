"""Parsers of the host checks under any text: typed or nothing, bounded, and what they write they would read again."""

from __future__ import annotations

import base64
import ipaddress
import struct

from hypothesis import given
from hypothesis import strategies as st

from atttcli.field.host.check import bounded_detail
from atttcli.field.host.commands import MOST, asked_of, judge, masked, remote_address
from atttcli.field.host.cron import jobs
from atttcli.field.host.keys import read_key
from atttcli.field.host.logons import RECORD, read_records
from atttcli.field.host.modules import read_modules
from atttcli.field.host.names import default_gateways, hosts_line, redirect_rules
from atttcli.field.host.programs import pieces_of
from atttcli.field.host.rules import RULES
from atttcli.field.host.sockets import read_table
from atttcli.field.host.startup import pam_module
from atttcli.field.host.units import settings
from atttcli.field.host.windows_api import parse_tcp, parse_udp
from atttcli.field.strict_json import dumps

TEXT = st.text(st.characters(), max_size=400)
PIECES = st.lists(
    st.sampled_from(
        ["curl ", "|", "sh", "/tmp/x", " ", "bash", "base64 -d", "-enc ", "powershell", "nc -e ", "/dev/tcp/", "203.0.113.9", ";",
         "http://a.example/", "password=", "x" * 40, "mshta ", "[", "]", "\n", "\\", '"', "C:\\Windows\\Temp\\",
         "C:\\Users\\Public\\", "&&"]
    ),
    max_size=30,
).map("".join)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | TEXT | st.binary(max_size=50),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXT, inner, max_size=5),
    max_leaves=30,
)


@given(TEXT | PIECES)
def test_a_command_is_judged_by_known_rules_and_asked_values_have_one_spelling(text: str) -> None:
    assert set(judge(text)) <= set(RULES)
    for kind, value in asked_of(text):
        assert kind in {"address", "domain", "name"}
        if kind == "address":
            assert remote_address(value) == value
    assert len(masked(text)) <= 4 * MOST


@given(TEXT)
def test_a_secret_behind_its_word_is_gone(secret: str) -> None:
    word = "".join(char for char in secret if char.isalnum() and char.isascii())
    if len(word) > 3 and word.lower() not in "password token secret":
        assert f"={word}" not in masked(f"tool --password={word} --token={word}")


@given(TEXT)
def test_lines_of_tables_are_typed_or_nothing(text: str) -> None:
    for with_user in (True, False):
        for when, who, what in jobs(text, with_user):
            assert when and what and isinstance(who, str)
    pam_module(text)
    settings(text)
    read_modules(text)
    pieces_of(text)
    list(read_table(text, "tcp"))
    list(default_gateways(text))
    key = read_key(text)
    assert key is None or key.digest.startswith("SHA256:")
    address, names = hosts_line(text)
    for name in names:
        assert set(redirect_rules(address, name)) <= set(RULES)


@given(
    st.binary(min_size=1, max_size=200),
    st.sampled_from(["ssh-rsa", "ssh-ed25519", "ecdsa-sha2-nistp256"]),
    st.booleans(),
)
def test_a_key_is_found_behind_any_options(blob: bytes, kind: str, options: bool) -> None:
    text = base64.b64encode(blob).decode()
    line = ('command="a b \\" c",no-pty ' if options else "") + f"{kind} {text} a comment"
    key = read_key(line)
    assert key is not None
    assert (key.kind, key.comment, bool(key.options)) == (kind, "a comment", options)


@given(st.ip_addresses(v=4), st.integers(0, 65535), st.ip_addresses(v=4), st.integers(0, 65535))
def test_addresses_of_the_kernels_table_are_those_of_the_socket(
    local: ipaddress.IPv4Address, port: int, remote: ipaddress.IPv4Address, other: int
) -> None:
    def text(address: ipaddress.IPv4Address, number: int) -> str:
        return f"{struct.unpack('<I', address.packed)[0]:08X}:{number:04X}"

    line = f"h\n 0: {text(local, port)} {text(remote, other)} 01 0:0 0:0 0 0 0 77 1\n"
    (one,) = read_table(line, "tcp")
    assert (one.local, one.local_port, one.remote, one.remote_port, one.inode) == (
        str(local),
        port,
        str(remote),
        other,
        77,
    )


@given(st.binary(max_size=2000))
def test_bytes_of_records_and_tables(data: bytes) -> None:
    assert len(list(read_records(data))) == len(data) // RECORD.size
    for six in (True, False):
        list(parse_tcp(data, six))
        list(parse_udp(data, six))


@given(st.dictionaries(TEXT, JSON, max_size=8))
def test_any_detail_becomes_a_line(detail: dict) -> None:
    assert len(dumps(bounded_detail(detail))) <= 64 * 1024
