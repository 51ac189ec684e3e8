"""Rules for plain text meet UTF-16 files, and say where in the file."""

import os
import random

import pytest
import yara
from hypothesis import given
from hypothesis import strategies as st

from atttcli.field.examine import Examiner
from atttcli.field.match import Matcher
from atttcli.field.scanner import FileFinding, Scanner
from atttcli.field.utf16 import codec_of

RULE = 'rule bad { strings: $p = "Invoke-Evil" nocase $v = "mã độc" condition: any of them }'
EXTERNALS = dict.fromkeys(("filename", "filepath", "extension", "filetype", "owner"), "")


def found(folder, data):
    (folder / "x.ps1").write_bytes(data)
    scan = Scanner(Examiner(Matcher(yara.compile(source=RULE, externals=EXTERNALS))))
    return [one for one in scan.run([str(folder)]) if isinstance(one, FileFinding)]


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("mark", ["\ufeff", ""])
@pytest.mark.parametrize("size", [20, 3_000_000])  # the longer one is mapped, not read
def test_a_string_is_found_at_its_place_in_the_file(tmp_path, codec, mark, size):
    text = mark + "Tiếng Việt " * 3 + "x" * size + "🔒 invoke-evil; phát hiện mã độc" + "\r\n" * 40
    (finding,) = found(tmp_path, text.encode(codec))
    (hit,) = finding.hits
    assert hit.encoding == codec
    data = text.encode(codec)
    told = {data[s.offset : s.offset + s.length].decode(codec) for s in hit.strings}
    assert told == {"invoke-evil", "mã độc"}


def test_a_rule_that_met_the_bytes_is_told_once(tmp_path):
    (finding,) = found(tmp_path, b"\xff\xfe" + "abc Invoke-Evil".encode("utf-16-le") * 9 + b"\r\0\n\0")
    assert [hit.encoding for hit in finding.hits] == ["utf-16-le"]
    (finding,) = found(tmp_path, b"plain Invoke-Evil")
    assert [hit.encoding for hit in finding.hits] == [""]


def test_binaries_are_not_taken_for_text():
    rng = random.Random(3)
    assert codec_of(b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0" * 20) == ""
    assert codec_of(b"\xff\xfe" + rng.randbytes(400)) == ""
    assert codec_of(bytes(512)) == ""
    assert codec_of(b"\xff\xfe\0\0a\0\0\0") == ""
    assert codec_of(os.urandom(0)) == ""


@given(st.binary(max_size=600))
def test_any_bytes_are_judged_without_harm(tmp_path_factory, data):
    found(tmp_path_factory.mktemp("any"), data)
