"""`hunt` and `timeline` as people type them: what they find, what they write, and that all of it is inert."""

from __future__ import annotations

import csv
import io
import json
from datetime import date, datetime
from pathlib import Path

import jsonschema
import pytest

from atttcli.clock import VIETNAM
from atttcli.hunt.parts import folder_of
from atttcli.packaged import packaged
from tests.support.ingest_case import attt, ingest_json, new_workspace

NASTY = '203.0.113.66 - - [13/May/2021:09:00:00 +0700] "GET /\x1b[31m?q==cmd HTTP/1.1" 404 0 "-" "=HYPERLINK(0)"'


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ATTTCLI_HOME", str(tmp_path / "home"))
    workspace = new_workspace(tmp_path / "ws")
    lines = [
        f'203.0.113.{n % 5} - - [{13 + n // 20}/May/2021:08:{n % 20:02d}:00 +0700] "GET /trang-{n} HTTP/1.1" 200 5 "-" "curl"'
        for n in range(40)
    ]
    (tmp_path / "access.log").write_text("\n".join([*lines, NASTY]) + "\n", encoding="utf-8")
    ssh = [
        f"2021-05-13T08:0{n}:30+07:00 may-1 sshd[9]: Failed password for root from 203.0.113.9 port 999{n} ssh2"
        for n in range(5)
    ]
    (tmp_path / "auth.log").write_text("\n".join(ssh) + "\n", encoding="utf-8")
    ingest_json(workspace, tmp_path / "access.log", tmp_path / "auth.log")
    return workspace


def lines(workspace: Path, schema: str, *arguments: str) -> list[dict]:
    done = attt(workspace, *arguments, "--json")
    assert done.exit_code == 0, done.output
    validator = jsonschema.Draft202012Validator(json.loads((packaged("schemas") / f"{schema}.schema.json").read_text()))
    found = [json.loads(line) for line in done.stdout.splitlines()]
    for one in found:
        validator.validate(one)
    return found


def test_fields_and_sql(place: Path) -> None:
    found = lines(place, "hunt", "hunt", "--field", "src_ip=203.0.113.0/30", "--day", "2021-05-14")
    assert [one["url"] for one in found] == [f"/trang-{n}" for n in range(20, 40) if n % 5 < 4]
    assert found[0]["time"] == "2021-05-14T01:00:00.000000Z"
    assert found[0]["fields"]["cs-method"] == "GET"
    assert len(lines(place, "hunt", "hunt", "--field", "user=root", "--field", "service=sshd")) == 5
    done = attt(place, "hunt", "SELECT category, count(*) AS n FROM events GROUP BY ALL ORDER BY n", "--json")
    assert [json.loads(line) for line in done.stdout.splitlines()] == [
        {"category": "authentication", "n": 5}, {"category": "webserver", "n": 41},
    ]  # fmt: skip
    one_day = attt(place, "hunt", "SELECT count(*) AS n FROM events", "--day", "14/05/2021", "--json")
    assert json.loads(one_day.stdout) == {"n": 20}
    assert "trang-0" in attt(place, "hunt", "--text", "TRANG-0 ").output
    assert attt(place, "hunt", "--field", "src_ip=203.0.113.1", "-n", "2").stderr.count("2") == 1


@pytest.mark.parametrize(
    "words",
    [
        ["hunt"], ["hunt", "DELETE FROM events"], ["hunt", "SELECT 1", "--field", "user=x"], ["hunt", "SELECT 1", "--ecs"],
        ["hunt", "--text", "x", "--columns", "nothing"], ["hunt", "--text", "x", "--day", "yesterday"],
        ["hunt", "SELECT * FROM read_text('/etc/passwd')"], ["hunt", "--text", "x", "--memory", "much"],
        ["hunt", "save", "a b", "SELECT 1"], ["hunt", "save", "a", "COPY (SELECT 1) TO 'x'"], ["hunt", "save", "a"],
        ["timeline", "--around", "never"],
    ],
)  # fmt: skip
def test_what_is_no_hunt_is_said(place: Path, words: list[str]) -> None:
    done = attt(place, *words)
    assert done.exit_code == 2
    assert "Traceback" not in done.output


def test_nothing_that_is_written_acts(place: Path) -> None:
    for words in (["--csv"], ["--as", "timesketch"], ["--as", "plaso"], ["--as", "l2tcsv"], [], ["--json"], ["--ecs"]):
        done = attt(place, "hunt", "--field", "src_ip=203.0.113.66", *words)
        assert done.exit_code == 0
        assert "\x1b" not in done.output, words
    for form in ("--csv", "--as=timesketch", "--as=l2tcsv"):
        done = attt(place, "hunt", "--field", "src_ip=203.0.113.66", form)
        assert not [cell for row in csv.reader(io.StringIO(done.stdout)) for cell in row if cell[:1] in "=+-@" and cell]
    told = attt(place, "hunt", "SELECT '=1+1' AS a, chr(27) || '[2J' AS b", "--csv").stdout
    assert list(csv.reader(io.StringIO(told)))[1][0] == "'=1+1"
    assert "\x1b" not in told


def test_exports_have_the_columns_of_the_tools(place: Path) -> None:
    def rows(form: str) -> list[dict]:
        return list(csv.DictReader(io.StringIO(attt(place, "hunt", "--field", "user=root", "--as", form).stdout)))

    sketch = rows("timesketch")
    assert len(sketch) == 5
    assert sketch[0]["datetime"] == "2021-05-13T01:00:30.000000+00:00"
    assert sketch[0]["timestamp"] == "1620867630000000"
    assert sketch[0]["timestamp_desc"] == "Event Logged"
    assert "Failed password" in sketch[0]["message"]
    line = json.loads(attt(place, "hunt", "--field", "user=root", "--as", "timesketch-jsonl", "-n", "1").stdout)
    assert line["timestamp"] == 1620867630000000
    dynamic = rows("plaso")[0]
    assert list(dynamic) == [
        "datetime",
        "timestamp_desc",
        "source",
        "source_long",
        "message",
        "parser",
        "display_name",
        "tag",
    ]
    l2t = rows("l2tcsv")[0]
    assert len(l2t) == 17
    assert (l2t["date"], l2t["time"], l2t["timezone"], l2t["user"]) == ("05/13/2021", "01:00:30", "UTC", "root")
    ecs = json.loads(attt(place, "hunt", "--field", "user=root", "--ecs", "-n", "1").stdout)
    assert ecs["source"] == {"ip": "203.0.113.9", "port": 9990}
    assert ecs["user"]["name"] == "root"
    assert ecs["event"]["category"] == ["authentication"]
    assert ecs["event"]["outcome"] == "failure"
    assert ecs["@timestamp"] == "2021-05-13T01:00:30.000000Z"


def test_saved_hunts_are_decisions(place: Path) -> None:
    saved = lines(place, "hunt-saved", "hunt", "save", "root", "--field", "user=root", "--note", "không ai là root")
    assert saved[0]["filter"] == {"fields": ["user=root"]}
    lines(place, "hunt-saved", "hunt", "save", "all", "SELECT count(*) AS n FROM events")
    assert [one["name"] for one in lines(place, "hunt-saved", "hunt", "list")] == ["all", "root"]
    assert len(lines(place, "hunt", "hunt", "run", "root")) == 5
    assert json.loads(attt(place, "hunt", "run", "all", "--json").stdout) == {"n": 46}
    assert "hunt.saved" in attt(place, "log", "--json").output
    assert json.loads(attt(place, "db", "rebuild", "--json").stdout)["changed"] == []
    lines(place, "hunt-saved", "hunt", "remove", "all")
    assert attt(place, "hunt", "run", "all").exit_code == 3
    attt(place, "undo")
    assert attt(place, "hunt", "run", "all").exit_code == 0
    assert {one["name"] for one in lines(place, "hunt-column", "hunt", "schema")} >= {
        "time",
        "user",
        "src_ip",
        "fields",
    }
    assert {one["reader"] for one in lines(place, "hunt-source", "hunt", "sources")} >= {"web-access"}


def test_timeline_interleaves(place: Path) -> None:
    attt(place, "alert", "add", "--title", "Trang bị đổi", "--agency", "so-y-te")
    root = lines(place, "hunt", "hunt", "--field", "user=root")
    found = lines(place, "timeline", "timeline", "--around", root[2]["ref"], "--minutes", "2")
    times = [one["time"] for one in found]
    assert times == sorted(times)
    assert {one["what"] for one in found if one["sort"] == "event"} >= {"access"}
    assert [one["object"] for one in found if one["named"]] == [root[2]["ref"]]
    assert len([one for one in found if one["what"] == "linux/sshd"]) == 5
    assert len([one for one in found if one["what"] == "access"]) == 4
    only = lines(
        place, "timeline", "timeline", "--around", "13/05/2021 08:02", "--minutes", "30", "--address", "203.0.113.9"
    )
    assert {one["who"] for one in only if one["sort"] == "event"} == {"root 203.0.113.9"}
    few = attt(place, "timeline", "--around", "13/05/2021 08:02", "-n", "2")
    assert len(few.stdout.splitlines()) == 3
    assert "2" in few.stderr


def test_what_is_purged_is_found_no_more(place: Path) -> None:
    assert len(lines(place, "hunt", "hunt", "--day", "2021-05-13", "--source", "access")) == 21
    folder = folder_of(place)
    before = {path.name for path in folder.iterdir()}
    needle = b"trang-3 "
    days = (datetime.now(VIETNAM).date() - date(2021, 5, 14)).days  # the fourteenth stays
    cut = attt(place, "db", "purge", "--events-older-than", f"{days}d", "--yes")
    assert cut.exit_code == 0, cut.output
    assert not [path for path in folder.rglob("*.parquet") if needle in path.read_bytes()]
    assert not {path.name for path in folder.iterdir() if path.name.startswith("segment=")} & before
    assert lines(place, "hunt", "hunt", "--text", "trang-3 ") == []
    assert len(lines(place, "hunt", "hunt", "--source", "access")) == 20
    assert not [path for path in folder.rglob("*.parquet") if needle in path.read_bytes()]
    assert attt(place, "db", "verify").exit_code == 0


def test_verification_and_backups_know_it(place: Path, tmp_path: Path) -> None:
    attt(place, "hunt", "build")
    assert attt(place, "db", "verify").exit_code == 0
    made = attt(place, "db", "backup", str(tmp_path / "backup"))
    assert made.exit_code == 0
    assert not (tmp_path / "backup" / "hunt").exists(), "derived files are in no backup"
    restored = attt(place, "db", "restore", str(tmp_path / "backup"), str(tmp_path / "again"))
    assert restored.exit_code == 0
    assert json.loads(attt(tmp_path / "again", "hunt", "SELECT count(*) AS n FROM events", "--json").stdout) == {
        "n": 46
    }
    victim = next(folder_of(place).rglob("*.parquet"))
    data = bytearray(victim.read_bytes())
    data[len(data) // 2] ^= 1
    victim.write_bytes(bytes(data))
    broken = attt(place, "db", "verify")
    assert broken.exit_code == 7
    assert "hunt/" in broken.output
    assert lines(place, "hunt-build", "hunt", "build", "--anew")[0]["events"] == 46
    assert attt(place, "db", "verify").exit_code == 0
