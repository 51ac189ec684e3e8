"""Advisory templates: YAML with the wording of one kind of warning in Vietnamese and English. Filled by name, never run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from atttcli.errors import InputError, NotFound
from atttcli.packaged import packaged
from atttcli.profile.record import Record
from atttcli.text import strict_yaml

FORMAT = "atttcli/advisory-template/1"
FIELDS = frozenset(
    {
        "field", "place", "organ", "source", "source_number", "source_date", "source_subject", "count", "agencies", "product",
        "version", "cve", "incident", "title", "malware", "markers", "own", "due", "contact",
    }
)  # fmt: skip
LIST_TEMPLATE = "infected-list"
URGENCIES = ("", "khan", "thuong_khan", "hoa_toc")
_FIELD = re.compile(r"\{([a-z_]{1,20})\}")


@dataclass(frozen=True, slots=True)
class Texts:
    """One language's wording. A paragraph or action whose field is empty is left out of the letter."""

    name: str
    subject: str
    opening: tuple[str, ...]
    actions: tuple[str, ...]
    closing: str
    annex: str


@dataclass(frozen=True, slots=True)
class Template:
    """One kind of warning. `category` is an incident type of the profile; `due_days` what agencies are given to answer."""

    code: str
    category: str
    due_days: int
    urgency: str
    vi: Texts
    en: Texts

    def say(self, language: str) -> Texts:
        """The wording in `language`."""
        return self.en if language == "en" else self.vi


def template_codes() -> tuple[str, ...]:
    """Codes of the shipped templates."""
    return tuple(sorted(path.stem for path in _folder().glob("*.yaml") if path.stem != "products"))


@cache
def load_template(code: str) -> Template:
    """A shipped template; NotFound."""
    if code not in template_codes():
        raise NotFound(f"no advisory template {code[:40]!r}", hint="atttcli advisory templates")
    path = _folder() / f"{code}.yaml"
    return read_template(path.read_bytes(), str(path))


def template_for(category: str) -> Template:
    """The first template of this incident type, else the general one; a national list is asked for by its own name."""
    for code in template_codes():
        found = load_template(code)
        if category and found.category == category and code != LIST_TEMPLATE:
            return found
    return load_template("general")


def read_template(data: bytes, path: str) -> Template:
    """Parse one template; InputError with file and line when its shape or a field in it is wrong."""
    root = Record(strict_yaml.load(data, path), path, 1, "advisory template")
    if root.text("format") != FORMAT:
        raise root.refuse(f"the format is not {FORMAT}", "format")
    template = Template(
        code=root.code(),
        category=root.code("category", ""),
        due_days=root.integer("due_days", 5, 1, 90),
        urgency=root.choice("urgency", URGENCIES, ""),
        vi=_texts(root.record("vi")),
        en=_texts(root.record("en")),
    )
    root.finish()
    return template


def _texts(record: Record) -> Texts:
    texts = Texts(
        name=record.text("name"),
        subject=record.text("subject"),
        opening=record.texts("opening"),
        actions=record.texts("actions"),
        closing=record.text("closing", ""),
        annex=record.text("annex", ""),
    )
    record.finish()
    for text in (texts.subject, *texts.opening, *texts.actions, texts.closing, texts.annex):
        unknown = sorted(set(_FIELD.findall(text)) - FIELDS)
        if unknown:
            raise record.refuse(f"there is no field {unknown[0]!r}", hint="known: " + ", ".join(sorted(FIELDS)))
    return texts


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with its fields filled; empty when one of them has no value."""
    if not all(values.get(name) for name in _FIELD.findall(text)):
        return ""
    return _FIELD.sub(lambda match: values[match[1]], text)


@dataclass(frozen=True, slots=True)
class KnownProduct:
    """What a CVE is about: words of the product as inventories write it, and the versions affected (empty: all)."""

    cve: str
    product: str
    version: str
    title: str
    source: str


@cache
def known_products() -> dict[str, KnownProduct]:
    """The small table of vulnerabilities that were warned about before, by CVE."""
    path = _folder() / "products.yaml"
    root = Record(strict_yaml.load(path.read_bytes(), str(path)), str(path), 1, "products")
    if root.text("format") != "atttcli/advisory-products/1":
        raise root.refuse("the format is not atttcli/advisory-products/1", "format")
    found: dict[str, KnownProduct] = {}
    for record in root.records("products"):
        cve = check_cve(record.text("cve"))
        found[cve] = KnownProduct(
            cve, record.text("product"), record.text("version", ""), record.text("title", ""), record.text("source")
        )
        record.finish()
    root.finish()
    return found


def check_cve(text: str) -> str:
    """`cve-2023-37580` -> `CVE-2023-37580`; InputError."""
    found = re.fullmatch(r"CVE-(\d{4})-(\d{4,7})", text.strip().upper())
    if found is None:
        raise InputError(f"not a CVE number: {text[:40]!r}", hint="CVE-2023-37580")
    return found[0]


def _folder() -> Path:
    return packaged("seeds") / "advisories"
