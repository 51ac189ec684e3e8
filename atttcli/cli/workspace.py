"""`atttcli init`: a folder becomes the workspace of one organisation."""

from __future__ import annotations

import os
import shlex
import uuid
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from atttcli import __version__
from atttcli.cli import render
from atttcli.cli.context import App, with_app
from atttcli.cli.lazy import speak
from atttcli.clock import VIETNAM, Clock, from_micros, rfc3339
from atttcli.errors import Conflict, InputError, WorkspaceError
from atttcli.store.workspace import SETTINGS, Workspace, load_workspace, write_workspace
from atttcli.text.messages import LANGUAGES, _, ngettext, preferred_language
from atttcli.text.retell import retell

if TYPE_CHECKING:
    from atttcli.inventory import Finding, Organisation
    from atttcli.journal.journal import Journal
    from atttcli.store.connection import Store

ADOPTED = "organisation.adopted"


@click.command()
@click.argument("directory", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
@click.option(
    "--organisation",
    "-o",
    required=True,
    metavar="NAME|PATH",
    help="A shipped organisation (bac-kan, thai-nguyen), a YAML file, or CSV/XLSX sheets.",
)
@click.option("--profile", metavar="NAME", help="Legal profile, instead of the one in force for the organisation.")
@click.option("--language", type=click.Choice(LANGUAGES), help="Language of the workspace (else the organisation's).")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@with_app
def init(
    app: App, directory: Path | None, organisation: str, profile: str | None, language: str | None, as_json: bool
) -> None:
    """Make a workspace for an organisation.

    DIR is the current folder by default. An interrupted init can simply be repeated.

    \b
    Examples:
      atttcli init bac-kan --organisation bac-kan
      atttcli init . --organisation ../my-province.yaml --language en
      atttcli init thai-nguyen --organisation thai-nguyen --json
    """
    from atttcli.inventory import load_organisation

    root = directory or Path(app.workspace_option or ".")
    place = load_organisation(organisation)
    findings = usable(place, has_profile=profile is not None)
    chosen = _profile(place, profile, app.clock)
    workspace = make_workspace(root, place, chosen, language or place.language, app.clock)
    if as_json:
        render.emit_json(_as_json(workspace, place, findings))
    else:
        speak(preferred_language(app.lang, workspace.language))  # that of all that follows
        _tell(workspace, place, findings)


def make_workspace(
    root: Path, organisation: Organisation, profile: str, language: str, clock: Clock, actor: str | None = None,
    exercise: str = "",
) -> Workspace:  # fmt: skip
    """Folders, database, first journal entry, and at last the settings: until they stand, init can be repeated.

    Conflict when there is a workspace already, or a database that holds more than an interrupted init leaves.
    """
    from atttcli.deadline.duties import calendar_duties
    from atttcli.journal.journal import Journal, current_actor
    from atttcli.store.connection import Store

    if (root / SETTINGS).exists():
        raise Conflict(f"{root} is a workspace already", hint="use it, or name another folder")
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WorkspaceError(f"{root} cannot be made a workspace: {error.strerror or error}") from error
    with Store(root / "workspace.db", create=True) as store:
        identity = _identity(store, root, organisation.code)
        journal = Journal(store, actor or current_actor(), clock)
        with journal.transaction():
            _adopt(store, journal, identity, organisation, profile)
        # Read back: another init, an interrupted one or one at this moment, may have been first.
        settings = (store.meta("id"), organisation.code, str(store.value("SELECT profile FROM organisation")), language)
    write_workspace(Workspace(root, *settings, secret=_secret(root), exercise=exercise))
    calendar_duties(settings[2])  # so that the first `next` need not read the profile
    return load_workspace(root)


def _secret(root: Path) -> bytes:
    """32 random bytes, or those that an interrupted init left."""
    try:
        left = bytes.fromhex((root / ".secret").read_text(encoding="ascii").strip())
    except (OSError, ValueError):
        left = b""
    return left if len(left) == 32 else os.urandom(32)


def _identity(store: Store, root: Path, code: str) -> str:
    """A new identity, or that of the init which was interrupted here."""
    from atttcli.journal.journal import read_entries

    entries = list(read_entries(store.connection, verbs=(ADOPTED,)))
    others = store.value("SELECT count(*) FROM journal") - len(entries)
    facts = store.value("SELECT count(*) FROM source_file") + store.value("SELECT count(*) FROM alert")
    if others or facts or len(entries) > 1 or (entries and entries[0].object != code):
        hint = f"{SETTINGS} is missing: restore it (atttcli db restore BACKUP), or name another folder"
        raise Conflict(f"{root} holds the database of another workspace", hint=hint)
    return store.meta("id") or str(uuid.uuid4())


def _adopt(store: Store, journal: Journal, identity: str, organisation: Organisation, profile: str) -> None:
    from atttcli.inventory import to_payload

    if store.meta("id"):
        return
    facts = {"id": identity, "created": rfc3339(journal.clock.now()), "tool_version": __version__}
    store.connection.executemany("INSERT INTO meta VALUES (?,?)", facts.items())
    journal.append(ADOPTED, organisation.code, {"profile": profile, "organisation": to_payload(organisation)})


def usable(organisation: Organisation, *, has_profile: bool = False) -> list[Finding]:
    """What the check found; InputError after listing every error on stderr."""
    from atttcli.inventory import check_organisation

    findings = check_organisation(organisation)
    errors = [f for f in findings if f.severity == "error" and not (has_profile and f.code == "no-profile")]
    for finding in errors:
        hint = f" → {retell(finding.hint)}" if finding.hint else ""
        render.warn(f"{finding.where}: {retell(finding.message)}{hint}")
    if errors:
        raise InputError(
            ngettext("the organisation has {count} error", "the organisation has {count} errors", len(errors)),
            hint=_("correct them (every one is listed above), then repeat; nothing was written"),
        )
    return findings


def _profile(organisation: Organisation, asked: str | None, clock: Clock) -> str:
    """The profile in force today, or on the organisation's last day; one asked for instead is used with a warning."""
    from atttcli.profile import load_profile, profile_in_force

    today = from_micros(clock.now(), VIETNAM).date()
    last = date.fromisoformat(organisation.valid_until) if organisation.valid_until else today
    in_force = profile_in_force(organisation, min(today, last)) if organisation.profiles else ""
    chosen = asked or in_force
    load_profile(chosen)
    if in_force and chosen != in_force:
        render.warn(
            _(
                "warning: {organisation} works under {in_force}; {chosen} is used because --profile says so",
                organisation=organisation.code,
                in_force=in_force,
                chosen=chosen,
            )
        )
    return chosen


def _as_json(workspace: Workspace, organisation: Organisation, findings: list[Finding]) -> dict[str, object]:
    return {
        "workspace": str(workspace.root.resolve()),
        "id": workspace.id,
        "organisation": workspace.organisation,
        "profile": workspace.profile,
        "language": workspace.language,
        "agencies": len(organisation.agencies),
        "systems": len(organisation.systems),
        "networks": len(organisation.networks),
        "findings": [
            {"severity": f.severity, "code": f.code, "where": str(f.where), "message": f.message, "hint": f.hint}
            for f in findings
        ],
    }


def _tell(workspace: Workspace, organisation: Organisation, findings: list[Finding]) -> None:
    render.line(
        _(
            "Workspace of {name} in {root}: {agencies} agencies, {systems} systems, profile {profile}.",
            name=organisation.name,
            root=workspace.root,
            agencies=len(organisation.agencies),
            systems=len(organisation.systems),
            profile=workspace.profile,
        )
    )
    if findings:
        render.line(
            ngettext(
                "{count} remark about its data: atttcli agency check",
                "{count} remarks about its data: atttcli agency check",
                len(findings),
            )
        )
    here = workspace.root.resolve() == Path.cwd()
    go = "" if here else f"cd {shlex.quote(str(workspace.root))} && "
    render.line(_("Next: {command}", command=f"{go}atttcli ingest PATH"))
    render.line(_("Then: {command}", command="atttcli next"))
