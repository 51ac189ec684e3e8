"""Which literal of a rule the prefilter looks for: the one an ordinary capture holds least often."""

from __future__ import annotations

from atttcli.rulepack.network.buffers import PAYLOAD, is_transaction
from atttcli.rulepack.network.values import Content, Group

# Literals that stand in nearly every transaction; a rule led by one of them is a candidate all the time.
COMMON = (
    b"get",
    b"post",
    b"http/1.1",
    b"http/1.0",
    b"http/1.",
    b"http/",
    b"mozilla/",
    b"mozilla/5.0",
    b"user-agent",
    b"host",
    b"accept",
    b"cookie",
    b"content-type",
    b"content-length",
    b"www.",
    b".com",
    b"200",
    b"connection",
    b".php",
    b".html",
    b"application/",
    b"text/html",
    b"gzip",
    b"keep-alive",
    b"referer",
    b"\r\n",
    b"\r\n\r\n",
)


_ODD = ("ip.src", "ip.dst", "ip.any", "flow.age")  # not looked through before a rule is a candidate


def choose_lead(groups: tuple[Group, ...]) -> tuple[int, int] | None:
    """(group, op) of the leading literal; `fast_pattern` wins; None where every literal is negated or there is none."""
    best: tuple[int, int] | None = None
    best_score = -1
    # In a rule about a transaction only its buffers are looked through before it is judged.
    transaction = any(is_transaction(group.buffer) for group in groups)
    for g, group in enumerate(groups):
        if transaction != is_transaction(group.buffer) or group.buffer in _ODD:
            continue
        for o, op in enumerate(group.ops):
            if not isinstance(op, Content) or op.negated:
                continue
            if op.fast:
                return g, o
            score = strength(op, group.buffer)
            if score > best_score:
                best, best_score = (g, o), score
    return best


def strength(op: Content, buffer: str) -> int:
    """How rare a literal probably is: its length and variety, less for the common, more in a small buffer."""
    lowered = op.pattern.lower()
    score = min(len(lowered), 24) * 4 + len(set(lowered)) * 2
    if lowered.strip() in COMMON:
        score //= 6
    if not lowered.strip(b"\x00 \xff"):
        score //= 8
    if buffer != PAYLOAD:
        score += 12
    if buffer in ("http.method", "http.protocol", "http.stat_code", "http.header_names"):
        score //= 3
    return score
