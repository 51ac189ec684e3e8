"""What a command line gives away: where it runs from, what it fetches, how it hides. Linear in its length.

One judge for processes, cron lines, units, profiles, Run keys and tasks. Python 3.8-clean.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Iterator, List, Optional, Tuple

from atttcli.field.host.check import ADDRESS, DOMAIN, NAME, Asked

MOST = 16 * 1024  # characters that are looked at
_MOST_ASKED = 64

_TEMP = re.compile(
    r"(?:^|[\s\"'=,(])(?:/tmp/|/var/tmp/|/dev/shm/)",
)
_TEMP_WINDOWS = re.compile(
    r"(?:^|[\s\"'=,(])(?:[a-z]:[\\/](?:windows[\\/])?temp[\\/]|%te?mp%[\\/]|[a-z]:[\\/]users[\\/]public[\\/]"
    r"|[a-z]:[\\/]perflogs[\\/]|[a-z]:[\\/]\$recycle\.bin[\\/])|[\\/]appdata[\\/]local[\\/]temp[\\/]",
    re.IGNORECASE,
)
_PIECES = re.compile(r"[;|&\n()]")
_BEFORE = frozenset(
    ("sudo", "exec", "nohup", "then", "do", "if", "else", "env", "nice", "ionice", "setsid", "time", "!")
)
_WITH_VALUE = {"sudo": ("-u", "-g"), "nice": ("-n",), "ionice": ("-c", "-n")}
_RUNNERS = frozenset((
    "sh", "bash", "dash", "zsh", "ksh", "python", "python2", "python3", "perl", "ruby", "php", "node", "source", ".",
    "timeout", "flock", "su", "runuser", "start-stop-daemon", "systemd-run", "screen", "tmux",
))  # fmt: skip
_FETCH = re.compile(r"\b(?:curl|wget|fetch|lwp-request)\b[^|;&\n]{0,600}\|\s{0,20}(?:sudo\s{1,20})?(?:/[\w/]{0,40})?"
                    r"(?:ba|da|z|k)?sh\b|\b(?:curl|wget|fetch)\b[^|\n]{0,600}\|\s{0,20}(?:sudo\s{1,20})?"
                    r"(?:/[\w/]{0,40})?(?:python|perl|php|ruby|node)", re.IGNORECASE)  # fmt: skip
_FETCH_WINDOWS = re.compile(
    r"\b(?:iex|invoke-expression)\b|downloadstring\b|downloadfile\b|frombase64string\b", re.IGNORECASE
)
_REVERSE = re.compile(
    r"/dev/(?:tcp|udp)/|\bn(?:c|cat|etcat)(?:\.\w{1,12})?\b[^|;&\n]{0,200}\s-\w{0,6}(?:e|c)\s{1,20}\S{0,40}"
    r"(?:sh|cmd(?:\.exe)?)\b|\bsocat\b[^|;&\n]{0,400}\bexec:",
    re.IGNORECASE,
)
_DECODE = re.compile(
    r"\bbase64\s{1,20}(?:-d|-D|--decode)\b[^|\n]{0,600}\|\s{0,20}(?:sudo\s{1,20})?(?:/[\w/]{0,40})?(?:(?:ba|da|z|k)?sh|python|perl)",
    re.IGNORECASE,
)
_POWERSHELL = re.compile(r"\b(?:powershell|pwsh)(?:\.exe)?\b", re.IGNORECASE)
_ENCODED = re.compile(r"\s[-/]e(?:n(?:c(?:o(?:d(?:e(?:d(?:c(?:o(?:m(?:m(?:a(?:n(?:d)?)?)?)?)?)?)?)?)?)?)?)?)?\s{1,20}"
                      r"[\"']?[A-Za-z0-9+/=]{20}", re.IGNORECASE)  # fmt: skip
_LIVING_OFF = re.compile(
    r"\bmshta(?:\.exe)?\b[^\n]{0,200}(?:https?:|javascript:|vbscript:)|\bregsvr32(?:\.exe)?\b[^\n]{0,200}/i:https?:"
    r"|\brundll32(?:\.exe)?\b[^\n]{0,200}javascript:|\bcertutil(?:\.exe)?\b[^\n]{0,200}[-/](?:urlcache|decode)\b"
    r"|\bbitsadmin(?:\.exe)?\b[^\n]{0,200}/transfer\b|\bwmic(?:\.exe)?\b[^\n]{0,200}/format:[\"']?https?:",
    re.IGNORECASE,
)
_HIDDEN = re.compile(
    r"(?:^|[\s\"'=;|&(])/(?:tmp|var/tmp|dev|dev/shm|usr|usr/\w{1,20}|etc|lib|opt|var|var/\w{1,20}|bin|sbin)/\.[^\s./]"
)
_SECRET = re.compile(
    r"((?:pass(?:word|wd|phrase)?|pwd|secret|token|api[_-]?key|access[_-]?key|credential|authorization)[\"']?\s{0,3}[=:\s]\s{0,3}"
    r"(?:bearer\s{1,3}|basic\s{1,3})?[\"']?)[^\s\"',;&]{1,500}",
    re.IGNORECASE,
)
_DASH_P = re.compile(r"(\b(?:mysql\w{0,10}|mariadb\w{0,10}|sshpass)\b[^|;&\n]{0,200}?\s-p)\S{1,200}")
_IN_ADDRESS = re.compile(r"(://[^\s/:@]{1,100}:)[^\s/@]{1,200}@")
_IPV4 = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])")
_HOST = re.compile(r"(?:https?|ftp|tcp|ssl|stratum(?:\+tcp|\+ssl)?)://(?:[^\s/@]{0,100}@)?([A-Za-z0-9.-]{3,253})")
_PATH = re.compile(r"(?:[A-Za-z]:[\\/]|/)[^\s\"'<>|;&]{2,400}")


def judge(command: str) -> Tuple[str, ...]:
    """Ids of the host rules that this command meets, the gravest first."""
    text = command[:MOST]
    found: List[str] = []
    if _REVERSE.search(text):
        found.append("host.command-reverse-shell")
    powershell = _POWERSHELL.search(text)
    if _FETCH.search(text) or (powershell and _FETCH_WINDOWS.search(text)):
        found.append("host.command-download-run")
    if _DECODE.search(text) or (powershell and _ENCODED.search(text)):
        found.append("host.command-encoded")
    if _LIVING_OFF.search(text):
        found.append("host.command-living-off")
    if runs_from_temp(text):
        found.append("host.command-temp")
    return tuple(found)


def runs_from_temp(text: str) -> bool:
    """Whether something in a folder where anybody may write is run: named first, or given to an interpreter.

    Clean-up jobs name such folders as well; those are not meant.
    """
    return bool(_TEMP_WINDOWS.search(text)) or _runs(text, _TEMP)


def runs_hidden(text: str) -> bool:
    """Whether something with a hidden name directly below a system folder is run."""
    return _runs(text[:MOST], _HIDDEN)


def _runs(text: str, place: "re.Pattern[str]") -> bool:
    inside = False  # a `cd` went there before
    for piece in _PIECES.split(text):
        words = _command(piece.split())
        if words and words[0] in ("cd", "pushd"):
            inside = any(place.match(word + "/") for word in words[1:])
        elif words and (_runs_there(words, place) or (inside and words[0].startswith("./"))):
            return True
    return False


def _command(words: List[str]) -> List[str]:
    """The words from the command on: without settings, `sudo -u www`, `nice -n 10` and their like."""
    words = [word.strip("\"'") for word in words]
    while words:
        name = words[0].rpartition("/")[2]
        if name in _BEFORE or ("=" in words[0] and not words[0].startswith("/")):
            words = words[1:]
            while words and words[0].startswith("-"):
                words = words[2 if words[0] in _WITH_VALUE.get(name, ()) else 1 :]
        else:
            break
    return words


def _runs_there(words: List[str], place: "re.Pattern[str]") -> bool:
    first = words[0].lstrip("@-+!:\"'")
    if place.match(first):
        return True
    return first.rpartition("/")[2] in _RUNNERS and any(place.match(word) for word in words[1:])


def is_temp(path: str) -> bool:
    """Whether a program stands where anybody may write."""
    return bool(_TEMP.match(path) or _TEMP_WINDOWS.search(path))


def is_hidden(text: str) -> bool:
    """Whether a hidden name directly below a system folder is used."""
    return bool(_HIDDEN.search(text[:MOST]))


def masked(text: str) -> str:
    """The text without what follows `password=`, `--token` and their like: a record travels, a secret must not."""
    return _IN_ADDRESS.sub(r"\1***@", _DASH_P.sub(r"\1***", _SECRET.sub(r"\1***", text[:MOST])))


def asked_of(text: str) -> Tuple[Asked, ...]:
    """Addresses, host names and paths that lists are asked about."""
    found: List[Asked] = []
    for one in _candidates(text[:MOST]):
        if one not in found:
            found.append(one)
        if len(found) >= _MOST_ASKED:
            break
    return tuple(found)


def _candidates(text: str) -> Iterator[Asked]:
    for match in _IPV4.finditer(text):
        address = remote_address(match.group())
        if address:
            yield ADDRESS, address
    for match in _HOST.finditer(text):
        name = match.group(1).strip(".").lower()
        if not name.replace(".", "").isdigit():
            yield DOMAIN, name
    for match in _PATH.finditer(text):
        yield NAME, match.group()


def remote_address(text: str) -> Optional[str]:
    """The address in its one spelling (an IPv4 address inside IPv6 as IPv4); None for none, and for what is only local."""
    try:
        address = ipaddress.ip_address(text.split("%")[0])
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    address = mapped or address
    if address.is_unspecified or address.is_loopback or address.is_multicast or address.is_link_local:
        return None
    return str(address)
