"""`atttcli kit build` and `check` as a person sees them."""

from __future__ import annotations

import json
import shlex

import pytest
from click.testing import CliRunner, Result

from atttcli.cli.context import App
from atttcli.cli.main import cli
from tests.support.stick_case import Centre, centre, start

place = pytest.fixture(centre)


def run(place: Centre, words: str, language: str = "vi") -> Result:
    app = App(str(place.folder / "ws"), language, actor="lan")
    told = CliRunner().invoke(cli, ["--lang", language, *shlex.split(words)], obj=app)
    app.close()
    return told


def test_a_kit_goes_out_and_comes_back(place: Centre, tmp_path) -> None:
    stick, machine = tmp_path / "USB 1", tmp_path / "máy"
    machine.mkdir()
    (machine / "a.php").write_bytes(b'<?php @eval($_POST["x"]); ?>')
    told = run(place, f"kit build --agency x-vi-huong --os linux --system-python --call '0209 111 222' -o '{stick}'")
    assert told.exit_code == 0, told.output
    for word in ("K-2026-0001", "x-vi-huong", "bộ quét đầy đủ, Python 3.", "0209 111 222", "luật"):
        assert word in told.output, word
    told = run(place, f"kit check '{stick}'")
    assert (told.exit_code, "Nguyên vẹn" in told.output, "Không có kết quả mới" in told.output) == (0, True, True)
    assert start(stick, str(machine)).returncode == 1
    told = run(place, f"kit check '{stick}'", "en")
    assert told.exit_code == 0
    assert f"1 new result on it. atttcli bundle import '{stick}/out'" in told.output
    (stick / "autorun.inf").write_text("x")
    told = run(place, f"kit check '{stick}'")
    assert told.exit_code == 7
    assert "autorun.inf" in told.output + told.stderr


def test_the_team_of_the_organisation_is_rung_by_default(place: Centre, tmp_path) -> None:
    told = run(place, f"kit build --agency x-vi-huong --os windows -o '{tmp_path / 'w'}' --json")
    built = json.loads(told.stdout)
    (team,) = [organ for organ in place.app.organisation.organs if organ.code == "team"]
    assert (built["kind"], built["call"]) == ("collector", team.call_back)
    assert team.call_back in (tmp_path / "w" / "HUONG-DAN.txt").read_text(encoding="utf-8-sig")


def test_what_people_switched_off_stays_silent_on_a_kit(place: Centre, tmp_path) -> None:
    machine = tmp_path / "máy"
    machine.mkdir()
    (machine / "a.php").write_bytes(b'<?php @eval($_POST["x"]); ?>')
    rule = "webshell.yar:webshell_php_request_to_code"
    place.journal.append("rule.disabled", rule, {"reason": "nhầm"})
    assert run(place, f"kit build --agency x-vi-huong --os linux --system-python -o '{tmp_path / 'k'}'").exit_code == 0
    assert start(tmp_path / "k", str(machine)).stdout.rstrip().endswith("không thấy gì nghi ngờ.")


def test_refusals_name_what_to_do(place: Centre, tmp_path) -> None:
    told = run(place, f"kit build --agency x-vi-huong --os windows --system-python -o '{tmp_path / 'k'}'")
    assert told.exit_code != 0
    told = run(place, f"kit build --agency nowhere --os linux -o '{tmp_path / 'k'}'")
    assert told.exit_code != 0
    assert not (tmp_path / "k").exists()


@pytest.mark.parametrize(("mark", "leaves"), [("AMBER", True), ("RED", False)])
def test_an_installed_rule_pack_goes_along_unless_its_mark_keeps_it_here(place: Centre, tmp_path, mark, leaves) -> None:
    rules = tmp_path / "luật"
    rules.mkdir()
    (rules / "ours.yar").write_text('rule ours { meta: description = "x" strings: $a = "ZZZOURS" condition: $a }\n')
    for words in (
        f"rules pack '{rules}' -o '{tmp_path / 'p.attr'}' --tlp {mark} --version 7",
        f"rules sign '{tmp_path / 'p.attr'}'",
        f"rules install '{tmp_path / 'p.attr'}'",
    ):
        told = run(place, words)
        assert told.exit_code == 0, told.output + told.stderr
    told = run(place, f"kit build --agency x-vi-huong --os linux --system-python -o '{tmp_path / 'k'}'")
    assert told.exit_code == 0
    assert (b"ZZZOURS" in (tmp_path / "k" / "rules" / "yara.json").read_bytes()) == leaves
    assert ("Gói luật đang dùng ở lại đây" in told.output + told.stderr) != leaves
    assert (json.loads((tmp_path / "k" / "kit.json").read_text())["rules"]["version"] == "7") == leaves
    told = run(place, f"kit build --agency x-vi-huong --os linux --system-python --include-red -o '{tmp_path / 'k2'}'")
    assert b"ZZZOURS" in (tmp_path / "k2" / "rules" / "yara.json").read_bytes()
