"""The message catalogues: merge `locale/vi/*.po` into the compiled catalogue, and fail on a string without a translation.

`python .ci/messages.py compile` writes `locale/vi/LC_MESSAGES/atttcli.mo`; `check` fails when a message of the code, a
paragraph of the commands' help or a constant text of an error has no Vietnamese translation, when a translation loses a
`{field}`, or when the compiled file is not what the sources give.
"""

from __future__ import annotations

import ast
import io
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from atttcli import errors  # noqa: E402 - found by the line above

LOCALE = ROOT / "atttcli" / "locale"
COMPILED = LOCALE / "vi" / "LC_MESSAGES" / "atttcli.mo"
ENGLISH_ROOMS = {"rulepack", "engines"}  # what is wrong in a rule is said in the terms of its language's manual
COMMAND = re.compile(
    r"(atttcli( [a-z][a-z-]*)+|pip install \S+|--[a-z][a-z-]*)( (--)?[A-Za-z0-9'\"\[\].:/=_+-]*…?\"?)*$"
)
ERRORS = {name for name in dir(errors) if isinstance(getattr(errors, name), type) and name != "Where"}
FIELD = re.compile(r"\{(\w*)[^}]*\}")


def messages_of_code() -> dict[str | tuple[str, ...], str]:
    """Every message id of the code with one place where it stands."""
    found: dict[str | tuple[str, ...], str] = {}
    keywords = {"_": None, "ngettext": (1, 2)}
    for name, line, message, *_rest in extract_from_dir(
        str(ROOT / "atttcli"), method_map=[("**.py", "python")], keywords=keywords
    ):
        found.setdefault(message, f"{name}:{line}")
    return found


def messages_of_help() -> dict[str, str]:
    """Every text of the commands' help with the command it belongs to: short helps, paragraphs, options."""
    from atttcli.cli.lazy import LazyGroup
    from atttcli.cli.main import COMMANDS, cli

    found: dict[str, str] = {}
    for _module, _attribute, text in COMMANDS.values():
        found.setdefault(text, "cli/main.py")
    context = click.Context(cli, info_name="atttcli")
    for place, command in commands_below(cli, context):
        for text in texts_of(command):
            found.setdefault(text, f"{place} --help")
        if isinstance(command, LazyGroup):
            for _module, _attribute, text in command.lazy.values():
                found.setdefault(text, f"{place} --help")
    return found


def messages_of_errors() -> dict[str, str]:
    """Constant messages and hints of typed errors, with their place; a hint that is a command alone reads in any language."""
    found: dict[str, str] = {}
    for path in sorted((ROOT / "atttcli").rglob("*.py")):
        place = path.relative_to(ROOT / "atttcli")
        if place.parts[0] in ENGLISH_ROOMS:
            continue
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Call) and called(node) in ERRORS:
                given = [*node.args[:1], *(word.value for word in node.keywords if word.arg == "hint")]
                texts = [one.value for one in given if isinstance(one, ast.Constant) and isinstance(one.value, str)]
                found |= {text: f"{place}:{node.lineno}" for text in texts if text and not COMMAND.match(text)}
    return found


def called(node: ast.Call) -> str:
    """The name that is called, without what it is looked up in."""
    return getattr(node.func, "id", "") or getattr(node.func, "attr", "")


def commands_below(command: click.Command, context: click.Context) -> Iterator[tuple[str, click.Command]]:
    """The command and all its sub-commands, each with the words that call it."""
    yield context.command_path, command
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            if inner is not None:
                yield from commands_below(inner, click.Context(inner, info_name=name, parent=context))


def texts_of(command: click.Command) -> Iterator[str]:
    """What a command's help says in words of ours, as `atttcli.cli.lazy` translates it."""
    from atttcli.cli.lazy import paragraphs

    yield from (text for text, translated in paragraphs(command.help or "") if translated and text)
    if command.short_help:
        yield command.short_help
    for parameter in command.params:
        if isinstance(parameter, click.Option) and parameter.help:
            yield parameter.help


def catalogue() -> Catalog:
    """All Vietnamese fragments in one catalogue, in a fixed order."""
    merged = Catalog(locale="vi", project="atttcli", version="1", creation_date=datetime(2026, 1, 1, tzinfo=UTC))
    merged.revision_date = merged.creation_date
    for path in sorted((LOCALE / "vi").glob("*.po")):
        with path.open("rb") as stream:
            for message in read_po(stream, locale="vi"):
                if message.id and message.string:
                    merged.add(message.id, message.string)
    return merged


def compiled() -> bytes:
    """The compiled catalogue."""
    buffer = io.BytesIO()
    write_mo(buffer, catalogue())
    return buffer.getvalue()


def check() -> list[str]:
    """What is wrong with the catalogues, a line each."""
    known = catalogue()
    problems = []
    for message, place in {**messages_of_errors(), **messages_of_help(), **messages_of_code()}.items():
        key = message if isinstance(message, str) else message[0]
        entry = known.get(key)
        strings = [] if entry is None else [entry.string] if isinstance(entry.string, str) else list(entry.string)
        if not strings or not all(strings):
            problems.append(f"{place}: no Vietnamese translation of {key!r}")
            continue
        wanted = set(FIELD.findall(key))
        problems += [
            f"{place}: fields differ in the translation of {key!r}"
            for text in strings
            if set(FIELD.findall(text)) != wanted
        ]
    if not COMPILED.exists() or COMPILED.read_bytes() != compiled():
        problems.append(f"{COMPILED.relative_to(ROOT)} is not current: run make messages")
    return problems


def main(verb: str) -> int:
    if verb == "compile":
        COMPILED.parent.mkdir(parents=True, exist_ok=True)
        COMPILED.write_bytes(compiled())
        return 0
    problems = check()
    print("\n".join(problems) or "messages: every string is translated")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "check"))
