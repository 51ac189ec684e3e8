"""Packs of any content come back as they went in; bytes that are no pack end in a typed error, whatever they are."""

from __future__ import annotations

import zlib

from hypothesis import given
from hypothesis import strategies as st

from atttcli.errors import InputError, UsageError
from atttcli.exchange.rulepack_file import MAGIC, SUFFIXES, PackReader, pack_bytes
from atttcli.field import strict_json
from atttcli.fleet.schedule import parse_when

WORDS = st.from_regex(r"[a-z0-9_][a-z0-9_-]{0,8}", fullmatch=True).filter(
    lambda word: word not in ("con", "prn", "aux", "nul")
)
NAMES = st.builds(
    lambda kind, above, word, n: "/".join([kind, *above, f"x{word}{SUFFIXES[kind][n % len(SUFFIXES[kind])]}"]),
    st.sampled_from(sorted(SUFFIXES)), st.lists(WORDS.map(lambda word: f"d{word}"), max_size=4), WORDS, st.integers(0, 3),
)  # fmt: skip
FILES = st.dictionaries(NAMES, st.binary(max_size=3000), min_size=1, max_size=8)
MADE = pack_bytes({"yara/a.yar": b"rule a { condition: true }" * 20}, version=3, name="", created=10**15, tlp="GREEN")
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(FILES, st.integers(1, 10**15 - 1), st.sampled_from(["CLEAR", "RED"]))
def test_what_went_in_comes_out(files: dict[str, bytes], version: int, tlp: str) -> None:
    data = pack_bytes(files, version=version, name="tên", created=10**15, tlp=tlp)
    assert data == pack_bytes(dict(reversed(files.items())), version=version, name="tên", created=10**15, tlp=tlp)
    reader = PackReader(data)
    assert (reader.manifest.version, reader.manifest.tlp) == (version, tlp)
    assert {member.name: content for member, content in reader.members()} == files


@given(st.integers(0, len(MADE) - 1), st.binary(min_size=1, max_size=4), st.integers(0, 3))
def test_a_pack_that_was_changed_is_an_input_error_or_the_same(place: int, piece: bytes, removed: int) -> None:
    changed = MADE[:place] + piece + MADE[place + removed :]
    try:
        content = [data for _member, data in PackReader(changed).members()]
    except InputError:
        return
    assert content == [data for _member, data in PackReader(MADE).members()]


@given(
    st.dictionaries(st.sampled_from(["format", "version", "name", "created", "tlp", "tool", "members"]), VALUES),
    st.binary(max_size=50),
)
def test_any_manifest_is_judged_with_a_typed_error(other: dict[str, object], content: bytes) -> None:
    value = PackReader(MADE).manifest.to_json() | other
    try:
        line = strict_json.dumps(value)
        list(PackReader(MAGIC + zlib.compress(line + b"\n" + content)).members())
    except (InputError, strict_json.NotCanonical):
        pass


@given(st.text(max_size=30))
def test_any_time_is_a_time_or_a_usage_error(text: str) -> None:
    try:
        when = parse_when(text)
    except UsageError:
        return
    assert parse_when(str(when)) == when
