"""Which versions a warning means."""

from __future__ import annotations

import pytest

from atttcli.errors import UsageError
from atttcli.inventory import Inventory, load_organisation
from atttcli.inventory.versions import version_key, version_matches


def test_the_order_of_versions() -> None:
    ordered = [
        "7.78",
        "8.8.14",
        "8.8.15",
        "8.8.15_p40",
        "8.8.15_p41",
        "8.8.16",
        "9rc1",
        "9",
        "9.0.1",
        "9.1",
        "10.0",
        "10.0.10",
    ]
    assert sorted(sorted(ordered), key=version_key) == ordered
    assert version_key("9") == version_key("9.0") == version_key("9.0.0")
    assert version_key("10.0rc1") < version_key("10")


@pytest.mark.parametrize(
    ("version", "condition", "meant"),
    [
        ("8.8.15", "<8.8.15", False),
        ("8.8.15", "<=8.8.15", True),
        ("8.8.9", "<8.8.15", True),  # not as text
        ("8.8.15", ">=8.8,<9", True),
        ("9.0.0", ">=8.8,<9", False),
        ("8.8.15", "8.8.15", True),
        ("8.8.15", "= 8.8.15.0", True),
        ("", "<1", True),  # unknown: must be looked at
        ("unknown", "<1", True),
        ("7.78", ">8", False),
    ],
)
def test_conditions(version: str, condition: str, meant: bool) -> None:
    assert version_matches(version, condition) is meant


@pytest.mark.parametrize("condition", ["", "<", "~8", "<x", "8 || 9", "<8;9", "a" * 1000])
def test_what_is_no_condition_is_refused(condition: str) -> None:
    with pytest.raises(UsageError):
        version_matches("8", condition)


def test_systems_by_product_and_version() -> None:
    inventory = Inventory(load_organisation("bac-kan"))
    assert [s.code for s in inventory.systems_with("zimbra", "<8.8.15_p40")] == ["thu-cong-vu"]
    assert list(inventory.systems_with("zimbra", ">=9")) == []
