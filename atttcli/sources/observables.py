"""Indicators in free text: refang, find, type, normalise. Linear in the length of the text, whatever the text.

Three steps. `refang` undoes the usual ways of making a link harmless and remembers where each piece stood. One
expression finds candidates; it starts only where a run of its characters starts and never backs up (possessive), hence
linear. A candidate becomes an `Observable` only if it parses: `ipaddress` for addresses, a name with a known top-level
domain for domains.

Normal form: addresses compressed; names lower case, without trailing dot, as ASCII (IDNA 2003, what `http.client` and
browsers of the agencies' age send); of a URL scheme and host in lower case, default port and fragment dropped, path and
query unchanged; a link without scheme gets `http://`; hashes lower case; a network of one address is that address.
"""

from __future__ import annotations

import ipaddress
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from atttcli.model.observable import Observable, ObservableType
from atttcli.sources.top_level import FILE_LIKE, FILE_NAMES, TOP_LEVEL

MAX_URL = 2048
MAX_NAME = 253

_INVISIBLE = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u180e\u202a-\u202e\u2066-\u2069"
_DOT = r"[.\u3002\uff0e\uff61\u2024]|dot|d0t|chấm"
_DEFANGED = re.compile(
    rf"""
    (?P<nothing>[{_INVISIBLE}]++)
    |(?P<dot>[ ]?[\[({{][ ]?(?:{_DOT})[ ]?[\])}}][ ]?|(?<=\w)\[\.(?=\w)|(?<=\w)\.\](?=\w)|[\u3002\uff0e\uff61\u2024])
    |(?P<at>[ ]?[\[({{][ ]?(?:@|at)[ ]?[\])}}][ ]?)
    |(?P<colon>[\[({{](?P<mark>:|://|:/|/)[\])}}])
    |(?P<http>\bh[tx*]{{2}}p(?P<s>s?)(?=(?:[\[({{]:|:)))
    |(?P<wide>[\uff01-\uff5e]++)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_OCTETS = r"\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}"
_LOCAL = r"\w.!#$%&*+/=?^~\-"
_CANDIDATE = re.compile(
    rf"""
    (?P<url>(?<![A-Za-z0-9])(?:https?|ftps?|sftp|tcp|udp)://[^\s<>"'`{{}}|\\^«»“”]++)
    |(?P<hash>(?<![\w])[0-9A-Fa-f]{{32,64}}+(?![\w]))
    |(?P<v4>(?<![\w.\-:/@]){_OCTETS}(?![\w\-]|\.\w)(?:/(?P<bits>\d{{1,2}})(?![\w.]))?(?::(?P<port>\d{{1,5}})(?![\w:]))?(?!/\w))
    |(?P<v6>\[?(?<![\w.:])(?=[0-9A-Fa-f]{{0,4}}:)[0-9A-Fa-f:]{{2,39}}+(?:(?<=:){_OCTETS})?(?:\]|/(?P<bits6>\d{{1,3}}))?
    (?::(?P<port6>\d{{1,5}}))?(?![\w:]))
    |(?P<email>(?<![{_LOCAL}])[{_LOCAL}]{{1,64}}+@[\w\-]{{1,63}}+(?:\.[\w\-]{{1,63}}+){{1,10}}+)
    |(?P<name>(?<![\w.\-@/\\])(?:\*\.)?[\w\-]{{1,63}}+(?:\.[\w\-]{{1,63}}+){{1,20}}+(?![\w@])
    (?::(?P<portn>\d{{1,5}})(?!\w))?(?P<path>/[^\s<>"'`{{}}|\\^«»“”]*+)?) """,
    re.VERBOSE | re.IGNORECASE,
)
_VERSION_WORD = re.compile(
    r"(?:\b(?:v|ver|version|release|build|firmware|update|chrome|patch|phiên bản|phien ban|bản vá|ban va|bản|ban)\.?"
    r"|(?<=\w)/)[ :]{0,2}\Z",
    re.IGNORECASE,
)
_WORD_NAMES = frozenset({"asp.net", "vb.net", "ado.net", "ml.net", "asp.net.core"})
_HASHES = {32: ObservableType.MD5, 40: ObservableType.SHA1, 64: ObservableType.SHA256}
_DEFAULT_PORT = {"http": 80, "https": 443, "ftp": 21, "ftps": 990, "sftp": 22}
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_\-]{0,61}[a-z0-9_])?\Z")
_LETTERS = re.compile(r"(?:[a-z]{2,24}|xn--[a-z0-9\-]{2,59})\Z")
_AUTHORITY = re.compile(r"([A-Za-z]{2,6})://([^/?#]*+)([^#]*+)")


@dataclass(frozen=True, slots=True)
class Found:
    """An observable and the characters of the given text it was read from; `port` when it was written `address:port`."""

    observable: Observable
    start: int
    end: int
    port: int = 0


class _Refanged:
    """Text with the defanging undone, and the way back to positions in the original."""

    def __init__(self, original: str) -> None:
        pieces: list[str] = []
        self._new: list[int] = [0]  # position in the new text from which on ...
        self._old: list[int] = [0]  # ... it continues at this position of the original
        self._touched: list[int] = []
        length = last = 0
        for match in _DEFANGED.finditer(original):
            pieces.append(original[last : match.start()])
            length += match.start() - last
            replacement = _replacement(match)
            if match.lastgroup not in ("nothing", "wide"):
                self._touched.append(length)
            pieces.append(replacement)
            length += len(replacement)
            last = match.end()
            self._new.append(length)
            self._old.append(last)
        pieces.append(original[last:])
        self.text = "".join(pieces)

    def original(self, position: int) -> int:
        index = bisect_right(self._new, position) - 1
        return self._old[index] + position - self._new[index]

    def touched(self, start: int, end: int) -> bool:
        index = bisect_right(self._touched, start - 1)
        return index < len(self._touched) and self._touched[index] < end


def _replacement(match: re.Match[str]) -> str:
    kind = match.lastgroup
    if match["dot"]:
        return "."
    if match["at"]:
        return "@"
    if match["mark"]:
        return str(match["mark"])
    if match["http"]:
        return "http" + match["s"].lower()
    if kind == "wide":
        return "".join(chr(ord(char) - 0xFEE0) for char in match[0])
    return ""


def refang(text: str) -> str:
    """`hxxp[:]//evil[.]example` -> `http://evil.example`; zero-width characters are removed, full-width ones made plain."""
    return _Refanged(text).text


def extract(text: str) -> Iterator[Found]:
    """Every indicator in `text`, each value once, at its first place, in order. Doubtful names (`run.sh`) are left out."""
    refanged = _Refanged(text)
    seen: set[tuple[ObservableType, str]] = set()
    for match in _CANDIDATE.finditer(refanged.text):
        read = _read(match, refanged)
        if read is None:
            continue
        observable, end, port = read
        key = (observable.type, observable.value)
        if key in seen:
            continue
        seen.add(key)
        yield Found(observable, refanged.original(match.start()), refanged.original(end - 1) + 1, port)


def parse_observable(text: str) -> Observable | None:
    """The one observable that `text` is as a whole (defanged or not), or None. Takes any alphabetic top-level domain."""
    if len(text) > 2 * MAX_URL:
        return None
    value = refang(text).strip().strip("\"'“”<>").rstrip(".,;")
    if "://" in value:
        return _url(value)
    if "@" in value:
        return _email(value)
    return _address(value) or _hash(value) or _bare_link(value, strict=False)


def host_of(observable: Observable) -> str:
    """The host a URL or mail address points to, the value itself for names and addresses, `` for hashes."""
    if observable.type is ObservableType.URL:
        parts = _AUTHORITY.match(observable.value)
        host = parts[2] if parts else ""
        return host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    if observable.type is ObservableType.EMAIL:
        return observable.value.rpartition("@")[2]
    return "" if observable.type in _HASHES.values() else observable.value


def _read(match: re.Match[str], refanged: _Refanged) -> tuple[Observable, int, int] | None:
    """Observable, end in the refanged text, port."""
    whole, start, end = match[0], match.start(), match.end()
    if match["url"]:
        trimmed = _trim(whole)
        return _with(_url(trimmed), start + len(trimmed), 0)
    if match["hash"]:
        return _with(_hash(whole), end, 0)
    if match["v4"]:
        return _read_v4(match, refanged)
    if match["v6"]:
        return _with(_free_v6(whole), end, int(match["port6"] or 0))
    if match["email"]:
        local_start = re.search(r"[^.!#$%&*+/=?^~\-]", whole)
        return _with(_email(whole[local_start.start() :]) if local_start else None, end, 0)
    trimmed = _trim(whole)
    defanged = refanged.touched(start, end)
    return _with(_bare_link(trimmed, strict=not defanged), start + len(trimmed), int(match["portn"] or 0))


def _with(observable: Observable | None, end: int, port: int) -> tuple[Observable, int, int] | None:
    return None if observable is None else (observable, end, port if port < 65536 else 0)


def _read_v4(match: re.Match[str], refanged: _Refanged) -> tuple[Observable, int, int] | None:
    before = refanged.text[max(0, match.start() - 12) : match.start()]
    if _VERSION_WORD.search(before):
        return None
    text = match[0].partition(":")[0]
    observable = _address(text)
    if observable is None and match["bits"]:
        observable = _address(text.partition("/")[0])
    if observable is None or observable.value.startswith(("0.", "127.", "255.")):
        return None  # unspecified, loopback and netmasks stand in every text and say nothing
    return _with(observable, match.end(), int(match["port"] or 0))


def _free_v6(text: str) -> Observable | None:
    """An IPv6 address in running text: a plain `a::b` or `::1` is more often code than an address."""
    value = text.lstrip("[").partition("]")[0]
    groups = value.partition("/")[0].split(":")
    long_group = any(len(group) >= 3 and any(char.isdigit() for char in group) for group in groups)
    return _address(value) if long_group or len(groups) == 8 else None


def _address(text: str) -> Observable | None:
    value, slash, bits = text.partition("/")
    if value.startswith("["):
        value = value[1:].partition("]")[0]
    elif value.count(":") == 1:
        value, _, port = value.partition(":")
        if not port.isdigit():
            return None
    try:
        if slash:
            return _network(f"{value}/{bits}")
        address = ipaddress.ip_address(value)
    except ValueError:
        return None
    if address.version == 6 and getattr(address, "scope_id", None):
        return None
    kind = ObservableType.IPV4 if address.version == 4 else ObservableType.IPV6
    return Observable(kind, address.compressed)


def _network(text: str) -> Observable:
    network = ipaddress.ip_network(text, strict=False)
    if network.prefixlen == network.max_prefixlen:
        kind = ObservableType.IPV4 if network.version == 4 else ObservableType.IPV6
        return Observable(kind, network.network_address.compressed)
    return Observable(ObservableType.CIDR, network.compressed)


def _hash(text: str) -> Observable | None:
    kind = _HASHES.get(len(text))
    if kind is None or not re.fullmatch(r"[0-9A-Fa-f]+", text) or len(set(text.lower())) < 6:
        return None  # 000...0 and such are fillers
    return Observable(kind, text.lower())


def _name(text: str) -> str | None:
    """A host name in normal form, or None: at least two labels, the last one alphabetic."""
    name = text.lower().removeprefix("*.").rstrip(".")
    if len(name) > MAX_NAME or "." not in name:
        return None
    if not name.isascii():
        try:
            name = name.encode("idna").decode("ascii").lower()
        except UnicodeError:
            return None
    labels = name.split(".")
    if len(name) > MAX_NAME or not _LETTERS.match(labels[-1]) or not all(_LABEL.match(label) for label in labels):
        return None
    return name


def _is_name_in_text(text: str, name: str) -> bool:
    """Whether a bare `text` in running text is meant as a host name rather than a file, an abbreviation or two sentences."""
    labels = name.split(".")
    top = labels[-1]
    if top not in TOP_LEVEL and not top.startswith("xn--"):
        return False
    if name in _WORD_NAMES or (len(labels) == 2 and (top in FILE_LIKE or len(labels[0]) < 2)):
        return False
    written = text.rstrip(".").rpartition(".")[2]
    return not (written[:1].isupper() and written[1:].islower() and not text[:1].isupper())  # `xong.In tiếp`


def _bare_link(text: str, strict: bool) -> Observable | None:
    """`evil.example`, `evil.example:8080`, `evil.example/gate.php`: a domain, or a URL once there is a path."""
    authority, slash, rest = text.partition("/")
    host, colon, port = authority.partition(":")
    if colon and not (port.isascii() and port.isdigit() and int(port[:9]) < 65536):
        return None
    if slash and _address(host) is not None:
        return _url(f"http://{text}")
    name = _name(host)
    if name is None or (name.rpartition(".")[2] in FILE_NAMES):
        return None
    if strict and not _is_name_in_text(host, name):
        return None
    if slash and rest:
        return _url(f"http://{text}")
    return Observable(ObservableType.DOMAIN, name)


def _email(text: str) -> Observable | None:
    local, _, domain = text.removeprefix("mailto:").rpartition("@")
    name = _name(domain)
    if name is None or not local or len(local) > 64 or not re.fullmatch(rf"[{_LOCAL}]+", local):
        return None
    return Observable(ObservableType.EMAIL, f"{local.lower()}@{name}")


def _url(text: str) -> Observable | None:
    parts = _AUTHORITY.match(text)
    if parts is None or len(text) > MAX_URL:
        return None
    scheme, authority, rest = parts[1].lower(), parts[2].rpartition("@")[2], parts[3]
    if any(char.isspace() for char in authority):
        return None
    host, port = authority, ""
    if authority.startswith("["):
        host, _, tail = authority.partition("]")
        host, port = host + "]", tail.removeprefix(":")
    elif ":" in authority:
        host, _, port = authority.partition(":")
    address = _address(host) if ":" not in host or host.startswith("[") else None
    if address is not None:
        host = f"[{address.value}]" if address.type is ObservableType.IPV6 else address.value
    else:
        name = _name(host)
        if name is None:
            return None
        host = name
    if port and not (port.isascii() and port.isdigit() and 0 < int(port[:9]) < 65536):
        return None
    if port and int(port) != _DEFAULT_PORT.get(scheme):
        host = f"{host}:{int(port)}"
    if not rest.startswith("/"):
        rest = "/" + rest
    return Observable(ObservableType.URL, f"{scheme}://{host}{rest}")


def _trim(text: str) -> str:
    """Without the punctuation of the sentence around a link; a closing bracket stays if it was opened within."""
    end = len(text)
    opened = {")": text.count("(") - text.count(")"), "]": text.count("[") - text.count("]")}
    while end:
        char = text[end - 1]
        if char in opened:
            if opened[char] >= 0:
                break
            opened[char] += 1
        elif char not in ".,;:!?*…’'\"":
            break
        end -= 1
    return text[:end]
