"""The case loader: every form of sample, and a clear refusal for every malformed case."""

from __future__ import annotations

from pathlib import Path

import pytest

from atttcli.errors import AtttError
from atttcli.rulepack.samples import iter_cases, pack, read_case

HEAD = "why: vì sao\nengine: yara\nrule: r\n"


def _case(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "case.yaml").write_text(text, "utf-8")
    return folder


def test_samples_of_every_form(tmp_path: Path) -> None:
    (tmp_path / "shell.php.b64").write_text(pack(b"<?php x ?>"), "ascii")
    (tmp_path / "auth.jsonl").write_bytes(b'{"a": 1}\n')
    recipe = "- client: 10.1.1.5\n  server: 10.1.1.6:80\n  messages: [{client: hi}]\n"
    (tmp_path / "check.flows.yaml").write_text(recipe, "utf-8")
    listed = "positive: [shell.php.b64, auth.jsonl, check.flows.yaml]\nnegative:\n  - {name: n.txt, text: chào}\n"
    listed += f"  - {{name: p, packed: '{pack(b'q').strip()}'}}\n"
    case = read_case(_case(tmp_path, HEAD + listed))
    positives = dict(case.positives)
    assert positives["shell.php"] == b"<?php x ?>"
    assert positives["auth.jsonl"] == b'{"a": 1}\n'
    assert positives["check.pcap"][:4] == b"\xd4\xc3\xb2\xa1"
    assert case.negatives == (("n.txt", "chào".encode()), ("p", b"q"))
    assert (case.engine, case.rule, case.why) == ("yara", "r", "vì sao")


def test_cases_come_in_order_of_path(tmp_path: Path) -> None:
    for name in ("b", "a/z", "a"):
        _case(tmp_path / name, HEAD + "positive: [{name: x, text: y}]\n")
    assert [case.path.relative_to(tmp_path).as_posix() for case in iter_cases(tmp_path)] == ["a", "a/z", "b"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        HEAD,
        HEAD + "positive: []\n",
        HEAD + "positive: x\n",
        HEAD + "positive: [missing.txt]\n",
        HEAD + "positive: [../outside.txt]\n",
        HEAD + "positive: [{name: x}]\n",
        HEAD + "positive: [{text: x}]\n",
        HEAD + "positive: [{name: x, packed: '***'}]\n",
        HEAD + "positive: [{name: x, text: y}]\nnegtive: []\n",
        HEAD + "positive: [{name: x, text: y}]\nencoding: rot13\n",
        HEAD + "positive: [&a {name: x, text: y}]\n",
    ],
)
def test_malformed_case_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "outside.txt").write_text("x", "utf-8")
    with pytest.raises(AtttError):
        read_case(_case(tmp_path / "case", text))
