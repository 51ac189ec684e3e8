"""A day as people type it."""

from __future__ import annotations

from typing import Any

import click

from atttcli.clock import VIETNAM, from_micros, parse_moment
from atttcli.text.messages import _


class Day(click.ParamType[str]):
    """An ISO day from `23/11/2026` or `2026-11-23`."""

    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            return from_micros(parse_moment(str(value)), VIETNAM).date().isoformat()
        except (ValueError, OverflowError):
            self.fail(_("{text} is no day; as 23/11/2026", text=str(value)[:40]), param, ctx)


DAY = Day()
