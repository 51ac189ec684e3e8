"""What is no disk of this machine is known by the mount table, before anything in it is touched."""

from __future__ import annotations

from pathlib import Path

from atttcli.cli.scan_reach import Reach
from atttcli.field.account import NETWORK, PSEUDO
from atttcli.field.mounts import special_mounts
from atttcli.field.walk import WalkOptions, walk

TABLE = """\
22 1 8:1 / / rw - ext4 /dev/sda1 rw
23 22 0:4 / /proc rw - proc proc rw
24 22 0:30 / /srv/share rw shared:7 - nfs4 192.0.2.7:/share rw
25 22 0:31 / /mnt/chia\\040sẻ rw - cifs //192.0.2.8/x rw
26 22 0:32 / /home/lan/remote rw - fuse.sshfs lan@192.0.2.9: rw
27 22 8:17 / /mnt/usb rw - fuseblk /dev/sdb1 rw
28 22 0:33 / /var/overlay rw - overlay overlay rw
29 22 0:34 / /run/user/1000/doc rw - fuse.portal portal rw
broken line
"""


def test_shares_and_pseudo_file_systems_are_known(tmp_path: Path) -> None:
    table = tmp_path / "mountinfo"
    table.write_text(TABLE, "utf-8")
    shares = {"/srv/share", "/mnt/chia sẻ", "/home/lan/remote", "/run/user/1000/doc"}
    found = special_mounts(str(table))
    assert {place for place, why in found.items() if why == NETWORK} == shares
    assert {place for place, why in found.items() if why == PSEUDO} == {"/dev", "/proc", "/sys"}
    assert set(special_mounts(str(table), network=True)) == {"/dev", "/proc", "/sys"}
    assert set(special_mounts(str(tmp_path / "none"))) == {"/dev", "/proc", "/sys"}


def test_a_share_is_left_out_untouched_and_taken_in_when_asked(tmp_path: Path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "share").mkdir()
    (tmp_path / "share" / "file").write_bytes(b"")
    monkeypatch.setattr(
        "atttcli.field.walk.special_mounts", lambda network=False: {} if network else {str(tmp_path / "share"): NETWORK}
    )
    assert [getattr(item, "why", "") for item in walk([str(tmp_path)])] == [NETWORK]
    (item,) = walk([str(tmp_path)], WalkOptions(network=True))
    assert item.path == str(tmp_path / "share" / "file")
    assert [getattr(item, "why", "") for item in walk([str(tmp_path / "share")])] == [""]  # named: the user wants it


def test_network_takes_in_other_file_systems_since_each_share_is_one() -> None:
    assert Reach(network=True).options() == WalkOptions(cross_devices=True, network=True)
    assert Reach().options() == WalkOptions()
    assert Reach(cloud=True, exclude=(Path("/a"),)).told() == {
        "exclude": ["/a"], "cross_devices": False, "network": False, "cloud": True,
    }  # fmt: skip
