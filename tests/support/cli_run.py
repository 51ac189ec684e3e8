"""The tool from outside: in this process, in a pipe, or on a pseudo terminal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from atttcli.cli.main import run
from atttcli.packaged import packaged

START = [sys.executable, "-c", "from atttcli.cli.main import run; run()"]


@dataclass(frozen=True)
class Told:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]

    def checked(self, schema: str) -> list[dict[str, Any]]:
        """The JSON lines, each valid under the documented schema."""
        validator = jsonschema.Draft202012Validator(
            json.loads((packaged("schemas") / f"{schema}.schema.json").read_text())
        )
        found = self.lines()
        for one in found:
            validator.validate(one)
        return found


def tell(capsys: pytest.CaptureFixture, *arguments: str | Path) -> Told:
    capsys.readouterr()
    with pytest.raises(SystemExit) as stop:
        run(["--lang", "en", *map(str, arguments)])
    said = capsys.readouterr()
    return Told(int(stop.value.code or 0), said.out, said.err)


def piped(*arguments: str | Path, cwd: Path | None = None, stdin: bytes = b"") -> tuple[int, bytes, bytes]:
    words = [*START, *map(os.fsencode, arguments)]
    done = subprocess.run(words, cwd=cwd, input=stdin, capture_output=True, timeout=60, check=False)
    return done.returncode, done.stdout, done.stderr


def on_terminal(*arguments: str | Path, cwd: Path | None = None) -> tuple[int, bytes]:
    """Everything that reached a terminal, stdout and stderr, as bytes; the terminal's own CR before LF is taken out."""
    import pty

    ours, theirs = pty.openpty()
    words = [*START, *map(os.fsencode, arguments)]
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "200"}
    with subprocess.Popen(words, cwd=cwd, stdin=theirs, stdout=theirs, stderr=theirs, env=environment) as child:
        os.close(theirs)
        said = bytearray()
        while True:
            try:
                piece = os.read(ours, 65536)
            except OSError:  # the other side is closed
                break
            if not piece:
                break
            said += piece
        code = child.wait(timeout=60)
    os.close(ours)
    return code, bytes(said).replace(b"\r\n", b"\n")
