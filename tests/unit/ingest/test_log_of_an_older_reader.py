"""A log whose reading was broken off by an older version, which made events of what are alerts now, is taken in to its end."""

from __future__ import annotations

from pathlib import Path

import pytest

from atttcli.ingest import logs
from atttcli.sources.sensors import zeek
from tests.support.ingest_case import attt, ingest_json, new_workspace, rows

HEAD = (
    "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tnotice\n"
    "#fields\tts\tsrc\tdst\tnote\tmsg\n#types\ttime\taddr\taddr\tenum\tstring\n"
)


class _Killed(Exception):
    pass


def test_the_account_holds_though_the_reader_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTTCLI_HOME", str(tmp_path / "home"))
    place = new_workspace(tmp_path / "ws")
    lines = [f"17954028{n:02d}.5\t198.51.100.{n}\t10.1.1.6\tScan::Port_Scan\tscanned {n}\n" for n in range(20)]
    log = tmp_path / "notice.log"
    log.write_text(HEAD + "".join(lines), encoding="utf-8")
    committed = logs.LogIntake._commit

    def killed(self: logs.LogIntake, last: bool = False) -> None:
        committed(self, last)
        raise _Killed

    with monkeypatch.context() as older:
        older.setattr(zeek, "alert_of", lambda *_: None)
        older.setattr(logs, "BLOCK", 4)
        older.setattr(logs, "SEGMENT", 8)
        older.setattr(logs.LogIntake, "_commit", killed)
        with pytest.raises(_Killed):
            attt(place, "ingest", str(log))
    assert rows(place, "SELECT sum(count) FROM segment") == [(8,)]
    (file,) = ingest_json(place, log)["files"]
    assert (file["read"], file["stored"], file["duplicate"], file["state"]) == (20, 20, 0, "new")
    assert rows(place, "SELECT count(*) FROM alert") == [(20,)]
