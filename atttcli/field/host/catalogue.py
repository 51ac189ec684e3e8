"""All host checks, in the order in which they run. The table in docs/host-checks.md is made of this one. Python 3.8-clean."""

from __future__ import annotations

from typing import Tuple

from atttcli.field.host import (
    cron,
    keys,
    logons,
    modules,
    names,
    people,
    processes,
    programs,
    protection,
    sockets,
    startup,
    units,
)
from atttcli.field.host.check import LINUX, WINDOWS, Check

CHECKS: Tuple[Check, ...] = (
    Check(
        "processes", (LINUX,), "Running processes",
        "/proc/PID: stat, status, cmdline, exe, names of loader variables in environ",
        "root for processes of other accounts",
        "program path and environment of other accounts' processes (counted)",
        processes.look, live=True,
    ),
    Check(
        "programs", (LINUX,), "Programs that run",
        "/proc/PID/exe: hashes, lists, YARA; deleted ones too",
        "root for processes of other accounts",
        "programs of other accounts (counted)",
        programs.look_programs, live=True,
    ),
    Check(
        "memory", (LINUX,), "Memory of processes (only with --memory)",
        "/proc/PID/maps and /proc/PID/mem, 256 MB of one process, 2 GB in all; YARA",
        "root (and a kernel that allows it: ptrace_scope below 3)",
        "processes that refuse (counted)",
        programs.look_memory, live=True,
    ),
    Check(
        "sockets", (LINUX,), "Listening sockets and connections",
        "/proc/net/tcp, tcp6, udp, udp6, packet; /proc/PID/fd",
        "root to tell whose socket it is",
        "the program behind sockets of other accounts (counted)",
        sockets.look, live=True,
    ),
    Check(
        "systemd", (LINUX,), "Units and timers of systemd",
        "unit folders of the system and of users with their drop-ins, generators",
        "root for homes that are closed",
        "units of users whose home is closed",
        units.look,
    ),
    Check(
        "cron", (LINUX,), "Jobs of cron, anacron and at",
        "/etc/crontab, /etc/cron.*, /etc/anacrontab, /var/spool/cron, /var/spool/at",
        "root: the tables of users are closed",
        "the tables of users",
        cron.look,
    ),
    Check(
        "startup", (LINUX,), "Other things that start by themselves",
        "rc.local, init.d, shell profiles, /etc/ld.so.preload, udev RUN, PAM modules, motd scripts, apt hooks, desktop autostart",
        "root for homes that are closed",
        "profiles of users whose home is closed",
        startup.look,
    ),
    Check(
        "keys", (LINUX,), "SSH keys that open an account",
        "authorized_keys of every account, sshd_config; digests of keys, never keys",
        "root: homes are closed",
        "keys of other accounts",
        keys.look,
    ),
    Check(
        "accounts", (LINUX,), "Accounts and who may become root",
        "/etc/passwd, /etc/shadow (state and age of passwords, never hashes), /etc/group, /etc/sudoers",
        "root for /etc/shadow and sudoers",
        "age and state of passwords, the rules of sudo",
        people.look,
    ),
    Check(
        "logons", (LINUX,), "Recent log-ons",
        "/var/log/wtmp, btmp, lastlog, /run/utmp; failed log-ons by source",
        "root for btmp",
        "failed log-ons",
        logons.look,
    ),
    Check(
        "hosts", (LINUX, WINDOWS), "The hosts file",
        "/etc/hosts; on Windows System32\\drivers\\etc\\hosts",
        "none",
        "nothing",
        names.look_hosts,
    ),
    Check(
        "resolvers", (LINUX,), "Resolvers and neighbours",
        "/etc/resolv.conf, /proc/net/arp, /proc/net/route",
        "none",
        "nothing",
        names.look_resolvers,
    ),
    Check(
        "modules", (LINUX,), "Kernel modules",
        "/proc/modules, /sys/module, /proc/sys/kernel/tainted",
        "none",
        "nothing",
        modules.look, live=True,
    ),
    Check(
        "protection", (LINUX,), "Antivirus and updates",
        "whether products and their signatures are there, how old; last change of the package lists",
        "none",
        "nothing",
        protection.look,
    ),
)  # fmt: skip
