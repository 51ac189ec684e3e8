"""What a file name, a rule, a log line or a capture says must not reach a terminal as anything but text (CWE-150).

Every matching command, in a pipe and on a pseudo terminal. Allowed are printable characters, LF, the tab between columns
in a pipe, and on a terminal the colours and the progress bar's cursor moves that rich itself writes: those are compared
with the same command's over harmless input.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.cli_run import on_terminal, piped
from tests.support.network_wire import dns_query, pcap, udp_frame

if sys.platform == "win32":
    pytest.skip("file names of any bytes and pseudo terminals are POSIX", allow_module_level=True)

# Title and clipboard (OSC), colours and cursor (CSI), C1 CSI as UTF-8, bidi override, markup, a zero-width space, CR, BEL.
POISON = "\x1b]0;owned\x07\x1b]8;;http://x.example\x07\x1b]52;c;Zm9v\x07\x1b[31m\x9b2J\u202eexe\u200b[/nope][bold]\r\b"
NAME = os.fsencode(POISON.replace("/", "_")) + b"\xff\xfe.txt"  # not UTF-8: a lone surrogate for Python
SGR = re.compile(rb"\x1b\[[0-9;]*m")
CURSOR = re.compile(rb"\x1b\[(?:\?25[hl]|[0-9]*[ABCDGK]|2K|1A)|\r")

Build = Callable[[Path], list[str | Path]]


def _files(place: Path) -> list[str | Path]:
    (place / "in").mkdir()
    with open(os.path.join(os.fsencode(place / "in"), NAME), "wb") as stream:
        stream.write(b"MARKER" + POISON.encode() + b"\x00")
    (place / "r.yar").write_bytes(
        b'rule hit { meta: description = "' + _in_rule(POISON) + b'" strings: $a = /MARKER.{0,40}/s condition: $a }\n'
        b"rule bad { condition: no_such }\n"
    )
    return ["detect", "files", "in", _absent(), "--rules", "r.yar"]


def _scan(place: Path) -> list[str | Path]:
    _files(place)
    return ["scan", "in", _absent(), "--rules", "r.yar"]


def _capture(place: Path) -> list[str | Path]:
    rule = f'alert dns any any -> any any (msg:"{_plain(POISON)}"; dns.query; content:"bad"; sid:7;)\n'
    bad = f'alert tcp any any -> any any (msg:"{_plain(POISON)}"; {_plain(POISON)}:1; sid:8;)\n'
    (place / "n.rules").write_text(rule + bad, encoding="utf-8", newline="")
    name = os.path.join(os.fsencode(place), NAME)
    with open(name, "wb") as stream:
        stream.write(pcap([udp_frame(dns_query("bad\x1b[31m\x07[/nope].example"))]))
    return ["detect", "capture", os.fsdecode(NAME), _absent(), "--rules", "n.rules"]


def _logs(place: Path) -> list[str | Path]:
    (place / "in").mkdir()
    line = '203.0.113.4 - - [16/Nov/2026:08:00:01 +0700] "GET /{0} HTTP/1.1" 200 5 "-" "MARKER {0}"\n'
    text = line.format(POISON.replace('"', "").replace("\r", "")) + "no record " + POISON.replace("\r", "") + "\x00\n"
    with open(os.path.join(os.fsencode(place / "in"), NAME), "wb") as stream:
        stream.write(text.encode() + b"\xff\xfe\n")
    (place / "r.yar").write_bytes(b'rule hit : log { meta: description = "' + _in_rule(POISON) + b'" strings: $a = "MARKER" '
                                  b"condition: $a }\n")  # fmt: skip
    (place / "i.csv").write_text("type,value,description\nip,203.0.113.4,sold by \u202eexe\n", encoding="utf-8")
    return ["detect", "logs", "in", _absent(), "--rules", "r.yar", "--indicators", "i.csv"]


def _pack(place: Path) -> Path:
    pack = place / "pack"
    pack.mkdir()
    name = os.path.join(os.fsencode(pack), NAME[:-4])
    with open(name + b".yar", "wb") as stream:
        stream.write(
            b'rule hit { meta: description = "'
            + _in_rule(POISON)
            + b'" condition: filesize > 9 }\nrule b { condition: z }\n'
        )
    with open(name + b".rules", "wb") as stream:
        stream.write(f'alert tcp any any -> any any (msg:"{_plain(POISON)}"; content:"x"; sid:4;)\n'.encode())
        stream.write(f'alert tcp any any -> any any (msg:"{_plain(POISON)}"; {_plain(POISON)}:1; sid:8;)\n'.encode())
    with open(name + b".yml", "wb") as stream:
        stream.write(b'title: "' + _in_yaml(POISON) + b'"\nid: "' + _in_yaml(POISON) + b'"\nlogsource: {category: webserver}\n'
                     b"detection: {a: {b: c}, condition: zz}\n")  # fmt: skip
    with open(name + b".csv", "wb") as stream:
        stream.write(f"type,value,description\nip,203.0.113.4,{_plain(POISON)}\nip,{_plain(POISON)},x\n".encode())
    case = pack / "cases" / "hit"
    case.mkdir(parents=True)
    (case / "case.yaml").write_bytes(b'why: "' + _in_yaml(POISON) + b'"\nengine: yara\nrule: hit\npositive:\n'
                                     b'  - {name: "' + _in_yaml(POISON) + b'", text: "x"}\n')  # fmt: skip
    return pack


def _list(place: Path) -> list[str | Path]:
    return ["rules", "list", _pack(place).name]


def _check(place: Path) -> list[str | Path]:
    return ["rules", "check", _pack(place).name]


def _test(place: Path) -> list[str | Path]:
    return ["rules", "test", _pack(place).name]


def _explain(place: Path) -> list[str | Path]:
    return ["rules", "explain", "1:4", "--rules", _pack(place).name]


def _explain_yara(place: Path) -> list[str | Path]:
    return ["rules", "explain", "hit", "--rules", _pack(place).name]


def _unknown_rule(place: Path) -> list[str | Path]:
    return ["rules", "explain", _absent()]


def _usage(place: Path) -> list[str | Path]:
    return ["detect", "files", "x", "--" + _absent()]


def _bad_value(place: Path) -> list[str | Path]:
    return ["scan", "--max-time", _absent()]


def _absent() -> str:
    return "absent" + POISON.replace("/", "_") + "\udcff"


def _plain(text: str) -> str:
    return text.translate({ord(char): None for char in '\r\n";\\'})


def _in_rule(text: str) -> bytes:
    return "".join(f"\\x{byte:02x}" for byte in text.encode()).encode()


def _in_yaml(text: str) -> bytes:
    return "".join(char if char.isascii() and char.isprintable() else f"\\u{ord(char):04x}" for char in text).encode()


BUILDS: list[Build] = [
    _files, _scan, _capture, _logs, _list, _check, _test, _explain, _explain_yara, _unknown_rule, _usage, _bad_value,
]  # fmt: skip


def foreign(said: bytes) -> set[str]:
    """Characters that no text of ours holds."""
    text = said.decode("utf-8", "surrogateescape")
    return {repr(char) for char in text if not char.isprintable() and char not in "\n\t"}


@pytest.mark.parametrize("build", BUILDS, ids=lambda build: build.__name__)
def test_nothing_raw_in_a_pipe(build: Build, tmp_path: Path) -> None:
    words = build(tmp_path)
    code, out, err = piped("--lang", "en", *words, cwd=tmp_path)
    assert code in (0, 1, 2, 3)
    assert b"Traceback" not in err
    assert out + err
    assert foreign(out + err) == set()
    assert "\\x1b" in (out + err).decode()  # the poison did come through, as text


@pytest.mark.parametrize("build", BUILDS[:9], ids=lambda build: build.__name__)
def test_nothing_raw_in_json(build: Build, tmp_path: Path) -> None:
    import json

    words = build(tmp_path)
    _code, out, err = piped("--lang", "en", *words, "--json", cwd=tmp_path)
    assert b"Traceback" not in err
    assert foreign(out + err) == set()
    assert out
    for line in out.splitlines():
        json.loads(line)


@pytest.mark.parametrize("build", BUILDS, ids=lambda build: build.__name__)
def test_only_our_own_colours_on_a_terminal(build: Build, tmp_path: Path) -> None:
    words = build(tmp_path)
    code, said = on_terminal("--lang", "en", *words, cwd=tmp_path)
    assert code in (0, 1, 2, 3)
    assert b"Traceback" not in said
    plain = CURSOR.sub(b"", SGR.sub(b"", said))
    assert foreign(plain) == set()
    assert b"\x1b[31m\x9b" not in said
    assert b"nope" in said  # markup was shown, not obeyed


def test_markup_in_a_name_is_shown_as_it_stands(tmp_path: Path) -> None:
    (tmp_path / "[bold]x[").write_bytes(b"MARKER")
    (tmp_path / "r.yar").write_text('rule hit { strings: $a = "MARKER" condition: $a }\n')
    code, said = on_terminal("--lang", "en", "detect", "files", "[bold]x[", "--rules", "r.yar", cwd=tmp_path)
    assert code == 1
    assert b"[bold]x[" in said
