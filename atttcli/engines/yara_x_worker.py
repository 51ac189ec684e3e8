"""The process that YARA-X runs in: frames in, frames out (see atttcli.process.worker). Started by engines.yara_x only."""

from __future__ import annotations

import json
import sys
from typing import Any

from atttcli.field import account
from atttcli.process.worker import FRAME, read_frame

_EXCERPT = 64
_EXTERNALS = ("filename", "filepath", "extension", "filetype", "owner")


class _Judge:
    def __init__(self, greeting: dict[str, Any]) -> None:
        import yara_x as package

        yara_x: Any = package  # its type stubs do not fit their own classes
        self._engine = yara_x
        self._most = int(greeting["most"])
        compiler = yara_x.Compiler()
        compiler.enable_includes(False)
        compiler.ignore_invalid_rules(True)
        for name in _EXTERNALS:
            compiler.define_global(name, "")
        self.problems: list[tuple[str, str]] = []
        for namespace, source in greeting["sources"].items():
            compiler.new_namespace(namespace)
            try:
                compiler.add_source(source, origin=namespace)
            except yara_x.CompileError as error:
                self.problems.append((namespace, str(error).splitlines()[0]))
        self.problems += [
            ("", f"{rule.name}: {str(rule.message).splitlines()[0]}") for rule in compiler.ignored_rules()
        ]
        self._scanner = yara_x.Scanner(compiler.build())
        self._scanner.max_matches_per_pattern(self._most)

    def match(self, question: bytes) -> Any:
        (size,) = FRAME.unpack_from(question)
        start = FRAME.size + size
        about = json.loads(question[FRAME.size : start])
        for name in _EXTERNALS:
            self._scanner.set_global(name, about["externals"].get(name, ""))
        self._scanner.set_timeout(max(1, int(about["seconds"])))
        data = question[start:]
        try:
            found = self._scanner.scan(data)
        except self._engine.TimeoutError:
            return account.TIMEOUT
        except self._engine.ScanError as error:
            return str(error)
        return [self._hit(rule, data) for rule in found.matching_rules]

    def _hit(self, rule: Any, data: bytes) -> list[Any]:
        strings: list[list[Any]] = []
        total = 0
        for pattern in rule.patterns:
            for match in pattern.matches:
                total += 1
                if len(strings) < self._most:
                    excerpt = data[match.offset : match.offset + min(match.length, _EXCERPT)].hex()
                    strings.append([pattern.identifier, match.offset, match.length, excerpt])
        meta = [[name, value if isinstance(value, (bool, int, str)) else str(value)] for name, value in rule.metadata]
        return [rule.namespace, rule.identifier, list(rule.tags), meta, strings, total - len(strings)]


def main() -> None:
    """Greeting, then questions until the other side closes."""
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    judge: _Judge | None = None
    while (question := read_frame(source)) is not None:
        if judge is None:
            judge = _Judge(json.loads(question))
            answer: Any = []
        elif not question:
            answer = judge.problems
        else:
            answer = judge.match(question)
        data = json.dumps(answer).encode("ascii")
        sink.write(FRAME.pack(len(data)) + data)
        sink.flush()


if __name__ == "__main__":
    main()
