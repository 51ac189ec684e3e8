"""The page of the rule language names every keyword that the parser takes, and none that it refuses."""

from __future__ import annotations

import re
from pathlib import Path

from atttcli.rulepack.network.keywords import KEYWORDS

PAGE = Path(__file__).resolve().parents[3] / "docs" / "network-rules.md"


def test_the_tables_are_those_of_the_parser():
    text = PAGE.read_text(encoding="utf-8").partition("<!-- table: written by")[2].partition("<!-- end of table")[0]
    named = set(re.findall(r"`([^`]+)`", text))
    assert named == set(KEYWORDS)
    assert f"{len(KEYWORDS)} keywords:" in text
