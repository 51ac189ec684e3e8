"""What a drill shows: the exercise mark on everything, and to players no answer."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from atttcli.drill import conduct
from atttcli.drill.after import build_plan
from atttcli.drill.payload import Making, make
from atttcli.drill.robot import RobotClock
from atttcli.drill.scenario import parse_scenario, shipped_names
from atttcli.model.drill import Scenario
from atttcli.packaged import packaged
from atttcli.reports.drill import render_drill
from atttcli.reports.drill_plan import compose_plan
from tests.cli.test_drill_apart import CODE, MARKS, Desk, begun
from tests.cli.test_drill_apart import desk as desk  # the fixture
from tests.support.drill_case import BASE, bac_kan, drill_room
from tests.support.drill_desk import handed_over

LISTS = (
    "status", "next", "deadlines", "log", "alert list", "alert show 1", "incident list", "incident show 1", "incident timeline 1",
    "incident metrics", "task list", "evidence list", "advisory list", "agency list", "search Thử", "rules list",
)  # fmt: skip
SIGNED = re.compile(r"KHÔNG PHẢI SỰ CỐ THẬT|NOT A REAL INCIDENT")


def worked(desk: Desk) -> Desk:
    begun(desk)
    desk.do("incident", "open", "--from-alert", "1", "--title", "Thử", "--category", "mahoa", "--severity", "M3")
    desk.do("evidence", "add", str(handed_over(desk.drill, "HUONG_DAN.txt")), "--incident", "1")
    return desk


def test_every_word_that_a_players_command_writes_is_marked(desk: Desk) -> None:
    worked(desk)
    for words in LISTS:
        ran, ended = desk.ran("drill", "do", CODE, *words.split())
        assert ended in (0, 1), words
        assert not ran.stdout or ran.stdout.startswith(f"[{CODE}] {MARKS[1]}"), words
        ran, ended = desk.ran("drill", "do", CODE, *words.split(), "--json")
        assert ended in (0, 1), words
        assert MARKS[1] in ran.stderr
        for line in ran.stdout.splitlines():
            assert json.loads(line)["drill"] == CODE, words
    assert not SIGNED.search(desk("incident", "list")), "what is real is not marked"


def _parts(path: Path) -> list[str]:
    """The texts of which each must be marked: a docx's body and each head or foot that it shows, else the whole."""
    data = path.read_bytes()
    if path.suffix != ".docx":
        return [data.decode("utf-8")]
    with zipfile.ZipFile(BytesIO(data)) as book:
        texts = {
            name: re.sub(r"<[^>]+>", "", book.read(name).decode()) for name in book.namelist() if name.endswith(".xml")
        }
    edges = [text for name, text in texts.items() if re.match(r"word/(header|footer)", name)]
    return [texts["word/document.xml"], "\n".join(edges)]


def test_every_paper_is_marked_at_its_head_and_on_every_page(desk: Desk, tmp_path: Path) -> None:
    worked(desk)
    out = tmp_path / "out"
    desk.do("report", "all", "1", "--output", str(out), "--format", "docx", "--format", "html", "--format", "txt")
    desk.do("evidence", "form", "1", "--output", str(out), "--format", "docx", "--format", "html")
    desk.do("shift", "handover", "--to", "minh")
    desk.do("report", "incident", "1", "--format", "docx", "--format", "md")
    desk("drill", "end", "last")
    for words in (("report",), ("plan",), ("plan", "--book", "player"), ("plan", "--book", "observer")):
        desk("drill", words[0], "last", *words[1:], "--format", "docx", "--format", "html")
    files = [*out.iterdir(), *(desk.drill / "outbox").iterdir()]
    assert len(files) > 100
    for path in files:
        for part in _parts(path):
            assert SIGNED.search(part), path.name


def test_every_page_of_a_pdf_is_marked(desk: Desk, tmp_path: Path) -> None:
    pdfium = pytest.importorskip("pypdfium2")
    pytest.importorskip("typst")
    worked(desk)
    out = tmp_path / "out"
    out.mkdir()
    desk.do("report", "incident", "1", "--format", "pdf", "--output", str(out))
    desk.do("evidence", "form", "1", "--output", str(out), "--format", "pdf")
    papers = list(out.iterdir())
    assert len(papers) == 2
    for path in papers:
        book = pdfium.PdfDocument(path.read_bytes())
        for number in range(len(book)):
            text = " ".join(book[number].get_textpage().get_text_range().split())
            assert SIGNED.search(text), (path.name, number + 1)


@pytest.mark.parametrize("team", ["doi1"])
def test_every_artefact_begins_and_ends_with_the_mark(team: str) -> None:
    for name in shipped_names():
        scenario = parse_scenario((packaged("seeds") / "drills" / f"{name}.yaml").read_bytes(), name)
        for inject in scenario.injects:
            for one in make(inject, Making(CODE, 1, team, "vi", 1_795_392_000_000_000, PLACES)):
                assert "DIỄN TẬP".encode() in one.data or b"EXERCISE" in one.data.upper(), (name, one.name)


class _Any(dict):
    def get(self, _key, _default=None):
        return {
            "kind": "system",
            "name": "Xã A",
            "code": "xa-1",
            "domain": "xa.example",
            "address": "203.0.113.10",
            "lan": "10.99.0.1",
        }

    __getitem__ = get

    def values(self):
        return [self.get("")]


PLACES = _Any()


# What is sealed


def secrets(scenario: Scenario) -> set[str]:
    """Texts that give an answer away, whole: why, hints, what is expected. Options are asked aloud; their grades are not."""
    found = set()
    for inject in scenario.injects:
        said = [inject.hint, *(one.text for one in inject.expects)]
        said += [inject.truth.why] if inject.truth else []
        found |= {text for one in said for text in (one.vi, one.en) if len(text) > 12 and "{" not in text}
        found |= {one.measure for one in inject.expects if len(one.measure) > 5}
    return found


@pytest.mark.parametrize("name", [name for name in shipped_names() if name != "live-portal"])
def test_nothing_in_a_drills_workspace_gives_an_answer_away_but_the_sealed_scenario(tmp_path: Path, name: str) -> None:
    """Whatever command a player may find: its words come out of the database, the inbox, the outbox and the rules."""
    source = (packaged("seeds") / "drills" / f"{name}.yaml").read_bytes()
    with drill_room(tmp_path, source, RobotClock(BASE)) as room:
        conduct.start(room)
        told = conduct.jump(room, room.scenario.duration)
        plan = build_plan(room, bac_kan(), BASE)
        seen = [render_drill(compose_plan(plan, language, "player"), "txt").decode() for language in ("vi", "en")]
        tables = [row[0] for row in room.store.rows("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            seen += ["\n".join(map(str, row)) for row in room.store.rows(f"SELECT * FROM {table}")]
        for path in room.workspace.root.rglob("*"):
            if path.is_file() and path.suffix in (
                ".txt",
                ".json",
                ".log",
                ".eml",
                ".csv",
                ".html",
                ".yar",
                ".rules",
                ".pcap",
            ):
                seen.append(path.read_bytes().decode("utf-8", "replace"))
        whole = "\n".join(seen)
        assert told
        assert all(one.text.splitlines()[1] in whole for one in told if one.inject.channel == "phone")
        assert not {text for text in secrets(room.scenario) if text in whole}
        assert not re.search(r"\bmalicious\b|mồi nhử|\bdecoy\b", whole, re.IGNORECASE)


# The same bytes


def artefacts(team: str = "doi", zone: str = "UTC", locale: str = "C") -> dict[str, str]:
    """Digests of all that a scenario makes, made in another process."""
    program = (
        "import sys, json, hashlib\n"
        "from atttcli.drill.payload import Making, make\n"
        "from atttcli.drill.scenario import parse_scenario, shipped_names\n"
        "from atttcli.packaged import packaged\n"
        "facts = dict(kind='system', name='Xã A', code='xa-1', domain='xa.example', address='203.0.113.10', lan='10.99.0.1')\n"
        "found = {}\n"
        "for name in shipped_names():\n"
        "    scenario = parse_scenario((packaged('seeds') / 'drills' / f'{name}.yaml').read_bytes(), name)\n"
        "    places = {one.name: facts for one in scenario.places}\n"
        "    for inject in scenario.injects:\n"
        "        made = make(inject, Making('DT-2026-0001', 7, sys.argv[1], 'vi', 1795392000000000, places))\n"
        "        found |= {f'{name}/{inject.id}/{n}': hashlib.sha256(a.data).hexdigest() for n, a in enumerate(made)}\n"
        "print(json.dumps(found))\n"
    )
    environment = {
        **os.environ,
        "TZ": zone,
        "LC_ALL": locale,
        "PYTHONHASHSEED": "random",
        "PYTHONPATH": str(Path.cwd()),
    }
    ran = subprocess.run([sys.executable, "-c", program, team], capture_output=True, check=True, env=environment)
    return json.loads(ran.stdout)


def test_the_same_seed_makes_the_same_bytes_in_any_zone_and_locale() -> None:
    first = artefacts()
    assert len(first) > 30
    assert artefacts(zone="Asia/Ho_Chi_Minh", locale="C.UTF-8") == first


def test_another_team_gets_other_bytes_wherever_there_is_something_to_copy() -> None:
    """Texts that only say something are told apart by the code of the team's drill; numbers, addresses and names by its salt."""
    one, other = artefacts("doi1"), artefacts("doi2")
    same = {name for name in one if one[name] == other[name]}
    assert len(same) < len(one) / 3
