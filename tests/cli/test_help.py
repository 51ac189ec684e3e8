"""`--help` of a group names every command in it, whether its module is loaded late or stands beside."""

from __future__ import annotations

import re

import click
from click.testing import CliRunner

from atttcli.cli.main import cli


def groups(command, path=()):
    if isinstance(command, click.Group):
        yield path, command
        context = click.Context(command)
        for name in command.list_commands(context):
            yield from groups(command.get_command(context, name), (*path, name))


def test_the_help_of_every_group_names_every_command():
    for path, group in groups(cli):
        told = CliRunner().invoke(cli, ["--lang", "en", *path, "--help"])
        assert told.exit_code == 0, path
        shown = set(re.findall(r"^  ([a-z][a-z-]*)  +\S", told.output.partition("Commands")[2], re.MULTILINE))
        assert shown == set(group.list_commands(click.Context(group))), path
