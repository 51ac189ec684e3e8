"""Head and foot of the paper from the organisation and its profile: organ, symbol, place, bases, addressees, authority."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from atttcli.errors import NotFound
from atttcli.report import Affected, Header, Words

if TYPE_CHECKING:
    from atttcli.inventory import Organisation
    from atttcli.inventory.organisation import Organ
    from atttcli.profile import Profile
    from atttcli.reports.build import Paper

_USUAL = ("department", "team")  # who reports an incident upwards unless told otherwise
_UPWARDS = ("bcd_tinh", "chu_quan")
_INFORMED = ("dieu_phoi", "doi_ucsc")
_MAX_INFORMED = 8


def make_header(organisation: Organisation, profile: Profile, paper: Paper, affected: Iterable[Affected]) -> Header:
    """The header; what the organisation does not say stays empty and is reported as missing."""
    organ = signing_organ(organisation, paper.organ)
    return Header(
        superior=Words(organ.superior if organ else ""),
        organ=Words(organ.name if organ else ""),
        number=paper.number.split("/")[0],
        symbol=paper.number.partition("/")[2] or (f"BC-{organ.symbol}" if organ and organ.symbol else "BC"),
        place=(organ.place if organ else "") or organisation.place,
        date=paper.date,
        language=paper.language,
        profile=profile.name,
        field=next((Words(word.text, word.english) for word in profile.vocabulary if word.key == "security"), Words()),
        legal_bases=tuple(Words(base.text, base.english) for base in profile.bases),
        addressees=tuple(_holders(organisation, _UPWARDS, organ)),
        recipients=tuple(_informed(organisation, organ, affected)),
        authority=_authority(organ),
    )


def signing_organ(organisation: Organisation, code: str) -> Organ | None:
    """The organ of this code, or the one that usually reports; NotFound for a code that the organisation lacks."""
    if code:
        return organisation.organ(code)
    for usual in _USUAL:
        try:
            return organisation.organ(usual)
        except NotFound:
            continue
    return organisation.organs[0] if organisation.organs else None


def _holders(organisation: Organisation, roles: Iterable[str], organ: Organ | None) -> Iterator[str]:
    seen = {organ.name if organ else ""}
    for role in roles:
        name = organisation.holder(role)
        if name and name not in seen:
            seen.add(name)
            yield name


def _informed(organisation: Organisation, organ: Organ | None, affected: Iterable[Affected]) -> list[str]:
    own = organ.name if organ else ""
    agencies = (row.agency for row in affected if row.agency not in ("-", own))
    names = dict.fromkeys((*_holders(organisation, _INFORMED, organ), *agencies))
    return list(names)[:_MAX_INFORMED]


def _authority(organ: Organ | None) -> tuple[str, ...]:
    if organ is None or not organ.signatures:
        return ()
    return tuple(line.strip() for line in organ.signatures[0].split(" / "))
