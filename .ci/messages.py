"""The message catalogues: merge `locale/vi/*.po` into the compiled catalogue, and fail on a string without a translation.

`python .ci/messages.py compile` writes `locale/vi/LC_MESSAGES/atttcli.mo` and `told.json` beside it; `check` fails when a
message of the code, a paragraph of the commands' help, a text of an error, problem or finding (`.ci/told.py`) or a word of
click has no Vietnamese translation, when a translation loses a `{field}`, or when the compiled files are not what the
sources give.
"""

from __future__ import annotations

import ast
import io
import json
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir, extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from told import NUMBERED, fields, sentences  # noqa: E402 - stands beside this file

from atttcli import errors  # noqa: E402 - found by the line above

LOCALE = ROOT / "atttcli" / "locale"
COMPILED = LOCALE / "vi" / "LC_MESSAGES" / "atttcli.mo"
TOLD = LOCALE / "vi" / "LC_MESSAGES" / "told.json"
KEYWORDS = {"_": None, "ngettext": (1, 2)}
ERRORS = {name for name in dir(errors) if isinstance(getattr(errors, name), type) and name != "Where"}
FIELD = re.compile(r"\{(\w*)[^}]*\}")


def messages_of_code() -> dict[str | tuple[str, ...], str]:
    """Every message id of the code with one place where it stands."""
    found: dict[str | tuple[str, ...], str] = {}
    for path in speaking_files():
        for line, message, *_rest in extract_from_file("python", path, keywords=KEYWORDS):
            found.setdefault(message, f"{path.relative_to(ROOT / 'atttcli')}:{line}")
    return {**dict(within_fstrings()), **found}


def speaking_files() -> Iterator[Path]:
    """The files of the code in which anything is marked at all: a third, and looking into a file is what takes time."""
    for path in sorted((ROOT / "atttcli").rglob("*.py")):
        if any(word + b"(" in path.read_bytes() for word in map(str.encode, KEYWORDS)):
            yield path


def within_fstrings() -> Iterator[tuple[str, str]]:
    """What is marked inside f-strings: before Python 3.12 these are one token, so the extraction above sees none of it."""
    for path in speaking_files():
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.JoinedStr):
                for call in ast.walk(node):
                    if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "_" and call.args:
                        text = call.args[0]
                        if isinstance(text, ast.Constant) and isinstance(text.value, str):
                            yield text.value, f"{path.relative_to(ROOT / 'atttcli')}:{call.lineno}"


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
    """What lower rooms say, constant or with numbered fields, with its place."""
    return dict(sentences(ERRORS))


def messages_of_click() -> dict[str | tuple[str, ...], str]:
    """What click says itself: its strings stand in our catalogue (`atttcli.cli.lazy.speak`)."""
    found: dict[str | tuple[str, ...], str] = {}
    for name, line, message, *_rest in extract_from_dir(str(Path(click.__file__).parent), keywords=KEYWORDS):
        found.setdefault(message, f"click/{name}:{line}")
    return found


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
    """The compiled catalogue: what is looked up whole."""
    whole, known = io.BytesIO(), catalogue()
    for template in [one.id for one in known if isinstance(one.id, str) and NUMBERED.search(one.id)]:
        known.delete(template)
    write_mo(whole, known)
    return whole.getvalue()


def told() -> bytes:
    """The templates that `atttcli.text.retell` tells sentences by."""
    known = {one.id: one.string for one in catalogue() if isinstance(one.id, str) and NUMBERED.search(one.id)}
    return (json.dumps(known, ensure_ascii=False, indent=0, sort_keys=True) + "\n").encode()


def check() -> list[str]:
    """What is wrong with the catalogues, a line each."""
    known = catalogue()
    problems = []
    wanted = {**messages_of_click(), **messages_of_errors(), **messages_of_help(), **messages_of_code()}
    for message, place in wanted.items():
        key = message if isinstance(message, str) else message[0]
        entry = known.get(key)
        strings = [] if entry is None else [entry.string] if isinstance(entry.string, str) else list(entry.string)
        if not strings or not all(strings):
            problems.append(f"{place}: no Vietnamese translation of {key!r}")
            continue
        problems += [
            f"{place}: fields differ in the translation of {key!r}"
            for text in strings
            if not any(same_fields(form, text) for form in ([message] if isinstance(message, str) else message[:2]))
        ]
    for path, content in ((COMPILED, compiled()), (TOLD, told())):
        if not path.exists() or path.read_bytes() != content:
            problems.append(f"{path.relative_to(ROOT)} is not current: run make messages")
    return problems


def same_fields(english: str, translation: str) -> bool:
    """Whether no value is lost or invented."""
    if NUMBERED.search(english):
        return fields(english) == fields(translation)
    return set(FIELD.findall(english)) == set(FIELD.findall(translation))


def main(verb: str) -> int:
    if verb == "compile":
        COMPILED.parent.mkdir(parents=True, exist_ok=True)
        COMPILED.write_bytes(compiled())
        TOLD.write_bytes(told())
        return 0
    problems = check()
    print("\n".join(problems) or "messages: every string is translated")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "check"))
