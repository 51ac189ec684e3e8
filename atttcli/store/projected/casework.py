"""Incidents, their alerts, tasks, playbook runs and evidence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

HANDLERS: dict[str, Callable[[Any, Any], None]] = {}
