"""A set of bad hashes is looked up where it lies, and a damaged one never answers wrongly."""

import hashlib
import io
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atttcli.errors import InputError
from atttcli.field.hashset import HashSet, write_hashset

KINDS = (hashlib.md5, hashlib.sha1, hashlib.sha256)


def written(hashes, notes):
    stream = io.BytesIO()
    write_hashset(stream, hashes, notes)
    return stream.getvalue()


def opened(folder, data):
    path = folder / "set.bin"
    path.write_bytes(data)
    return HashSet(str(path))


@given(st.dictionaries(st.tuples(st.integers(0, 40), st.integers(0, 2)), st.integers(0, 3), max_size=60))
def test_a_set_knows_exactly_what_was_put_in(tmp_path_factory, entries):
    notes = [{"list": f"L{number}"} for number in range(4)]
    digest = lambda seed, kind: KINDS[kind](str(seed).encode()).hexdigest()  # noqa: E731
    hashes = [(digest(*key), note) for key, note in entries.items()]
    known = opened(tmp_path_factory.mktemp("set"), written(hashes, notes))
    assert len(known) == len(entries)
    for seed in range(42):
        for kind in range(3):
            note = entries.get((seed, kind))
            assert known.look_up(digest(seed, kind)) == ([] if note is None else [notes[note]])
    known.close()


def test_two_lists_may_name_the_same_hash_and_any_order_gives_the_same_bytes(tmp_path):
    bad = hashlib.sha256(b"bad").hexdigest()
    hashes = [(bad, 0), (bad, 1), (hashlib.md5(b"bad").hexdigest(), 1)]
    notes = [{"list": "A"}, {"list": "B"}]
    assert written(hashes, notes) == written(hashes[::-1], notes)
    assert opened(tmp_path, written(hashes, notes)).look_up(bad, hashes[2][0]) == notes


def test_what_is_no_hash_is_refused_by_name():
    with pytest.raises(InputError, match="deadbeef"):
        written([("deadbeef", 0)], [{}])


def test_a_damaged_file_is_refused_or_answers_without_harm(tmp_path):
    rng = random.Random(7)
    hashes = [(hashlib.sha256(bytes([at])).hexdigest(), at % 2) for at in range(20)]
    good = written(hashes, [{"list": "A"}, {"list": "B"}])
    for size in (0, 3, 24, len(good) - 1, len(good) + 1):
        with pytest.raises(InputError):
            opened(tmp_path, (good + b"\0")[:size])
    for _round in range(400):
        data = bytearray(good)
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        try:
            known = opened(tmp_path, bytes(data))
            for value, _note in hashes:
                known.look_up(value)
        except InputError:
            continue
