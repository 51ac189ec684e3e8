"""What Sigma rules told, by account: which family of reasons a rule belongs to, and whose it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from atttcli.mailwatch.places import Places
from atttcli.mailwatch.reasons import Finding
from atttcli.model.alert import Detection

FAMILIES: Final[dict[str, str]] = {
    "attt-mail-0010": "brute-force",
    "attt-mail-0011": "slow-brute-force",
    "attt-mail-0013": "spray-target",
    "attt-mail-0014": "success-after-failures",
    "attt-mail-0016": "new-network",
    "attt-mail-0017": "new-country",
    "attt-mail-0018": "mass-sending",
    "attt-mail-0019": "many-recipients",
    "attt-mailbox-0010": "forward-rule",
    "attt-mailbox-0011": "filter-rule",
    "attt-m365-0010": "forward-rule",
    "attt-m365-0011": "filter-rule",
}
_NOBODYS: Final = frozenset(
    ("attt-mail-0012", "attt-mail-0015", "attt-mail-0020")
)  # of an address or a server; signs tell whose
_BY_LEVEL: Final = ("rule-low", "rule-low", "rule-medium", "rule-high", "rule-critical")


def findings_of(found: Detection, places: Places, address: str = "") -> Iterator[Finding]:
    """The findings about accounts in a detection: of its group's account, else of the accounts among its values.

    `address`: where the login came from that a rule of new values told.
    """
    if found.rule_id in _NOBODYS:
        return
    family = FAMILIES.get(found.rule_id) or _BY_LEVEL[max(0, min(4, int(found.severity)))]
    group = found.detail.get("group") or {}
    addresses = _addresses(found, group) or ((address,) if address else ())
    countries = tuple(dict.fromkeys(place.country for place in map(places.of, addresses) if place.country))
    if found.rule_id == "attt-mail-0017":
        countries = (str(found.detail.get("value", "")),)
    account = str(group.get("user") or "") or (str(found.detail.get("victim") or "") if not group else "")
    owners = [account] if account else [str(one) for one in found.detail.get("values", ()) if isinstance(one, str)]
    detail = {
        name: found.detail[name] for name in ("count", "sum", "value", "known", "timespan") if name in found.detail
    }
    for owner in owners:
        yield Finding(
            family, found.rule_id, owner, found.time or 0, addresses, countries, found.origin.path, found.origin.line,
            detail | {"title": found.detail.get("titles", {}) or {"en": found.title}},
        )  # fmt: skip


def _addresses(found: Detection, group: dict[str, str]) -> tuple[str, ...]:
    if group.get("src_ip"):
        return (group["src_ip"],)
    named = [one.value for one in found.observables if one.role == "source"]
    if found.rule_id == "attt-mail-0011":
        named = [str(one) for one in found.detail.get("values", ())]
    return tuple(named[:20])
