"""What is kept of Sigma rules between runs of `detect logs`: never a wrong rule, and no need for a place to keep it."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path

import pytest

from atttcli.rulepack import catalogue, listing
from tests.support.cli_run import tell

EVENT = {"EventID": 1, "Channel": "Microsoft-Windows-Sysmon/Operational", "Image": "x evil y", "User": "admin"}
SIZE = 400


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ATTTCLI_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(listing, "_SETTLED", 0)
    monkeypatch.setattr(catalogue, "_MANY", 1)
    (tmp_path / "a.jsonl").write_text(json.dumps(EVENT) + "\n")
    (tmp_path / "rules").mkdir()
    return tmp_path / "rules"


def rule(name: str, wanted: str = "evil", field: str = "Image|contains") -> bytes:
    selection = {"a": {field: wanted}, "condition": "a"}
    said = {"title": name, "id": name, "logsource": {"product": "windows"}, "detection": selection}
    return json.dumps(said).encode().ljust(SIZE)


def told(folder: Path, capsys: pytest.CaptureFixture[str], *options: str) -> list[str]:
    """The rules that were found."""
    said = tell(capsys, "detect", "logs", folder.parent / "a.jsonl", "--rules", folder, "--json", *options)
    assert said.code in (0, 1), said.err
    return sorted(one["rule"] for one in said.lines())


def test_names_of_any_bytes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in (b"a.yml", b"\xff\xfe.yml", b"c.yml"):
        Path(os.fsdecode(os.path.join(os.fsencode(folder), name))).write_bytes(rule("r" + name.hex()))
    wanted = sorted("r" + name.hex() for name in (b"a.yml", b"\xff\xfe.yml", b"c.yml"))
    assert [told(folder, capsys) for _ in range(3)] == [wanted] * 3
    other = Path(os.fsdecode(os.fsencode(folder) + b"\xff"))
    folder.rename(other)
    assert [told(other, capsys) for _ in range(2)] == [wanted] * 2


@pytest.mark.parametrize("workers", ["1", "2"])
def test_no_folder_to_keep_rules_in(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, workers: str
) -> None:
    (folder / "r.yml").write_bytes(rule("r"))
    (folder.parent / "file").write_text("")
    monkeypatch.setenv("ATTTCLI_HOME", str(folder.parent / "file" / "home"))
    assert told(folder, capsys, "--workers", workers) == ["r"]


def test_an_account_without_a_home_is_told_what_to_do(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("ATTTCLI_HOME")
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    said = tell(capsys, "status")
    assert said.code == 2
    assert "set ATTTCLI_HOME" in said.err


@pytest.mark.parametrize("seed", range(4))
def test_what_is_kept_is_never_a_wrong_rule(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Files come, change (of the same size, at the same time), swap their places and go; what is kept is damaged."""
    kept_in = folder.parent / "kept"  # the folder of this name is no other test's
    monkeypatch.setattr("atttcli.cli.log_run._cache", lambda: kept_in)
    choose = random.Random(seed)
    wanted: dict[str, str] = {}
    values = folder.parent / "values.yml"
    for step in range(25):
        name = f"{choose.randrange(6)}.yml"
        file, other = folder / name, folder / f"{choose.randrange(6)}.yml"
        deed = choose.choice(["write", "write", "write", "swap", "remove", "damage", "cut", "values"])
        if deed == "write":
            text, before = choose.choice(["evil", "good"]), file.stat() if file.exists() else None
            file.write_bytes(rule(f"r{step:02}", text))
            if before is not None:
                os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
            wanted[name] = f"r{step:02}" if text == "evil" else ""
        elif deed == "swap" and file.exists() and other.exists() and file != other:
            file.rename(folder / "between")
            other.rename(file)
            (folder / "between").rename(other)
            wanted[name], wanted[other.name] = wanted[other.name], wanted[name]
        elif deed == "remove" and file.exists():
            file.unlink()
            del wanted[name]
        elif deed == "values":
            values.write_text(f"who: {choose.choice(['admin', 'nobody'])}\n")
            (folder / "p.yml").write_bytes(rule("p", "%who%", "User|expand"))
        else:
            for kept in kept_in.glob("*.rules"):
                data = bytearray(kept.read_bytes())
                if not data:  # cut before, and of rules that were not asked for since
                    continue
                if deed == "damage":
                    data[choose.randrange(len(data))] ^= 1 << choose.randrange(8)
                kept.write_bytes(data[: choose.randrange(len(data))] if deed == "cut" else data)
        if not wanted:
            continue
        said = sorted(one for one in wanted.values() if one)
        options = ()
        if values.exists():
            said = sorted([*said, "p"]) if "admin" in values.read_text() else said
            options = ("--placeholders", str(values))
        for _ in range(2):
            assert told(folder, capsys, *options) == said, (step, deed)
