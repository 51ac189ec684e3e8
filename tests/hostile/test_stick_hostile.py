"""Whatever stands on a stick that came back: an answer, never a crash, never "whole" for a byte that was changed."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from atttcli.errors import AtttError
from atttcli.field.kit.contents import is_signed, read_contents
from atttcli.field.kit.passport import read_passport
from tests.support.stick_case import Centre, centre

place = pytest.fixture(centre)
ONCE = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def test_no_flipped_byte_of_manifest_or_signature_is_whole(place: Centre) -> None:
    folder = place.build(system_python=False).folder
    numbers = random.Random(5)
    for name in ("manifest.json", "manifest.json.minisig", "kit.json"):
        good = (folder / name).read_bytes()
        last = good.count(b"\n") == 1 and len(good) - 1
        for _ in range(80):
            at = numbers.randrange(len(good))
            bad = bytearray(good)
            bad[at] ^= 1 << numbers.randrange(8)
            (folder / name).write_bytes(bad)
            state = place.check(folder)
            comment = name.endswith("minisig") and at < good.index(b"\n")  # untrusted by name: nobody signs it
            assert comment or not state.is_whole, (name, at, last)
        (folder / name).write_bytes(good)
    assert place.check(folder).is_whole


@ONCE
@given(data=st.binary(max_size=300))
def test_bytes_that_are_no_kit_are_said_to_be_none(tmp_path, data) -> None:
    for name in ("kit.json", "manifest.json", "manifest.json.minisig"):
        (tmp_path / name).write_bytes(data)
    for read in (read_passport, read_contents):
        with pytest.raises(AtttError):
            read(str(tmp_path))
    assert not is_signed(str(tmp_path), b"\x01" * 32)


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=10,
)


@ONCE
@given(
    name=st.sampled_from(["format", "number", "rules", "limits", "pythons", "issued", "kind", "tlp", "new"]),
    value=_VALUES,
)
def test_a_passport_with_another_value_is_read_strictly(place: Centre, name, value) -> None:
    from atttcli.field import strict_json

    folder = place.folder / "hộ chiếu"
    if not folder.exists():
        folder = place.build("hộ chiếu", system_python=False).folder
    if not hasattr(place, "good"):
        place.good = strict_json.loads((folder / "kit.json").read_bytes().rstrip(b"\n"), 65536)  # type: ignore[attr-defined]
    changed = {**place.good, name: value}  # type: ignore[attr-defined]
    try:
        (folder / "kit.json").write_bytes(strict_json.dumps(changed) + b"\n")
    except ValueError:
        return
    try:
        found = read_passport(str(folder))
    except AtttError:
        return
    assert found.to_json() == changed, "what is read is what stands there"
