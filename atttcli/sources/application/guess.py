# ruff: noqa: E501 - tables of names are read whole
"""Which column is which field, by the names that applications use: the draft of a mapping file from a sample.

A guess is only made where the sample's values bear it out: an address column holds addresses, a time column times that we can
read. What was guessed is said (`Input.assumed["fields"]`, `atttcli source test`), and can be written out as a mapping file.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from atttcli.source import Input
from atttcli.sources.keyvalue import dated_pairs
from atttcli.sources.logs.address import address_port, port
from atttcli.sources.logs.jsonline import decode_object
from atttcli.sources.logs.lines import head_lines
from atttcli.sources.logs.stamps import ISO
from atttcli.sources.mapping import Mapping, column_text, paths
from atttcli.text.fold import fold

NAMES: Final[dict[str, tuple[str, ...]]] = {
    "time": ("@timestamp", "timestamp", "time", "ts", "datetime", "eventtime", "logtime", "createdat", "created", "when", "date",
             "timelocal", "requesttime", "starttime", "thoigian", "ngaygio", "thoidiem"),
    "src_ip": ("srcip", "sourceip", "clientip", "remoteip", "remoteaddr", "remoteaddress", "clientaddress", "ipaddress", "ip", "src",
               "sourceaddress", "cip", "xforwardedfor", "callerip", "userip", "peer", "diachiip", "ipnguon", "diachi"),
    "src_port": ("srcport", "sourceport", "clientport", "remoteport", "spt", "congnguon"),
    "dst_ip": ("dstip", "destinationip", "destip", "dst", "destination", "serverip", "targetip", "sip", "destinationaddress", "ipdich"),
    "dst_port": ("dstport", "destinationport", "destport", "dpt", "serverport", "congdich"),
    "user": ("user", "username", "userid", "account", "accountname", "login", "loginname", "email", "principal", "actor", "usr", "uid",
             "useremail", "taikhoan", "nguoidung", "tendangnhap"),
    "host": ("hostname", "host", "server", "servername", "computer", "machine", "device", "devicename", "node", "maychu", "tenmay", "may", "maytinh"),
    "domain": ("domain", "fqdn", "sni", "vhost", "requesthost", "tenmien"),
    "url": ("url", "uri", "requesturi", "requesturl", "path", "endpoint", "requestpath", "link", "duongdan"),
    "hash": ("sha256", "sha1", "md5", "hash", "filehash"),
    "action": ("action", "event", "eventname", "eventtype", "operation", "activity", "type", "method", "hanhdong", "thaotac"),
    "outcome": ("outcome", "result", "status", "statuscode", "success", "httpstatus", "responsecode", "ketqua", "trangthai"),
}  # fmt: skip
GOOD: Final = ("success", "succeeded", "successful", "ok", "true", "allow", "allowed", "accept", "accepted", "pass", "passed", "200", "201", "202",
               "204", "301", "302", "304", "thanh cong", "thanhcong", "cho phep", "chophep")  # fmt: skip
BAD: Final = ("failure", "failed", "fail", "error", "false", "deny", "denied", "reject", "rejected", "block", "blocked", "invalid", "400", "401",
              "403", "404", "405", "409", "422", "429", "500", "502", "503", "504", "that bai", "thatbai", "tu choi", "tuchoi", "chan")  # fmt: skip
OUTCOMES: Final = {
    **dict.fromkeys(GOOD, "success"),
    **dict.fromkeys(BAD, "failure"),
    "thành công": "success",
    "thất bại": "failure",
    "cho phép": "success",
    "từ chối": "failure",
}
ACTIONS: Final = {
    "đăng nhập": "login", "dang nhap": "login", "signin": "login", "sign in": "login", "log in": "login", "logon": "login", "logged in": "login",
    "đăng xuất": "logout", "dang xuat": "logout", "signout": "logout", "sign out": "logout", "log out": "logout", "logoff": "logout",
}  # fmt: skip
_PLAIN = re.compile(r"[^a-z0-9@]")
_IS_ISO = re.compile(ISO + r"\Z")
_PATTERNS: Final = (
    (_IS_ISO, "iso"), (re.compile(r"1[0-9]{12}\Z"), "epoch-ms"), (re.compile(r"1[0-9]{9}(?:\.\d{1,9})?\Z"), "epoch"),
    (re.compile(r"\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\Z"), "%d/%b/%Y:%H:%M:%S %z"),
    (re.compile(r"\d{1,2}/\d{1,2}/\d{4} \d{1,2}:\d\d:\d\d\Z"), "%d/%m/%Y %H:%M:%S"),
    (re.compile(r"\d{1,2}-\d{1,2}-\d{4} \d{1,2}:\d\d:\d\d\Z"), "%d-%m-%Y %H:%M:%S"),
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d\Z"), "%Y-%m-%d %H:%M"),
)  # fmt: skip
_DELIMITERS = (",", ";", "\t", "|")


@dataclass(frozen=True, slots=True)
class Sample:
    """The first records of a file, taken apart as `format`."""

    format: str
    records: tuple[dict[str, Any], ...]
    delimiter: str = ","
    lines: int = 0


def plain(name: str) -> str:
    """A column's name without case, marks and signs: `Địa chỉ IP`, `client_ip` to `diachiip`, `clientip`."""
    return _PLAIN.sub("", fold(name).lower())


def json_sample(given: Input) -> Sample | None:
    """JSON lines, or None if fewer than half of the first lines are objects."""
    lines = head_lines(given, 40)
    records = tuple(
        record for line in lines if line.startswith("{") and isinstance(record := decode_object(line), dict)
    )
    return Sample("jsonl", records, lines=len(lines)) if records and len(records) * 2 >= len(lines) else None


def kv_sample(given: Input) -> Sample | None:
    """Lines of three pairs or more, or None if they are fewer than half."""
    lines = head_lines(given, 40)
    records = tuple(dict(found) for line in lines if not line.startswith("{") and len(found := dated_pairs(line)) >= 3)
    return Sample("kv", records, lines=len(lines)) if records and len(records) * 2 >= len(lines) else None


def csv_sample(given: Input) -> Sample | None:
    """A heading and rows as wide, by the delimiter that gives most columns; None if there is none."""
    lines = head_lines(given, 40)
    best: Sample | None = None
    for delimiter in _DELIMITERS:
        try:
            rows = list(csv.reader(lines, delimiter=delimiter))
        except csv.Error:
            continue
        names = [name.strip() for name in rows[0]] if rows else []
        if len(names) < 3 or len(set(names)) < len(names) or not all(names) or any(len(name) > 64 for name in names):
            continue
        records = tuple(dict(zip(names, row, strict=True)) for row in rows[1:] if len(row) == len(names))
        if records and len(records) * 2 >= len(rows) - 1 and (best is None or len(names) > len(best.records[0])):
            best = Sample("csv", records, delimiter, len(lines))
    return best


def guessed(sample: Sample, name: str) -> Mapping:
    """The mapping that the sample bears out; its columns are empty if no name is known."""
    known: dict[str, dict[str, str]] = {}
    for path in dict.fromkeys(
        path for record in sample.records for path in sorted(paths(record), key=lambda one: (one.count("."), one))
    ):
        for key in (plain(path), plain(path.rpartition(".")[2])):
            known.setdefault(key, {}).setdefault(path, "")
    columns: dict[str, tuple[str, ...]] = {}
    taken: set[str] = set()
    for role, names in NAMES.items():
        if role == "time":
            continue
        fits = [
            path
            for key in names
            for path in known.get(key, ())
            if path not in taken and _fits(role, path, sample.records)
        ]
        if fits:
            columns[role] = tuple(dict.fromkeys(fits))[:3]
            taken.update(columns[role][:1])
    time_columns, time_format = _time(known, sample.records)
    return Mapping(
        name=name, format=sample.format, columns=columns, constant={"category": "application"}, values={"outcome": OUTCOMES, "action": ACTIONS},
        delimiter=sample.delimiter, time_columns=time_columns, time_format=time_format,
    )  # fmt: skip


def _values(path: str, records: Iterable[dict[str, Any]]) -> list[str]:
    return [text for record in records if (text := column_text(record, path))]


def _fits(role: str, path: str, records: Sequence[dict[str, Any]]) -> bool:
    """Whether most of the sample's values are what such a column holds."""
    values = _values(path, records)
    if role.endswith("_ip"):
        good = sum(bool(address_port(value)[0]) for value in values)
    elif role.endswith("_port"):
        good = sum(bool(port(value)) for value in values)
    elif role == "hash":
        good = sum(bool(re.fullmatch(r"[0-9A-Fa-f]{32,64}", value)) for value in values)
    elif role == "outcome":
        good = sum(value.lower() in OUTCOMES for value in values)
    else:
        good = sum(len(value) <= 2048 for value in values)
    return good * 2 > len(values)


def _time(known: dict[str, dict[str, str]], records: Sequence[dict[str, Any]]) -> tuple[tuple[str, ...], str]:
    for key in NAMES["time"]:
        for path in known.get(key, ()):
            if form := _form(_values(path, records)):
                return (path,), form
    for date in known.get("date", ()) or known.get("ngay", ()):
        for clock in known.get("time", ()) or known.get("gio", ()):
            both = [f"{column_text(record, date)} {column_text(record, clock)}" for record in records]
            if form := _form(both):
                return (date, clock), form
    return (), "iso"


def _form(values: list[str]) -> str:
    for regex, form in _PATTERNS:
        if values and sum(bool(regex.match(value)) for value in values) * 2 > len(values):
            return form
    return ""


def told(mapping: Mapping) -> str:
    """The guess in one line: `time=timestamp src_ip=client_ip user=user.name`."""
    parts = [f"time={'+'.join(mapping.time_columns)}"] if mapping.time_columns else []
    return " ".join([*parts, *(f"{role}={names[0]}" for role, names in mapping.columns.items())])


def as_yaml(mapping: Mapping, sample: Sample) -> str:
    """The mapping as a file that `load_mapping` reads, with a comment for columns that were not used."""
    lines = [f"name: {_quoted(mapping.name)}", f"format: {mapping.format}"]
    if mapping.format == "csv":
        lines.append("delimiter: " + ('"\\t"' if mapping.delimiter == "	" else _quoted(mapping.delimiter)))
    if mapping.time_columns:
        names = ", ".join(map(_quoted, mapping.time_columns))
        lines += ["time:", f"  columns: [{names}]", f"  format: {_quoted(mapping.time_format)}"]
    lines += ["set:", *(f"  {role}: {_quoted(value)}" for role, value in mapping.constant.items())]
    if mapping.columns:
        lines += ["map:", *(f"  {role}: [{', '.join(map(_quoted, names))}]" for role, names in mapping.columns.items())]
    lines += _words(mapping, sample)
    used = {name for names in mapping.columns.values() for name in names} | set(mapping.time_columns)
    rest = sorted({path for record in sample.records for path in paths(record)} - used)
    if rest:
        lines.append(
            "# not mapped (they stay in the event's fields): " + ", ".join(_quoted(name) for name in rest[:40])
        )
    return "\n".join(lines) + "\n"


def _words(mapping: Mapping, sample: Sample) -> list[str]:
    """The words of the sample that are translated, as the file's `values`."""
    lines: list[str] = []
    for role, words in mapping.values.items():
        seen = {value.lower() for name in mapping.columns.get(role, ()) for value in _values(name, sample.records)}
        if known := sorted(seen & set(words)):
            lines += [f"  {role}:", *(f"    {_quoted(word)}: {words[word]}" for word in known)]
    return ["values:", *lines] if lines else []


def _quoted(text: str) -> str:
    """JSON's strings are YAML's."""
    return json.dumps(text, ensure_ascii=False)
