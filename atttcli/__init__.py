"""Incident response toolkit of a provincial cyber response team."""

__version__ = "0.1.0"
