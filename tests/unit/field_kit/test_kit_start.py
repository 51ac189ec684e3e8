"""A kit started as a person starts it: a shell, a Python, nothing of ours around it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from atttcli.clock import DAY, FixedClock
from atttcli.exchange.bundles import NEW
from atttcli.field.kit import contents, words
from atttcli.field.lock import RunLock
from atttcli.field.main import main
from atttcli.signing.files import KIT, sign_file
from atttcli.signing.keys import KeyPair
from atttcli.store.facts.fleet import fleet_scans
from tests.support.stick_case import PYTHON, Centre, centre, needs_namespaces, start, start_command

place = pytest.fixture(centre)


@pytest.fixture
def machine(tmp_path) -> Path:
    folder = tmp_path / "ổ đĩa"
    (folder / "a b").mkdir(parents=True)
    (folder / "a b" / "xấu.php").write_bytes(b"..MARKER..")
    (folder / "clean.txt").write_bytes(b"nothing")
    time.sleep(0.1)
    return folder


def snapshot(folder: Path) -> dict[str, tuple[int, int, int]]:
    found = {}
    for path in [folder, *folder.rglob("*")]:
        info = path.lstat()
        found[str(path)] = (info.st_size, info.st_mtime_ns, info.st_ctime_ns)
    return found


def last_line(told: subprocess.CompletedProcess[str]) -> str:
    return told.stdout.rstrip("\n").split("\n")[-1]


def test_what_it_finds_stands_as_alerts_of_that_agency(place: Centre, machine) -> None:
    built = place.build()
    before = snapshot(machine)
    told = start(built.folder, str(machine))
    assert told.returncode == 1, told.stdout + told.stderr
    assert told.stdout.startswith("DỪNG LẠI nếu máy này đang bị mã hoá"), "the warning comes first"
    assert last_line(told) == "Có 1 tệp nghi ngờ – gọi 0209 000 000."
    assert snapshot(machine) == before, "nothing is left on the machine"
    state = place.check(built.folder)
    assert (state.is_whole, len(state.new), state.differences) == (True, 1, ())
    (taken,) = place.take(built.folder / "out")
    assert (taken.state, taken.remarks) == (NEW, ())
    (alert,) = place.alerts()
    assert (alert["agency"], alert["rule_id"]) == ("x-vi-huong", "r.yar:dropper")
    assert alert["source_path"] == str(machine / "a b" / "xấu.php")
    (scan,) = fleet_scans(place.app.store)
    assert (scan["kit"], scan["complete"], scan["rules_count"]) == (built.kit.number, 1, 1)
    assert place.check(built.folder).new == (), "what was imported is no news"


def test_a_clean_machine_is_called_clean_and_its_files_are_not_kept_on_the_stick(place: Centre, machine) -> None:
    built = place.build()
    (machine / "a b" / "xấu.php").unlink()
    told = start(built.folder, str(machine))
    assert (told.returncode, last_line(told)) == (0, "Sạch: đã quét 1 tệp, không thấy gì nghi ngờ.")
    assert not list((built.folder / "state").glob("*.db*"))
    (taken,) = place.take(built.folder / "out")
    assert taken.manifest is not None
    assert (taken.manifest.sequence, taken.manifest.coverage.complete) == (1, True)


def test_lists_of_hashes_and_names_are_asked(place: Centre, machine) -> None:
    from atttcli.field.examine import hash_trio
    from atttcli.model.observable import Indicator, ObservableType

    with (machine / "clean.txt").open("rb") as stream:
        sha256 = hash_trio(stream)[0]
    (machine / "svch0st.exe").write_bytes(b"x")
    listed = [
        Indicator(ObservableType.SHA256, sha256, "thư 12", "Tệp thử"),
        Indicator(ObservableType.FILE, "svch0st.exe", "thư 12", "Giả svchost"),
        Indicator(ObservableType.FILE, "clean.*", "thư 11", "Đã hết hạn", valid_until=1),
    ]
    built = place.build(rules=place.rules(indicators=listed))
    told = start(built.folder, str(machine))
    assert last_line(told).startswith("Có 3 tệp nghi ngờ")
    place.take(built.folder / "out")
    assert {alert["source_path"].rpartition("/")[2] for alert in place.alerts()} == {
        "clean.txt", "svch0st.exe", "xấu.php",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda kit: (kit / "rules" / "yara.json").write_text("{}"), "rules/yara.json"),
        (lambda kit: (kit / "lib" / "sitecustomize.py").write_text("import os"), "lib/sitecustomize.py"),
        (lambda kit: (kit / "lib" / "atttcli" / "field" / "walk.py").unlink(), "lib/atttcli/field/walk.py"),
        (lambda kit: (kit / "rules" / "hashes.bin").symlink_to("/etc/passwd"), "rules/hashes.bin"),
    ],
)
def test_a_kit_that_was_changed_does_not_scan(place: Centre, machine, change, named) -> None:
    built = place.build()
    change(built.folder)
    told = start(built.folder, str(machine))
    if "walk.py" in named:  # not even its program is whole
        assert told.returncode == 2
    else:
        assert told.returncode == 2
        assert f"đã bị thay đổi hoặc hỏng nên không chạy ({named})" in told.stdout
    assert not list((built.folder / "out").iterdir())
    state = place.check(built.folder)
    assert not state.is_whole
    assert [one.path for one in state.changed] == [named]


def test_a_manifest_signed_by_another_is_not_believed(place: Centre, machine) -> None:
    built = place.build()
    (built.folder / "rules" / "yara.json").write_text("{}")
    made = contents.contents_of(str(built.folder), built.kit.number)
    (built.folder / contents.FILE).write_bytes(made.encoded())
    sign_file(KeyPair.new(), built.folder / contents.FILE, KIT)
    told = start(built.folder, str(machine))
    assert told.returncode == 2
    assert "không mang chữ ký của trung tâm" in told.stdout
    state = place.check(built.folder)
    assert state.fault is not None
    assert not state.is_whole


def test_a_stick_that_was_pulled_goes_on_where_it_stopped(place: Centre, machine) -> None:
    for number in range(1500):
        (machine / f"{number}.txt").write_bytes(b"%d" % number * 50)
    time.sleep(0.1)
    built = place.build()
    environment = {"PATH": f"{PYTHON}:/usr/bin:/bin", "HOME": "/nonexistent"}
    command = start_command(built.folder, "--cpu-limit", "10", str(machine))
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    ) as running:
        until = time.monotonic() + 30
        while time.monotonic() < until and _rows(built.folder) < 512:
            time.sleep(0.02)
        os.killpg(running.pid, signal.SIGKILL)
    kept = _rows(built.folder)
    assert kept >= 512
    assert not list((built.folder / "out").iterdir())
    told = start(built.folder, str(machine))
    assert told.returncode == 1, told.stdout
    (taken,) = place.take(built.folder / "out")
    assert taken.manifest is not None
    assert taken.manifest.account["unchanged"] >= 512
    assert taken.manifest.account["found"] == 1502
    assert [alert["rule_id"] for alert in place.alerts()] == ["r.yar:dropper"]


def test_whoever_stops_it_is_told_that_it_will_go_on(place: Centre, machine) -> None:
    for number in range(1500):
        (machine / f"{number}.txt").write_bytes(b"%d" % number * 50)
    built = place.build()
    environment = {"PATH": f"{PYTHON}:/usr/bin:/bin", "HOME": "/nonexistent"}
    command = start_command(built.folder, "--cpu-limit", "5", str(machine))
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as running:
        assert running.stdout is not None
        for line in running.stdout:
            if "Đang quét" in line:
                break
        time.sleep(0.2)
        os.killpg(running.pid, signal.SIGINT)
        told, failed = running.communicate(timeout=30)
    assert "Đã dừng. Chạy lại sẽ quét tiếp" in told, failed
    assert "Traceback" not in failed
    assert not list((built.folder / "out").iterdir())


def _rows(kit: Path) -> int:
    import sqlite3

    for path in (kit / "state").glob("*.db"):
        try:
            with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
                return int(db.execute("SELECT count(*) FROM file").fetchone()[0])
        except sqlite3.Error:
            return 0
    return 0


@needs_namespaces
def test_one_stick_serves_many_machines(place: Centre, machine) -> None:
    built = place.build()
    for name in ("may-01", "may-02", "may-01"):
        inside = ["unshare", "-rnu", "sh", "-c", 'hostname "$0"; exec "$@"', name]
        assert start(built.folder, str(machine), inside=inside).returncode == 1
    taken = place.take(built.folder / "out")
    assert [one.state for one in taken] == [NEW] * 3
    said = sorted((one.manifest.host.name, one.manifest.sequence) for one in taken if one.manifest)
    assert said == [("may-01", 1), ("may-01", 2), ("may-02", 1)]
    assert len(place.alerts()) == 2, "one for each machine"


@needs_namespaces
def test_a_read_only_stick_says_where_the_results_are(place: Centre, machine, tmp_path) -> None:
    built = place.build()
    home = tmp_path / "home"
    home.mkdir()
    mounted = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"'
    inside = ["unshare", "-rm", "sh", "-c", mounted, str(built.folder)]
    told = start(built.folder, str(machine), inside=inside, home=home)
    assert told.returncode == 1, told.stdout + told.stderr
    results = home / f"Ket-qua-quet-{built.kit.number}"
    assert f"Kết quả không nằm trên USB mà ở: {results}" in told.stdout
    assert not list((built.folder / "out").iterdir())
    (taken,) = place.take(results / "out")
    assert taken.state == NEW
    assert [path.name for path in home.iterdir()] == [results.name]


def test_a_file_that_is_too_large_is_said_and_still_judged_by_its_name(place: Centre, machine) -> None:
    from atttcli.field.kit.passport import KitLimits
    from atttcli.model.observable import Indicator, ObservableType

    (machine / "a b" / "xấu.php").unlink()
    (machine / "phim.mkv").write_bytes(b"x" * 5000)
    (machine / "svch0st.exe").write_bytes(b"x" * 5000)
    rules = place.rules(indicators=[Indicator(ObservableType.FILE, "svch0st.exe", "thư 12")])
    built = place.build(rules=rules, limits=KitLimits(file_bytes=1000))
    told = start(built.folder, str(machine))
    assert told.returncode == 2
    assert last_line(told) == "Có 1 tệp nghi ngờ – gọi 0209 000 000; 2 tệp quá lớn không quét."
    (taken,) = place.take(built.folder / "out")
    assert taken.manifest is not None
    assert sorted(path.rpartition("/")[2] for path, _why in taken.manifest.coverage.holes) == [
        "phim.mkv",
        "svch0st.exe",
    ]


def test_results_go_where_it_is_told(place: Centre, machine, tmp_path) -> None:
    built = place.build()
    told = start(built.folder, "--to", str(tmp_path / "đây"), str(machine))
    assert told.returncode == 1
    assert len(list((tmp_path / "đây" / "out").glob("*.attb"))) == 1
    assert not list((built.folder / "state").iterdir())


def test_samples_travel_only_when_asked(place: Centre, machine) -> None:
    built = place.build()
    start(built.folder, str(machine))
    start(built.folder, "--attach-samples", str(machine))
    kinds = [
        [member.kind for member in one.manifest.members] for one in place.take(built.folder / "out") if one.manifest
    ]
    assert ["sample" in one for one in kinds] == [False, True]


@pytest.mark.skipif(os.geteuid() == 0 and not shutil.which("setpriv"), reason="root reads everything")
def test_what_could_not_be_read_is_counted_and_told(place: Centre, machine) -> None:
    (machine / "khoá").mkdir(mode=0)
    (machine / "kín.txt").write_bytes(b"x")
    (machine / "kín.txt").chmod(0)
    built = place.build()
    for path in [built.folder, *built.folder.rglob("*"), machine, machine / "a b", *built.folder.parents[:3]]:
        if os.geteuid() == 0:
            path.chmod(path.stat().st_mode | (0o777 if path.is_dir() else 0o644))
    inside = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []
    told = start(built.folder, str(machine), inside=inside)
    if "Permission denied" in told.stderr:
        pytest.skip("another account cannot reach the folder of this test")
    assert told.returncode == 2, (told.stdout, told.stderr)
    assert last_line(told) == "Có 1 tệp nghi ngờ – gọi 0209 000 000; 1 thư mục và 1 tệp chưa quét."
    assert f"chưa quét: {machine}/khoá – không có quyền đọc" in told.stdout


def test_what_a_killed_run_left_spooled_is_removed(place: Centre, machine) -> None:
    built = place.build()
    for name in ("tmpabc123", "etilqs_1"):
        (built.folder / "state" / name).write_bytes(b"x" * 1000)
    start(built.folder, str(machine))
    assert {path.suffix for path in (built.folder / "state").iterdir()} == {".json", ".lock"}


@needs_namespaces
def test_an_account_without_a_home_gets_nothing_made_up(place: Centre, machine, tmp_path) -> None:
    built = place.build()
    mounted = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"'
    inside = ["unshare", "-rm", "sh", "-c", mounted, str(built.folder)]
    told = start(built.folder, str(machine), inside=inside, home=tmp_path / "none")
    assert told.returncode == 2
    assert "chạy lại với --to THƯ-MỤC" in told.stdout
    assert not (tmp_path / "none").exists()


def test_two_runs_at_once_are_one(place: Centre, machine) -> None:
    built = place.build()
    with RunLock(str(built.folder / "state" / "run.lock"), "cửa sổ kia"):
        told = start(built.folder, str(machine))
    assert told.returncode == 2
    assert "Một lần quét khác đang chạy" in told.stdout
    assert not list((built.folder / "out").iterdir())


def test_no_bytes_are_compiled_onto_the_stick_or_the_machine(place: Centre, machine) -> None:
    built = place.build()
    start(built.folder, str(machine))
    assert not [path for path in built.folder.rglob("*") if path.name == "__pycache__" or path.suffix == ".pyc"]


def test_without_a_fitting_python_the_collector_takes_over(place: Centre, machine) -> None:
    built = place.build()
    for path in (built.folder / "lib").glob("cp3*"):
        shutil.rmtree(path)
    (built.folder / "collector" / "collect.sh").write_text("echo thu thập\n")
    told = start(built.folder, str(machine))
    assert (told.returncode, told.stdout) == (0, "thu thập\n")


def test_modules_that_do_not_load_hand_over_to_the_collector(place: Centre, machine) -> None:
    built = place.build()
    for path in (built.folder / "lib").glob("cp3*/yara*.so"):
        path.write_bytes(b"\x7fELF of another machine")
    (built.folder / "collector" / "collect.sh").write_text("echo thu thập\n")
    told = start(built.folder, str(machine))
    assert "Không nạp được bộ quét" in told.stdout
    assert told.stdout.endswith("thu thập\n")


@needs_namespaces
def test_a_stick_on_which_nothing_may_be_run_hands_over_to_the_collector(place: Centre, machine) -> None:
    built = place.build()
    (built.folder / "collector" / "collect.sh").write_text("echo thu thập\n")
    mounted = 'mount --bind "$0" "$0" && mount -o remount,bind,noexec "$0" && exec "$@"'
    told = start(built.folder, str(machine), inside=["unshare", "-rm", "sh", "-c", mounted, str(built.folder)])
    assert "noexec" in told.stdout
    assert told.stdout.endswith("thu thập\n")


def test_an_expired_kit_and_one_for_another_system_do_not_run(place: Centre, machine, capsys) -> None:
    built = place.build()
    later = FixedClock(built.passport.expires + DAY)
    assert main(["--yes", str(machine)], kit=str(built.folder), clock=later) == 2
    assert "đã hết hạn" in capsys.readouterr().out
    other = place.build("khác", os="windows", system_python=False)
    assert main(["--yes"], kit=str(other.folder)) == 2
    assert "Bộ quét này dành cho windows" in capsys.readouterr().out
    assert main(["--yes"], kit=str(machine)) == 2
    assert "kit.json" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({}, "Sạch: đã quét 12.345 tệp, không thấy gì nghi ngờ."),
        ({"suspicious": 2, "folders": 3}, "Có 2 tệp nghi ngờ – gọi 113; 3 thư mục chưa quét."),
        ({"signs": 1}, "Có 1 dấu hiệu lạ trên máy – gọi 113."),
        (
            {"suspicious": 1, "signs": 2, "left": 5},
            "Có 1 tệp nghi ngờ và 2 dấu hiệu lạ trên máy – gọi 113; 5 tệp chưa quét.",
        ),
        ({"folders": 1, "left": 2}, "Sạch ở phần đã quét (12.345 tệp); 1 thư mục và 2 tệp chưa quét."),
        ({"large": 7}, "Sạch ở phần đã quét (12.345 tệp); 7 tệp quá lớn không quét."),
        (
            {"stopped": "time limit"},
            "Sạch ở phần đã quét (12.345 tệp); hết giờ quét khi chưa xong, chạy lại sẽ quét tiếp.",
        ),
    ],
)
def test_the_last_sentence(told, said) -> None:
    nothing = {"files": 12345, "suspicious": 0, "signs": 0, "folders": 0, "left": 0, "large": 0, "stopped": ""}
    assert words.sentence({**nothing, **told}, "113") == said
