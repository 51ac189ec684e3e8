"""What collectors brought is taken in once, marked as unsigned; what is not exactly one of theirs stores nothing."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from atttcli.clock import DAY, Clock, from_micros
from atttcli.errors import AtttError, BundleRefused
from atttcli.exchange.bundles import CHECKED, KNOWN, NEW, REFUSED
from atttcli.exchange.collected import CollectedReader
from atttcli.exchange.collected_logs import LogTaking
from atttcli.exchange.collected_text import decode, findings_json, host_json, read_said
from atttcli.field.bundle import lines
from atttcli.field.collected import is_collected
from atttcli.field.records import read_finding, read_host
from atttcli.field.strict_json import NotCanonical
from atttcli.fleet.collector.files import encode
from atttcli.fleet.kits import kits, revoke_kit
from atttcli.ingest.route import BUNDLE_HINT, Failure, Manner, Router
from atttcli.model.observable import Indicator, ObservableType
from atttcli.scan.known import known_files
from atttcli.store.facts import fleet
from tests.support.collector_stick import BAD_SHA256, collect, make_machine, make_stick, write
from tests.support.kit_place import KitPlace, place

desk = pytest.fixture(place)
SUM = "ab" * 32
FINDING = f"sha256\t{SUM}\t4\tmalware\tA05\tM%C3%A3 %C4%91%E1%BB%99c\t{SUM}\t-\t29\t/tmp/t%E1%BB%87p\n"
HOST = "processes\thit\t/tmp/x\thost.process-temp-exe\t4\tforged\tpid=7\tcommand=a%0Ab\naccounts\tobservation\tan\t\t0\t\tuser=0\n"
FILES = (
    f"ok\t{SUM}\t-\t-\t29\t1795455562\t/tmp/t%E1%BB%87p\nlarge\t-\t-\t-\t-\t-\t/tmp/l\nfailed\t-\t-\t-\t1\t1\t/tmp/f\n"
)
LOG = "".join(
    f"Nov 22 10:00:{n:02} pc sshd[1]: Failed password for root from 192.0.2.7 port 22 ssh2\n" for n in range(12)
)


def content(desk: KitPlace, **given: str) -> dict[str, bytes]:
    """The files of a result of the desk's kit; `given` are lines of the manifest that differ."""
    files = {
        "findings.tsv": FINDING,
        "host.tsv": HOST,
        "files.tsv": FILES,
        "log.txt": "began\n",
        "logs/001-auth.log": LOG,
    }
    data = {name: text.encode() for name, text in files.items()}
    return with_manifest(desk, data, **given)


def with_manifest(desk: KitPlace, data: dict[str, bytes], **given: str) -> dict[str, bytes]:
    moment = from_micros(desk.clock.at).strftime("%Y-%m-%dT%H:%M:%SZ")
    said = {
        "kit": desk.kit.number, "agency": "x-vi-huong", "host": "PC-7", "os": "linux", "arch": "x86_64", "machine": "5e" * 16,
        "tool": "collect.sh 1", "started": moment, "ended": moment, "zone": "+0700", "rules_digest": "ab", "rules_version": "1",
        "rules_count": "4", "complete": "no", "stopped": "", "left": "2",
    }  # fmt: skip
    text = "atttcli/collected/1\n" + "".join(f"{key}\t{value}\n" for key, value in (said | given).items())
    text += "hole\t/root\tpermission denied\nlog\tlogs/001-auth.log\twhole\t/var/log/auth.log\n"
    for name, one in data.items():
        text += f"file\t{name}\t{len(one)}\t{hashlib.sha256(one).hexdigest()}\n"
    return {"manifest.txt": ended(text), **data}


def ended(text: str | bytes, algorithm: str = "sha256") -> bytes:
    """With its last line, the digest of those before."""
    data = text.encode() if isinstance(text, str) else text
    if b"\nend\t" in data:
        data = data[: data.index(b"\nend\t") + 1] + data[data.index(b"\n", data.index(b"\nend\t") + 1) + 1 :]
    return data + b"end\t" + hashlib.new(algorithm, data).hexdigest().encode() + b"\n"


def as_tar(files: dict[str, bytes], folder: str = "") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(folder + name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def as_zip(files: dict[str, bytes], folder: str = "") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(folder + name, data)
    return out.getvalue()


def importer(desk: KitPlace):
    job = desk.importer()
    job.readers = [*job.readers, CollectedReader({one.number: one for one in kits(desk.app.store)})]
    return job


def take(desk: KitPlace, path: Path | bytes, name: str = "r.tar.gz", **given):
    if isinstance(path, bytes):
        path = desk.write(path, name)
    (taken,) = importer(desk).run([path], **given)
    return taken


def take_logs(desk: KitPlace, path: Path):
    app = desk.app
    return list(
        LogTaking(app.workspace, app.store, app.inventory, desk.clock, "lan", importer(desk).readers).take(path)
    )


def test_findings_stand_as_unsigned_alerts_of_that_agency_and_machine(desk: KitPlace) -> None:
    taken = take(desk, as_tar(content(desk)))
    assert (taken.state, taken.signed, [one.word for one in taken.remarks]) == (NEW, False, ["unsigned"])
    assert (taken.ledger.read, taken.ledger.stored, taken.ledger.alerts) == (3, 3, 2)
    by_file, by_host = sorted(desk.alerts(), key=lambda one: one["kind"] == "host")
    assert {one["agency"] for one in (by_file, by_host)} == {"x-vi-huong"}
    assert {one["victim"] for one in (by_file, by_host)} == {"PC-7"}
    assert (by_file["source_path"], by_file["severity"]) == ("/tmp/tệp", 4)
    assert "Mã độc" in by_file["title"]
    assert (by_host["rule_id"], by_host["severity"]) == ("host.process-temp-exe", 2), (
        "the centre says what a rule means"
    )
    for alert in (by_file, by_host):
        assert "unsigned" in json.loads(alert["tags"])
    (scan,) = fleet.fleet_scans(desk.app.store)
    assert (scan["source"], scan["complete"], scan["kit"], scan["host"]) == ("collector", 0, desk.kit.number, "PC-7")
    assert (scan["account"]["found"], scan["account"]["scanned"]) == (5, 1)
    assert scan["holes"] == [{"path": "/root", "why": "permission denied"}]


def test_the_same_result_in_any_form_adds_nothing(desk: KitPlace, tmp_path) -> None:
    files = content(desk)
    assert take(desk, as_tar(files)).state == NEW
    before = desk.facts()
    assert take(desk, as_tar(files)).state == KNOWN
    assert take(desk, as_zip(files), "r.zip").state == KNOWN
    assert take(desk, as_zip(files, "K-2026-0001-PC/"), "h.zip").state == KNOWN, "somebody packed the folder by hand"
    reverse = dict(sorted(files.items(), reverse=True))
    assert (
        take(
            desk, as_zip({name: reverse[name] for name in reverse if name != "log.txt"} | {"log.txt": files["log.txt"]})
        ).state
        == KNOWN
    )
    folder = tmp_path / "folder"
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    assert take(desk, folder / "manifest.txt").state == KNOWN
    (folder_taken,) = importer(desk).run([folder])
    assert folder_taken.state == KNOWN, "a folder is found by its manifest"
    assert desk.facts() == before


def test_a_dry_run_stores_nothing(desk: KitPlace) -> None:
    before = desk.facts()
    taken = take(desk, as_tar(content(desk)), dry_run=True)
    assert (taken.state, taken.ledger.read) == (CHECKED, 3)
    assert desk.facts() == before


def test_logs_go_through_the_ingest_as_that_machines(desk: KitPlace) -> None:
    path = desk.write(as_tar(content(desk)), "r.tar.gz")
    take(desk, path)
    (log,) = take_logs(desk, path)
    assert (log.path, log.whole, log.account.total.read, log.account.total.stored) == (
        "/var/log/auth.log",
        True,
        12,
        12,
    )
    assert log.copy.read_bytes() == LOG.encode()
    found = [one for one in desk.alerts() if "brute force" in one["title"]]
    assert [(one["agency"], "unsigned" in json.loads(one["tags"])) for one in found] == [("x-vi-huong", True)]
    (again,) = take_logs(desk, path)
    assert (again.account.total.read, again.account.total.stored, again.account.alerts) == (12, 0, 0)
    data = {name: one for name, one in content(desk).items() if name != "manifest.txt"}
    data["logs/001-auth.log"] += b"Nov 22 11:00:00 pc sshd[1]: Accepted password for root from 192.0.2.7 port 22 ssh2\n"
    later = desk.write(as_tar(with_manifest(desk, data)), "later.tar.gz")
    (grown,) = take_logs(desk, later)
    assert (grown.account.total.read, grown.account.total.stored) == (13, 1), "only what came since is new"


def test_the_register_has_the_last_word(desk: KitPlace) -> None:
    before = desk.facts()
    for said, fault in (
        ({"kit": "K-2020-0009"}, "kit"), ({"agency": "so-y-te"}, "kit"), ({"kit": "x"}, "kit"), ({"machine": "../x"}, "content"),
        ({"started": "yesterday"}, "content"), ({"os": "a b"}, "content"), ({"left": "-1"}, "content"),
        ({"rules_digest": "%0A"}, "content"),
    ):  # fmt: skip
        taken = take(desk, as_tar(content(desk, **said)))
        assert (taken.state, taken.error.fault) == (REFUSED, fault), said
    assert desk.facts() == before
    revoke_kit(desk.journal, desk.kit.number, "mất USB")
    assert take(desk, as_tar(content(desk))).error.fault == "revoked"


def test_a_kit_that_expired_long_ago_is_not_believed(desk: KitPlace) -> None:
    data = as_tar(content(desk))
    desk.clock.at += 400 * DAY
    taken = take(desk, data)
    assert (taken.state, taken.error.fault) == (REFUSED, "expired")


def test_what_is_not_exactly_a_collectors_is_refused(desk: KitPlace) -> None:
    before = desk.facts()
    good = content(desk)
    changed = good | {"findings.tsv": good["findings.tsv"].replace(b"29", b"30")}
    cut = {name: data for name, data in good.items() if name != "host.tsv"}
    cases = {
        "changed": changed, "cut": cut, "more": good | {"other.txt": b"x"}, "more logs": good | {"logs/002-x": b"x"},
        "absolute": good | {"/etc/passwd": b"x"}, "up": good | {"../x": b"x"}, "windows": good | {"logs\\..\\..\\x": b"x"},
        "no manifest": {name: data for name, data in good.items() if name != "manifest.txt"},
        "other folder": good | {"K-2026-0001-other/log.txt": b"x"},
        "manifest": good | {"manifest.txt": ended(good["manifest.txt"] + b"odd\n")},
        "not ascii": good | {"manifest.txt": ended(good["manifest.txt"] + b"\xff\n")},
        "twice": good | {"manifest.txt": ended(good["manifest.txt"] + b"kit\tK-2026-0001\n")},
        "file twice": good | {"manifest.txt": ended(good["manifest.txt"] + good["manifest.txt"].split(b"\n")[-3] + b"\n")},
        "path": good | {"manifest.txt": ended(good["manifest.txt"] + b"file\t../x\t0\t" + SUM.encode() + b"\n")},
    }  # fmt: skip
    for name, files in cases.items():
        for pack in (as_tar, as_zip):
            taken = take(desk, pack(files), f"{name.replace(' ', '-')}.bin")
            assert (taken.state, taken.error.fault) == (REFUSED, "content"), name
    assert desk.facts() == before


def test_links_devices_and_damage_are_refused(desk: KitPlace) -> None:
    files = content(desk)
    for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE):
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w:gz") as archive:
            for name, data in files.items():
                info = tarfile.TarInfo(name)
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
            odd = tarfile.TarInfo("logs/002-x")
            odd.type, odd.linkname = kind, "/etc/passwd"
            archive.addfile(odd)
        assert take(desk, out.getvalue()).error.fault == "content"
    for data in (as_tar(files), as_zip(files)):
        for end in (len(data) // 2, 600):
            taken = take(desk, data[:end])
            assert taken.state == REFUSED
    assert desk.alerts() == []


def test_a_bomb_is_cut_short(desk: KitPlace) -> None:
    """Beyond what the manifest could list nothing is read; what it lists is bounded."""
    files = content(desk)
    bomb = files | {"logs/001-auth.log": bytes(40 << 20)}
    assert take(desk, as_zip(bomb), "b.zip").error.fault == "content"
    huge = ended(files["manifest.txt"] + f"file\tlogs/002-x\t{2 << 30}\t{SUM}\n".encode())
    taken = take(desk, as_tar(files | {"manifest.txt": huge}))
    assert "1 GiB" in taken.error.message


def test_bad_lines_are_counted_and_the_rest_is_taken(desk: KitPlace) -> None:
    files = {name: data for name, data in content(desk).items() if name != "manifest.txt"}
    files["findings.tsv"] += b"x\ty\n" + b"\xff\n" + b"sha256\tzz\t9\t\t\t\t\t\t\t\n" + b"n" * 300_000 + b"\n"
    files["host.tsv"] += b"only two\tcolumns\nprocesses\todd\tx\t\t0\t\n"
    taken = take(desk, as_tar(with_manifest(desk, files)))
    assert (taken.state, taken.ledger.read, taken.ledger.stored, taken.ledger.rejected) == (NEW, 9, 3, 6)


def test_the_centres_lists_of_today_are_heard_too(desk: KitPlace) -> None:
    """A stick's lists are as old as the stick; what both say of a file is one sighting."""
    files = {name: data for name, data in content(desk).items() if name != "manifest.txt"}
    files["files.tsv"] += (
        f"ok\t{'cd' * 32}\t-\t-\t3\t1\t/tmp/n%E1%BB%99i%0A.bin\nok\tzz\t-\t-\t3\t1\t/x\nodd\n".encode()
    )
    kind = ObservableType.SHA256
    lists = [Indicator(kind, "cd" * 32, "thư hôm nay", "mới"), Indicator(kind, SUM, "A05", "Mã độc", severity=4)]
    known = known_files(lists, "today", desk.folder / "known", desk.clock.at)
    job = importer(desk)
    job.look_up = known.look_up
    path = desk.write(as_tar(with_manifest(desk, files)), "r.tar.gz")
    (dry,) = job.run([path], dry_run=True)
    assert dry.ledger.read == 5
    (taken,) = job.run([path])
    assert (taken.ledger.read, taken.ledger.stored, taken.ledger.duplicate, taken.ledger.alerts) == (5, 4, 1, 3)
    (fresh,) = [one for one in desk.alerts() if "cd" * 32 in one["rule_id"]]
    assert (fresh["source_path"], fresh["agency"], fresh["victim"]) == ("/tmp/nội\n.bin", "x-vi-huong", "PC-7")
    assert "unsigned" in json.loads(fresh["tags"])


def test_a_machine_without_sha256_is_held_against_md5(desk: KitPlace) -> None:
    files = content(desk)
    row = "name\tsvch0st.exe\t3\tmalware\tA05\t\t-\t" + "cd" * 16 + "\t29\t/tmp/svch0st.exe\n"
    files["findings.tsv"] = row.encode()
    lines_kept = [
        line for line in files["manifest.txt"].decode().split("\n") if not line.startswith(("file\t", "end\t"))
    ][:-1]
    del files["manifest.txt"]
    lines_kept += [f"file\t{name}\t{len(data)}\t{hashlib.md5(data).hexdigest()}" for name, data in files.items()]
    taken = take(desk, as_tar({"manifest.txt": ended("\n".join(lines_kept) + "\n", "md5"), **files}))
    assert (taken.state, taken.ledger.stored) == (NEW, 3)
    (found,) = [one for one in desk.alerts() if "svch0st" in one["title"]]
    assert found["source_path"] == "/tmp/svch0st.exe"


def test_an_ingest_takes_no_table_of_hashes_for_a_list_of_bad_ones(desk: KitPlace) -> None:
    for name, data in (("r.tar.gz", as_tar(content(desk))), ("r.zip", as_zip(content(desk)))):
        path = desk.write(data, name)
        assert [(type(one), one.reason) for one in Router([str(path)], Manner()).items()] == [(Failure, BUNDLE_HINT)]


def test_only_collectors_results_are_recognised() -> None:
    zipped = as_zip({"readme.txt": b"x", "manifest.txt": b"y"})
    assert not is_collected(zipped)
    assert not is_collected(as_tar({"src/manifest.txt": b"x"}))
    assert not is_collected(as_zip({"log.txt": b"x"})), "any program may call its log so"
    assert not is_collected(as_zip({"logs/error.log": b"x"}))
    assert not is_collected(b"")
    assert not is_collected(b"\x1f\x8b\x08")
    assert is_collected(as_zip({"K-2026-0001-PC-1/findings.tsv": b"x"}))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_damage_anywhere_is_told_or_changes_nothing(desk: KitPlace, data) -> None:
    """No digest list stops a forger; every mishap on the way is a refusal, or gave the very same content."""
    good = as_zip(content(desk)) if data.draw(st.booleans()) else as_tar(content(desk))
    at = data.draw(st.integers(0, len(good) - 1))
    broken = good[:at] + bytes([good[at] ^ data.draw(st.integers(1, 255))]) + good[at + 1 :]
    path = desk.write(broken, "x.bin")
    reader = CollectedReader({one.number: one for one in kits(desk.app.store)})
    try:
        with path.open("rb") as stream:
            parcel = reader.read(path, stream)
        members = {member.name: b"".join(pieces) for member, pieces in parcel.members()}
    except AtttError:
        return
    assert parcel.digest == hashlib.sha256(content(desk)["manifest.txt"]).hexdigest()
    assert members["logs/001-auth.log"] == LOG.encode()


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_as_text(data: bytes) -> None:
    for convert, read in ((findings_json, read_finding), (host_json, read_host)):
        for line in lines(convert(iter([data]))):
            try:
                read(line.data)
            except NotCanonical:
                continue
    try:
        read_said(ended(b"atttcli/collected/1\n" + data + b"\n"))
    except BundleRefused:
        return


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=60))
def test_any_text_survives_its_spelling(text: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return
    assert decode(encode(text)) == text


@pytest.mark.skipif(
    not shutil.which("dash") or os.name != "posix", reason="dash is not installed: the collector was not run"
)
def test_from_the_stick_to_the_desk(desk: KitPlace, tmp_path) -> None:
    """The shell collector itself, and what it brought standing as alerts."""
    stick = make_stick(tmp_path / "usb", desk.kit.number, "x-vi-huong", desk.clock.at)
    root = make_machine(tmp_path / "machine")
    _said, (result,) = collect(stick, root)
    desk.clock.at = Clock().now()
    taken = take(desk, result)
    assert (taken.state, taken.ledger.rejected) == (NEW, 0)
    told = {(one["rule_id"], one["agency"]) for one in desk.alerts()}
    assert {rule for rule, _ in told} >= {"host.account-second-root", "host.preload-file", "host.process-temp-exe"}
    assert any(BAD_SHA256 in one["key"] or BAD_SHA256 in one["title"] for one in desk.alerts())
    assert {agency for _, agency in told} == {"x-vi-huong"}
    (log,) = take_logs(desk, result)
    assert log.account.total.stored == 12
    write(root, b"tmp/later", b"later")
    result.unlink()
    _said, (second,) = collect(stick, root)
    again = take(desk, second)
    assert (again.state, again.ledger.alerts) == (NEW, 0), "another run finds the same, which is no new alert"
