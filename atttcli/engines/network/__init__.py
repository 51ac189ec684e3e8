"""The network engine: captures judged by rules of the Suricata language, alerts as EVE objects."""

from __future__ import annotations

from atttcli.engines.network.engine import Counts, NetworkEngine, Settings, Sighted

__all__ = ["Counts", "NetworkEngine", "Settings", "Sighted"]
