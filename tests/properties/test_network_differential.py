"""One traffic, all keywords: the alerts are the same whatever the prefilter, the form of the capture, and the way it is cut."""

from __future__ import annotations

import functools
import gzip
import io
import itertools
import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atttcli.engines.network import NetworkEngine
from atttcli.engines.network.prefilter import have_hyperscan
from atttcli.model.alert import Detection
from tests.support.cli_run import piped, tell
from tests.support.network_fuzz import conversations, rules
from tests.support.network_run import pack_of
from tests.support.network_wire import pcap, pcapng

RULES = "\n".join(rule.replace("sid:1;", f"sid:{number};") for number, rule in enumerate(rules(), 1))


@functools.cache
def engine(hyperscan: bool) -> NetworkEngine:
    """Every keyword at once, with Hyperscan or with the matcher of our own."""
    return NetworkEngine(pack_of(RULES), hyperscan=hyperscan)


def traffic(seed: int) -> list[bytes]:
    """Conversations of all protocols, one after the other."""
    chosen = random.Random(seed).sample(list(conversations().values()), 25)
    return [frame for frames in chosen for frame in frames]


def told(found: Any) -> list[str]:
    """Alerts as they are told, but for their packet's number, which counts from each file's begin."""
    alerts = [one.detail | {"pcap_cnt": 0} for one in found if isinstance(one, Detection)]
    return [json.dumps(one, sort_keys=True) for one in alerts]


def whole(frames: list[bytes], *, hyperscan: bool = False) -> list[str]:
    alerts = told(engine(hyperscan).scan_capture(io.BytesIO(pcap(frames)), "t"))
    assert len(alerts) > 20
    return alerts


@given(st.integers(0, 10**6))
@settings(max_examples=8, deadline=None)
def test_the_prefilter_changes_nothing(seed: int):
    if not have_hyperscan():
        pytest.skip("Hyperscan is not installed: there is one prefilter only")
    frames = traffic(seed)
    assert whole(frames, hyperscan=True) == whole(frames)


@given(st.integers(0, 10**6), st.lists(st.integers(0, 400), min_size=1, max_size=4))
@settings(max_examples=8, deadline=None)
def test_the_form_and_the_cut_change_nothing(seed: int, places: list[int]):
    frames = traffic(seed)
    judge, expected = engine(False), whole(frames)
    data = pcap(frames)
    for form in (
        gzip.compress(data),
        pcap(frames, order=">"),
        pcap(frames, nano=True),
        pcapng(frames),
        pcapng(frames, order=">"),
    ):
        assert told(judge.scan_capture(io.BytesIO(form), "t")) == expected
    ends = [24]
    while ends[-1] < len(data):
        ends.append(ends[-1] + 16 + int.from_bytes(data[ends[-1] + 8 : ends[-1] + 12], "little"))
    cuts = sorted({24, len(data), *(ends[place % len(ends)] for place in places)})
    run = judge.begin()
    parts: list[str] = []
    for begin, end in itertools.pairwise(cuts):
        parts += told(run.read(io.BytesIO(data[:24] + data[begin:end]), "t"))
    assert parts + told(run.finish()) == expected


def test_a_file_a_pipe_a_packed_file_and_two_processes_say_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    given_rules = tmp_path / "all.rules"
    given_rules.write_text(RULES, encoding="utf-8")
    names = []
    for seed in range(6):
        names.append(tmp_path / f"{seed}.pcap")
        names[-1].write_bytes(gzip.compress(pcap(traffic(seed))) if seed % 2 else pcap(traffic(seed)))
    command = ("detect", "capture", "--rules", given_rules, "--json", "--apart")
    one = tell(capsys, *command, *names)
    two = tell(capsys, *command, *names, "--workers", "2")
    assert one.code == two.code == 2  # broken packets are among them
    assert one.lines() == two.lines()
    assert len(one.lines()) > 150
    code, out, _ = piped(*map(str, command), "-", stdin=names[0].read_bytes())
    assert code in (1, 2)
    alone = tell(capsys, *command, names[0]).lines()
    assert [json.loads(line) for line in out.splitlines()] == alone
    assert alone == one.lines()[: len(alone)]
