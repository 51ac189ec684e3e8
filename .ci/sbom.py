"""A bill of materials of wheels in CycloneDX 1.5 (JSON), and the rules of that format that one can be held against."""

from __future__ import annotations

import email
import re
import uuid
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from email.message import Message
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

_EXPRESSION = re.compile(r"[A-Za-z0-9.+-]+(?: (?:AND|OR|WITH) [A-Za-z0-9.+-]+)*\Z")
_PURL = re.compile(r"pkg:pypi/[a-z0-9-]+@[A-Za-z0-9.+!-]+\Z")
_SERIAL = re.compile(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\Z")


def metadata(wheel: Path) -> Message:
    """What a wheel says of itself."""
    with zipfile.ZipFile(wheel) as archive:
        name = next(one for one in archive.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", one))
        return email.message_from_bytes(archive.read(name))


def wanted_by(
    about: Message, environment: Mapping[str, str], extras: Sequence[str] = ()
) -> Iterator[tuple[str, frozenset[str]]]:
    """What a wheel needs in an environment: names with the extras asked of them."""
    for text in about.get_all("Requires-Dist", []):
        need = Requirement(text)
        if any(need.marker is None or need.marker.evaluate({**environment, "extra": extra}) for extra in ("", *extras)):
            yield canonicalize_name(need.name), frozenset(need.extras)


def bill(
    name: str, wheels: Mapping[Path, str], environments: Sequence[Mapping[str, str]], extras: Sequence[str], time: str
) -> dict[str, Any]:
    """The bill of all wheels (path -> sha256); `name` is the one that the others are there for."""
    found: dict[str, dict[str, Any]] = {}
    needs: dict[str, set[str]] = {}
    refs: dict[str, set[str]] = {}
    for wheel, digest in sorted(wheels.items(), key=lambda one: one[0].name):
        about = metadata(wheel)
        key, version = canonicalize_name(about["Name"]), about["Version"]
        ref = f"pkg:pypi/{key}@{version}"
        kind = "application" if key == name else "library"
        one = found.setdefault(
            ref, {"type": kind, "bom-ref": ref, "name": key, "version": version, "purl": ref, **_licence(about)}
        )
        files = one.setdefault("components", [])
        if all(other["name"] != wheel.name for other in files):
            files.append({"type": "file", "name": wheel.name, "hashes": [{"alg": "SHA-256", "content": digest}]})
        for environment in environments:
            given = extras if key == name else ()
            needs.setdefault(ref, set()).update(need for need, _extras in wanted_by(about, environment, given))
        refs.setdefault(key, set()).add(ref)
    main = next(one for one in found.values() if one["name"] == name)
    rest = [found[ref] for ref in sorted(found) if found[ref] is not main]
    graph = [
        {"ref": ref, "dependsOn": sorted(other for need in needs[ref] for other in refs.get(need, ()) if other != ref)}
        for ref in sorted(found)
    ]
    body = {"metadata": {"timestamp": time, "component": main}, "components": rest, "dependencies": graph}
    serial = uuid.uuid5(uuid.NAMESPACE_OID, repr(sorted(wheels.values())) + time)
    return {"bomFormat": "CycloneDX", "specVersion": "1.5", "serialNumber": f"urn:uuid:{serial}", "version": 1, **body}


def _licence(about: Message) -> dict[str, Any]:
    expression = str(about.get("License-Expression") or "")
    if _EXPRESSION.match(expression):
        return {"licenses": [{"expression": expression}]}
    named = [one.rpartition("::")[2].strip() for one in about.get_all("Classifier", []) if one.startswith("License ::")]
    text = str(about.get("License") or "").strip()
    words = expression or (text if text and "\n" not in text and len(text) < 100 else "; ".join(named))
    return {"licenses": [{"license": {"name": words}}]} if words else {}


def faults(bom: Any) -> list[str]:
    """Where a bill breaks a rule of the format that readers of ours rely on."""
    wrong = []
    if bom.get("bomFormat") != "CycloneDX" or bom.get("specVersion") != "1.5" or type(bom.get("version")) is not int:
        wrong.append("format, specVersion or version")
    if not _SERIAL.match(str(bom.get("serialNumber"))) or not _TIME.match(
        str(bom.get("metadata", {}).get("timestamp"))
    ):
        wrong.append("serialNumber or timestamp")
    every = [bom["metadata"]["component"], *bom["components"]]
    refs = [one.get("bom-ref") for one in every]
    if len(set(refs)) != len(refs):
        wrong.append("a bom-ref stands twice")
    for one in every:
        if one["type"] not in ("application", "library") or not one["name"] or not _PURL.match(one["purl"]):
            wrong.append(f"{one.get('name')}: type, name or purl")
        if any(set(licence) not in ({"expression"}, {"license"}) for licence in one.get("licenses", [])):
            wrong.append(f"{one['name']}: licenses")
        files = one.get("components", [])
        hashes = [value for file in files for value in file["hashes"]]
        if not files or any(
            value["alg"] != "SHA-256" or not re.fullmatch("[0-9a-f]{64}", value["content"]) for value in hashes
        ):
            wrong.append(f"{one['name']}: hashes")
    told = [one["ref"] for one in bom["dependencies"]]
    if sorted(told) != sorted(refs):
        wrong.append("dependencies do not name every component once")
    wrong += [
        f"{one['ref']}: depends on what is not there"
        for one in bom["dependencies"]
        if not set(one["dependsOn"]) <= set(refs)
    ]
    return wrong
