"""`content` and its modifiers, `pcre`, and the options that look at sizes."""

from __future__ import annotations

import re

from atttcli.errors import RuleError
from atttcli.rulepack.network.buffers import PCRE_BUFFERS
from atttcli.rulepack.network.draft import ContentDraft, Draft
from atttcli.rulepack.network.values import Amount, DataAt, Pcre, Size

MAX_PATTERN = 255 * 16
MAX_SIZE = (1 << 31) - 1
_HEX = re.compile(r"[0-9A-Fa-f\s]*\Z")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]*\Z")


def number(text: str, what: str, low: int = 0, high: int = MAX_SIZE) -> int:
    """A decimal (or 0x) integer within bounds."""
    try:
        value = int(text.strip(), 0) if text.strip().lower().startswith("0x") else int(text.strip())
    except ValueError:
        raise RuleError(f"{what}: {text.strip()[:40]!r} is no number") from None
    if not low <= value <= high:
        raise RuleError(f"{what}: {value} is not within {low} and {high}")
    return value


def amount(draft: Draft, text: str, what: str, low: int = 0) -> Amount:
    """A number, or the name of a variable that `byte_extract` has set before."""
    text = text.strip()
    if text in draft.names:
        return text
    if _NAME.match(text):
        raise RuleError(f"{what}: unknown variable {text[:40]!r}", hint="byte_extract must set it earlier in the rule")
    return number(text, what, low)


def unquote(value: str, keyword: str) -> tuple[bool, str]:
    """(negated, text between the quotes)."""
    text = value.strip()
    negated = text.startswith("!")
    if negated:
        text = text[1:].lstrip()
    if len(text) < 2 or text[0] != '"' or text[-1] != '"':
        raise RuleError(f"{keyword} needs a value in double quotes")
    return negated, text[1:-1]


def pattern_bytes(text: str) -> bytes:
    r"""Literal text with `|41 42|` and the escapes `\" \; \: \\` as bytes."""
    if "|" not in text and "\\" not in text:
        return _encode(text)
    out = bytearray()
    pieces = re.split(r"(\\.|\|)", text, flags=re.S)
    inside = False
    for piece in pieces:
        if piece == "|":
            inside = not inside
        elif inside:
            out += _hex(piece)
        elif piece.startswith("\\"):
            out += _escape(piece)
        else:
            out += _encode(piece)
    if inside:
        raise RuleError("content: a | is not closed")
    return bytes(out)


def _encode(text: str) -> bytes:
    if '"' in text:
        raise RuleError('content: a " inside the pattern must be escaped')
    return text.encode("utf-8", "surrogateescape")


def _hex(piece: str) -> bytes:
    digits = "".join(piece.split())
    if not _HEX.match(digits) or len(digits) % 2:
        raise RuleError(f"content: {piece[:40]!r} is not pairs of hexadecimal digits")
    return bytes.fromhex(digits)


def _escape(piece: str) -> bytes:
    if len(piece) != 2 or piece[1] not in '\\";:':
        raise RuleError(f"content: unknown escape {piece[:4]!r}", hint='only \\\\ \\" \\; \\: are escaped')
    return piece[1].encode()


def content(draft: Draft, value: str) -> None:
    """`content:"..."` in the buffer in force."""
    negated, text = unquote(value, "content")
    pattern = pattern_bytes(text)
    if not pattern:
        raise RuleError("content: empty pattern")
    if len(pattern) > MAX_PATTERN:
        raise RuleError("content: pattern too long")
    draft.add(ContentDraft(pattern, negated))


def nocase(draft: Draft, value: str) -> None:
    """`nocase`."""
    draft.content("nocase").nocase = True


def offset(draft: Draft, value: str) -> None:
    """`offset:N`."""
    target = draft.content("offset")
    _once(target.offset is None and not target.startswith, "offset")
    target.offset = amount(draft, value, "offset")
    _not_mixed(target)


def depth(draft: Draft, value: str) -> None:
    """`depth:N`."""
    target = draft.content("depth")
    _once(target.depth is None and not target.startswith, "depth")
    target.depth = amount(draft, value, "depth")
    if isinstance(target.depth, int) and target.depth < len(target.pattern):
        raise RuleError("depth is shorter than the content: it could never match")
    _not_mixed(target)


def distance(draft: Draft, value: str) -> None:
    """`distance:N`, also negative."""
    target = draft.content("distance")
    _once(target.distance is None, "distance")
    target.distance = amount(draft, value, "distance", -MAX_SIZE)
    _not_mixed(target)


def within(draft: Draft, value: str) -> None:
    """`within:N`: the whole pattern ends within N bytes of the cursor."""
    target = draft.content("within")
    _once(target.within is None, "within")
    target.within = amount(draft, value, "within")
    if isinstance(target.within, int) and target.within < len(target.pattern):
        raise RuleError("within is shorter than the content: it could never match")
    _not_mixed(target)


def startswith(draft: Draft, value: str) -> None:
    """`startswith`."""
    target = draft.content("startswith")
    if target.offset is not None or target.depth is not None or target.distance is not None:
        raise RuleError("startswith with offset, depth, distance or within")
    target.startswith = True
    _not_mixed(target)


def endswith(draft: Draft, value: str) -> None:
    """`endswith`."""
    draft.content("endswith").endswith = True


def fast_pattern(draft: Draft, value: str) -> None:
    """`fast_pattern`, also `:only` and `:offset,length`, which change nothing in what matches."""
    target = draft.content("fast_pattern")
    if value and value.strip() != "only":
        start, comma, length = value.partition(",")
        if not comma or number(start, "fast_pattern") + number(length, "fast_pattern", 1) > len(target.pattern):
            raise RuleError("fast_pattern: offset and length lie outside the content")
    if target.negated and _placed(target):
        raise RuleError("fast_pattern on a negated content that has a place")
    target.fast = True


def rawbytes(draft: Draft, value: str) -> None:
    """`rawbytes`: accepted, buffers of the payload are raw anyway."""
    draft.content("rawbytes")


def _placed(target: ContentDraft) -> bool:
    places = (target.offset, target.depth, target.distance, target.within)
    return target.startswith or any(place is not None for place in places)


def _once(first: bool, keyword: str) -> None:
    if not first:
        raise RuleError(f"{keyword} twice for one content")


def _not_mixed(target: ContentDraft) -> None:
    relative = target.distance is not None or target.within is not None
    absolute = target.offset is not None or target.depth is not None or target.startswith
    if relative and absolute:
        raise RuleError("a content cannot have both a relative place (distance, within) and an absolute one")


_PCRE_INLINE = {"i": "i", "m": "m", "s": "s", "x": "x", "G": "U"}


def pcre(draft: Draft, value: str) -> None:
    r"""`pcre:"/.../flags"`; the delimiter may be another sign after `m`."""
    value = value.strip()
    if re.match(r"!?\s*/", value):  # the quotes may be left out
        value = value.replace("/", '"/', 1) + '"'
    negated, text = unquote(value, "pcre")
    if text.startswith("m") and len(text) > 1 and not text[1].isalnum():
        text = text[1:]
    sign = text[:1]
    end = text.rfind(sign, 1) if sign else -1
    if end < 2:
        raise RuleError("pcre: no pattern between delimiters")
    body, flags = text[1:end], text[end + 1 :]
    flags, *kept = (part.strip() for part in flags.split(","))
    if any(not re.fullmatch(r"(?:pkt|flow|alert):[A-Za-z0-9_.\-]{1,64}", name) for name in kept) or (kept and negated):
        raise RuleError(f"pcre: {', '.join(kept)[:60]!r} are no variables to capture into")
    inline = "".join(_PCRE_INLINE[flag] for flag in dict.fromkeys(flags) if flag in _PCRE_INLINE)
    prefix = f"(?{inline})" if inline else ""
    if "A" in flags:
        prefix += r"\A"
        body = f"(?:{body})"
    buffers = {PCRE_BUFFERS[flag] for flag in flags if flag in PCRE_BUFFERS}
    unknown = [flag for flag in flags if flag not in "imsxGARBEO" and flag not in PCRE_BUFFERS]
    if unknown or len(buffers) > 1:
        raise RuleError(f"pcre: flags {flags[:20]!r} are unknown or contradict each other")
    named = re.findall(r"\(\?P?<(flow|pkt|alert)_+([A-Za-z0-9_]{1,64})>", body)
    captures = tuple(kept) or tuple(f"{kind}:{name}" for kind, name in named)
    op = Pcre(body.encode("utf-8", "surrogateescape"), prefix.encode(), negated, "R" in flags, "E" in flags, captures)
    check_pcre(op)
    if buffers:
        if draft.current is not None and draft.current.buffer not in buffers | _same_bytes(buffers):
            raise RuleError("pcre: its buffer flag contradicts the sticky buffer")
        (draft.current or draft.find(buffers.pop())).ops.append(op)
        draft.last = None
    else:
        draft.add(op)


def _same_bytes(buffers: set[str]) -> set[str]:
    """`Q` (the response body) may stand in `file.data`: towards the client both are the same bytes."""
    return {"file.data"} if "http.response_body" in buffers else set()


def check_pcre(op: Pcre) -> None:
    """RuleError where no guarded regular expression library is installed, or it refuses the pattern."""
    try:
        import pcre2
    except ImportError:
        raise RuleError("pcre needs the package pcre2", hint="pip install 'atttcli[pcre]'") from None
    try:
        pcre2.compile(op.prefix + op.pattern, jit=False)
    except (pcre2.PatternError, ValueError) as bad:
        raise RuleError(f"pcre: {bad}") from None


def isdataat(draft: Draft, value: str) -> None:
    """`isdataat:[!]N[,relative][,rawbytes]`."""
    parts = [part.strip().lower() for part in value.split(",")]
    negated = parts[0].startswith("!")
    unknown = set(parts[1:]) - {"relative", "rawbytes"}
    if unknown:
        raise RuleError(f"isdataat: unknown word {sorted(unknown)[0][:40]!r}")
    raw = value.split(",")[0].strip().lstrip("!").strip()
    draft.add(DataAt(amount(draft, raw, "isdataat"), "relative" in parts, negated))


_SIZE = re.compile(r"\s*(!)?\s*(?:(\d+)\s*<>\s*(\d+)|(<=|>=|<|>)?\s*(\d+))\s*\Z")


def size(value: str, keyword: str) -> Size:
    """`N`, `<N`, `>N`, `<=N`, `>=N`, `A<>B` (exclusive), `!N` as inclusive bounds."""
    found = _SIZE.match(value)
    if not found:
        raise RuleError(f"{keyword}: {value.strip()[:40]!r} is no size")
    negated, first, last, sign, plain = found.groups()
    if first is not None:
        low, high = int(first) + 1, int(last) - 1
    else:
        count = int(plain)
        low, high = {
            None: (count, count),
            "<": (0, count - 1),
            "<=": (0, count),
            ">": (count + 1, MAX_SIZE),
            ">=": (count, MAX_SIZE),
        }[sign]
    if low > high or high > MAX_SIZE:
        raise RuleError(f"{keyword}: no size is within {value.strip()[:40]!r}")
    return Size(low, high, negated is not None)


def bsize(draft: Draft, value: str) -> None:
    """`bsize`: the length of the sticky buffer."""
    if draft.current is None:
        raise RuleError("bsize without a sticky buffer")
    draft.current.ops.append(size(value, "bsize"))


def dsize(draft: Draft, value: str) -> None:
    """`dsize`: the length of the packet's payload."""
    if draft.dsize is not None:
        raise RuleError("dsize twice")
    draft.dsize = size(value, "dsize")


def urilen(draft: Draft, value: str) -> None:
    """`urilen:...[,norm|raw]`."""
    bounds, comma, word = value.partition(",")
    if comma and word.strip() not in ("raw", "norm"):
        raise RuleError(f"urilen: unknown word {word.strip()[:40]!r}")
    draft.find("http.uri.raw" if word.strip() == "raw" else "http.uri").ops.append(size(bounds, "urilen"))
