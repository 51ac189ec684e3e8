"""`atttcli kit build` and `check`: a stick goes out, a stick comes back."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from atttcli.cli import render
from atttcli.cli.context import App, with_app
from atttcli.cli.matching import Tally, disabled_here, existing, span
from atttcli.clock import SECOND, local_text
from atttcli.packaged import packaged
from atttcli.text.messages import _, ngettext
from atttcli.text.retell import retell

if TYPE_CHECKING:
    from atttcli.fleet.stick.build import BuiltKit, KitPlan
    from atttcli.fleet.stick.check import KitState
    from atttcli.fleet.stick.rules import KitRules
    from atttcli.model.observable import Indicator

PATHS = click.Path(path_type=Path)
_FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)
_json = click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")
_SHOWN = 20
_NOT_WHOLE = 7


@click.command()
@click.option("--agency", required=True, metavar="CODE", help="Whose machines it is for.")
@click.option("--os", "system", required=True, type=click.Choice(["windows", "linux"]), help="Their system.")
@click.option("--arch", default="amd64", show_default=True, type=click.Choice(["amd64", "win32", "arm64"]))
@click.option("-o", "--output", required=True, type=PATHS, help="A new folder, or the empty stick.")
@click.option("--python", type=_FOLDER, help="An unpacked Python for those machines that goes along: the full scanner.")
@click.option(
    "--system-python", is_flag=True, help="The full scanner with the Python that those machines have (Linux)."
)
@click.option("--wheels", type=_FOLDER, help="Wheels of yara-python, PyNaCl and cffi for those machines.")
@click.option("--rules", multiple=True, type=PATHS, help="YARA rule file or folder (repeatable; default: shipped).")
@click.option("--indicators", multiple=True, type=PATHS, help="Indicator file or folder, beside the workspace's.")
@click.option("--expires", type=span, default="90d", show_default=True, metavar="TIME", help="How long its key counts.")
@click.option(
    "--max-time", type=span, default="0", metavar="TIME", help="A run stops after this long; the next goes on."
)
@click.option(
    "--cpu-limit", type=click.IntRange(0, 100), default=60, show_default=True, metavar="PERCENT",
    help="At most this share of one processor (0: no limit).",
)  # fmt: skip
@click.option("--attach-samples", is_flag=True, help="Bring copies of what was found, inside the seal.")
@click.option("--include-red", is_flag=True, help="Also what is marked TLP:RED or TLP:AMBER+STRICT.")
@click.option("--call", default="", metavar="TEXT", help="Whom to ring (default: the organisation's team).")
@click.option("--note", default="", metavar="TEXT", help="Who takes it, for what.")
@_json
@with_app
def build(
    app: App,
    agency: str,
    system: str,
    arch: str,
    output: Path,
    python: Path | None,
    system_python: bool,
    wheels: Path | None,
    rules: tuple[Path, ...],
    indicators: tuple[Path, ...],
    expires: int,
    max_time: int,
    cpu_limit: int,
    attach_samples: bool,
    include_red: bool,
    call: str,
    note: str,
    as_json: bool,
) -> None:
    """Build a kit: a folder for a USB stick that somebody at the agency starts with one file. Nothing is installed.

    Without --python or --system-python it is the collector, which needs no Python; its results are not signed.

    \b
    Examples:
      atttcli kit build --agency x-vi-huong --os windows -o /media/usb
      atttcli kit build --agency x-vi-huong --os linux --system-python -o /media/usb
      atttcli kit build --agency so-yte --os windows --python python-3.8-embed --wheels wheels -o /media/usb
    """
    from atttcli.cli.key import key_ring
    from atttcli.cli.scan_store import added_rules
    from atttcli.cli.user import agency_codes
    from atttcli.field.kit.passport import KitLimits
    from atttcli.fleet.stick.build import KitPlan, build_kit
    from atttcli.signing.registry import current_key

    app.permit("kit.issued")
    (code,) = agency_codes(app, (agency,))
    found = app.inventory.agency(code)
    team, line = _team(app)
    pack_stays = not rules and len(_may_leave(app, added_rules(app), include_red)) < len(added_rules(app))
    now = app.clock.now()
    plan = KitPlan(
        agency=code, agency_name=found.name if found else code, os=system, arch=arch, folder=output,
        expires=now + expires * SECOND, team=team, call=" ".join((call or line).split())[:200], note=note, python=python,
        system_python=system_python, wheels=wheels, rules_version=_rules_version(app, now, with_pack=not rules and not pack_stays),
        limits=KitLimits(max_time, cpu_percent=cpu_limit, samples=attach_samples),
    )  # fmt: skip
    tally = Tally()
    chosen = _chosen_rules(app, rules, indicators, tally, include_red=include_red)
    pair = key_ring(app).pair(current_key(app.store).public.id)
    built = build_kit(app.journal, pair, plan, chosen)
    if as_json:
        render.emit_json(_built_object(built, chosen))
        return
    _tell_built(built, chosen, plan)
    if pack_stays:
        render.warn(_("The rule pack in force stays here by its TLP mark (--include-red takes it along)."))


def _rules_version(app: App, now: int, *, with_pack: bool) -> str:
    """That of the rule pack in force when it goes along; otherwise the moment, as packs are numbered."""
    from atttcli.clock import VIETNAM, from_micros
    from atttcli.store.facts.rulepacks import rules_version

    return (rules_version(app.store) if with_pack else "") or from_micros(now, VIETNAM).strftime("%Y%m%d%H%M")


def _team(app: App) -> tuple[str, str]:
    """The team's name and published line, as the organisation's file has them."""
    organs = {organ.code: organ for organ in app.organisation.organs}
    organ = organs.get("team") or organs.get("department")
    return (organ.name, organ.call_back) if organ is not None else ("", "")


def _chosen_rules(
    app: App, rules: tuple[Path, ...], lists: tuple[Path, ...], tally: Tally, *, include_red: bool
) -> KitRules:
    from atttcli.cli.scan_store import added_rules
    from atttcli.fleet.stick.rules import choose_rules

    given = existing(rules)
    paths = given or [packaged("rules") / "yara", *_may_leave(app, added_rules(app), include_red)]
    disabled = disabled_here(app)
    chosen = choose_rules(
        paths, _indicators(app, lists, tally, include_red), "all" if given else "file",
        now=app.clock.now(), disabled=disabled.rules, include_red=include_red,
    )  # fmt: skip
    tally.rules(chosen.problems)
    return chosen


def _may_leave(app: App, places: Sequence[Path], include_red: bool) -> list[Path]:
    """Without the rule pack in force when its mark keeps it here: its rules need not repeat that mark one by one."""
    from atttcli.fleet.stick.rules import KEPT_HERE
    from atttcli.store.facts.rulepacks import current_folder, current_pack

    pack, folder = current_pack(app.store), current_folder(app.workspace, app.store)
    if pack is None or folder is None or include_red or pack.tlp.upper() not in KEPT_HERE:
        return list(places)
    return [place for place in places if not place.is_relative_to(folder)]


def _indicators(app: App, lists: tuple[Path, ...], tally: Tally, include_red: bool) -> Iterator[Indicator]:
    """What the workspace knows of files, and the lists given."""
    from atttcli.rulepack.indicators import indicator_files, load_indicator_packs
    from atttcli.store.facts.indicators import file_indicators
    from atttcli.store.facts.rulepacks import added_places

    yield from file_indicators(app.store)
    given = [*existing(lists), *_may_leave(app, added_places(app.workspace, app.store, "indicators"), include_red)]
    if given:
        pack = load_indicator_packs(list(indicator_files(given)))
        tally.rules(pack.problems)
        yield from pack.indicators


def _built_object(built: BuiltKit, rules: KitRules) -> dict[str, Any]:
    from atttcli.cli.kit import kit_object

    return {
        **kit_object(built.kit, built.kit.issued), "path": str(built.folder), "kind": built.passport.kind,
        "pythons": list(built.passport.pythons), "files": built.files, "bytes": built.size, "rules_bytes": built.rules_size,
        "rules": rules.rules, "rules_refused": rules.refused, "hashes": built.collector.hashes,
        "names": built.collector.names, "kept_here": rules.kept_here, "call": built.passport.call,
    }  # fmt: skip


def _tell_built(built: BuiltKit, rules: KitRules, plan: KitPlan) -> None:
    passport = built.passport
    kinds = {
        "scanner": _("full scanner, Python {versions}", versions=", ".join(map(_version, passport.pythons))),
        "collector": _("collector without Python; its results are NOT SIGNED"),
    }
    rows = [
        (_("Kit"), passport.number),
        (_("Agency"), f"{passport.agency} – {passport.agency_name}"),
        (_("For"), f"{passport.os} {passport.arch}"),
        (_("Kind"), kinds[passport.kind]),
        (_("Expires"), local_text(passport.expires, seconds=False)),
        (_("Rules"), _("{rules} rules, {hashes} hashes, {names} names: {size} KiB", rules=rules.rules,
                       hashes=built.collector.hashes, names=built.collector.names, size=-(-built.rules_size // 1024))),
        (_("Size"), _("{files} files, {size} MiB", files=built.files, size=round(built.size / (1 << 20), 1))),
        (_("To ring"), passport.call),
        (_("Folder"), str(built.folder)),
    ]  # fmt: skip
    render.table((_("Field"), _("Value")), rows, wide=(1,))
    for text in _remarks(built, rules, plan):
        render.warn(text)
    render.line(_("Next: copy the whole folder onto the stick, hand it over; back again: atttcli kit check FOLDER"))


def _remarks(built: BuiltKit, rules: KitRules, plan: KitPlan) -> Iterator[str]:
    if rules.kept_here:
        yield ngettext(
            "{count} rule or indicator stays here by its TLP mark (--include-red takes it along).",
            "{count} rules and indicators stay here by their TLP mark (--include-red takes them along).",
            rules.kept_here,
        )
    if built.collector.left_out:
        yield _("{count} name patterns are too many for the collector; the full scanner has them.",
                count=built.collector.left_out)  # fmt: skip
    if built.glibc > (0, 0):
        yield _("It runs with the C library glibc {version} or newer.", version=".".join(map(str, built.glibc)))
    elif built.passport.os == "linux" and built.passport.pythons and plan.wheels is None:
        yield _("Its modules are those of this machine: older systems may not load them (--wheels DIR).")
    if not built.passport.call:
        yield _("The kit names nobody to ring: --call TEXT, or the team's call_back in the organisation's file.")


def _version(tag: str) -> str:
    return f"{tag[2]}.{tag[3:]}"


@click.command()
@click.argument("folder", type=_FOLDER)
@_json
@with_app
def check(app: App, folder: Path, as_json: bool) -> None:
    """A kit that came back: is it ours, was anything added or changed, what did it bring?

    Only state/ and out/ may differ from what was built and signed. Nothing on the stick is run.
    Exit codes: 0 whole, 7 changed or not ours.

    \b
    Example:
      atttcli kit check /media/usb
    """
    from atttcli.fleet.stick.check import check_kit
    from atttcli.signing.registry import signing_keys

    state = check_kit(folder, app.store, signing_keys(app.store))
    if as_json:
        render.emit_json(_state_object(folder, state, app.clock.now()))
    else:
        _tell_state(folder, state, app.clock.now())
    click.get_current_context().exit(0 if state.is_whole else _NOT_WHOLE)


def _state_object(folder: Path, state: KitState, now: int) -> dict[str, Any]:
    from atttcli.cli.kit import kit_object

    return {
        "path": str(folder), "whole": state.is_whole, "signed_by": state.signed_by,
        "fault": None if state.fault is None else {"code": state.fault.code, "message": state.fault.message},
        "kit": None if state.kit is None else kit_object(state.kit, now),
        "differences": [{"path": one.path, "what": one.what, "litter": one.litter} for one in state.differences],
        "results": [{"path": str(one.path), "sha256": one.digest, "imported": one.known} for one in state.brought],
    }  # fmt: skip


def _tell_state(folder: Path, state: KitState, now: int) -> None:
    if state.kit is not None:
        kit = state.kit
        words = {"active": _("in force"), "expired": _("expired"), "revoked": _("revoked: {why}", why=kit.why)}
        render.line(_("{kit} for {agency}: {state}", kit=kit.number, agency=kit.agency, state=words[kit.state(now)]))
    if state.fault is not None:
        render.warn(_("NOT TO BE BELIEVED: {why}", why=retell(state.fault.message)))
        if state.fault.hint:
            render.warn("  → " + retell(state.fault.hint))
    elif state.is_whole:
        render.line(_("Whole: nothing was added, changed or taken away."))
    _tell_differences(state)
    from atttcli.field.kit.passport import OUT

    if state.new:
        count = len(state.new)
        text = ngettext("{count} new result on it.", "{count} new results on it.", count)
        render.line(text + f" atttcli bundle import {shlex.quote(str(folder / OUT))}")
    else:
        render.line(_("No new result on it."))


def _tell_differences(state: KitState) -> None:
    words = {"added": _("added"), "changed": _("changed"), "missing": _("missing")}
    for one in state.changed[:_SHOWN]:
        render.warn(f"  {words[one.what]}: {one.path}")
    if len(state.changed) > _SHOWN:
        render.warn(_("  and {count} more", count=len(state.changed) - _SHOWN))
    if state.changed:
        render.warn(_("Do not run anything from this stick; keep it as evidence: atttcli evidence add"))
    litter = len(state.differences) - len(state.changed)
    if litter:
        render.line(ngettext("{count} file that systems leave on sticks does not count.",
                             "{count} files that systems leave on sticks do not count.", litter))  # fmt: skip
