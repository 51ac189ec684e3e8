"""Rule cases: for every rule at least one sample that it must match and one that it must not, with the reason why.

A case is a folder with `case.yaml`::

    why: what the samples show
    engine: yara                 # yara, network, correlation, sigma, indicators
    rule: webshell_php_packed_code
    positive: [sample.php.b64]
    negative: [library.php.b64, {name: inline.txt, text: "short samples may stand here"}]

A sample file ending in `.b64` holds base64 of its bytes in reverse order, so that no antivirus takes it away (`pack`,
`unpack`); its name loses that ending. `.gz` is never unpacked. A sample of a network case is a recipe (`recipes`): a YAML
file ending in `.flows.yaml`, or inline `{name: x, flows: [...]}`; its bytes are the capture built from it.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from atttcli.errors import InputError, Where
from atttcli.limits import read_bounded
from atttcli.rulepack.recipes import build_capture, parse_recipe, unpack
from atttcli.text import strict_yaml

__all__ = ["RuleCase", "iter_cases", "pack", "read_case", "unpack"]

PACKED = ".b64"
RECIPE = ".flows.yaml"
SAMPLE_BYTES = 16 * 1024 * 1024
_KEYS = {"why", "engine", "rule", "positive", "negative", "encoding"}
_ENCODING = "reversed-base64"  # the only one; a case may name it for the reader's sake

Sample = tuple[str, bytes]


@dataclass(frozen=True, slots=True)
class RuleCase:
    """Samples of one rule. `rule` is a YARA rule's name, a network rule's sid or a correlation's id; `path` the folder."""

    engine: str
    rule: str
    why: str
    path: Path
    positives: tuple[Sample, ...]
    negatives: tuple[Sample, ...]


def iter_cases(folder: Path) -> Iterator[RuleCase]:
    """Every case below `folder`, in order of path. InputError with file on a malformed one."""
    for path in sorted(folder.rglob("case.yaml")):
        yield read_case(path.parent)


def read_case(folder: Path) -> RuleCase:
    """The case in this folder, its samples decoded and its captures built."""
    path = folder / "case.yaml"
    where = Where(str(path))
    content = strict_yaml.load(_read(path), str(path))
    if not isinstance(content, Mapping) or not {"why", "engine", "rule", "positive"} <= set(content):
        raise InputError("a case needs why, engine, rule and positive", where=where)
    unknown = set(content) - _KEYS
    if unknown or content.get("encoding", _ENCODING) != _ENCODING:
        raise InputError(f"unknown keys or encoding: {', '.join(sorted(unknown)) or content['encoding']}", where=where)
    positives = tuple(_sample(folder, item, where) for item in _listed(content, "positive", where))
    if not positives:
        raise InputError("a case needs at least one positive sample", where=where)
    negatives = tuple(_sample(folder, item, where) for item in _listed(content, "negative", where))
    return RuleCase(str(content["engine"]), str(content["rule"]), str(content["why"]), folder, positives, negatives)


def pack(data: bytes) -> str:
    """Bytes in the form in which samples are stored (base64 of the reverse, in lines of 76)."""
    text = b64encode(data[::-1]).decode("ascii")
    return "\n".join(text[start : start + 76] for start in range(0, len(text), 76)) + "\n"


def _listed(content: Mapping[str, Any], key: str, where: Where) -> list[Any]:
    items = content.get(key) or []
    if not isinstance(items, list):
        raise InputError(f"`{key}` is a list of samples", where=where)
    return items


def _sample(folder: Path, item: Any, where: Where) -> Sample:
    if isinstance(item, str):
        return _sample_file(folder, item, where)
    if isinstance(item, Mapping) and isinstance(item.get("name"), str):
        name = str(item["name"])
        if "flows" in item:
            return name, build_capture(parse_recipe(item["flows"], where))
        if "text" in item:
            return name, str(item["text"]).encode()
        if "packed" in item:
            return name, unpack(str(item["packed"]))
    raise InputError("a sample is a file's name, or name with text, packed or flows", where=where)


def _sample_file(folder: Path, name: str, where: Where) -> Sample:
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()) or not path.is_file():
        raise InputError(f"no sample `{name}` in this case", where=where)
    data = _read(path)
    if name.endswith(PACKED):
        return path.name.removesuffix(PACKED), unpack(data.decode("ascii", "replace"))
    if name.endswith(RECIPE):
        flows = strict_yaml.load(data, str(path))
        return path.name.removesuffix(RECIPE) + ".pcap", build_capture(parse_recipe(flows, Where(str(path))))
    return path.name, data


def _read(path: Path) -> bytes:
    with path.open("rb") as stream:
        return read_bounded(stream, SAMPLE_BYTES, Where(str(path)))
