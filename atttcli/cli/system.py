"""`atttcli system`: information systems with their level and what concerns them."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from atttcli.cli import render
from atttcli.cli.context import App, with_app
from atttcli.cli.log_source import log_source
from atttcli.errors import NotFound
from atttcli.text.fold import fold
from atttcli.text.messages import _

if TYPE_CHECKING:
    from atttcli.model.inventory import Agency, System

AS_JSON = click.option("--json", "as_json", is_flag=True, help="JSON: one object a line for lists, one object else.")


def named(item: Agency | System, wanted: str) -> bool:
    """Whether code, name or short name holds the folded words."""
    short = getattr(item, "short_name", "")
    return not wanted or any(wanted in fold(text) for text in (item.code, item.name, short))


@click.group()
def system() -> None:
    """Information systems with their level and what concerns them."""


@system.command("list")
@click.argument("words", nargs=-1)
@click.option("--level", type=click.IntRange(1, 5), help="Only systems of this level.")
@AS_JSON
@with_app
def system_list(app: App, words: tuple[str, ...], level: int | None, as_json: bool) -> None:
    """Systems with level, product, owner, operator, and the log sources, rules, playbooks and drills that concern each.

    \b
    Examples:
      atttcli system list
      atttcli system list --level 3 --json
    """
    wanted = fold(" ".join(words))
    found = [s for s in app.organisation.systems if named(s, wanted) and level in (None, s.level)]
    if as_json:
        render.emit_json_lines(_system_json(app, item) for item in found)
        return
    if sys.stdout.isatty():
        for item in found:
            _draw_system(item)
        return
    columns = (
        _("code"), _("name"), _("level"), _("product"), _("owner"), _("operator"),
        _("log sources"), _("rules"), _("playbooks"), _("drills"),
    )  # fmt: skip
    render.table(columns, [_system_row(item) for item in found])


def _draw_system(item: System) -> None:
    """On a terminal ten columns would fold beyond reading: a system is a few lines there."""
    code, name, level, product, owner, operator, *concerns = _system_row(item)
    render.line(f"{code}  {name} · {_('level')} {level}")
    render.line(f"    {product or '–'} · {owner} / {operator}")
    labels = (_("log sources"), _("rules"), _("playbooks"), _("drills"))
    for label, values in zip(labels, concerns, strict=True):
        if values:
            render.line(f"    {label}: {values}")


def level_text(item: System) -> str:
    """The approved level, or that it is somebody else's."""
    return _("external") if item.level is None else str(item.level)


def _system_row(item: System) -> tuple[object, ...]:
    concerns = (", ".join(values) for values in (item.log_sources, item.rules, item.playbooks, item.drills))
    product = f"{item.product} {item.version}".strip()
    return (item.code, item.name, level_text(item), product, item.owner, item.operator, *concerns)


def _system_json(app: App, item: System) -> dict[str, Any]:
    alerts = app.store.value("SELECT count(*) FROM alert WHERE system = ?", item.code)
    names = {
        f"{part}_name": app.organisation.name_of(getattr(item, part)) for part in ("owner", "operator", "provider")
    }
    return {**asdict(item), **names, "alerts": alerts}


@system.command("show")
@click.argument("name")
@AS_JSON
@with_app
def system_show(app: App, name: str, as_json: bool) -> None:
    """One system, by code or name.

    \b
    Example:
      atttcli system show lgsp
    """
    item = find_system(app, name)
    body = _system_json(app, item)
    if as_json:
        render.emit_json(body)
        return
    render.line(f"{item.name} ({item.code})")
    facts = (
        (_("level"), level_text(item)),
        (_("product"), f"{item.product} {item.version}".strip()),
        (_("owner"), body["owner_name"]),
        (_("operator"), body["operator_name"]),
        (_("provider"), body["provider_name"]),
        (_("monitored by"), item.monitored_by),
        (_("users"), item.users or ""),
        (_("domains"), ", ".join(item.domains)),
        (_("addresses"), ", ".join(item.addresses)),
        (_("hosts"), ", ".join(item.hosts)),
        (_("log sources"), ", ".join(item.log_sources)),
        (_("rules"), ", ".join(item.rules)),
        (_("playbooks"), ", ".join(item.playbooks)),
        (_("drills"), ", ".join(item.drills)),
        (_("alerts"), body["alerts"]),
        (_("note"), item.note),
    )
    for label, value in facts:
        if value != "":
            render.line(f"  {label}: {value}")


def find_system(app: App, name: str) -> System:
    """The one system of this code or name; NotFound with those that are near."""
    exact = app.inventory.system(name)
    if exact is not None:
        return exact
    near = [s for s in app.organisation.systems if named(s, fold(name))] if fold(name) else []
    if len(near) != 1:
        hint = _("one of: {codes}", codes=", ".join(s.code for s in near[:8])) if near else "atttcli system list"
        raise NotFound(_("no single system {name}", name=repr(name[:60])), hint=hint)
    return near[0]


system.add_command(log_source)
