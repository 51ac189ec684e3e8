"""Options that ask for a number of a transaction or a packet: `dns.opcode`, `tls.version`, `decode-event` ..."""

from __future__ import annotations

import re
from collections.abc import Callable

from atttcli.errors import RuleError
from atttcli.rulepack.network.draft import ContentDraft, Draft, GroupDraft
from atttcli.rulepack.network.events import APP_EVENTS, DECODE_EVENTS, EVENT_ALIASES, STREAM_EVENTS
from atttcli.rulepack.network.values import Number, Op

_RANGE = re.compile(r"\s*(!)?\s*(?:(\d{1,10})\s*(?:<>|-)\s*(\d{1,10})|(<=|>=|<|>|=|!=)?\s*(\d{1,10}))\s*\Z")
_TOP = 0xFFFFFFFF
VERSIONS = {"ssl2": 2, "sslv2": 2, "ssl3": 0x300, "sslv3": 0x300} | {
    name: 0x301 + index for index in range(4) for name in (f"1.{index}", f"tls1.{index}")
}


def ask(draft: Draft, buffer: str, op: Op | ContentDraft) -> None:
    """Ask of a buffer that no content can name."""
    draft.groups.append(GroupDraft(buffer, [], [op]))
    draft.last = None


def numeric(buffer: str) -> Callable[[Draft, str], None]:
    """A handler for `buffer:[!][<>]N`, or `A<>B` with both ends outside."""

    def handler(draft: Draft, value: str) -> None:
        found = _RANGE.match(value)
        if not found:
            raise RuleError(f"{buffer}: {value.strip()[:40]!r} is no number or range")
        negated, first, last, sign, plain = found.groups()
        if first is not None:
            low, high = int(first) + 1, int(last) - 1
        else:
            count = int(plain)
            low, high = {"<": (0, count - 1), "<=": (0, count), ">": (count + 1, _TOP), ">=": (count, _TOP)}.get(
                sign or "", (count, count)
            )
        if low > high or high > _TOP:
            raise RuleError(f"{buffer}: {value.strip()[:40]!r} can never be")
        ask(draft, buffer, Number(((low, high),), bool(negated) or sign == "!="))

    return handler


def tls_version(draft: Draft, value: str) -> None:
    """`tls.version:1.2`, `ssl_version:[!]sslv3,tls1.0`."""
    text = value.strip().lower().strip('"')
    wanted: set[int] = set()
    unwanted: set[int] = set()
    negated = False
    for word in (part.strip() for part in text.split(",")):
        negated = negated or word.startswith("!")
        name = word.lstrip("!").strip()
        if name.startswith("0x") and re.fullmatch(r"0x[0-9a-f]{1,4}", name):
            number = int(name, 16)
        elif name in VERSIONS:
            number = VERSIONS[name]
        else:
            raise RuleError(f"tls.version: unknown version {word[:40]!r}")
        (unwanted if word.startswith("!") else wanted).add(number)
    # Where one is unwanted, all but the unwanted ones match, whatever else is listed: as in the reference engine.
    ask(draft, "tls.version", Number(tuple((v, v) for v in sorted(unwanted or wanted)), bool(unwanted)))


# In order of their numbers, from 1.
_MQTT = """CONNECT CONNACK PUBLISH PUBACK PUBREC PUBREL PUBCOMP SUBSCRIBE SUBACK UNSUBSCRIBE UNSUBACK PINGREQ PINGRESP
DISCONNECT AUTH"""


def mqtt_type(draft: Draft, value: str) -> None:
    """`mqtt.type:CONNACK`."""
    names = _MQTT.split()
    word = value.strip().upper()
    if word not in (*names, "UNASSIGNED"):
        raise RuleError(f"mqtt.type: unknown type {word[:40]!r}")
    number = names.index(word) + 1 if word in names else 0
    ask(draft, "mqtt.type", Number(((number, number),)))


def ftpbounce(draft: Draft, value: str) -> None:
    """`ftpbounce`: a PORT command that names another address than the client's."""
    if value.strip():
        raise RuleError("ftpbounce takes no value")
    ask(draft, "ftpbounce", Number(((1, 1),)))


def ftpdata_command(draft: Draft, value: str) -> None:
    """`ftpdata_command:retr` or `stor`."""
    word = value.strip().lower()
    if word not in ("retr", "stor"):
        raise RuleError("ftpdata_command: retr or stor")
    ask(draft, "ftpdata_command", ContentDraft(word.encode(), False, startswith=True, endswith=True))


def app_layer_event(draft: Draft, value: str) -> None:
    """`app-layer-event:dns.z_flag_set`: something is odd about a transaction."""
    name = value.strip().lower().strip('"')
    name = EVENT_ALIASES.get(name, name)
    if name not in APP_EVENTS:
        raise RuleError(f"app-layer-event: {name[:60]} is not noticed by this engine")
    app = name.partition(".")[0].replace("http2", "http")
    ask(draft, "event." + app, ContentDraft(name.encode(), False, startswith=True, endswith=True))


def decode_event(draft: Draft, value: str) -> None:
    """`decode-event:ipv6.frag_overlap`: something is wrong with a packet's headers."""
    name = value.strip().lower().strip('"')
    if name not in DECODE_EVENTS:
        raise RuleError(f"decode-event: {name[:60]} is not noticed by this engine")
    ask(draft, "decode-event", ContentDraft(name.encode(), False, startswith=True, endswith=True))


def stream_event(draft: Draft, value: str) -> None:
    """`stream-event:reassembly_overlap_different_data`: something is odd about how a stream was put together."""
    name = value.strip().lower().strip('"')
    if name not in STREAM_EVENTS:
        raise RuleError(f"stream-event: {name[:60]} is not noticed by this engine")
    ask(draft, "stream-event", ContentDraft(f"stream.{name}".encode(), False, startswith=True, endswith=True))


def file_name(draft: Draft, value: str) -> None:
    """`filename:"text"`: the file's name holds it, whatever its case."""
    _name_content(draft, value, "filename", "", endswith=False)


def file_extension(draft: Draft, value: str) -> None:
    """`fileext:"exe"`."""
    _name_content(draft, value, "fileext", ".", endswith=True)


def _name_content(draft: Draft, value: str, keyword: str, prefix: str, *, endswith: bool) -> None:
    from atttcli.rulepack.network.contents import unquote

    negated, text = unquote(value, keyword)
    if not text:
        raise RuleError(f"{keyword}: empty")
    pattern = (prefix + text).encode("utf-8", "surrogateescape")
    ask(draft, "file.name", ContentDraft(pattern, negated, nocase=True, endswith=endswith))
