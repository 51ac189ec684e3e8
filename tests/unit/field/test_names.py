"""Names on lists are met however they are spelt, and a hostile pattern costs no more than any other."""

import fnmatch
import io
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atttcli.field.hashset import HashSet, write_hashset
from atttcli.field.names import NameSet, fold_path, glob, is_pattern, name_key


def known(folder, *names):
    notes = [{"name": name} for name in names]
    folded = [fold_path(name) for name in names]
    stream = io.BytesIO()
    exact = [(name_key(name), at) for at, name in enumerate(folded) if not is_pattern(name)]
    write_hashset(stream, exact, notes)
    (folder / "names.bin").write_bytes(stream.getvalue())
    patterns = [(name, notes[at]) for at, name in enumerate(folded) if is_pattern(name)]
    return NameSet(HashSet(str(folder / "names.bin")), patterns)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("svch0st.exe", r"C:\Users\lan\SVCH0ST.EXE"),
        ("svch0st.exe", "/home/lan/svch0st.exe"),
        ("svch0st.exe", "/home/lan/a.zip!tools/svch0st.exe"),
        (r"AppData\Roaming\*.scr", "C:/Users/lan/AppData/Roaming/ảnh.scr"),
        ("AppData/Roaming/x.dll", "C:/Users/lan/appdata/roaming/X.DLL"),
        ("/tmp/.lock", "/tmp/.lock"),
        ("C:/Windows/Temp/??.exe", "c:/windows/temp/a1.exe"),
        ("Hóa đơn*.exe", "/x/HÓA ĐƠN tháng 3.exe"),
    ],
)
def test_a_listed_name_is_met(tmp_path, name, path):
    assert known(tmp_path, name, "other.exe", "*.other").look_up(path) == [{"name": name}]


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("svch0st.exe", "/home/lan/svch0st.exe.txt"),
        ("svch0st.exe", "/home/svch0st.exe/readme"),
        ("AppData/Roaming/*.scr", "C:/Users/AppData/Roaming/more/x.scr"),
        ("/tmp/.lock", "/chroot/tmp/.lock"),
        ("C:/Windows/Temp/??.exe", "d/c:/windows/temp/a1.exe"),
        ("*.scr", "/x/y.scr/z"),
    ],
)
def test_another_name_is_not(tmp_path, name, path):
    assert known(tmp_path, name).look_up(path) == []


@given(st.text("ab*?", max_size=8), st.text("ab", max_size=10))
def test_wildcards_mean_what_shells_mean(pattern, text):
    assert glob(pattern, text) == fnmatch.fnmatchcase(text, pattern)


def test_a_catastrophic_pattern_is_bounded(tmp_path):
    names = known(tmp_path, "*a*a*a*a*a*a*a*b")
    begin = time.process_time()
    assert names.look_up("/x/" + "a" * 4000 + "b" * 0) == []
    assert time.process_time() - begin < 2


def test_a_name_that_is_no_utf8_is_looked_up_all_the_same(tmp_path):
    assert known(tmp_path, "*.exe").look_up("/x/\udcff.exe") == [{"name": "*.exe"}]
