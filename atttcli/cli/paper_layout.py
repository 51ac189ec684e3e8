"""The templates of users in commands that render papers: which one lays out what, told, recorded, and held to its bounds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from atttcli.cli.context import App
from atttcli.cli.render import warn
from atttcli.errors import NotFound, Refused, UsageError
from atttcli.text.messages import _

if TYPE_CHECKING:
    from atttcli.report import IncidentReport, Layout
    from atttcli.reports.outline import Outline
    from atttcli.reports.paper import Paper
    from atttcli.reports.templating.chain import Chain, Template
    from atttcli.reports.templating.kinds import TemplateKind

M = TypeVar("M", "Paper", "IncidentReport")
TEMPLATE = click.option(
    "--template",
    "templates",
    metavar="FILE",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Lay it out by this template (docx, html, md, txt by its ending); else that of the workspace or the user.",
)


@dataclass(frozen=True, slots=True)
class Layouts:
    """The chain of templates for one paper in one language; a file is read once, so that what is recorded is what ran."""

    kind: TemplateKind | None
    chain: Chain
    language: str
    _held: dict[str, Template | None] = field(default_factory=dict)

    def find(self, format: str) -> Template | None:
        """The template of users for a format, if there is one."""
        if self.kind is None:
            return None
        if format not in self._held:
            self._held[format] = self.chain.find(self.kind, format, self.language)
        return self._held[format]

    def used(self, formats: Sequence[str]) -> tuple[Layout, ...]:
        """What of these formats is laid out by a template of users, as it is recorded."""
        from atttcli.report import Layout

        found = ((name, self.find(name)) for name in formats)
        return tuple(
            Layout(format=name, origin=one.origin, name=one.name, sha256=one.sha256) for name, one in found if one
        )

    def render(
        self, format: str, ours: Callable[[], bytes], given: Callable[[], tuple[Outline, dict[str, Any]]]
    ) -> bytes:
        """The paper in a format: by a template of users, else as we lay it out."""
        template = self.find(format)
        if template is None:
            return ours()
        from atttcli.reports.templating.render import render_template

        return render_template(template, *given())


def layouts(app: App, name: str, language: str, given: Sequence[Path] = ()) -> Layouts:
    """The templates for a paper, by name or code; `given` are the files of the option.

    A kept paper of a code that no paper has any more is laid out by us.
    """
    from atttcli.reports.templating.kinds import find_template_kind

    chain = chain_here(app, given)
    try:
        return Layouts(find_template_kind(name), chain, language)
    except NotFound:
        return Layouts(None, chain, language)


def chain_here(app: App, given: Sequence[Path] = ()) -> Chain:
    """Option, workspace if there is one, the user's folder."""
    from atttcli.reports.templating.chain import chain_of
    from atttcli.store.workspace import home

    workspace = app.workspace_if_any()
    return chain_of(workspace.root if workspace else None, home(), given)


def with_given(formats: Sequence[str], given: Sequence[Path]) -> tuple[str, ...]:
    """The formats to make: those asked, else those of the templates given; a template for none of them is a mistake."""
    from atttcli.reports.templating.chain import format_of

    mine = tuple(dict.fromkeys(map(format_of, given)))
    idle = [name for name in mine if formats and name not in formats]
    if idle:
        raise UsageError(f"a template for {idle[0]}, which is not made", hint=f"--format {idle[0]}")
    return tuple(formats) or mine


def laid_out(made: M, used: tuple[Layout, ...]) -> M:
    """The paper with the templates of users that lay it out on record."""
    from msgspec.structs import replace

    return replace(made, provenance=replace(made.provenance, templates=used))


def paper_bytes(found: Layouts, made: Paper, format: str) -> bytes:
    """A paper of the catalogue."""
    from atttcli.reports.paper_formats import render_paper

    return found.render(format, lambda: render_paper(made, format), lambda: _of_paper(made))


def _of_paper(made: Paper) -> tuple[Outline, dict[str, Any]]:
    from atttcli.reports.paper import settled
    from atttcli.reports.paper_outline import compose_paper
    from atttcli.reports.papers.catalog import find_kind
    from atttcli.reports.papers.contracts import contract_of
    from atttcli.reports.templating.values import paper_values

    paper = settled(made)
    return compose_paper(paper), paper_values(paper, contract_of(find_kind(made.code.partition("-")[0])))


def incident_bytes(found: Layouts, model: IncidentReport, format: str) -> bytes:
    """The incident report."""
    from atttcli.reports import render

    def given() -> tuple[Outline, dict[str, Any]]:
        from atttcli.report import normalised
        from atttcli.reports.incident import compose
        from atttcli.reports.templating.values import model_values

        settled = normalised(model)
        return compose(settled, settled.header.language), model_values(settled)

    return found.render(format, lambda: render(model, format, model.header.language), given)


def drill_bytes(found: Layouts, outline: Outline, model: Any, format: str, told: bool = True) -> bytes:
    """A paper of a drill; `told`: its template may read the model, not only what stands on the paper."""
    from atttcli.reports.drill import model_json, render_drill
    from atttcli.reports.templating.values import model_values

    if format == "json":
        return model_json(model)
    return found.render(
        format, lambda: render_drill(outline, format), lambda: (outline, model_values(model) if told else {})
    )


def tell_used(used: Sequence[Layout]) -> None:
    """Which templates of users laid the papers out."""
    origins = {"option": _("option"), "workspace": _("workspace"), "user": _("user")}
    for one in used:
        warn(
            _(
                "{format} by the template {name} ({origin}), SHA-256 {digest}",
                format=one.format, name=one.name, origin=origins[one.origin], digest=one.sha256,
            )
        )  # fmt: skip


def tell_changed(before: Sequence[Layout], used: Sequence[Layout], formats: Sequence[str]) -> None:
    """A kept paper that was laid out by a template which is not there now, or has changed: it will look different."""
    for one in _changed(before, used, formats):
        warn(
            _(
                "It was made by the template {name} (SHA-256 {digest}…), which is not the one in use: give it with --template.",
                name=one.name, digest=one.sha256[:16],
            )
        )  # fmt: skip


def refuse_changed(before: Sequence[Layout], used: Sequence[Layout], formats: Sequence[str]) -> None:
    """What goes out looks as its draft looked: Refused when the draft's template is not the one in use."""
    for one in _changed(before, used, formats):
        raise Refused(
            f"the draft was made by the template {one.name} (SHA-256 {one.sha256[:16]}…), which is not the one in use",
            guard="template",
            hint="give it with --template FILE, or draft the paper again",
        )


def _changed(before: Sequence[Layout], used: Sequence[Layout], formats: Sequence[str]) -> list[Layout]:
    now = {one.format: one.sha256 for one in used}
    return [one for one in before if one.format in formats and now.get(one.format) != one.sha256]


def told_json(used: Sequence[Layout]) -> list[dict[str, str]]:
    """The same for `--json`."""
    return [{"format": one.format, "origin": one.origin, "name": one.name, "sha256": one.sha256} for one in used]
