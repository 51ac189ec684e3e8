"""The smallest organisation there is: one agency, the 2026 rules."""

from __future__ import annotations

from atttcli.inventory import Organisation
from atttcli.inventory.organisation import ProfileSpan
from atttcli.model.inventory import Agency

PLACE = Organisation("x", "X", profiles=(ProfileSpan("vn-2026"),), agencies=(Agency("a", "A", group="xa"),))
