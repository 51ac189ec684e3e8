"""Templates of users from outside: copied, changed, linted, previewed, used by every command that writes papers, and recorded."""

from __future__ import annotations

import io
import json
from pathlib import Path

import docx
import pytest

from atttcli.cli.main import run
from atttcli.clock import FixedClock
from atttcli.journal.journal import Journal
from atttcli.store.connection import Store
from atttcli.store.workspace import Workspace
from tests.support.reported_case import NUMBER, build_case


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setenv("ATTTCLI_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return build_case(tmp_path / "w")


def _run(case: Workspace, *arguments: str) -> int:
    with pytest.raises(SystemExit) as left:
        run(["--lang", "vi", "--workspace", str(case.root), "report", *arguments])
    return int(left.value.code or 0)


def _json(case: Workspace, capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, object]]:
    capsys.readouterr()
    assert _run(case, *arguments, "--json") == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_word_template_is_copied_edited_in_word_and_lays_the_paper_out(
    case: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(case, "template", "copy", "initial", "--format", "docx") == 0
    path = case.root / "templates" / "initial.vi.docx"
    book = docx.Document(str(path))
    book.paragraphs[0].insert_paragraph_before("Bản của Đội: {{ facts.title }}")
    book.save(str(path))
    assert _run(case, "template", "lint", str(path)) == 0
    capsys.readouterr()
    assert _run(case, "paper", "initial", NUMBER, "--format", "docx", "--format", "txt") == 0
    assert "initial.vi.docx (không gian làm việc)" in capsys.readouterr().err
    made = (case.outbox / f"initial-{NUMBER}.vi.docx").read_bytes()
    assert docx.Document(io.BytesIO(made)).paragraphs[0].text == "Bản của Đội: Máy tính xã Vi Hương bị điều khiển"
    (used,) = json.loads((case.outbox / f"initial-{NUMBER}.vi.model.json").read_text())["provenance"]["templates"]
    assert (used["format"], used["origin"], used["name"]) == ("docx", "workspace", "initial.vi.docx")
    (listed, *_rest) = _json(case, capsys, "template", "list", "initial")
    assert (listed["origin"], listed["sha256"]) == ("workspace", used["sha256"])


MARK = "{{ paper.masthead.marks | join }}"


@pytest.mark.parametrize(
    ("command", "name", "source"),
    [
        (("paper", "notice", NUMBER), "notice", "{{ facts.number }}"),
        (("week", "--of", "2021-W19"), "week", "{{ figures.incidents.value }}"),
        (("period", "--of", "2021-05"), "period", "{{ figures.incidents.shown }}"),
        (("incident", NUMBER), "incident", "{{ model.incident.number }}"),
    ],
    ids=lambda value: value if isinstance(value, str) else value[0],
)
def test_every_command_takes_a_template(
    case: Workspace,
    tmp_path: Path,
    command: tuple[str, ...],
    name: str,
    source: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    mine = tmp_path / "mine.txt.j2"
    mine.write_text(f"MẪU RIÊNG {MARK} {source}", encoding="utf-8")
    assert _run(case, *command, "--template", str(mine), "-o", "-") == 0
    said = capsys.readouterr()
    assert said.out in (f"MẪU RIÊNG  {NUMBER}\n", "MẪU RIÊNG  1\n")
    assert "mine.txt.j2 (tùy chọn)" in said.err
    (told,) = _json(case, capsys, *command, "--template", str(mine), "-o", str(tmp_path / "out.txt"))
    assert told["templates"][0]["origin"] == "option"  # type: ignore[index]
    assert (tmp_path / "out.txt").read_text("utf-8").startswith("MẪU RIÊNG")


def test_a_kept_model_is_rendered_by_the_template_in_use_and_says_when_it_is_another(
    case: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(case, "template", "copy", "notice", "--format", "html") == 0
    assert _run(case, "paper", "notice", NUMBER, "--format", "html") == 0
    first = (case.outbox / f"notice-{NUMBER}.vi.html").read_bytes()
    model = str(case.outbox / f"notice-{NUMBER}.vi.model.json")
    capsys.readouterr()
    assert _run(case, "build", "--from", model, "--format", "html", "-o", str(tmp_path / "a.html")) == 0
    assert (tmp_path / "a.html").read_bytes() == first
    assert "không phải mẫu đang dùng" not in capsys.readouterr().err
    (case.root / "templates" / "notice.vi.html.j2").unlink()
    assert _run(case, "build", "--from", model, "--format", "html", "-o", str(tmp_path / "b.html")) == 0
    assert "không phải mẫu đang dùng" in capsys.readouterr().err


def test_what_goes_out_looks_as_its_draft_did_and_the_register_says_by_which_template(
    case: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(case, "template", "copy", "notice", "--format", "html") == 0
    assert _run(case, "paper", "notice", NUMBER, "--format", "html") == 0
    path = case.root / "templates" / "notice.vi.html.j2"
    kept = path.read_text("utf-8")
    path.write_text(kept.replace("<main>", "<main> "), encoding="utf-8")
    issued = ("issued", f"notice-{NUMBER}", "--number", "7/TB-STTTT")
    assert _run(case, *issued) == 4
    assert "template" in capsys.readouterr().err
    path.write_text(kept, encoding="utf-8")
    assert _run(case, *issued) == 0
    with Store(case.database) as store:
        (entry,) = Journal(store, "truc.ban", FixedClock(0)).entries(verbs=("report.issued",))
    assert [(one["format"], one["name"]) for one in entry.payload["templates"]] == [("html", "notice.vi.html.j2")]


def test_lint_ends_with_one_and_names_file_line_and_what(
    case: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = tmp_path / "week.md.j2"
    mine.write_text(f"{MARK}\n{{{{ figures.incidentz.value }}}}\n{{% include '/etc/passwd' %}}\n", encoding="utf-8")
    assert _run(case, "template", "lint", str(mine)) == 1
    said = capsys.readouterr().out
    assert f"{mine}:2: lỗi: không có figures.incidentz: incidents?" in said
    assert f"{mine}:3: lỗi:" in said and "root:" not in said
    assert _run(case, "template", "lint", str(mine), "--json") == 1
    faults = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {one["line"] for one in faults} == {2, 3}
    assert _run(case, "template", "lint", str(tmp_path / "gone.md.j2"), "--paper", "week") == 2
    assert _run(case, "template", "lint", str(mine), "--paper", "no-such") == 3


def test_preview_and_vars_need_no_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTTCLI_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    for arguments in (
        ["copy", "week", "--format", "txt"],
        ["preview", "week", "--format", "txt"],
        ["vars", "week"],
        ["list"],
    ):
        with pytest.raises(SystemExit) as left:
            run(["--lang", "vi", "report", "template", *arguments])
        assert not left.value.code
    assert (tmp_path / "home" / "templates" / "week.vi.txt.j2").is_file()
    assert "«number 1»" in (tmp_path / "preview-week.vi.txt").read_text("utf-8")


def test_mistakes_are_told(case: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mine = tmp_path / "mine.txt.j2"
    mine.write_text("{{ paper.kind }}", encoding="utf-8")
    assert _run(case, "paper", "notice", NUMBER, "--template", str(mine), "--format", "docx") == 2
    assert _run(case, "paper", "notice", NUMBER, "--template", str(tmp_path / "x.docm")) == 2
    assert _run(case, "paper", "notice", NUMBER, "--draft", "--template", str(mine), "-o", str(tmp_path / "a.txt")) == 2
    assert "paper.masthead.marks" in capsys.readouterr().err
    assert not (tmp_path / "a.txt").exists()
    assert _run(case, "template", "copy", "notice", "--format", "txt", "-o", str(mine)) == 5
    assert _run(case, "template", "copy", "initial", "--lang", "en") == 2
