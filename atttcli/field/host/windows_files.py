"""What starts by itself on Windows and stands in files: scheduled tasks and startup folders; on a mounted disk as well.

Task files are XML: read by expat with documents types refused, so that no entity is ever expanded. Python 3.8-clean.
"""

from __future__ import annotations

from typing import Dict, Iterator, List, Tuple
from xml.parsers import expat

from atttcli.field.host.check import NAME, Missed, Observation, Scope, Seen
from atttcli.field.host.commands import asked_of, judge, masked
from atttcli.field.host.root import Entry
from atttcli.field.host.shortcut import read_shortcut
from atttcli.field.opening import NotReadable

_TASKS = "/Windows/System32/Tasks"
_COMMON = "/ProgramData/Microsoft/Windows/Start Menu/Programs/StartUp"
_OF_USER = "AppData/Roaming/Microsoft/Windows/Start Menu/Programs/Startup"
_MOST = 1024 * 1024
_MOST_ACTIONS = 32
_WANTED = ("Command", "Arguments", "UserId", "Author", "Enabled", "Hidden", "ClassId")
_SCRIPTS = (".exe", ".bat", ".cmd", ".vbs", ".vbe", ".js", ".jse", ".wsf", ".ps1", ".scr", ".pif", ".hta", ".com")


class TaskRefused(Exception):
    """Not the XML of a task; the message says why."""


def read_task(data: bytes) -> Dict[str, List[str]]:
    """Texts of the elements that matter, by name, wherever they stand; TaskRefused for anything that is no plain XML."""
    found: Dict[str, List[str]] = {}
    path: List[str] = []

    def start(name: str, _attributes: object) -> None:
        path.append(name.rpartition(":")[2])
        if len(path) > 50:
            raise TaskRefused("nested too deep")
        if path[-1] in _WANTED and len(found.setdefault(path[-1], [])) < _MOST_ACTIONS:
            found[path[-1]].append("")

    def text(piece: str) -> None:
        if path and path[-1] in _WANTED and found.get(path[-1]) and len(found[path[-1]][-1]) < 16_384:
            found[path[-1]][-1] += piece

    def end(_name: str) -> None:
        path.pop()

    def refuse(*_words: object) -> None:
        raise TaskRefused("a document type in a task")

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(data, True)
    except expat.ExpatError:
        raise TaskRefused("not the XML of a task") from None
    return found


def look_tasks(scope: Scope) -> Iterator[Seen]:
    """Each scheduled task with its actions."""
    for entry in scope.root.files(scope.root.folded(_TASKS), depth=8):
        try:
            data, info, cut = scope.root.read_bytes(entry.path, _MOST, follow=False)
        except NotReadable as refused:
            yield Missed(entry.path, refused.why)
            continue
        scope.spending.spend(len(data))
        if cut:
            yield Missed(entry.path, "longer than the limit")
            continue
        try:
            task = read_task(data)
        except TaskRefused as refused:
            yield Missed(entry.path, str(refused))
            continue
        yield _task(entry, task, int(info.st_mtime))


def _task(entry: Entry, task: Dict[str, List[str]], changed: int) -> Observation:
    commands, arguments = task.get("Command", []), task.get("Arguments", [])
    # An action may have no arguments; with as many of both each belongs to its command, else all are told in order.
    lines = (
        [f"{command} {words}" for command, words in zip(commands, arguments)]  # noqa: B905 - Python 3.8
        if len(commands) == len(arguments)
        else [*commands, *arguments]
    )
    rules: List[str] = [rule for line in lines for rule in judge(line)]
    if any("\\appdata\\roaming\\" in line.lower() for line in lines) and not rules:
        rules.append("host.autorun-user-folder")
    if any(value.strip().lower() == "true" for value in task.get("Hidden", [])) and rules:
        rules.append("host.autorun-hidden")
    detail = {
        "kind": "task", "commands": [masked(line) for line in lines], "user": task.get("UserId", [])[:4],
        "author": task.get("Author", [])[:1], "enabled": task.get("Enabled", [])[:8], "changed": changed,
        "handlers": task.get("ClassId", [])[:8],
    }  # fmt: skip
    return Observation(entry.path, detail, tuple(rules), tuple(one for line in lines for one in asked_of(line)))


def look_startup(scope: Scope) -> Iterator[Seen]:
    """What stands in the startup folders of all users; shortcuts with what they start."""
    users = scope.root.folded("/Users")
    folders: List[Tuple[str, str]] = [(scope.root.folded(_COMMON), "")]
    folders += [(scope.root.folded(f"{users}/{name}/{_OF_USER}"), name) for name in scope.root.names(users)]
    for folder, user in folders:
        for entry in scope.root.files(folder):
            if entry.name.lower() != "desktop.ini":
                yield from _started(scope, entry, user)


def _started(scope: Scope, entry: Entry, user: str) -> Iterator[Seen]:
    name = entry.name.lower()
    command = ""
    try:
        data, info, _cut = scope.root.read_bytes(entry.path, _MOST, follow=False)
    except NotReadable as refused:
        yield Missed(entry.path, refused.why)
        return
    scope.spending.spend(len(data))
    if name.endswith(".lnk"):
        shortcut = read_shortcut(data)
        if shortcut is None:
            yield Missed(entry.path, "not a shortcut")
            return
        command = f"{shortcut.target} {shortcut.arguments}".strip()
    elif name.endswith((".bat", ".cmd", ".vbs", ".js", ".ps1")):
        command = data[:16_384].decode("utf-8", "replace")
    rules: List[str] = list(judge(command))
    if not name.endswith(".lnk") and name.endswith(_SCRIPTS):
        rules.append("host.autorun-user-folder")
    detail = {
        "kind": "startup",
        "user": user,
        "command": masked(command),
        "size": info.st_size,
        "changed": int(info.st_mtime),
    }
    yield Observation(entry.path, detail, tuple(rules), ((NAME, entry.path), *asked_of(command)))
