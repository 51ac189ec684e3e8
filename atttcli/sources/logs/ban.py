"""fail2ban's own log: which jail found, banned or released which address. In its file and in syslog.

`2026-11-23 10:04:05,388 fail2ban.actions        [123]: NOTICE  [sshd] Ban 192.0.2.7`
"""

from __future__ import annotations

from atttcli.sources.logs.message import Pattern, Said, first_match, pattern

_HEAD = r"(?:\A|\s)(?:(?P<level>[A-Z]{4,8}) {1,8})?\[(?P<jail>[^\]\s]{1,100})\] "
_PATTERNS: tuple[Pattern, ...] = (
    pattern("] Ban ", _HEAD + r"Ban (?P<ip>\S{2,60})", "ban", "success"),
    pattern("estore Ban ", _HEAD + r"Restore Ban (?P<ip>\S{2,60})", "ban", "success", "restored"),
    pattern("already banned", _HEAD + r"(?P<ip>\S{2,60}) already banned", "ban", ""),
    pattern("] Unban ", _HEAD + r"Unban (?P<ip>\S{2,60})", "unban", "success"),
    pattern("] Found ", _HEAD + r"Found (?P<ip>\S{2,60})", "found", ""),
    pattern("] Ignore ", _HEAD + r"Ignore (?P<ip>\S{2,60})", "ignore", ""),
)


def fail2ban(program: str, message: str) -> Said:
    """A message of fail2ban."""
    return first_match(message, _PATTERNS, ("", "linux", "fail2ban")) or Said("", "linux", "fail2ban")
