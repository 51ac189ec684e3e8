"""Options of the protocols of plants: Modbus, DNP3, EtherNet/IP."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable

from atttcli.errors import RuleError
from atttcli.rulepack.network.contents import MAX_SIZE, number
from atttcli.rulepack.network.draft import ContentDraft, Draft, GroupDraft
from atttcli.rulepack.network.numeric import ask, numeric
from atttcli.rulepack.network.values import ByteTest, Number, Size

_TABLES = {"coils": b"c", "discretes": b"d", "input": b"i", "holding": b"h"}
_CATEGORIES = ("assigned", "unassigned", "public", "user", "reserved", "all")
_ACCESS = re.compile(r"access\s+(read|write)(?:\s+(discretes|coils|input|holding))?\s*\Z")
_SPAN = re.compile(r"(?:([<>])\s*(\d{1,5})|(\d{1,5})(?:\s*<>\s*(\d{1,5}))?)\s*\Z")
_TOP = 0xFFFF


def modbus(draft: Draft, value: str) -> None:
    """`modbus: [unit N,] function F[, subfunction S]`, or `access read|write [table[, address A[, value V]]]`."""
    parts = [part.strip() for part in value.strip().strip('"').split(",")]
    if parts[0].startswith("unit "):
        low, high = _span(parts.pop(0)[5:], 255)
        ask(draft, "modbus.unit", Number(((low, high),)))
        if not parts:
            return
    head = parts[0]
    if head.startswith("function"):
        _function(draft, head[8:].strip(), parts[1:])
    elif found := _ACCESS.match(head):
        _access(draft, found[1], found[2] or "", parts[1:])
    else:
        raise RuleError(f"modbus: {head[:60]!r} is neither function, access nor unit")


def _function(draft: Draft, word: str, more: list[str]) -> None:
    if word.isdigit():
        wanted = number(word, "modbus function", 1, 255)
        ask(draft, "modbus.function", Number(((wanted, wanted),)))
        if more:
            name, _, text = more[0].partition(" ")
            if name != "subfunction" or len(more) > 1:
                raise RuleError(f"modbus: {more[0][:60]!r} is no subfunction")
            sub = number(text, "modbus subfunction", 0, _TOP)
            ask(draft, "modbus.subfunction", Number(((sub, sub),)))
        return
    negated, name = word.startswith("!"), word.removeprefix("!").strip().lower()
    if name not in _CATEGORIES or more:
        raise RuleError(f"modbus: unknown function {word[:40]!r}")
    if name == "all":
        ask(draft, "modbus.category", Size(0, 0 if negated else MAX_SIZE))
    elif name == "public":  # assigned and unassigned
        ask(draft, "modbus.category", ContentDraft(b"assigned", negated, endswith=True))
    else:
        ask(draft, "modbus.category", ContentDraft(name.encode(), negated, startswith=True, endswith=True))


def _access(draft: Draft, way: str, table: str, more: list[str]) -> None:
    if way == "write" and table in ("discretes", "input"):
        raise RuleError(f"modbus: {table} cannot be written")
    spans = []
    for name, part in zip(("address", "value"), more, strict=False):
        word, _, text = part.partition(" ")
        if word != name:
            raise RuleError(f"modbus: {part[:60]!r} where {name} is expected")
        spans.append(_span(text, _TOP))
    if len(more) > 2 or (spans and not table) or (len(spans) == 2 and way == "read"):
        raise RuleError("modbus: address needs a table before it, value needs access write")
    buffer = "modbus.written" if len(spans) == 2 else f"modbus.{way}"
    group = GroupDraft(
        buffer, [], [ContentDraft(_TABLES[table], False, startswith=True) if table else Size(0, MAX_SIZE)]
    )
    if spans:  # the span that is accessed and the one that is asked for overlap
        group.ops += [ByteTest(2, "<=", spans[0][1], 1), ByteTest(2, ">=", spans[0][0], 3)]
    if len(spans) == 2:
        group.ops += [ByteTest(2, ">=", spans[1][0], 5), ByteTest(2, "<=", spans[1][1], 5)]
    draft.groups.append(group)
    draft.last = None


def _span(text: str, top: int) -> tuple[int, int]:
    """`N`, `<N`, `>N` or `A<>B` with both ends outside."""
    found = _SPAN.match(text.strip())
    if not found:
        raise RuleError(f"modbus: {text.strip()[:40]!r} is no number or range")
    sign, bound, first, last = found.groups()
    if sign:
        low, high = (0, int(bound) - 1) if sign == "<" else (int(bound) + 1, top)
    elif last:
        low, high = int(first) + 1, int(last) - 1
    else:
        low = high = int(first)
    if low > high or high > top:
        raise RuleError(f"modbus: {text.strip()[:40]!r} can never be")
    return low, high


# In order of their numbers, from 0; the answers from 129.
_ASKED = """confirm read write select operate direct_operate direct_operate_nr immed_freeze immed_freeze_nr freeze_clear
freeze_clear_nr freeze_at_time freeze_at_time_nr cold_restart warm_restart initialize_data initialize_appl start_appl stop_appl
save_config enable_unsolicited disable_unsolicited assign_class delay_measure record_current_time open_file close_file
delete_file get_file_info authenticate_file abort_file activate_config authenticate_req authenticate_err"""
_FUNCTIONS = {name: code for code, name in enumerate(_ASKED.split())} | {
    "response": 129, "unsolicited_response": 130, "authenticate_resp": 131
}  # fmt: skip
# Bit by bit of the two bytes, the first byte's lowest bit first.
_INDICATIONS = """all_stations class_1_events class_2_events class_3_events need_time local_control device_trouble device_restart
no_func_code_support object_unknown parameter_error event_buffer_overflow already_executing config_corrupt reserved_2 reserved_1"""


def dnp3_function(draft: Draft, value: str) -> None:
    """`dnp3_func:select` or a number."""
    word = value.strip().lower()
    code = _FUNCTIONS[word] if word in _FUNCTIONS else number(word, "dnp3_func", 0, 255)
    ask(draft, "dnp3_func", Number(((code, code),)))


def dnp3_indications(draft: Draft, value: str) -> None:
    """`dnp3_ind:need_time,device_restart`: any of these is set."""
    names = _INDICATIONS.split()
    mask = 0
    for word in (part.strip().lower() for part in value.split(",")):
        if word not in names:
            raise RuleError(f"dnp3_ind: unknown indication {word[:40]!r}")
        bit = names.index(word)
        mask |= 1 << (8 + bit if bit < 8 else bit - 8)  # the first byte is the higher one
    ask(draft, "dnp3_ind", ByteTest(2, "&", mask, 0))


def dnp3_object(draft: Draft, value: str) -> None:
    """`dnp3_obj:GROUP,VARIATION`."""
    group, comma, variation = value.partition(",")
    if not comma:
        raise RuleError("dnp3_obj: group and variation")
    pair = bytes((number(group, "dnp3_obj", 0, 255), number(variation, "dnp3_obj", 0, 255)))
    ask(draft, "dnp3_obj", ContentDraft(pair, False, startswith=True))


def cip_service(draft: Draft, value: str) -> None:
    """`cip_service:SERVICE[,CLASS[,ATTRIBUTE]]`."""
    words = value.split(",")
    if len(words) > 3:
        raise RuleError("cip_service: service, class and attribute")
    wanted = bytes((number(words[0], "cip_service", 0, 127),))
    wanted += b"".join(struct.pack(">I", number(word, "cip_service", 0, _TOP)) for word in words[1:])
    ask(draft, "cip_service", ContentDraft(wanted, False, startswith=True))


_COMMANDS = {
    "nop": 0, "list_services": 4, "list_identity": 0x63, "list_interfaces": 0x64, "register_session": 0x65,
    "unregister_session": 0x66, "send_rr_data": 0x6F, "send_unit_data": 0x70, "indicate_status": 0x72, "cancel": 0x73,
}  # fmt: skip
_STATES = {
    "success": 0, "invalid_cmd": 1, "no_resources": 2, "incorrect_data": 3, "invalid_session": 0x64, "invalid_length": 0x65,
    "unsupported_protocol": 0x69,
}  # fmt: skip


def _named(buffer: str, names: dict[str, int]) -> Callable[[Draft, str], None]:
    plain = numeric(buffer)

    def handler(draft: Draft, value: str) -> None:
        word = value.strip().lower()
        plain(draft, str(names[word]) if word in names else value)

    return handler


enip_command = _named("enip_command", _COMMANDS)
enip_status = _named("enip.status", _STATES)
