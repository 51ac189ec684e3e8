"""What a Vietnamese reader sees: help with its examples, plurals, errors with what to do next."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from atttcli.text.messages import _, ngettext, use_language

START = "from atttcli.cli.main import run; run()"


def said(*words: str, cwd: Path) -> tuple[int, str]:
    environment = {**os.environ, "ATTTCLI_HOME": str(cwd / "home")}
    done = subprocess.run(
        [sys.executable, "-c", START, "--lang", "vi", *words],
        cwd=cwd, env=environment, capture_output=True, text=True, encoding="utf-8", timeout=60, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def vietnamese() -> Iterator[None]:
    use_language("vi")
    yield
    use_language("en")


@pytest.mark.parametrize("count", [0, 1, 5])
def test_one_form_for_every_number(vietnamese: None, count: int) -> None:
    assert ngettext("{count} alert", "{count} alerts", count) == f"{count} cảnh báo"


def test_an_empty_text_stays_empty(vietnamese: None) -> None:
    assert _("") == ""


def test_help_of_the_whole_tool(tmp_path: Path) -> None:
    code, text = said("--help", cwd=tmp_path)
    assert code == 0
    assert "Bộ công cụ ứng cứu sự cố" in text
    assert "Vùng làm việc" in text
    assert "\n    atttcli init bac-kan" in text


def test_help_of_a_command_keeps_its_example_in_place(tmp_path: Path) -> None:
    code, text = said("undo", "--help", cwd=tmp_path)
    assert code == 0
    assert "nothing is deleted" not in text
    assert "\n  Ví dụ:\n    atttcli undo\n" in text


def test_an_error_and_its_hint(tmp_path: Path) -> None:
    code, text = said("status", cwd=tmp_path)
    assert code == 2
    assert "→ hãy tạo: atttcli init" in text
