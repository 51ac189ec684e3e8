"""`detect logs --workers`: byte for byte what one process says; what happens to copies that are killed, stopped, or not heard."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from atttcli.cli import log_parts, log_workers
from atttcli.cli.main import cli
from atttcli.process import crew
from atttcli.process.forked import AVAILABLE, Forked
from tests.support.reader_samples import cases

pytestmark = pytest.mark.skipif(not AVAILABLE, reason="this system cannot copy a process")

RULES = """title: Encoded command
id: enc
logsource: {category: process_creation, product: windows}
detection:
  selection: {CommandLine|contains: ' -enc '}
  condition: selection
---
title: Thrice
id: thrice
correlation:
  type: event_count
  rules: [enc]
  group-by: [Computer]
  timespan: 1h
  condition: {gte: 3}
  generate: true
"""
ANYTHING = """title: Any of it
id: any
logsource: {}
detection:
  keywords: ['a', 'e', '1']
  condition: keywords
---
title: Many of it
id: many
correlation:
  type: event_count
  rules: [any]
  group-by: [host]
  timespan: 1m
  condition: {gte: 2}
  generate: true
"""
YARA = "rule login { strings: $a = /(log ?in|GET|denied)/ nocase condition: $a }\n"
NETWORK = (
    'alert http any any -> any any (msg:"a"; http.method; content:"GET"; sid:1;)\n'
    'alert http any any -> any any (msg:"b"; http.uri; content:"/"; threshold:type limit, track by_src, count 2, seconds 600;'
    " sid:2;)\n"
)
INDICATORS = "type,value\nip,192.0.2.10\nip,203.0.113.7\nip,198.51.100.23\ndomain,evil.example\n"


def record(number: int) -> str:
    command = "powershell -enc QUJD" if number % 7 == 0 else "notepad"
    return json.dumps(
        {
            "Event": {
                "System": {
                    "Provider": {"#attributes": {"Name": "Microsoft-Windows-Sysmon"}},
                    "EventID": 1,
                    "Channel": "Microsoft-Windows-Sysmon/Operational",
                    "Computer": f"pc{number % 3}",
                    "EventRecordID": number,
                    "TimeCreated": {
                        "#attributes": {"SystemTime": f"2026-11-23T10:{number // 60 % 60:02d}:{number % 60:02d}Z"}
                    },
                },
                "EventData": {"Image": "C:\\x.exe", "CommandLine": command},
            }
        }
    )


def detect(*words: object) -> Result:
    return CliRunner().invoke(cli, ["detect", "logs", *map(str, words)])


def found(result: Result) -> list[dict[str, object]]:
    return [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Files of some lines are divided, and results handed over in many frames."""
    monkeypatch.setenv("ATTTCLI_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(log_parts, "WORTH", 1000)
    monkeypatch.setattr(log_parts, "SMALLEST", 300)
    monkeypatch.setattr(log_parts, "LARGEST", 3000)
    monkeypatch.setattr(log_workers, "_FRAME", 7)


@pytest.fixture
def words(tmp_path: Path) -> list[object]:
    """Two logs, the first with a line that is broken and blank ones, and rules."""
    (tmp_path / "rules.yml").write_text(RULES)
    logs = tmp_path / "logs"
    logs.mkdir()
    lines = [*(record(number) for number in range(400)), "{broken", "", "  ", record(7)]
    (logs / "a.jsonl").write_text("\n".join(lines) + "\n")
    (logs / "b.jsonl").write_text("\n".join(record(number) for number in range(400, 430)))
    return [logs, "--rules", tmp_path / "rules.yml"]


def test_the_same_findings(tiny: None, words: list[object]) -> None:
    alone, beside = detect(*words, "--json"), detect(*words, "--json", "--workers", "3")
    told = found(alone)
    assert alone.exit_code == beside.exit_code == 2, alone.output  # the broken line
    assert len([one for one in told if one["rule"] == "enc"]) == 63
    assert {one["line"] for one in told if str(one["path"]).endswith("a.jsonl") and one["rule"] == "enc"} >= {1, 8, 404}
    burst = next(one for one in told if one["rule"] == "thrice")
    assert burst["event"]["raw"]  # type: ignore[index] - the event that made it one, however long ago it was read
    assert (beside.stdout, beside.stderr) == (alone.stdout, alone.stderr)
    assert detect(*words, "--workers", "3").output == detect(*words).output  # the table, too


@pytest.fixture
def samples(tmp_path: Path) -> Path:
    """Every sample that we ship, three times over: those with headings or of several lines among them."""
    folder = tmp_path / "samples"
    folder.mkdir()
    for case in cases():
        data = case.sample.read_bytes()
        whole = case.sample.suffix in (".xlsx", ".evtx", ".xml")
        (folder / f"{case.name}{case.sample.suffix}").write_bytes(data if whole else data * 3)
    return folder


@pytest.mark.parametrize(
    "rules",
    [("any.yml",), ("any.yml", "text.yar"), ("--network-rules", "n.rules"), ("any.yml", "--indicators", "i.csv"), ()],
    ids=["sigma", "yara", "network", "indicators", "shipped"],
)
def test_every_sample_gives_the_same_bytes(tiny: None, samples: Path, tmp_path: Path, rules: tuple[str, ...]) -> None:
    for name, text in (("any.yml", ANYTHING), ("text.yar", YARA), ("n.rules", NETWORK), ("i.csv", INDICATORS)):
        (tmp_path / name).write_text(text)
    option, words = "--rules", [samples, "--json"]
    for word in rules:
        option = word if word.startswith("-") else "--yara" if word.endswith(".yar") else option
        words += [] if word.startswith("-") else [option, tmp_path / word]
    alone, beside = detect(*words), detect(*words, "--workers", "3")
    assert len(found(alone)) > 8
    assert beside.stdout == alone.stdout
    assert beside.stderr == alone.stderr
    assert beside.exit_code == alone.exit_code


def test_names_of_any_bytes_and_numbers_of_any_length(tiny: None, words: list[object], tmp_path: Path) -> None:
    lines = [
        record(number).replace('"EventID": 1,', f'"EventID": 1, "Task": {2**70 + number},') for number in range(60)
    ]
    for name in (b"c\xff.jsonl", b"d\xfe.jsonl"):
        Path(os.fsdecode(os.path.join(os.fsencode(tmp_path / "logs"), name))).write_text("\n".join(lines))
    alone, beside = detect(*words, "--json"), detect(*words, "--json", "--workers", "3")
    assert len([one for one in found(alone) if one["rule"] == "enc"]) == 63 + 2 * 9
    assert beside.exception is alone.exception or type(beside.exception) is SystemExit
    assert (beside.stdout, beside.stderr) == (alone.stdout, alone.stderr)


def test_an_archive_is_opened_though_its_members_are_stored_as_they_are(
    tiny: None, words: list[object], tmp_path: Path
) -> None:
    """Its bytes look like a log that could be divided."""
    web = b'192.0.2.1 - - [23/Nov/2026:10:04:05 +0700] "GET / HTTP/1.1" 200 1\n'
    with zipfile.ZipFile(tmp_path / "logs" / "c.zip", "w") as archive:
        archive.writestr("inner.log", web * 50)
    (tmp_path / "rules.yml").write_text(ANYTHING)
    alone, beside = detect(*words, "--json"), detect(*words, "--json", "--workers", "3")
    assert len([one for one in found(alone) if str(one["path"]).endswith("c.zip!inner.log")]) >= 50
    assert (beside.stdout, beside.stderr) == (alone.stdout, alone.stderr)


@pytest.mark.parametrize("turn", [1, 2])
def test_a_copy_that_is_killed_is_made_up_for(
    tiny: None, words: list[object], monkeypatch: pytest.MonkeyPatch, turn: int
) -> None:
    """At once, or in the middle of its work: after some pieces, with one under way."""
    parent, take = os.getpid(), crew._Queue.take
    taken = []

    def killed(queue: crew._Queue) -> int | None:
        number = take(queue)
        if os.getpid() != parent:
            taken.append(number)
            if len(taken) == turn:
                os.kill(os.getpid(), signal.SIGKILL)
        return number

    monkeypatch.setattr(crew._Queue, "take", killed)
    beside = detect(*words, "--json", "--workers", "3")
    monkeypatch.setattr(crew._Queue, "take", take)
    assert beside.stdout == detect(*words, "--json").stdout


def test_more_results_than_a_spool_keeps(tiny: None, words: list[object], monkeypatch: pytest.MonkeyPatch) -> None:
    """Copies end when they have much to be read and fresh ones go on; a piece with more than is kept is done again."""
    alone = detect(*words, "--json").stdout
    started = []
    start = Forked.start
    monkeypatch.setattr(Forked, "start", staticmethod(lambda work: (started.append(1), start(work))[1]))
    monkeypatch.setattr(crew, "_ENOUGH", 1500)
    assert detect(*words, "--json", "--workers", "2").stdout == alone
    monkeypatch.setattr(crew, "_MOST", 900)
    assert detect(*words, "--json", "--workers", "2").stdout == alone
    assert started


PROGRAM = """
import sys
from atttcli.cli import log_parts
log_parts.WORTH, log_parts.SMALLEST, log_parts.LARGEST = 1000, 300, 20000
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from atttcli.cli.main import run
run()
"""


@pytest.fixture
def large(tmp_path: Path) -> list[object]:
    """A log that is long at work."""
    (tmp_path / "rules.yml").write_text(RULES)
    with (tmp_path / "large.jsonl").open("w") as out:
        lines = [record(number) + "\n" for number in range(420)]
        for _ in range(200):
            out.writelines(lines)
    return ["detect", "logs", tmp_path / "large.jsonl", "--rules", tmp_path / "rules.yml", "--json", "--workers", "3"]


def copies(pid: int) -> list[int]:
    """Children of a process."""
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def gone(pids: list[int]) -> bool:
    for _ in range(200):
        if not any(map(is_running, pids)):
            return True
        time.sleep(0.05)
    return False


def started(words: list[object], tmp_path: Path) -> tuple[subprocess.Popen[str], list[int]]:
    environment = {**os.environ, "ATTTCLI_HOME": str(tmp_path / "home"), "LC_ALL": "C.UTF-8"}
    work = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=environment, start_new_session=True,
    )  # fmt: skip
    for _ in range(600):
        if len(found := copies(work.pid)) == 2 or work.poll() is not None:
            return work, found
        time.sleep(0.05)
    raise AssertionError("no copies were made")


@pytest.mark.parametrize("to_all", [True, False], ids=["as a terminal sends it", "to the first alone"])
def test_ctrl_c_ends_all_quietly(large: list[object], tmp_path: Path, to_all: bool) -> None:
    work, pids = started(large, tmp_path)
    assert len(pids) == 2
    assert work.stdout is not None
    work.stdout.readline()  # results have begun to come
    (os.killpg if to_all else os.kill)(work.pid, signal.SIGINT)
    _out, err = work.communicate(timeout=60)
    assert work.returncode == 130
    assert gone(pids)
    assert "Traceback" not in err
    assert [line for line in err.splitlines() if line] == ["Interrupted; what was stored stays stored."]


def test_a_reader_that_goes_away_ends_all(large: list[object], tmp_path: Path) -> None:
    work, pids = started(large, tmp_path)
    assert work.stdout is not None
    assert work.stderr is not None
    work.stdout.readline()
    work.stdout.close()  # as `head -1` does
    assert work.wait(timeout=60) == 1  # something was found; click ends so, too
    assert gone(pids)
    assert "Traceback" not in work.stderr.read()


def test_a_first_process_that_is_killed_takes_its_copies_along(large: list[object], tmp_path: Path) -> None:
    work, pids = started(large, tmp_path)
    work.kill()
    work.communicate(timeout=60)
    assert gone(pids)
