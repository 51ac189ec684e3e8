"""Which network rules can be judged from one log record, and why the others cannot (docs/decisions/0232).

A rule is judged whole or not at all: one that asks for something that no log record proves is left out and counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

from atttcli.rulepack.network.buffers import is_transaction
from atttcli.rulepack.network.values import InSet, Rule

HTTP_UP: Final = frozenset(
    ("http.uri", "http.uri.raw", "http.method", "http.host", "http.host.raw", "http.user_agent", "http.referer",
     "http.request_line", "http.protocol", "http.cookie")
)  # fmt: skip
HTTP_DOWN: Final = frozenset(["http.stat_code", "http.stat_msg", "http.content_type", "http.location"])
TLS_UP: Final = frozenset(["tls.sni", "ja3.hash", "ja3.string"])
TLS_DOWN: Final = frozenset(
    ["tls.cert_subject", "tls.cert_issuer", "tls.cert_serial", "tls.cert_fingerprint", "ja3s.hash", "ja3s.string"]
)
ADDRESSES: Final = frozenset(("ip.src", "ip.dst"))
KNOWN: Final = HTTP_UP | HTTP_DOWN | TLS_UP | TLS_DOWN | ADDRESSES | {"dns.query"}


def obstacle(rule: Rule) -> str:
    """Why no log record can decide this rule; empty when one can."""
    missing = next((group.buffer for group in rule.groups if group.buffer not in KNOWN), "")
    if missing:
        return f"missing buffer {missing}"
    if rule.noalert:
        return "only marks for other rules (noalert)"
    marks = {bit.command for bit in rule.flowbits} | {bit.command for bit in rule.xbits}
    if marks & {"isset", "isnotset"} or rule.flowints:
        return "depends on what matched before (flowbits, xbits, flowint)"
    if any(rate.kind != "limit" for rate in rule.thresholds):
        return "counts matches over time (threshold, detection_filter)"
    if rule.dsize is not None or rule.packet:
        return "asks of a packet (dsize, flags, ttl ...)"
    if rule.protocols:
        return "asks how the protocol was recognised (app-layer-protocol)"
    if any(isinstance(op, InSet) and op.command in ("set", "unset") for group in rule.groups for op in group.ops):
        return "writes to a data set"
    return _of_flow(rule)


def _of_flow(rule: Rule) -> str:
    flow = rule.flow
    if flow is None:
        return ""
    if flow.state == "not_established":
        return "asks for the time before a connection stands (not_established)"
    if (flow.only_stream or flow.no_stream) and not any(is_transaction(group.buffer) for group in rule.groups):
        return "asks for packets or streams (only_stream, no_stream)"
    return ""


def choose(rules: Iterable[Rule]) -> tuple[tuple[Rule, ...], dict[str, int]]:
    """(rules that a record can decide, for the others how many of each reason; each is counted once)."""
    kept: list[Rule] = []
    reasons: Counter[str] = Counter()
    for rule in rules:
        reason = obstacle(rule)
        if reason:
            reasons[reason] += 1
        else:
            kept.append(rule)
    return tuple(kept), dict(reasons.most_common())


def needs(rule: Rule) -> frozenset[str]:
    """The buffers that a record must have for this rule to be judged."""
    return frozenset(group.buffer for group in rule.groups)
