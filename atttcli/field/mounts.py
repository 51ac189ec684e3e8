"""Which mounted file systems are no files on this machine's disks. Linux's mount table; nothing known elsewhere.

Compared by path before anything below is touched: asking a dead network share for its status can hang. Python 3.8-clean.
"""

from __future__ import annotations

from typing import Dict

from atttcli.field.account import NETWORK, PSEUDO

_PSEUDO = frozenset(
    (
        *("proc", "sysfs", "devtmpfs", "devpts", "cgroup", "cgroup2", "debugfs", "tracefs", "securityfs", "pstore"),
        *(
            "bpf",
            "configfs",
            "fusectl",
            "mqueue",
            "hugetlbfs",
            "autofs",
            "binfmt_misc",
            "efivarfs",
            "nsfs",
            "selinuxfs",
        ),
    )
)
_NETWORK = frozenset(
    ("nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "afs", "ceph", "glusterfs", "lustre", "9p", "davfs", "gfs2")
)


def special_mounts(table: str = "/proc/self/mountinfo", network: bool = False) -> Dict[str, str]:
    """Mount point to the reason for leaving it out; /dev is always among them, network shares unless asked for."""
    found = {"/dev": PSEUDO, "/proc": PSEUDO, "/sys": PSEUDO}
    try:
        with open(table, encoding="utf-8", errors="surrogateescape") as lines:
            for line in lines:
                left, _, right = line.partition(" - ")
                words = left.split(" ")
                kind = right.split(" ", 1)[0]
                why = _why(kind)
                if len(words) > 4 and why and not (network and why == NETWORK):
                    found[_unescape(words[4])] = why
    except OSError:
        return found  # not Linux, or no /proc: the fixed names are all that is known
    return found


def _why(kind: str) -> str:
    if kind in _PSEUDO:
        return PSEUDO
    # virtiofs, fuseblk (NTFS) and overlay are local disks; other FUSE file systems are mostly remote (sshfs, rclone).
    return NETWORK if kind in _NETWORK or kind.startswith("fuse.") else ""


def _unescape(path: str) -> str:
    for code, char in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        path = path.replace(code, char)
    return path
