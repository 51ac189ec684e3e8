"""Settings of accounts as exported: where mail is forwarded to, and which filters hide it.

Understood: `zmprov ga` and `gaa -v`, Sieve scripts, `zmmailbox gfrl`, CSV of Exchange's Get-InboxRule and Get-Mailbox. A Sieve
script and a list of filters do not say whose they are: their file is named after the account (`an@backan.gov.vn.sieve`).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from pathlib import PurePath
from typing import Final

from atttcli.engine import EngineProblem
from atttcli.errors import Where
from atttcli.limits import MIB
from atttcli.mailwatch.reasons import Finding

MAX_BYTES: Final = 64 * MIB
_SCRIPT: Final = 65_536
_MAX_FINDINGS: Final = 20
_OWNER: Final = re.compile(r"[\w.%+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_NAME: Final = re.compile(r"# name (\S{1,64}@\S{1,189})\s*\Z")
_ATTRIBUTE: Final = re.compile(r"([a-zA-Z][A-Za-z0-9]{2,60}): ?(.*)\Z", re.DOTALL)
_FORWARDS: Final = ("zimbraprefmailforwardingaddress", "zimbramailforwardingaddress")
_SIEVE: Final = ("zimbramailsievescript", "zimbramailoutgoingsievescript", "zimbraadminsievescriptbefore")
_REDIRECT: Final = re.compile(r"\bredirect\b(?: {0,4}:\w{1,20}){0,3}\s{0,20}\"([^\"\r\n]{3,320})\"", re.IGNORECASE)
_HIDES: Final = re.compile(
    r"\bdiscard\b|\bfileinto\b(?: {0,4}:\w{1,20}){0,3}\s{0,20}\"/?(?:trash|junk|spam|rss[^\"]{0,20}|deleted items|"
    r"thùng rác|lưu trữ)\"",
    re.IGNORECASE,
)
_ABOUT: Final = re.compile(
    r"password|mật khẩu|mat khau|security|bảo mật|cảnh báo|canh bao|mailer-daemon|undeliver|phish|lừa đảo|hack|invoice|hóa đơn|"
    r"helpdesk|hỗ trợ|ứng cứu|attt|quản trị",
    re.IGNORECASE,
)
_COMMENT: Final = re.compile(r"(?m)^[ \t]{0,40}#.*$")
_RULE_TARGETS: Final = (
    "forwardto",
    "redirectto",
    "forwardasattachmentto",
    "forwardingsmtpaddress",
    "forwardingaddress",
)
_RULE_OWNERS: Final = (
    "mailboxownerid",
    "mailbox",
    "primarysmtpaddress",
    "userprincipalname",
    "mailboxowner",
    "identity",
)


class Settings:
    """Reads exports; `is_own` says whether an address is one of ours (forwarding to it is no reason)."""

    def __init__(self, is_own: Callable[[str], bool], account_of: Callable[[str], str]) -> None:
        self._is_own, self._account = is_own, account_of
        self.accounts = 0

    def read(self, path: str, data: bytes) -> Iterator[Finding | EngineProblem]:
        """Findings of one export; what it is goes by its content."""
        if len(data) > MAX_BYTES:
            yield EngineProblem(Where(path), f"larger than {MAX_BYTES // MIB} MiB")
            return
        text = data.decode("utf-8-sig", "replace")
        head = text[:8192]
        if re.search(r"(?m)^# name \S{1,64}@", head):
            yield from self._zmprov(path, text)
        elif re.match(
            r"(?:#TYPE[^\n]*\n)?[^\n]{0,4000}(?:ForwardTo|RedirectTo|ForwardingSmtpAddress)", head, re.IGNORECASE
        ):
            yield from self._exchange(path, text)
        elif (
            _REDIRECT.search(text[:MIB])
            or _HIDES.search(text[:MIB])
            or re.search(r"\b(?:require|fileinto|keep)\b", head)
        ):
            owner = self._owner(path, head)
            if not owner:
                yield EngineProblem(Where(path), "whose filters these are is not said: name the file after the account")
                return
            self.accounts += 1
            yield from self._script(owner, text[:MIB], path, 1)
        else:
            yield EngineProblem(Where(path), "no export of account settings that is known")

    def _owner(self, path: str, head: str) -> str:
        stem = PurePath(path).name
        for ending in (".sieve", ".siv", ".txt", ".script", ".filters", ".gfrl"):
            stem = stem.removesuffix(ending)
        named = _OWNER.fullmatch(stem) or re.search(
            r"(?m)^(?:mbox|#? ?(?:account|mailbox|tài khoản):?) {1,4}(" + _OWNER.pattern + ")", head
        )
        return self._account(named[named.lastindex or 0]) if named else ""

    def _zmprov(self, path: str, text: str) -> Iterator[Finding | EngineProblem]:
        owner, name, value, at = "", "", [""], 1
        for number, line in enumerate(io.StringIO(text), 1):
            line = line.rstrip("\r\n")
            named, attribute = _NAME.match(line), _ATTRIBUTE.match(line)
            if named or attribute:
                yield from self._attribute(owner, name, "\n".join(value), path, at)
                name, value, at = "", [""], number
            if named:
                owner = self._account(named[1])
                self.accounts += 1
            elif attribute:
                name, value = attribute[1].lower(), [attribute[2]]
            elif name in _SIEVE and len(value) < 4096:
                value.append(line)
        yield from self._attribute(owner, name, "\n".join(value), path, at)

    def _attribute(self, owner: str, name: str, value: str, path: str, line: int) -> Iterator[Finding]:
        if not owner or not value:
            return
        if name in _FORWARDS:
            for target in value.replace(";", ",").split(",")[:_MAX_FINDINGS]:
                yield from self._forward(owner, target, path, line)
        elif name in _SIEVE:
            yield from self._script(owner, value, path, line)

    def _script(self, owner: str, text: str, path: str, line: int) -> Iterator[Finding]:
        for start in range(0, min(len(text), MIB), _SCRIPT):
            piece = _COMMENT.sub("", text[start : start + _SCRIPT])
            for found in list(_REDIRECT.finditer(piece))[:_MAX_FINDINGS]:
                yield from self._forward(owner, found[1], path, line + text[:start].count("\n"))
            for found in list(_HIDES.finditer(piece))[:_MAX_FINDINGS]:
                before = piece[max(0, found.start() - 600) : found.start()]
                if about := _ABOUT.search(before):
                    detail: dict[str, object] = {"about": about[0], "does": found[0][:60]}
                    yield Finding(
                        "filter-setting", "attt-mailbox-filter", owner, 0, path=path, line=line, detail=detail
                    )
                    break

    def _forward(self, owner: str, target: str, path: str, line: int) -> Iterator[Finding]:
        address = target.strip().strip("<>\"'").lower().removeprefix("smtp:")
        named = _OWNER.search(address)
        if named is None or self._is_own(named[0]):
            return
        yield Finding(
            "forward-setting", "attt-mailbox-forward", owner, 0, path=path, line=line, detail={"target": named[0]}
        )

    def _exchange(self, path: str, text: str) -> Iterator[Finding | EngineProblem]:
        lines = text.partition("\n")[2] if text.startswith("#TYPE") else text
        delimiter = max(",;\t", key=lines.partition("\n")[0].count)
        reader = csv.reader(io.StringIO(lines), delimiter=delimiter)
        heads: list[str] = []
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield EngineProblem(Where(path, line=reader.line_num), f"not a row of a table: {error}")
                continue
            if not heads:
                heads = [cell.strip().lower() for cell in cells]
                continue
            row = {head: cell.strip() for head, cell in zip(heads, cells, strict=False)}
            owner = self._account(next((row[name] for name in _RULE_OWNERS if row.get(name)), "").partition("\\")[0])
            if not owner:
                if any(row.values()):
                    yield EngineProblem(Where(path, line=reader.line_num), "a rule without the mailbox that it is of")
                continue
            self.accounts += 1
            yield from self._rule(owner, row, path, reader.line_num)

    def _rule(self, owner: str, row: dict[str, str], path: str, line: int) -> Iterator[Finding]:
        if row.get("enabled", "").lower() == "false":
            return
        for name in _RULE_TARGETS:
            for target in re.split(r"[;,]", row.get(name, ""))[:_MAX_FINDINGS]:
                yield from self._forward(owner, target, path, line)
        hides = row.get("deletemessage", "").lower() == "true" or re.search(
            r"(?i)rss|deleted|junk|archive|conversation history", row.get("movetofolder", "")
        )
        words = " ".join(
            value for key, value in row.items() if "contains" in key or key in ("name", "from", "description")
        )
        if hides and (about := _ABOUT.search(words)):
            does = "delete" if row.get("deletemessage", "").lower() == "true" else row.get("movetofolder", "")[:60]
            yield Finding(
                "filter-setting",
                "attt-mailbox-filter",
                owner,
                0,
                path=path,
                line=line,
                detail={"about": about[0], "does": does},
            )
