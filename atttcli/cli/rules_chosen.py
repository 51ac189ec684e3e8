"""Which rules a `rules` command is about: the shipped packs and the workspace's, one rule by its name, those that do not run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from atttcli.cli.context import App
from atttcli.cli.matching import existing, ranges_here
from atttcli.errors import NotFound, UsageError
from atttcli.packaged import packaged

if TYPE_CHECKING:
    from atttcli.rulepack.catalogue import Catalogue, RuleEntry


def find_rule(catalogue: Catalogue, asked: str) -> RuleEntry:
    """By id, by a YARA rule's name, by sid; NotFound, or UsageError when several are meant."""
    exact = [entry for entry in catalogue.entries if entry.id == asked]
    found = exact or [entry for entry in catalogue.entries if asked == entry.id.partition(":")[2] != ""]
    found = found or [entry for entry in catalogue.entries if entry.id.rpartition(":")[2] == asked]
    if not found:
        raise NotFound(f"no rule {asked!r}", hint="atttcli rules list")
    if len({entry.id for entry in found}) > 1:
        raise UsageError(f"{asked!r} names several rules", hint=", ".join(entry.id for entry in found[:5]))
    return found[0]


def places_of(app: App) -> list[Path]:
    """The shipped packs, and the workspace's own where there is one."""
    workspace = app.workspace_if_any()
    places = [packaged("rules")]
    if workspace is not None:
        from atttcli.rulepack.catalogue import kind_of
        from atttcli.store.facts.rulepacks import every_place

        # A note that lies beside the folders was not named by anybody: only what is named must be a rule file.
        places += [one for one in every_place(workspace, app.store) if one.is_dir() or kind_of(one)]
    return places


def catalogue_of(app: App, paths: tuple[Path, ...], kind: str | None) -> Catalogue:
    """The rules of `paths`, or else of every place; of one kind where it is named."""
    from atttcli.rulepack.catalogue import KINDS as PACKS
    from atttcli.rulepack.catalogue import load_catalogue

    wanted = PACKS if kind is None else ("sigma" if kind == "correlation" else kind,)
    return load_catalogue(existing(paths) or places_of(app), kinds=wanted, ranges=ranges_here(app))


def disabled_rules(app: App) -> set[str]:
    """Ids of the rules that this workspace silenced."""
    if app.workspace_if_any() is None:
        return set()
    return {str(row[0]) for row in app.store.rows("SELECT rule_id FROM rule_state WHERE disabled = 1")}


def idle_rules(app: App, catalogue: Catalogue) -> set[str]:
    """Rules that ask for countries while nobody gave a table."""
    rules = catalogue.sigma.correlations if catalogue.sigma is not None else ()
    asking = {rule.meta.id for rule in rules if rule.view == "country"}
    if not asking or app.workspace_if_any() is None:
        return asking
    return set() if app.store.value("SELECT 1 FROM range_table WHERE kind = 'countries'") else asking
