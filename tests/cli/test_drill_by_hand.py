"""The run that docs/drills.md tells: its commands are typed at its minutes, its numbers demanded of the score and of the report."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from tests.cli.test_drill import Desk
from tests.cli.test_drill import desk as desk  # the fixture

DOCS = (Path(__file__).parents[2] / "docs" / "drills.md").read_text("utf-8")
CHAPTER = DOCS[DOCS.index("## A run by hand") : DOCS.index("## Writing a scenario")]
LETTERS = {"P": "Đạt tốt (P)", "S": "Đạt (S)", "M": "Đạt một phần (M)", "U": "Chưa đạt (U)"}


def table(head: str) -> list[list[str]]:
    """The rows of the chapter's table whose first column is called `head`."""
    found = re.search(rf"\| {head} \|.*\n\|[-|]+\|\n((?:\|.*\n)+)", CHAPTER)
    assert found is not None, f"docs/drills.md has no table of {head}"
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in found[1].splitlines()]


def steps() -> list[tuple[int, str]]:
    block = re.search(r"```drill\n(.*?)```", CHAPTER, re.S)
    assert block is not None
    return [(int(line.split()[0]), line.split(None, 1)[1]) for line in block[1].splitlines()]


def filled(desk: Desk, words: list[str]) -> list[str]:
    """The commune's code and the alerts of an inject for what stands in braces."""
    told: list[str] = []
    for word in words:
        if re.fullmatch(r"\{[AB]\d\}", word):
            board = desk.json("drill", "status", "last")[0]["injects"]
            told += next(one for one in board if one["id"] == word[1:-1])["alerts"]
        elif "{XA}" in word:
            planned = desk.rows(
                "SELECT p.payload FROM journal JOIN journal_payload p USING (seq) WHERE verb = 'drill.planned'",
                "DT-2026-0001",
            )
            told.append(word.replace("{XA}", json.loads(planned[0][0])["places"]["xa"]["code"]))
        else:
            told.append(word)
    return told


def test_the_run_in_the_docs_scores_as_worked_out_there_down_to_the_text_of_the_report(desk: Desk) -> None:
    minute = 0
    for at, command in steps():
        desk.later(at - minute)
        minute = at
        desk(*filled(desk, shlex.split(command)))
    score = desk.json("drill", "score", "last")[0]
    values = {one["id"]: one["value"] for one in score["lines"]}
    assert values == pytest.approx({row[0]: float(row[2]) for row in table("line")}, abs=0.001)
    assert score["dimensions"] == pytest.approx({row[0]: float(row[2]) for row in table("dimension")}, abs=0.0001)
    rated = {one["id"]: (round(one["score"], 1), one["letter"]) for one in score["objectives"]}
    assert rated == {row[0]: (float(row[2]), row[3]) for row in table("objective")}
    total = re.search(r"Total: .* = \*\*([\d.]+)\*\* of 100", CHAPTER)
    assert total is not None and round(score["total"], 1) == float(total[1])
    in_the_report(desk, total[1])


def in_the_report(desk: Desk, total: str) -> None:
    """What the committee reads says the same."""
    desk("drill", "report", "last", "--format", "md")
    (paper,) = (desk.root / "drills" / "DT-2026-0001" / "outbox").glob("*-report.md")
    text = paper.read_text("utf-8").replace("\\", "")
    assert f"Kết quả chung: {total.replace('.', ',')}/100 điểm" in text
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    shown = {row[0]: row for row in rows}
    for id, _why, _value, points in table("line"):
        assert points in shown[id], f"the report does not give {id} {points}"
        assert re.search(r"#\d+", shown[id][-1]), f"{id} names no entry"
    for id, _why, value, letter in table("objective"):
        assert value.replace(".", ",") in shown[id] and LETTERS[letter] in shown[id]
    assert "Giữ máy chạy để lấy chứng cứ" in text
    assert text.index("VIỆC CẢI THIỆN TỪ CÁC LẦN TRƯỚC") < text.index("KẾT QUẢ THEO MỤC TIÊU"), (
        "earlier actions come first"
    )


def test_the_docs_add_up() -> None:
    """The numbers of the chapter agree among themselves, whatever the tool says."""
    points = {row[0]: [float(part.replace(",", ".")) for part in row[3].split("/")] for row in table("line")}
    values = {row[0]: float(row[2]) for row in table("line")}
    assert all(got == pytest.approx(values[id] * whole, abs=0.051) for id, (got, whole) in points.items())
    dimensions = [(float(row[2]), int(row[3])) for row in table("dimension")]
    total = sum(value * weight for value, weight in dimensions) / sum(weight for _value, weight in dimensions) * 100
    assert f"**{total:.1f}**" in CHAPTER
