"""Options of single protocols that take more than a number or a content: DCE/RPC, Kerberos, IKE, RFB, files."""

from __future__ import annotations

import re
import uuid

from atttcli.errors import RuleError
from atttcli.rulepack.network.buffers import FRAMES, IKE_ATTRIBUTES
from atttcli.rulepack.network.contents import MAX_SIZE, number
from atttcli.rulepack.network.draft import ContentDraft, Draft, GroupDraft
from atttcli.rulepack.network.numeric import ask
from atttcli.rulepack.network.values import ByteTest, Number, Size

MAX_RANGES = 256


def interface(draft: Draft, value: str) -> None:
    """`dcerpc.iface:UUID[,<=>!VERSION][,any_frag]`: the interface that a call was bound to."""
    first, *rest = (part.strip() for part in value.split(","))
    try:
        wanted = uuid.UUID(first)
    except ValueError:
        raise RuleError(f"dcerpc.iface: {first[:60]!r} is no UUID") from None
    draft.groups.append(GroupDraft("dcerpc.iface", [], [ContentDraft(wanted.bytes, False, startswith=True)]))
    for part in rest:
        found = re.fullmatch(r"([<>=!])\s*(\d{1,5})", part)
        if found:
            sign = "=" if found[1] == "!" else found[1]
            draft.groups[-1].ops.append(ByteTest(2, sign, int(found[2]), 16, negated=found[1] == "!"))
        elif part != "any_frag":
            raise RuleError(f"dcerpc.iface: unknown word {part[:40]!r}")
    draft.last = None


def operation(draft: Draft, value: str) -> None:
    """`dcerpc.opnum:15,17-20`."""
    ranges = []
    for part in value.split(","):
        low, dash, high = part.partition("-")
        first = number(low, "dcerpc.opnum", 0, 65_535)
        ranges.append((first, number(high, "dcerpc.opnum", first, 65_535) if dash else first))
    if len(ranges) > MAX_RANGES:
        raise RuleError("dcerpc.opnum: too many numbers")
    ask(draft, "dcerpc.opnum", Number(tuple(ranges)))


_ENCRYPTIONS = {
    "des-cbc-crc": 1, "des-cbc-md4": 2, "des-cbc-md5": 3, "des3-cbc-md5": 5, "des3-cbc-sha1": 7,
    "dsawithsha1-cmsoid": 9, "md5withrsaencryption-cmsoid": 10, "sha1withrsaencryption-cmsoid": 11, "rc2cbc-envoid": 12,
    "rsaencryption-envoid": 13, "rsaes-oaep-env-oid": 14, "des-ede3-cbc-env-oid": 15, "des3-cbc-sha1-kd": 16,
    "aes128-cts-hmac-sha1-96": 17, "aes256-cts-hmac-sha1-96": 18, "aes128-cts-hmac-sha256-128": 19,
    "aes256-cts-hmac-sha384-192": 20, "rc4-hmac": 23, "rc4-hmac-exp": 24, "camellia128-cts-cmac": 25,
    "camellia256-cts-cmac": 26, "subkey-keymaterial": 65,
}  # fmt: skip
_WEAK = tuple((kind, kind) for kind in (1, 2, 3, 4, 5, 6, 7, 8, 23, 24))


def ticket_encryption(draft: Draft, value: str) -> None:
    """`krb5.ticket_encryption:weak`, or names or numbers, `!` before each that is not wanted."""
    text = value.strip().lower()
    if text in ("weak", "!weak"):
        ask(draft, "krb5.ticket_encryption", Number(_WEAK, text[0] == "!"))
        return
    kinds, unwanted = [], set()
    for word in (part.strip() for part in text.split(",")):
        unwanted.add(word.startswith("!"))
        name = word.lstrip("!")
        kind = _ENCRYPTIONS[name] if name in _ENCRYPTIONS else number(name, "krb5.ticket_encryption")
        kinds.append((kind, kind))
    if len(unwanted) > 1:
        raise RuleError("krb5.ticket_encryption: wanted and unwanted ones together")
    ask(draft, "krb5.ticket_encryption", Number(tuple(kinds), unwanted.pop()))


def weak_encryption(draft: Draft, value: str) -> None:
    """`krb5.weak_encryption`: an answer sealed with DES or RC4."""
    ask(draft, "krb5.weak", Number(((1, 1),)))


def chosen_attribute(draft: Draft, value: str) -> None:
    """`ike.chosen_sa_attribute:alg_hash=2`."""
    name, sign, count = (part.strip() for part in value.partition("="))
    if name not in IKE_ATTRIBUTES or not sign:
        raise RuleError(f"ike.chosen_sa_attribute: {value.strip()[:60]!r} is not attribute=number")
    wanted = number(count, "ike.chosen_sa_attribute", 0, 0xFFFFFFFF)
    ask(draft, IKE_ATTRIBUTES[name], Number(((wanted, wanted),)))


_RESULTS = {"ok": 0, "fail": 1, "toomany": 2, "unknown": 3}


def security_result(draft: Draft, value: str) -> None:
    """`rfb.secresult:ok|fail|toomany|unknown`."""
    word = value.strip().lower()
    if word not in _RESULTS:
        raise RuleError(f"rfb.secresult: unknown result {word[:40]!r}")
    ask(draft, "rfb.secresult", Number(((_RESULTS[word], _RESULTS[word]),)))


def frame(draft: Draft, value: str) -> None:
    """`frame:tls.pdu`, or `frame:pdu` in a rule for that protocol: what follows is asked of such a piece of the stream."""
    name = value.strip().strip('"').lower()
    own = {"http": "http1", "ssl": "tls"}.get(draft.protocol, draft.protocol)
    for known in (f"frame.{name}", f"frame.{own}.{name}", f"frame.{name.removeprefix('smb.')}"):
        if known in FRAMES:
            draft.stick(known)
            return
    raise RuleError(f"frame {name[:60]} is not known to this engine", hint="the rule is left out whole")


_DIRECTIONS = ("request", "to_server", "response", "to_client", "both")
_SCOPES = ("tx", "file", "ssn", "flow")


def filestore(draft: Draft, value: str) -> None:
    """`filestore[:direction[,scope]]`: a file is there. It is not stored: `--save-flows` keeps what was on the wire."""
    words = [word.strip() for word in value.split(",")] if value.strip() else []
    if len(words) > 2 or any(word not in known for word, known in zip(words, (_DIRECTIONS, _SCOPES), strict=False)):
        raise RuleError(f"filestore: {value.strip()[:40]!r} is not direction, scope")
    ask(draft, "file.data", Size(0, MAX_SIZE))
