"""docs/templates.md: how papers are overridden, and every variable of every paper, made from the contracts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from atttcli.reports.contract import GROUPS
from atttcli.reports.templating.chain import SUFFIXES
from atttcli.reports.templating.kinds import FORMATS, TemplateKind, template_kinds
from atttcli.reports.templating.variables import COMMON, Variable, members, variables

_HEAD = """# Templates

<!-- Made from the contracts by `python .ci/contracts.py write`; `make check` compares it. Do not edit by hand. -->

Every paper can be laid out by a template of your own, in {formats}. PDF, JSON, CSV and XLSX are always ours.

```
atttcli report template copy initial --format docx     # a working starting file, into the workspace's templates/
atttcli report template lint templates/initial.vi.docx # what is wrong, and where
atttcli report template preview initial --format docx  # filled with sample values, no incident needed
atttcli report template list                           # which template is used for which paper, with its digest
atttcli report template vars initial                   # this list, for one paper
```

A template is found by its name (`initial.vi.docx`, or `initial.docx` for every language), first in `--template FILE`, then in the
workspace's `templates/`, then in `templates/` of the user's own folder, then ours. Endings: {endings}. Which one
was used, with its SHA-256, is told by the command and stands in the model's `provenance`.

Text templates are Jinja. One template is one file: nothing is taken in, nothing is called but `range`, `namespace` and macros of
the file. Values are made inert where they are written, and `{{{{ }}}}` in data is text. Word templates are filled in by docxtpl
(`pip install 'atttcli[docx]'`): `{{{{ … }}}}` in text, `{{%p … %}}` for whole paragraphs, `{{%tr … %}}` for rows, `{{%tc … %}}` for
cells. Macros, links to outside, objects, and fields other than page numbers and references are refused, before and after. A
template runs in a process of its own with 20 s and 768 MiB, and the marks of a paper (exercise, draft, internal form) must
stand on what it makes.

Filters: `lines` (a text's lines), `kind` (what a block is: Heading, Paragraph, Bullets, Fields, Table, Chart, HeatChart,
TimeChart), `join`, `length`, `default`, `upper`, `lower`, `first`, `last`, `sort`, `select`, `reject`, `map`, `sum`, `round`,
`replace`, `trim`, `truncate`, `groupby` and few more; in pages also `pieces` and `draw`, in text `wrap` and `middle`.
"""  # fmt: skip
_OF_INCIDENT = "Facts of papers about an incident"


def handbook() -> str:
    """The whole page."""
    return "\n".join(_lines()).rstrip() + "\n"


def _lines() -> Iterator[str]:
    yield _HEAD.format(formats=", ".join(FORMATS), endings=", ".join(f"`{one}`" for one in SUFFIXES.values()))
    yield "## Every paper\n"
    yield from _table(COMMON)
    kinds = list(template_kinds())
    facts = [one for one in variables(next(kind for kind in kinds if kind.name == "initial")) if _is_fact(one)]
    yield f"\n## {_OF_INCIDENT}\n"
    yield from _table(facts)
    known = {one.path for one in (*COMMON, *facts)}
    told: dict[str, str] = {}
    for kind in kinds:
        yield from _paper(kind, known, told.setdefault(kind.model, kind.name))


def _is_fact(one: Variable) -> bool:
    return one.path.startswith("facts")


def _paper(kind: TemplateKind, known: set[str], first: str) -> Iterator[str]:
    """`first` is the first paper of the same model: its variables are listed there."""
    yield f"\n## {kind.name}\n"
    yield f"{kind.vi} ({kind.en}), model `{kind.model}`, in {', '.join(kind.languages)}.\n"
    if kind.contract is None and not any(one.path.startswith("model") for one in variables(kind)):
        yield "It is in players' hands: templates are given only what stands on it.\n"
        return
    if first != kind.name:
        yield f"The variables are those of *{first}*.\n"
        return
    own = [one for one in variables(kind) if one.path not in known and not one.path.startswith("about.")]
    if kind.contract is not None and kind.contract.facts:
        yield f"Besides what stands above under *{_OF_INCIDENT}*:\n"
    for group in (*GROUPS, "model"):
        mine = [one for one in own if one.path.startswith((f"{group}.", f"{group}["))]
        if mine:
            inside = f", each with `{members(group)}`" if group in GROUPS and members(group) else ""
            yield f"{group}{inside}:\n"
            yield from _table(mine)
            yield ""


def _table(rows: Iterable[Variable]) -> Iterator[str]:
    yield "| Variable | Tiếng Việt | English | Always |"
    yield "|---|---|---|---|"
    for one in rows:
        columns = f" ({', '.join(one.columns)})" if one.columns else ""
        yield f"| `{one.path}`{columns} | {one.vi} | {one.en} | {'yes' if one.always else ''} |"
