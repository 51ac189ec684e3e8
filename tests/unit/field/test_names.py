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


def test_a_name_with_the_mark_of_members_is_met_too(tmp_path):
    assert known(tmp_path, "a!b.exe").look_up("/x/a!b.exe") == [{"name": "a!b.exe"}]
    assert known(tmp_path, "b.exe").look_up("/x/a!b.exe") == [{"name": "b.exe"}]
    assert known(tmp_path, "?!*.exe").look_up("/x/a!bb.exe") == [{"name": "?!*.exe"}]


@pytest.mark.parametrize(
    "odd", ["İ.exe", "ẞ.EXE", "K.exe", "ﬀ.exe", "e\u0301\u0323.exe", "\udcff.exe", "a\x00b", "\u202egpj.exe"]
)
def test_folding_twice_changes_nothing(odd):
    assert fold_path(fold_path(odd)) == fold_path(odd)


@given(st.text(max_size=12))
def test_whatever_a_file_is_called_it_is_met_by_its_own_name(text):
    name = fold_path(text).replace("/", "")
    assert fold_path(name) == name
    assert (
        not name
        or is_pattern(name)
        or NameSet(patterns=[(name, {})]).look_up("/x/" + text.replace("/", "").replace("\\", ""))
    )


def test_many_patterns_cost_a_path_little(tmp_path):
    patterns = [(f"*tool{number:05}*.exe", {"n": number}) for number in range(20_000)]
    names = NameSet(patterns=patterns)
    began = time.process_time()
    for number in range(2000):
        names.look_up(f"/usr/share/doc/some-package-{number}/changelog.Debian.gz")
    assert time.process_time() - began < 0.5  # it was 2.5 s when each pattern was looked at
    assert names.look_up("/x/my-tool00017-v2.exe") == [{"n": 17}]


def test_a_hostile_long_path_costs_no_time(tmp_path):
    names = NameSet(patterns=[("*" + "aab" * 300 + "*" + "ab" * 5 + "*", {}), ("*aa", {})])
    began = time.process_time()
    names.look_up("/" + "a" * 60_000 + "/" + "ab" * 3_000)
    assert time.process_time() - began < 0.5
