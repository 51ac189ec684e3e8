"""`bundle` with what a collector without Python brought: said as unsigned, its logs ingested, its words only words."""

from __future__ import annotations

import hashlib
import io
import os
import tarfile

import pytest

from atttcli.clock import DAY, Clock, from_micros
from atttcli.fleet.collector.files import encode
from atttcli.fleet.kits import NewKit, issue_kit
from atttcli.journal.journal import Journal
from atttcli.store.connection import Store
from tests.cli.test_bundle import HOSTILE
from tests.support.cli_run import on_terminal, tell

LOG = "".join(
    f"Nov 22 10:00:{n:02} pc sshd[1]: Failed password for root from 192.0.2.7 port 22 ssh2\n" for n in range(12)
)
RAW = (b"\x1b]0;", b"\x1b[2J", b"\x07", b"\xe2\x80\xae", b"\xc2\x9b", b"\xe2\x9a\xa0")


@pytest.fixture
def result(tmp_path, monkeypatch, capsys):
    """A result whose every text is hostile."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ATTTCLI_ACTOR", "lan")
    tell(capsys, "init", "ws", "--organisation", "bac-kan")
    now = Clock().now()
    with Store(tmp_path / "ws" / "workspace.db") as store:
        new = NewKit(
            agency="x-vi-huong",
            os="linux",
            arch="amd64",
            public_key=b"k" * 32,
            centre=b"c" * 32,
            expires=now + 90 * DAY,
        )
        number = issue_kit(Journal(store, "lan"), new).number
    odd, sha256 = encode(HOSTILE), "ab" * 32
    files = {
        "findings.tsv": f"sha256\t{sha256}\t4\t{odd}\t{odd}\t{odd}\t{sha256}\t-\t29\t/tmp/{odd}\n",
        "host.tsv": f"processes\thit\t{odd}\thost.process-memfd\t4\t{odd}\t{odd}={odd}\n",
        "files.tsv": f"ok\t{sha256}\t-\t-\t29\t1\t/tmp/{odd}\n",
        "log.txt": "began\n",
        "logs/001-auth.log": LOG,
    }
    moment = from_micros(now).strftime("%Y-%m-%dT%H:%M:%SZ")
    said = {
        "kit": number, "agency": "x-vi-huong", "host": odd, "os": "linux", "arch": "amd64", "machine": "5e" * 16, "tool": odd[:60],
        "started": moment, "ended": moment, "zone": "+0700", "rules_digest": "", "rules_version": odd[:60], "rules_count": "1",
        "complete": "no", "stopped": odd, "left": "0",
    }  # fmt: skip
    text = "atttcli/collected/1\n" + "".join(f"{key}\t{value}\n" for key, value in said.items())
    text += f"hole\t{odd}\t{odd}\nlog\tlogs/001-auth.log\ttail\t/var/log/{odd}\n"
    text += "".join(
        f"file\t{name}\t{len(data)}\t{hashlib.sha256(data.encode()).hexdigest()}\n" for name, data in files.items()
    )
    text += f"end\t{hashlib.sha256(text.encode()).hexdigest()}\n"
    with tarfile.open(tmp_path / "ket-qua.tar.gz", "w:gz") as archive:
        for name, data in {"manifest.txt": text, **files}.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data.encode()))
    return "ket-qua.tar.gz"


def test_a_result_is_verified_shown_and_taken_in(result, tmp_path, capsys):
    checked = tell(capsys, "-w", "ws", "bundle", "verify", result, "--json")
    (one,) = checked.checked("bundle")
    assert (checked.code, one["state"], one["signed"], one["logs"]) == (0, "checked", False, [])
    shown = tell(capsys, "-w", "ws", "bundle", "show", result, "--log", "--json").checked("bundle-content")
    assert {"manifest", "finding", "host", "log"} == {line["kind"] for line in shown}
    assert not shown[0]["signed"]
    assert "UNSIGNED" in tell(capsys, "-w", "ws", "bundle", "show", result).out
    taken = tell(capsys, "-w", "ws", "bundle", "import", result, "--json")
    (one,) = taken.checked("bundle")
    assert (taken.code, one["state"], one["stored"], one["alerts"]) == (1, "new", 2, 2)
    assert [word["word"] for word in one["remarks"]] == ["unsigned"]
    (log,) = one["logs"]
    assert (log["whole"], log["read"], log["stored"], log["failures"]) == (False, 12, 12, [])
    alerts = tell(capsys, "-w", "ws", "alert", "list", "--json").lines()
    assert len(alerts) == 3
    assert {alert["agency"] for alert in alerts} == {"x-vi-huong"}
    again = tell(capsys, "-w", "ws", "bundle", "import", result, "--json")
    (one,) = again.checked("bundle")
    assert (again.code, one["state"], one["logs"][0]["stored"]) == (0, "known", 0)
    refused = tell(capsys, "-w", "ws", "ingest", result)
    assert refused.code == 2
    assert "atttcli bundle import" in refused.err
    assert tell(capsys, "-w", "ws", "db", "verify").code == 0


def test_with_an_incident_the_result_itself_is_evidence(result, tmp_path, capsys):
    tell(capsys, "-w", "ws", "bundle", "import", result)
    opened = tell(capsys, "-w", "ws", "incident", "open", "--from-alert", "1", "--json")
    assert opened.code == 0, opened.err
    number = opened.lines()[0]["number"]
    (one,) = tell(capsys, "-w", "ws", "bundle", "import", result, "--incident", number, "--json").checked("bundle")
    assert len(one["evidence"]) == 1
    (again,) = tell(capsys, "-w", "ws", "bundle", "import", result, "--incident", number, "--json").checked("bundle")
    assert again["evidence"] == one["evidence"]
    assert tell(capsys, "-w", "ws", "evidence", "verify").code == 0


@pytest.mark.skipif(os.name != "posix", reason="pseudo terminals are not on this system: raw output was not looked at")
def test_the_words_of_a_hostile_machine_stay_words(result):
    for words in (("verify", result), ("show", result, "--log"), ("import", result), ("import", result)):
        _code, said = on_terminal("-w", "ws", "bundle", *words)
        assert said
        for raw in RAW:
            assert raw not in said
