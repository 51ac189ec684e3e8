"""Plans in the words of three schedulers, judged by those schedulers' own checkers where they are here."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from atttcli.errors import Conflict, IntegrityError, NotFound, Refused, UsageError
from atttcli.fleet import schedule_files, scheduling
from atttcli.fleet.schedule import Plan, When, check, due_after, due_before, kit_words, offset_of, parse_when
from atttcli.fleet.schedule_files import layout, state_of

DAY = 86_400_000_000
TASK_NS = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"


def plan(system: str = "systemd", **given: object) -> Plan:
    windows = system == "windows"
    made = Plan(
        profile="normal", when=parse_when("12:30"), system=system,
        program=(r"C:\Program Files\atttcli\atttcli.cmd",) if windows else ("/usr/bin/true",),
        state=r"C:\ProgramData\atttcli" if windows else "/var/lib/atttcli",
    )  # fmt: skip
    return replace(made, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "days", "time"),
    [("12:30", 7, "12:30"), ("daily", 7, "12:00"), ("weekly", 1, "12:00"), ("Mon,thu 7:05", 2, "07:05")],
)
def test_times_as_people_write_them(text: str, days: int, time: str) -> None:
    when = parse_when(text)
    assert (len(when.days), when.time) == (days, time)
    assert parse_when(str(when)) == when


@pytest.mark.parametrize(
    "text", ["", "24:00", "12:60", "noon", "mon", "xyz 12:30", "12:30 mon", "mon 12:30 x", "12:30\n* * *"]
)
def test_no_times(text: str) -> None:
    with pytest.raises(UsageError):
        parse_when(text)


def test_a_start_moved_over_midnight_is_on_the_next_day() -> None:
    assert When((6,), 23 * 60 + 50).later(20) == When((0,), 10)


def test_machines_start_at_times_of_their_own_spread_over_all_minutes() -> None:
    starts = [offset_of(f"pc-{number}", 45) for number in range(2000)]
    assert set(starts) == set(range(46))
    assert max(starts.count(minute) for minute in range(46)) < 90  # 43 on average
    assert offset_of("pc-1", 45) == offset_of("pc-1", 45)
    assert offset_of("pc-1", 0) == 0


def test_due_moments_follow_the_machines_own_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Ho_Chi_Minh")
    import time

    time.tzset()
    try:
        monday = int(datetime(2026, 11, 23, 6, 0, tzinfo=UTC).timestamp()) * 1_000_000  # 13:00 there
        assert due_before(parse_when("12:30"), monday) == monday - 1_800_000_000
        assert due_after(parse_when("12:30"), monday) == monday - 1_800_000_000 + DAY
        assert due_before(parse_when("tue 12:30"), monday) == monday - 1_800_000_000 - 6 * DAY
        assert due_after(parse_when("mon 12:30"), monday) == monday - 1_800_000_000 + 7 * DAY
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(
    "bad", ["/srv/a\nExecStart=/bin/sh", '/srv/"x', "/srv/100%", "/srv/$HOME", "relative", "", "/a\x00b"]
)
@pytest.mark.parametrize("system", ["systemd", "cron"])
def test_a_name_that_would_end_a_line_or_begin_a_word_is_refused(bad: str, system: str) -> None:
    for given in ({"state": bad}, {"paths": (bad,)}, {"program": (bad,)}, {"exclude": (bad,)}):
        with pytest.raises(UsageError):
            check(plan(system, **given))


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not here")
@pytest.mark.parametrize("at", ["12:30", "weekly", "mon,thu 07:05"])
def test_systemd_itself_finds_nothing_wrong_in_the_units(tmp_path: Path, at: str) -> None:
    made = plan(when=parse_when(at), state="/var/lib/atttcli máy 1", exclude=("/srv/a b",), workspace="/srv/đơn vị")
    for file in layout(made, "x").files:
        (tmp_path / Path(file.path).name).write_bytes(file.data)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", *map(str, sorted(tmp_path.iterdir()))],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    ours = [line for line in (done.stdout + done.stderr).splitlines() if "atttcli-scan" in line]
    assert ours == []
    assert done.returncode == 0 or "atttcli-scan" not in done.stderr
    spoilt = tmp_path / "atttcli-scan.timer"
    spoilt.write_text(spoilt.read_text().replace("OnCalendar=", "OnCalendar=never "))
    said = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(spoilt)], capture_output=True, text=True, timeout=60, check=False
    )
    assert "atttcli-scan.timer" in said.stderr  # the checker bites


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not here")
@pytest.mark.parametrize(("host", "most"), [(False, 20), (True, 28)])
def test_the_service_is_hardened(tmp_path: Path, host: bool, most: int) -> None:
    """systemd's own measure, 0 (safe) to 100: what is left is reading everything, as root, where files really are."""
    for file in layout(plan(host=host), "x").files:
        (tmp_path / Path(file.path).name).write_bytes(file.data)
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager", f"--threshold={most}"]
    done = subprocess.run(
        [*command, str(tmp_path / "atttcli-scan.service")], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout[-400:] + done.stderr


def test_who_looks_at_the_host_must_see_it() -> None:
    """In a network of its own a machine has no sockets: that would be told as a clean one."""
    hidden, seen = (layout(plan(host=host), "x").files[0].data.decode() for host in (False, True))
    assert "PrivateNetwork=yes" in hidden and "ProtectProc=invisible" in hidden and "PTRACE" not in hidden
    assert (
        "PrivateNetwork=no" in seen and "ProtectProc=default" in seen and "CAP_DAC_READ_SEARCH CAP_SYS_PTRACE" in seen
    )
    assert ("--host-checks" in plan(host=True).scan_words(), "--host-checks" in plan().scan_words()) == (True, False)
    assert ("--no-host" in kit_words(plan(kit="/k", host=True)), "--no-host" in kit_words(plan(kit="/k"))) == (
        False,
        True,
    )


_LEAST = ["setpriv", "--bounding-set=-all,+dac_read_search", "--inh-caps=-all", "--no-new-privs"]
_MAY_DROP = shutil.which("setpriv") is not None and os.geteuid() == 0


@pytest.mark.skipif(not _MAY_DROP, reason="needs root and setpriv")
def test_a_scan_with_the_services_one_capability_reads_all_and_changes_nothing(tmp_path: Path) -> None:
    place, state = tmp_path / "home", tmp_path / "state"
    place.mkdir(mode=0o700)
    (place / "secret.txt").write_text("planted-marker-77")
    (place / "secret.txt").chmod(0o600)
    for path in (place / "secret.txt", place):
        os.chown(path, 12345, 12345)
    state.mkdir(mode=0o700)
    (tmp_path / "p.yar").write_text('rule planted { strings: $a = "planted-marker-77" condition: $a }')
    words = ["-m", "atttcli", "scan", str(place), "--rules", str(tmp_path / "p.yar"), "--no-store", "--quiet", "--nice"]
    environment = {**os.environ, "ATTTCLI_HOME": str(state), "TMPDIR": str(state)}
    done = subprocess.run(
        [*_LEAST, sys.executable, *words],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=environment,
        cwd="/",
    )
    if "setpriv" in done.stderr:
        pytest.skip("this machine does not let us drop capabilities")
    assert done.returncode == 1, done.stdout + done.stderr
    refused = subprocess.run([*_LEAST, "sh", "-c", f"echo x >> '{place}/secret.txt'"], capture_output=True, check=False)
    assert refused.returncode != 0


_SCAN = [
    "scan",
    "--no-store",
    "--quiet",
    "--nice",
    "--fresh",
    "--host-checks",
    "--cpu-limit",
    "60",
    "--max-memory",
    "900M",
]
_DENIED = """
import ctypes, mmap, sys
if ctypes.CDLL(None).prctl(65, 1, 0, 0, 0) != 0: sys.exit(77)  # PR_SET_MDWE, from Linux 6.3 on
try:
    mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    sys.exit(78)
except PermissionError:
    pass
from atttcli.cli.main import run
run(sys.argv[1:])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="Linux's own denial")
def test_a_scan_needs_no_memory_that_is_writable_and_executable(tmp_path: Path) -> None:
    """What MemoryDenyWriteExecute= denies is denied here by the kernel itself."""
    (tmp_path / "a.txt").write_text("nothing")
    words = [sys.executable, "-c", _DENIED, *_SCAN, str(tmp_path)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode == 77:
        pytest.skip("this kernel does not deny it on request (before Linux 6.3)")
    assert done.returncode in (0, 1, 2) and "1 " in done.stdout, (
        done.stdout + done.stderr
    )  # this host may have findings


def allowed_calls(service: str) -> set[str]:
    """What the unit's filter lets through, by systemd's own lists."""
    found: set[str] = set()
    for line in re.findall(r"^SystemCallFilter=(.*)$", service, re.MULTILINE):
        calls = {call for word in line.lstrip("~").split() for call in _calls(word)}
        found = found - calls if line.startswith("~") else found | calls
    return found


def _calls(word: str) -> set[str]:
    if not word.startswith("@"):
        return {word}
    told = subprocess.run(
        ["systemd-analyze", "syscall-filter", word], capture_output=True, text=True, timeout=30, check=True
    )
    lines = [line.strip() for line in told.stdout.splitlines()[1:]]
    return {call for line in lines if line and not line.startswith("#") for call in _calls(line)}


@pytest.mark.skipif(
    not (shutil.which("strace") and shutil.which("systemd-analyze")), reason="strace or systemd is not here"
)
def test_a_scan_calls_nothing_that_the_unit_forbids(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    shutil.make_archive(str(tmp_path / "files" / "a"), "zip", Path(__file__).parent)
    trace = tmp_path / "trace"
    words = ["strace", "-f", "-qq", "-o", str(trace), sys.executable, "-m", "atttcli", *_SCAN, str(tmp_path / "files")]
    done = subprocess.run(words, capture_output=True, text=True, timeout=100, check=False)
    if "strace" in done.stderr:
        pytest.skip("tracing is not allowed here")
    made = set(re.findall(r"^\d+ +(\w+)\(", trace.read_text(errors="replace"), re.MULTILINE))
    allowed = allowed_calls(layout(plan(host=True), "x").files[0].data.decode())
    assert {"openat", "ioprio_set", "setpriority"} <= made  # what was traced is a scan that gives way
    assert "mount" not in allowed and "chown" not in allowed
    assert made - allowed == set()


def cron_words(data: bytes) -> list[list[str]]:
    import shlex

    lines = [line for line in data.decode().splitlines() if line[:1].isdigit()]
    return [line.split(None, 6)[:6] + shlex.split(line.split(None, 6)[6]) for line in lines]


def test_cron_starts_at_the_machines_own_minute_and_looks_hourly_for_what_was_missed() -> None:
    made = plan("cron", when=parse_when("sat 23:50"), state="/var/lib/a'b c")
    (file,) = layout(made, "host-3").files
    first, second = cron_words(file.data)
    late = offset_of("host-3", 45)
    moved = made.when.later(late)
    assert first[:6] == [
        str(moved.minute % 60),
        str(moved.minute // 60),
        "*",
        "*",
        str((moved.days[0] + 1) % 7),
        "root",
    ]
    assert first[6:] == ["/usr/bin/true", "schedule", "run", "--state", "/var/lib/a'b c"]
    assert second[1:5] == ["*", "*", "*", "*"] and second[-1] == "--if-missed"
    assert file.data.endswith(b"\n")


def task_schema() -> object:
    etree = pytest.importorskip("lxml.etree")
    return etree.XMLSchema(etree.parse(str(Path(__file__).parent / "task.xsd")))


@pytest.mark.parametrize("at", ["12:30", "weekly", "mon,thu 07:05"])
def test_a_task_for_windows_is_what_its_schema_asks_for(at: str) -> None:
    etree = pytest.importorskip("lxml.etree")
    schema = task_schema()
    made = plan("windows", when=parse_when(at), workspace="C:\\Đơn vị & xã\\")
    (file,) = layout(made, "x").files
    assert file.data[:2] == b"\xff\xfe"
    tree = etree.fromstring(file.data)
    assert schema.validate(tree), schema.error_log  # type: ignore[attr-defined]
    text = {name: tree.find(f".//{TASK_NS}{name}").text for name in ("Command", "Arguments", "RandomDelay", "Priority")}
    assert text["Command"] == r"C:\Program Files\atttcli\atttcli.cmd"
    assert text["Arguments"] == '--workspace "C:\\Đơn vị & xã\\\\" schedule run --state C:\\ProgramData\\atttcli'
    assert (text["RandomDelay"], text["Priority"]) == ("PT45M", "7")
    for name in ("StartWhenAvailable", "DisallowStartIfOnBatteries", "StopIfGoingOnBatteries"):
        assert tree.find(f".//{TASK_NS}{name}").text == "true"


def test_the_schema_bites() -> None:
    etree = pytest.importorskip("lxml.etree")
    (file,) = layout(plan("windows"), "x").files
    text = file.data.decode("utf-16")
    wrong_order = text.replace("<Enabled>true</Enabled><StartBoundary>", "<StartBoundary>", 1)
    wrong_order = wrong_order.replace("</StartBoundary>", "</StartBoundary><Enabled>true</Enabled>", 1)
    for spoilt in (
        wrong_order,
        text.replace("PT45M", "45 minutes"),
        text.replace("<Priority>7", "<Priority>70"),
        text.replace("Hidden", "Hide"),
    ):
        assert not task_schema().validate(etree.fromstring(spoilt.encode("utf-16")))  # type: ignore[attr-defined]


@pytest.mark.parametrize("system", ["systemd", "cron", "windows"])
def test_a_file_is_known_as_ours_until_a_byte_of_it_changes(system: str) -> None:
    for file in layout(plan(system), "x").files:
        assert state_of(file.data) == "ours"
        coding = "utf-16" if system == "windows" else "utf-8"
        assert (
            state_of(
                file.data.decode(coding)
                .replace("atttcli/", "atttcli ")
                .replace("true", "yes")
                .replace("root", "user")
                .replace("12:30", "12:31")
                .encode(coding)
            )
            == "changed"
        )
    assert state_of(b"[Unit]\nDescription=another\n") == "foreign"
    assert state_of(b"") == "foreign"


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine whose scheduler's files stand below a folder of the test."""
    for module in (schedule_files, scheduling):
        for name in ("SERVICE_PATH", "TIMER_PATH", "CRON_PATH"):
            if hasattr(module, name):
                monkeypatch.setattr(
                    module, name, str(tmp_path) + getattr(schedule_files, name).replace(str(tmp_path), "")
                )
    return tmp_path


class Calls(list):
    def __call__(self, words: object) -> tuple[int, str]:
        self.append(" ".join(words))  # type: ignore[arg-type]
        return 0, ""


@pytest.mark.parametrize("system", ["systemd", "cron"])
def test_installed_twice_is_installed_once_and_removed_is_gone(machine: Path, system: str) -> None:
    made, calls = plan(system, state=str(machine / "state"), since=5), Calls()
    assert {one.state for one in scheduling.install(made, "h", runner=calls)} == {"new"}
    assert {one.state for one in scheduling.install(replace(made, since=9), "h", runner=calls)} == {"unchanged"}
    assert scheduling.read_plan(machine / "state") == made  # in force since it was made first
    assert [one.state for one in scheduling.files_of(made)] == ["ours"] * (2 if system == "systemd" else 1)
    assert calls[:2] == (
        ["systemctl daemon-reload", "systemctl enable --now atttcli-scan.timer"] if system == "systemd" else []
    )
    (machine / "state" / "scan.log").write_text("kept")
    assert {one.state for one in scheduling.remove(machine / "state", runner=calls)} == {"removed"}
    assert [path.name for path in machine.rglob("*") if path.is_file()] == ["scan.log"]
    with pytest.raises(NotFound):
        scheduling.remove(machine / "state", runner=calls)


def test_what_somebody_changed_or_wrote_is_left_alone(machine: Path) -> None:
    made = plan("cron", state=str(machine / "state"))
    scheduling.install(made, "h")
    path = Path(scheduling.CRON_PATH)
    path.write_bytes(path.read_bytes() + b"0 3 * * * root /usr/bin/other\n")
    for action in (lambda: scheduling.install(made, "h"), lambda: scheduling.remove(machine / "state")):
        with pytest.raises(Refused) as refused:
            action()
        assert refused.value.guard == "changed"
    assert b"other" in path.read_bytes()
    path.write_bytes(b"0 3 * * * root /usr/bin/other\n")
    with pytest.raises(Refused) as refused:
        scheduling.remove(machine / "state", force=True)
    assert refused.value.guard == "foreign"
    assert path.is_file()


def test_two_schedulers_do_not_scan_one_machine(machine: Path) -> None:
    scheduling.install(plan("cron", state=str(machine / "state")), "h")
    with pytest.raises(Conflict):
        scheduling.install(plan("systemd", state=str(machine / "state")), "h", runner=Calls())


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="needs an account without rights to change to")
def test_without_rights_nothing_is_written_and_the_file_is_named(machine: Path) -> None:
    (machine / "etc").mkdir(mode=0o755)
    pid = os.fork()
    if pid == 0:
        try:
            os.setgid(65534)
            os.setuid(65534)
            scheduling.install(plan("cron", state=str(machine / "state")), "h")
            os._exit(1)
        except Refused as refused:
            os._exit(0 if refused.guard == "rights" else 2)
        finally:
            os._exit(3)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert not list((machine / "etc").iterdir())


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root can make another's file")
def test_a_program_that_others_may_replace_is_not_started_as_root(machine: Path) -> None:
    program = machine / "bin" / "atttcli"
    program.parent.mkdir(mode=0o755)
    program.write_text("#!/bin/sh\n")
    made = plan("cron", state=str(machine / "state"), program=(str(program),))
    machine.chmod(0o755)
    try:
        scheduling.install(made, "h")
    except Refused as refused_at_once:
        pytest.skip(f"the tests' own folder is open to others: {refused_at_once.message}")
    os.chown(program, 65534, 65534)
    with pytest.raises(Refused) as refused:
        scheduling.install(made, "h")
    assert refused.value.guard == "program"
    os.chown(program, 0, 0)
    program.parent.chmod(0o777)
    with pytest.raises(Refused):
        scheduling.install(made, "h")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root can make another's folder")
def test_root_leaves_no_files_in_somebodys_workspace(machine: Path) -> None:
    place = machine / "ws"
    place.mkdir()
    os.chown(place, 65534, 65534)
    with pytest.raises(Refused) as refused:
        scheduling.install(plan("cron", state=str(machine / "state"), workspace=str(place)), "h")
    assert refused.value.guard == "owner"


def test_for_another_machine_it_stands_below_a_folder_and_nothing_is_started(tmp_path: Path) -> None:
    calls = Calls()
    scheduling.install(plan("windows"), "h", base=tmp_path, runner=calls)
    assert sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*")) == [
        "ProgramData/atttcli/schedule/plan.json", "ProgramData/atttcli/schedule/scan.xml",
    ]  # fmt: skip
    assert calls == []


def test_a_missed_run_is_one_that_was_due_and_did_not_take_place(tmp_path: Path) -> None:
    made = plan("cron", state=str(tmp_path), since=0, spread=0)
    due = due_before(made.when, 40 * 365 * DAY)
    now = due + 3_600_000_000
    ran = scheduling.LastRun(due + 1, due + 2, 0, "clean")
    assert scheduling.was_missed(made, None, now)
    assert not scheduling.was_missed(made, ran, now)
    assert scheduling.was_missed(made, replace(ran, started=due - DAY), now)
    assert scheduling.was_missed(made, replace(ran, result="battery"), now)
    assert not scheduling.was_missed(replace(made, since=due + 1), None, now)  # installed after that time
    spread, yesterday = replace(made, spread=90), replace(ran, started=due - DAY + 1)
    assert not scheduling.was_missed(spread, yesterday, now)  # it may still come
    assert scheduling.was_missed(spread, None, now)  # but yesterday's did not
    assert scheduling.is_due(spread, yesterday, now) and not scheduling.is_due(spread, ran, now)


def test_a_run_that_was_cut_off_is_told_and_two_do_not_run_at_once(tmp_path: Path) -> None:
    with scheduling.recorded(tmp_path, lambda: 7) as ended:
        found = scheduling.last_run(tmp_path)
        assert found is not None and found.result == "running"
        with pytest.raises(Conflict), scheduling.recorded(tmp_path, lambda: 8):
            pass
        ended(1, "3 findings")
    assert scheduling.last_run(tmp_path) == scheduling.LastRun(7, 7, 1, "found", "3 findings")
    pid = os.fork()
    if pid == 0:
        with scheduling.recorded(tmp_path, lambda: 9):
            os._exit(9)
    os.waitpid(pid, 0)
    cut = scheduling.last_run(tmp_path)
    assert cut is not None and (cut.started, cut.result) == (9, "cut off")


@pytest.mark.parametrize("data", [b"", b"{", b"{}", b"[]", b'{"at":"12:30"}', b"\xff" * 100, b'{"at":1}'])
def test_a_damaged_plan_is_said_and_a_damaged_record_is_none(tmp_path: Path, data: bytes) -> None:
    folder = tmp_path / "schedule"
    folder.mkdir()
    (folder / "plan.json").write_bytes(data)
    (folder / "last.json").write_bytes(data)
    with pytest.raises(IntegrityError):
        scheduling.read_plan(tmp_path)
    assert scheduling.last_run(tmp_path) is None
