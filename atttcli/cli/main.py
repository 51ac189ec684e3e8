"""Entry point: top-level options, the table of commands, and the one place where errors become lines and exit codes."""

from __future__ import annotations

import atexit
import gc
import sys

import click

from atttcli import __version__
from atttcli.cli import render
from atttcli.cli.context import App
from atttcli.cli.lazy import LazyGroup, speak
from atttcli.errors import AtttError, Refused
from atttcli.text.display import display, display_block
from atttcli.text.messages import LANGUAGES, _, preferred_language
from atttcli.text.retell import retell

COMMANDS: dict[str, tuple[str, str, str]] = {
    "init": ("atttcli.cli.workspace", "init", "Make a workspace for an organisation."),
    "next": ("atttcli.cli.duty", "next_", "What to do now, most urgent first, with the command for each."),
    "status": ("atttcli.cli.duty", "status", "The state of things in one screen."),
    "deadlines": (
        "atttcli.cli.deadlines",
        "deadlines",
        "What is due by law, from whom to whom, and what follows if missed.",
    ),
    "tick": ("atttcli.cli.deadlines", "tick", "Record reminders and escalations that fell due (for cron and timers)."),
    "shift": ("atttcli.cli.shift", "shift", "Hand a shift over, and take it."),
    "ingest": ("atttcli.cli.ingest", "ingest", "Take in files, folders, archives: recognise, read, match, store."),
    "detect": ("atttcli.cli.detect", "detect", "Match files, captures or logs with no workspace."),
    "source": ("atttcli.cli.source", "source", "Log formats: what can be read, and what was understood of a file."),
    "scan": ("atttcli.cli.scan", "scan", "Scan files on this machine, bounded and incremental."),
    "results": ("atttcli.cli.results", "results", "Results of a run that was spread over machines, put together."),
    "capture": ("atttcli.cli.capture", "capture", "Look into a capture: its flows, one packet layer by layer."),
    "kit": ("atttcli.cli.kit", "kit", "USB kits that scan an agency's machines."),
    "bundle": ("atttcli.cli.bundle", "bundle", "What kits bring back: verify, show, import."),
    "fleet": ("atttcli.cli.fleet", "fleet", "Which machine was scanned when: coverage, findings, what is overdue."),
    "schedule": ("atttcli.cli.schedule", "schedule", "Scans of this machine that run by themselves."),
    "key": ("atttcli.cli.key", "key", "The centre's keys, and those of others that it trusts."),
    "rules": ("atttcli.cli.rules", "rules", "List, check, test, explain and disable rules."),
    "alert": ("atttcli.cli.alert", "alert", "List, show, add, triage and mute alerts."),
    "incident": ("atttcli.cli.incident", "incident", "Open, follow and close incidents."),
    "playbook": ("atttcli.cli.playbook", "playbook", "List playbooks and run them."),
    "task": ("atttcli.cli.task", "task", "List and finish tasks."),
    "evidence": ("atttcli.cli.evidence", "evidence", "Add and list evidence in the vault."),
    "advisory": ("atttcli.cli.advisory", "advisory", "Warn agencies and follow each copy until it is verified."),
    "agency": ("atttcli.cli.agency", "agency", "Agencies, and which address belongs to whom."),
    "system": ("atttcli.cli.system", "system", "Information systems with their level and what concerns them."),
    "user": ("atttcli.cli.user", "user", "Who works here, in which role, for which agencies."),
    "training": ("atttcli.cli.training", "training", "Trainings held, for the periodic report."),
    "inspection": ("atttcli.cli.inspection", "inspection", "Inspections of systems by level, and their findings."),
    "contract": ("atttcli.cli.contract", "contract", "Monitoring and support contracts."),
    "drill": ("atttcli.cli.drill", "drill", "Exercises on the real tool, scored from their own journals."),
    "action": ("atttcli.cli.action", "action", "Improvement actions until a later drill or incident verifies them."),
    "report": ("atttcli.cli.report", "report", "Render official papers."),
    "mail": (
        "atttcli.cli.mail",
        "mail",
        "Mailboxes: a ranking of accounts with reasons, their settings, known travel.",
    ),
    "hunt": ("atttcli.cli.hunt", "hunt", "Ask the events that are kept, by fields or by SQL."),
    "timeline": (
        "atttcli.cli.timeline",
        "timeline",
        "What happened around an alert, an event or a moment, in all logs.",
    ),
    "search": ("atttcli.cli.search", "search", "Search incidents, notes, tasks, evidence, letters and alerts."),
    "undo": ("atttcli.cli.duty", "undo", "Take back your own last entry."),
    "log": ("atttcli.cli.duty", "log", "The journal: who decided what, and when."),
    "db": ("atttcli.cli.db", "db", "Verify, rebuild, back up, restore and purge the workspace."),
    "demo": ("atttcli.cli.demo", "demo", "Run the main job on the sample inbox."),
}


def _speak(language: str | None) -> str | None:
    if language:
        speak(language)
    return language


class TopGroup(LazyGroup):
    """The topmost group: its help and its errors come before the callback, which knows the language."""

    def on_unknown(self, ctx: click.Context) -> None:
        _speak_as_here(ctx)

    def get_help(self, ctx: click.Context) -> str:
        _speak_as_here(ctx)
        return super().get_help(ctx)


def _speak_as_here(ctx: click.Context) -> None:
    app: App = ctx.obj or App(ctx.params.get("workspace"), ctx.params.get("lang"))
    found = app.workspace_if_any()
    speak(preferred_language(ctx.params.get("lang") or _asked(sys.argv[1:]), found.language if found else None))


@click.group(
    cls=TopGroup, lazy=COMMANDS, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110}
)
@click.version_option(__version__, prog_name="atttcli")
@click.option(
    "--workspace", "-w", metavar="DIR", help="The workspace to use (else ATTTCLI_WORKSPACE, else found upwards)."
)
@click.option(
    "--lang",
    type=click.Choice(LANGUAGES),
    is_eager=True,
    callback=lambda _ctx, _parameter, value: _speak(value),
    help="Language of what people read.",
)
@click.option(
    "--as", "as_name", default="", metavar="NAME", help="Who decides, on a shared account (asks the passphrase)."
)
@click.pass_context
def cli(ctx: click.Context, workspace: str | None, lang: str | None, as_name: str) -> None:
    """Incident response toolkit of a provincial cyber response team.

    \b
    Example:
      atttcli init bac-kan --organisation bac-kan && cd bac-kan
      atttcli ingest ../inbox && atttcli next
    """
    if ctx.obj is None:
        ctx.obj = App(workspace, lang, as_name=as_name)
    app: App = ctx.obj
    found = app.workspace_if_any()
    speak(preferred_language(lang, found.language if found else None))
    if ctx.invoked_subcommand and isinstance(ctx.command, click.Group):
        ctx.command.get_command(
            ctx, ctx.invoked_subcommand
        )  # found before the workspace said its language: told in it now
    ctx.call_on_close(app.close)


# Loading makes many objects and no garbage: looks for cycles after each 700 of them were a tenth of the start of `detect logs`.
_COLLECTOR = (20_000, 20, 20)


def _asked(words: list[str]) -> str | None:
    """`--lang` before the command: help and errors of the topmost group are told before options are read."""
    for place, word in enumerate(words):
        if word.startswith("--lang"):
            return word.partition("=")[2] or "".join(words[place + 1 : place + 2])
        if word in COMMANDS:
            break
    return None


def run(arguments: list[str] | None = None) -> None:
    """Console script. Every AtttError becomes one line on stderr, a hint, and its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    gc.set_threshold(*_COLLECTOR)
    atexit.register(gc.freeze)  # a last search for cycles in what ends anyway is a tenth of a short command
    words = sys.argv[1:] if arguments is None else arguments
    speak(preferred_language(_asked(words), None))
    try:
        code = cli.main(args=arguments, standalone_mode=False, prog_name="atttcli")
    except AtttError as error:
        code = report_error(error)
    except click.ClickException as error:
        show_usage(error)
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo(_("Interrupted; what was stored stays stored."), err=True)
        code = 130
    except BrokenPipeError:
        sys.stderr.close()
        code = 0
    sys.exit(code if isinstance(code, int) else 0)


def show_usage(error: click.ClickException) -> None:
    """As click shows it, made safe: words of the command line may be file names that a shell's `*` put there."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):  # its message is the help of a group called alone
        click.echo(display_block(error.format_message()), err=True)
        return
    context = error.ctx if isinstance(error, click.UsageError) else None
    if context is not None:
        click.echo(display_block(context.get_usage()), err=True)
    render.warn("atttcli: " + error.format_message())
    if context is not None:
        render.warn(f"  → {context.command_path} --help")


def report_error(error: AtttError) -> int:
    """One clear line, with the position or the guard, and what to do next; lower rooms write English (decision 0093)."""
    where = f"{display(error.where)}: " if error.where is not None and str(error.where) else ""
    guard = f"[{error.guard}] " if isinstance(error, Refused) else ""
    render.warn(f"atttcli: {where}{guard}{retell(error.message)}")
    if error.hint:
        render.warn("  → " + retell(error.hint))
    return error.exit_code
