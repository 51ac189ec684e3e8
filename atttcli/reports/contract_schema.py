"""JSON Schemas made from contracts: one a paper, kept in docs/json and compared by `make check`."""

from __future__ import annotations

import re
from typing import Any

from atttcli.report import schema
from atttcli.reports.contract import Contract, Term
from atttcli.reports.paper import Paper

# group -> the property that names its members, and the definitions that have it
_NAMED: dict[str, tuple[str, tuple[str, ...]]] = {
    "facts": ("name", ("Fact",)),
    "figures": ("key", ("Figure",)),
    "lines": ("name", ("Lines",)),
    "boxes": ("name", ("Boxes",)),
    "tables": ("name", ("Rows",)),
    "charts": ("name", ("Bars", "HeatMap", "Timeline")),
}
_LISTED = ("facts", "figures")  # these stand in a list of their own: what is always there can be asked of it


def contract_schema(contract: Contract) -> dict[str, Any]:
    """The general model of papers, narrowed to the names of this one."""
    found: dict[str, Any] = schema(Paper, contract.model)
    paper = found["$defs"]["Paper"]
    paper["properties"]["schema"] = {"const": contract.model}
    paper["properties"]["code"] = {"enum": list(contract.codes)}
    paper["required"] = sorted({*paper["required"], "schema", "code"})
    for group, terms in contract.groups():
        name, definitions = _NAMED[group]
        for definition in definitions:
            found["$defs"][definition]["properties"][name] = _names(terms)
        if group in _LISTED:
            _ask_for(paper["properties"][group], name, terms)
    return found


def model_schema(kind: type[Any], model: str, *, named: bool) -> dict[str, Any]:
    """The schema of a model that is a structure of its own; `named`: the JSON says which model it is."""
    import msgspec

    found: dict[str, Any] = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": model}
    found |= msgspec.json.schema(kind)
    for one in found["$defs"].values():
        if "properties" in one:
            one["additionalProperties"] = False
    if named:
        whole = found["$defs"][kind.__name__]
        whole["properties"] = {"schema": {"const": model}, **whole["properties"]}
        whole["required"] = ["schema", *whole.get("required", ())]
    return found


def _names(terms: tuple[Term, ...]) -> dict[str, Any]:
    """Which names there may be, each with what it means."""
    return {"type": "string", "oneOf": [_one(term) for term in terms]} if terms else {"const": False}


def _one(term: Term) -> dict[str, Any]:
    said = {"title": term.en, "description": term.vi}
    if term.open:
        return {"pattern": f"^{re.escape(term.name[:-1])}", **said}
    shape: dict[str, Any] = {"const": term.name, **said}
    if term.columns:
        shape["$comment"] = "columns: " + " ".join(term.columns)
    return shape


def _ask_for(listed: dict[str, Any], name: str, terms: tuple[Term, ...]) -> None:
    wanted = [term.name for term in terms if term.always and not term.open]
    if wanted:
        listed["allOf"] = [{"contains": {"properties": {name: {"const": one}}}} for one in wanted]
