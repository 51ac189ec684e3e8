"""Where papers go: files whole or not at all, stdout for text; then what is still missing is told."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from atttcli.cli.context import App
from atttcli.cli.paper_layout import tell_used, told_json
from atttcli.cli.render import emit_json, line, warn
from atttcli.clock import rfc3339
from atttcli.errors import UsageError, WorkspaceError
from atttcli.text.messages import _

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from atttcli.report import Layout
    from atttcli.reports.paper import Paper

_USUAL = ("docx", "html")
_STDOUT = ("md", "txt", "html", "json", "csv")
_MODEL = ".model.json"


@dataclass(frozen=True, slots=True)
class Written:
    """What is told of a paper that was written: its code, what it is about, of when; the model, where its gaps are told.

    `templates` are those of users that laid it out.
    """

    code: str
    subject: str
    as_of: int
    paper: Paper | None = None
    templates: tuple[Layout, ...] = ()


def file_stem(made: Paper, name: str) -> str:
    """`initial-SC-2026-0001.vi`: the paper's name, what it is about, its language."""
    about = made.subject if not made.span else "_".join(made.span)
    stem = "-".join(
        filter(None, (name, made.code.partition("-")[2], about))  # 24h, order: kinds do not write over one another
    )
    safe = f"{stem}-du-thao" if made.marks.draft else stem
    kept = "".join(char if char.isascii() and (char.isalnum() or char in "-_") else "_" for char in safe)
    return f"{kept}.{made.header.language}"


def chosen_formats(formats: Sequence[str], output: str | None, as_json: bool) -> tuple[str, ...]:
    """The formats to make: those asked, else what is usual for files or for stdout."""
    return tuple(formats) or ((("json",) if as_json else ("txt",)) if output == "-" else _USUAL)


def write_all(
    app: App, facts: Written, rendered: Callable[[str], bytes], stem: str, formats: Sequence[str], output: str | None,
    as_json: bool, model: bool = False,
) -> None:  # fmt: skip
    chosen = chosen_formats(formats, output, as_json)
    if output == "-":
        if len(chosen) > 1 or chosen[0] not in _STDOUT:
            raise UsageError("stdout takes one text format", hint="--format txt, md, html, json or csv, once")
        sys.stdout.write(rendered(chosen[0]).decode("utf-8"))
        tell_used(facts.templates)
        if facts.paper is not None:
            tell_missing(facts.paper)
        return
    written = [(write_file(_target(app, output, stem, name, len(chosen)), rendered(name)), name) for name in chosen]
    if model:
        written.append((write_file(written[0][0].parent / f"{stem}{_MODEL}", rendered("json")), "model"))
    _tell_written(facts, written, as_json)


def _target(app: App, output: str | None, stem: str, name: str, count: int) -> Path:
    if output is None:
        app.workspace.outbox.mkdir(exist_ok=True)
        return app.workspace.outbox / f"{stem}.{name}"
    path = Path(output)
    if path.is_dir():
        return path / f"{stem}.{name}"
    return path if count == 1 else path.with_name(f"{path.stem}.{name}")


def write_file(path: Path, data: bytes) -> Path:
    """Whole or not at all, and flushed."""
    from atttcli.store.durable import write_whole

    try:
        write_whole(path, data)
    except OSError as error:
        raise WorkspaceError(
            f"{path} cannot be written: {error.strerror}", hint="is it open in another program? name another: -o PATH"
        ) from error
    return path


def _tell_written(facts: Written, written: Sequence[tuple[Path, str]], as_json: bool) -> None:
    """The files, then what is still missing."""
    made = facts.paper
    if as_json:
        files = [{"path": str(path), "format": name, "bytes": path.stat().st_size} for path, name in written]
        gaps = made.missing if made else ()
        emit_json(
            {
                "paper": facts.code, "subject": facts.subject, "as_of": rfc3339(facts.as_of),
                "internal": bool(made and made.internal), "files": files, "templates": told_json(facts.templates),
                "missing": [{"fields": list(gap.fields), "required": gap.required} for gap in gaps],
            }
        )  # fmt: skip
        return
    for path, _name in written:
        line(_("Written: {path}", path=path))
    tell_used(facts.templates)
    if made is None:
        return
    tell_missing(made)
    if made.internal:
        warn(_("An internal form: no official one is public."))
    if made.marks.unverified:
        warn(_("Legal data not verified by us: {what}", what="; ".join(made.marks.unverified)))


def tell_missing(made: Paper) -> None:
    """What the paper asks for and nobody knows, with the field that fills it; obligatory ones first."""
    for required, words in ((True, _("Still missing (obligatory):")), (False, _("Still missing:"))):
        gaps = [gap for gap in made.missing if gap.required is required]
        if gaps:
            warn(words)
        for gap in gaps:
            warn("  - " + gap.label + (f" ({', '.join(gap.fields)})" if gap.fields else ""))
    for command in _filled_by(made):
        warn(f"→ {command}")


def _filled_by(made: Paper) -> list[str]:
    """The commands that fill the gaps, ready to complete: fields of the incident in one, the rest each by its own."""
    from atttcli.incident.assigning import COLUMNS
    from atttcli.model.record import FIELDS

    asked = list(dict.fromkeys(name for gap in made.missing for name in gap.fields))
    fields = [name for name in asked if made.subject and (name in FIELDS or name in COLUMNS)]
    told = [f"atttcli incident set {made.subject} " + " ".join(f"{name}=…" for name in fields)] if fields else []
    if "flags" in asked:
        told.append(f"atttcli incident set {made.subject} --flag …")
    if "evidence" in asked:
        told.append(f"atttcli evidence add … --incident {made.subject}")
    if "initial_report" in asked:
        told.append(f"atttcli report issued initial-{made.subject} --number …/BC-…")
    options = [name for name in asked if name.startswith("--")]
    if options:
        told.append(_("this command again, with {options}", options=" ".join(f'{name} "…"' for name in options)))
    held = [name.removeprefix("organ.") for name in asked if name.startswith("organ.")]
    if held:
        told.append(_("the organisation's file, its organ: {fields}", fields=", ".join(held)))
    return told
