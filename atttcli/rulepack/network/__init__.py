"""Network rules in the Suricata language: read, checked, refused by name or kept whole, cached parsed."""

from __future__ import annotations

from atttcli.rulepack.network.load import load_network_rules, with_limits
from atttcli.rulepack.network.values import NetworkPack, Rule

__all__ = ["NetworkPack", "Rule", "load_network_rules", "with_limits"]
