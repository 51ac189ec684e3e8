"""Where templates come from: the option of the command, then the workspace's folder, the user's, and last the package's own.

A template file is named after its paper: `initial.vi.docx`, or `initial.docx` for every language. It is measured as it is found;
nothing in it is read before it runs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from atttcli.errors import InputError, UsageError, Where
from atttcli.reports.templating.kinds import FORMATS, TemplateKind

MAX_TEMPLATE = {"docx": 16 * 1024 * 1024, "html": 2 * 1024 * 1024, "md": 2 * 1024 * 1024, "txt": 2 * 1024 * 1024}
SUFFIXES = {"docx": ".docx", "html": ".html.j2", "md": ".md.j2", "txt": ".txt.j2"}
_ENDINGS = {
    **{suffix: name for name, suffix in SUFFIXES.items()},
    ".html": "html",
    ".md": "md",
    ".txt": "txt",
    ".htm": "html",
}
FOLDER = "templates"


@dataclass(frozen=True, slots=True)
class Template:
    """A template as it was found. `origin`: option, workspace or user; `language` empty: for every one."""

    format: str
    origin: str
    path: str
    sha256: str
    data: bytes
    language: str = ""

    @property
    def name(self) -> str:
        """The file's own name: a folder's name says where somebody works, and does not belong on record."""
        return Path(self.path).name


def read_template(path: Path, origin: str, language: str = "") -> Template:
    """A template file; UsageError for a kind that is none, InputError for one that cannot be read or is too large."""
    format = format_of(path)
    most = MAX_TEMPLATE[format]
    try:
        with path.open("rb") as stream:
            data = stream.read(most + 1)
    except OSError as error:
        raise InputError(f"the template cannot be read: {error.strerror}", where=Where(str(path))) from error
    if len(data) > most:
        raise InputError(f"the template is larger than {most // 1024 // 1024} MiB", where=Where(str(path)))
    return Template(format, origin, str(path), hashlib.sha256(data).hexdigest(), data, language)


def format_of(path: Path) -> str:
    """The format that a template's name says."""
    name = path.name.lower()
    found = next((format for ending, format in _ENDINGS.items() if name.endswith(ending)), "")
    if found:
        return found
    if name.endswith((".docm", ".dotm", ".dot", ".doc", ".dotx")):
        raise UsageError(
            f"{path.name}: not a template that is taken", hint="save it in Word as .docx: no macros, no .dotx"
        )
    raise UsageError(f"{path.name}: its name says no format", hint="endings: " + ", ".join(SUFFIXES.values()))


@dataclass(frozen=True, slots=True)
class Chain:
    """The places in order. `given` are the files of the command's option; `folders` origin to folder."""

    folders: Mapping[str, Path]
    given: tuple[Template, ...] = ()

    def find(self, kind: TemplateKind, format: str, language: str) -> Template | None:
        """The template of a paper in a format and language; None: the package's own."""
        for one in self.given:
            if one.format == format:
                return one
        for origin, folder in self.folders.items():
            for said in (language, ""):
                path = folder / file_name(kind.name, format, said)
                if format in FORMATS and path.is_file():
                    return read_template(path, origin, said)
        return None

    def found(self, kinds: Sequence[TemplateKind]) -> Iterator[tuple[TemplateKind, Template]]:
        """Every template of a folder that stands under the name of a paper, in the order of the papers."""
        for kind in kinds:
            for format in FORMATS:
                for origin, folder in self.folders.items():
                    for said in (*kind.languages, ""):
                        path = folder / file_name(kind.name, format, said)
                        if path.is_file():
                            yield kind, read_template(path, origin, said)


def file_name(paper: str, format: str, language: str) -> str:
    """`initial.vi.docx`, or without language `initial.docx`."""
    return ".".join(filter(None, (paper, language))) + SUFFIXES.get(format, f".{format}")


def chain_of(workspace: Path | None, user: Path, given: Sequence[Path] = ()) -> Chain:
    """The chain as it stands for a workspace and a user; `given` are files of the option, one a format."""
    files = tuple(read_template(path, "option") for path in given)
    formats = [one.format for one in files]
    twice = next((one for one in formats if formats.count(one) > 1), "")
    if twice:
        raise UsageError(f"two templates for {twice}", hint="--template once a format")
    folders = {"workspace": workspace / FOLDER} if workspace is not None else {}
    return Chain({**folders, "user": user / FOLDER}, files)
