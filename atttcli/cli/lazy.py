"""Commands loaded when they are called: `atttcli --help` imports none of their modules."""

from __future__ import annotations

import gettext
import os
from importlib import import_module
from inspect import cleandoc
from typing import Any

import click

from atttcli.text.messages import CATALOGUE, LOCALE, _, language, use_language

_WRITTEN: dict[
    click.Command, tuple[str | None, str | None, str | None]
] = {}  # command -> its texts as written, English
_OPTIONS: dict[click.Option, str | None] = {}


def speak(chosen: str) -> None:
    """Switch our language and click's own: click looks up through the process's gettext domain, which reads LANGUAGE."""
    use_language(chosen)
    os.environ["LANGUAGE"] = language()
    gettext.bindtextdomain(CATALOGUE, str(LOCALE))
    gettext.textdomain(CATALOGUE)


def localised(command: click.Command) -> click.Command:
    """The command with its help, and that of its options and sub-commands, in the language in use."""
    if command not in _WRITTEN:
        if language() == "en":
            return command
        _WRITTEN[command] = (command.help, command.short_help, command.options_metavar)
        _OPTIONS.update((one, one.help) for one in command.params if isinstance(one, click.Option))
    text, short, options = _WRITTEN[command]
    command.help = translated_help(text) if text else text
    command.short_help = _(short) if short else short
    command.options_metavar = _("[OPTIONS]") if options else options
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            told = _OPTIONS.get(parameter)
            parameter.help = _(told) if told else told
    if isinstance(command, click.Group):
        command.subcommand_metavar = _("COMMAND [ARGS]...")
        for inner in command.commands.values():
            localised(inner)
    return command


def paragraphs(text: str) -> list[tuple[str, bool]]:
    """A help text by paragraph, each with whether it is translated: examples (after a \\b) stay as they are typed."""
    parts = cleandoc(text).split("\n\n")
    return [(part, False) if "\b" in part else (" ".join(part.split()), True) for part in parts]


def translated_help(text: str) -> str:
    """Translate a help text by paragraph; of examples only the heading."""
    return "\n\n".join(_(part) if translated else _example(part) for part, translated in paragraphs(text))


def _example(block: str) -> str:
    for heading, told in (("\b\nExample:\n", _("Example:")), ("\b\nExamples:\n", _("Examples:"))):
        if block.startswith(heading):
            return f"\b\n{told}\n{block[len(heading) :]}"
    return block


class LazyGroup(click.Group):
    """A group whose commands are named as `{name: (module, attribute, short help)}`."""

    def __init__(self, *args: Any, lazy: dict[str, tuple[str, str, str]] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lazy = lazy or {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.lazy) + [name for name in super().list_commands(ctx) if name not in self.lazy]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.lazy:
            return super().get_command(ctx, cmd_name)
        module, attribute, _ = self.lazy[cmd_name]
        command = getattr(import_module(module), attribute)
        assert isinstance(command, click.Command)
        return localised(command)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with the lazy names among those that may be meant, told in the workspace's language."""
        name = args[0]
        if self.lazy and name not in self.lazy and name not in self.commands and not name.startswith("-"):
            self.on_unknown(ctx)
            raise click.NoSuchCommand(name, possibilities=self.list_commands(ctx), ctx=ctx)
        return super().resolve_command(ctx, args)

    def on_unknown(self, ctx: click.Context) -> None:
        """Before an error of a wrong name is told: the callback, which knows the language, has not run yet."""

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        localised(self)  # the topmost group comes out of no other group
        super().format_usage(ctx, formatter)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = [(name, _(text)) for name, (_module, _attribute, text) in self.lazy.items()]
        own = [(name, self.commands[name]) for name in sorted(self.commands) if not self.commands[name].hidden]
        rows += [(name, command.get_short_help_str(limit=90)) for name, command in own if name not in self.lazy]
        if self.commands:  # a group within a group: one alphabet; the table of the top level has an order of its own
            rows.sort()
        if rows:
            with formatter.section(_("Commands")):
                formatter.write_dl(rows)
