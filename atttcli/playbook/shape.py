"""The shape of a CACAO 2.0 document as its specification words it: types, required properties, vocabularies.

Checked as strictly as the published schemas are when read as the draft-07 that they declare; what those let pass unseen
(unknown properties) is a warning. What no shape can say is in `structure` and `references`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from atttcli.playbook.rules import (
    ERROR,
    LAX,
    WARNING,
    Fault,
    Place,
    Rule,
    Shape,
    anything,
    by_type,
    filled,
    flag,
    identifier,
    many,
    moment,
    one_of,
    table,
    text,
    text_or_null,
    whole,
)  # fmt: skip
from atttcli.playbook.variables import TYPES

STEP_TYPES = (
    "start", "end", "action", "playbook-action", "parallel", "if-condition", "while-condition", "switch-condition",
)  # fmt: skip
PARTY_TYPES = (
    "individual", "group", "organization", "location", "sector", "http-api", "linux", "net-address", "security-category",
    "ssh",
)  # fmt: skip
LOGIN_TYPES = ("http-basic", "oauth2", "user-auth")
VARIABLE_NAME = re.compile(r"__[A-Za-z_][A-Za-z0-9_-]{0,199}__\Z")
_STEP_ID = identifier(*STEP_TYPES)
_EXTENSIONS = table(identifier("extension-definition"), lambda value, place: _mapping(value, place), 1)
_REFERENCE = Shape(
    {"name": text, "description": text, "source": text, "url": text, "external_id": text, "reference_id": text},
    required=("name",),
)
_REFERENCES = many(_REFERENCE, 1)
_TEXTS = many(text, 1)


def _mapping(value: Any, place: Place) -> Iterator[Fault]:
    if not isinstance(value, dict):
        yield Fault(place, "an extension is not a mapping")


def _variable_name(value: Any, place: Place) -> Iterator[Fault]:
    if not VARIABLE_NAME.match(value):
        yield Fault(place, f"a variable is named __name__, not {str(value)[:60]!r}")


_VARIABLES = table(
    _variable_name,
    Shape(
        {
            "type": one_of(*TYPES, level=WARNING), "description": text, "value": text_or_null, "constant": flag,
            "external": flag,
        },
        required=("type",),
    ),
)  # fmt: skip
_CONTACT = Shape({"email": table(anything, text), "phone": table(anything, text), "contact_details": text})
_PLACE = Shape(
    dict.fromkeys(
        ("name", "description", "building_details", "network_details", "region", "country", "administrative_area", "city",
         "street_address", "postal_code", "latitude", "longitude", "precision"), text,
    )
)  # fmt: skip
_WEB_ADDRESS = re.compile(r"[A-Za-z0-9@:%._+~#=]{2}\.[a-z]{2,6}\b")


def _address(read: Callable[[str], object]) -> Rule:
    """An address that `read` takes; others write variables there, which is kept."""

    def check(value: Any, place: Place) -> Iterator[Fault]:
        try:
            if isinstance(value, str) and read(value):
                return
        except ValueError:
            pass
        yield Fault(place, f"`{place[-2]}` is no address: {str(value)[:60]!r}", LAX)

    return check


_ADDRESS = Shape(
    {
        "url": many(_address(_WEB_ADDRESS.search)), "l2mac": many(_address(TYPES["mac-addr"])), "vlan": many(whole(0, 4095)),
        "ipv4": many(_address(TYPES["ipv4-addr"])), "ipv6": many(_address(TYPES["ipv6-addr"])), "dname": many(text),
    }
)  # fmt: skip
_PARTY: Mapping[str, Rule] = {
    "type": text, "name": filled, "description": text, "location": _PLACE, "agent_target_extensions": _EXTENSIONS,
}  # fmt: skip
_LOGIN: Mapping[str, Rule] = {"authentication_info": identifier(level=LAX), "category": many(text, 1)}
_PARTY_SHAPES: Mapping[str, Rule] = {
    "individual": Shape({**_PARTY, "contact": _CONTACT}, ("name",)),
    "group": Shape({**_PARTY, "contact": _CONTACT}, ("name",)),
    "organization": Shape({**_PARTY, "contact": _CONTACT}, ("name",)),
    "location": Shape({**_PARTY, "logical": many(text)}, ("name",)),
    "sector": Shape({**_PARTY, "sector": text}, ("name",), ("sector",)),
    "http-api": Shape({**_PARTY, **_LOGIN, "address": _ADDRESS, "port": text}, ("name",), ("address",)),
    "linux": Shape({**_PARTY, **_LOGIN, "address": _ADDRESS, "port": text}, ("name",), ("address",)),
    "net-address": Shape({**_PARTY, **_LOGIN, "address": _ADDRESS}, ("name",), ("address",)),
    "security-category": Shape({**_PARTY, "category": many(text, 1)}, ("name",), ("category",)),
    "ssh": Shape({**_PARTY, **_LOGIN, "address": _ADDRESS, "port": text}, ("name",), ("address",)),
}
_ANY_PARTY = Shape({**_PARTY, **_LOGIN, "contact": _CONTACT, "address": _ADDRESS, "port": text}, ("type", "name"))
_PARTIES = table(identifier(level=LAX), by_type(_PARTY_SHAPES, _ANY_PARTY, WARNING), 1)
_COMMAND: Mapping[str, Rule] = {
    "type": text, "description": text, "version": text, "playbook_activity": text, "external_references": many(_REFERENCE),
}  # fmt: skip
_HEADERS = table(anything, many(text))
_PLAIN = Shape({**_COMMAND, "command": text, "command_b64": text})
_ENCODED = Shape({**_COMMAND, "command": text, "command_b64": text}, (), ("command_b64",))
_WEB: Mapping[str, Rule] = {**_COMMAND, "command": text, "headers": _HEADERS, "content": text, "content_b64": text}
_COMMAND_SHAPES: Mapping[str, Rule] = {
    **dict.fromkeys(("manual", "bash", "powershell", "ssh", "caldera-cmd"), _PLAIN),
    **dict.fromkeys(("elastic", "jupyter", "kestrel", "sigma", "yara"), _ENCODED),
    "http-api": Shape(_WEB, ("command",)),
    "openc2-http": Shape(_WEB, ("command",), ("content_b64",)),
}
_COMMANDS = many(by_type(_COMMAND_SHAPES, Shape({**_WEB, "command_b64": text}, ("type",)), WARNING), 1)
_STEP: Mapping[str, Rule] = {
    "type": text, "name": text, "description": text, "external_references": _REFERENCES, "delay": whole(0),
    "timeout": whole(0), "step_variables": _VARIABLES, "owner": identifier(level=LAX), "on_completion": _STEP_ID,
    "on_success": _STEP_ID, "on_failure": _STEP_ID, "step_extensions": _EXTENSIONS,
}  # fmt: skip
_NEXT = ("on_completion", "on_success", "on_failure")
_ARGS: Mapping[str, Rule] = {"in_args": _TEXTS, "out_args": _TEXTS}
_CASES = table(lambda value, place: filled(value, place), _STEP_ID)
_STEP_SHAPES: Mapping[str, Rule] = {
    "start": Shape(_STEP, ("on_completion",), excluded=("on_success", "on_failure")),
    "end": Shape(_STEP, excluded=_NEXT),
    "action": Shape(
        {**_STEP, **_ARGS, "commands": _COMMANDS, "agent": identifier(level=LAX), "targets": many(identifier(level=LAX), 1)},
        (), ("commands", "agent"),
    ),
    "playbook-action": Shape(
        {**_STEP, **_ARGS, "playbook_id": identifier("playbook"), "playbook_version": moment}, ("playbook_id",)
    ),
    "parallel": Shape({**_STEP, "next_steps": many(_STEP_ID, 2)}, ("next_steps",)),
    "if-condition": Shape({**_STEP, "condition": filled, "on_true": _STEP_ID, "on_false": _STEP_ID}, ("on_true",), ("condition",)),
    "while-condition": Shape({**_STEP, "condition": filled, "on_true": _STEP_ID}, ("on_true",), ("condition",)),
    "switch-condition": Shape({**_STEP, "switch": filled, "cases": _CASES}, ("switch", "cases")),
}  # fmt: skip
_SECRET: Mapping[str, Rule] = {
    "type": text, "name": text, "description": text, "authentication_info_extensions": _EXTENSIONS, "kms": flag,
    "kms_key_identifier": text,
}  # fmt: skip
_LOGINS = by_type(
    {
        "http-basic": Shape({**_SECRET, "user_id": text, "password": text}),
        "oauth2": Shape({**_SECRET, "oauth_header": text, "token": text}, (), ("oauth_header", "token")),
        "user-auth": Shape({**_SECRET, "username": text, "password": text, "private_key": text}),
    },
    Shape(_SECRET, ("type",)), WARNING,
)  # fmt: skip
_MARK: Mapping[str, Rule] = {
    "type": text, "id": identifier(), "name": text, "description": text, "created_by": identifier(), "created": moment,
    "modified": moment, "revoked": flag, "valid_from": moment, "valid_until": moment, "labels": _TEXTS,
    "external_references": many(anything), "marking_extensions": _EXTENSIONS,
}  # fmt: skip
_MARKED = ("id", "created_by", "created")
_TLP = one_of("TLP:RED", "TLP:AMBER", "TLP:AMBER+STRICT", "TLP:GREEN", "TLP:CLEAR")
_MARKINGS = by_type(
    {
        "marking-statement": Shape({**_MARK, "statement": text}, (*_MARKED, "statement")),
        "marking-tlp": Shape({**_MARK, "tlpv2_level": _TLP}, (*_MARKED, "tlpv2_level")),
        "marking-iep": Shape(
            {**_MARK, **dict.fromkeys(
                ("tlp", "encrypt_in_transit", "permitted_actions", "affected_party_notifications", "attribution",
                 "unmodified_resale"), text,
             ), "iep_version": anything, "start_date": moment, "end_date": anything},
            _MARKED, ("tlp", "iep_version"),
        ),
    },
    Shape(_MARK, ("type",)), ERROR,
)  # fmt: skip
_SIGNATURE_TIMES = dict.fromkeys(("created", "modified", "valid_from", "valid_until", "related_version"), moment)
_SIGNATURE_TEXTS = dict.fromkeys(
    ("signee", "hash_algorithm", "algorithm", "public_key", "cert_url", "thumbprint", "value"), text
)


def _signature(value: Any, place: Place) -> Iterator[Fault]:
    shape = Shape(
        {
            "type": one_of("jss"), "id": identifier("jss"), "created_by": identifier(), "revoked": flag,
            "related_to": identifier(), "public_cert_chain": _TEXTS, "signature": _signature, **_SIGNATURE_TIMES,
            **_SIGNATURE_TEXTS,
        },
        ("type", "id", "created", "modified", "signee", "related_to", "related_version", "hash_algorithm", "algorithm", "value"),
    )  # fmt: skip
    yield from shape(value, place)
    keys = ("public_key", "public_cert_chain", "cert_url", "thumbprint")
    if isinstance(value, dict) and sum(key in value for key in keys) != 1:
        yield Fault(place, f"a signature has exactly one of {', '.join(keys)}")


_SUMMARY = Shape(
    dict.fromkeys(
        ("manual_playbook", "external_playbooks", "parallel_processing", "if_logic", "while_logic", "switch_logic",
         "temporal_logic", "data_markings", "digital_signatures", "countersigned_signatures", "extensions"), flag,
    )
)  # fmt: skip
_EXTENSION = Shape(
    {
        "type": one_of("extension-definition"), "name": text, "description": text, "created_by": identifier(),
        "schema": text, "version": text, "external_references": many(_REFERENCE),
    },
    ("type", "name", "created_by", "schema", "version"),
)  # fmt: skip
_WORKFLOW = table(_STEP_ID, by_type(_STEP_SHAPES, Shape(_STEP, ("type",)), ERROR))
PLAYBOOK = Shape(
    {
        "type": one_of("playbook"), "spec_version": one_of("cacao-2.0"), "id": identifier("playbook"), "name": filled,
        "description": text, "playbook_types": many(text), "playbook_activities": many(text, 1),
        "playbook_processing_summary": _SUMMARY, "created_by": identifier("identity"), "created": moment,
        "modified": moment, "revoked": flag, "valid_from": moment, "valid_until": moment,
        "derived_from": many(identifier(), 1), "related_to": many(identifier(), 1), "priority": whole(0, 100),
        "severity": whole(0, 100), "impact": whole(0, 100), "industry_sectors": many(text, 1), "labels": _TEXTS,
        "external_references": _REFERENCES, "markings": many(identifier(), 1), "playbook_variables": _VARIABLES,
        "workflow_start": _STEP_ID, "workflow_exception": _STEP_ID, "workflow": _WORKFLOW,
        "playbook_extensions": _EXTENSIONS,
        "authentication_info_definitions": table(identifier(level=LAX), _LOGINS, 1), "agent_definitions": _PARTIES,
        "target_definitions": _PARTIES, "extension_definitions": table(identifier("extension-definition"), _EXTENSION),
        "data_marking_definitions": table(identifier(), _MARKINGS), "signatures": many(_signature, 1),
    },
    ("type", "spec_version", "id", "name", "created_by", "created", "modified", "workflow_start", "workflow"),
)  # fmt: skip


def shape_faults(document: Any) -> Iterator[Fault]:
    """Every fault of shape."""
    yield from PLAYBOOK(document, ())
