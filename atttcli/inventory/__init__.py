"""The place as data: agencies, networks, names and systems of one organisation, and who owns what."""

from atttcli.inventory.check import check_organisation
from atttcli.inventory.load import load_organisation, organisations
from atttcli.inventory.lookup import Inventory
from atttcli.inventory.organisation import Finding, Organisation
from atttcli.inventory.payload import from_payload, to_payload

__all__ = [
    "Finding",
    "Inventory",
    "Organisation",
    "check_organisation",
    "from_payload",
    "load_organisation",
    "organisations",
    "to_payload",
]
