"""The process in which one foreign template is read and run: `python -m atttcli.reports.templating.child FOLDER`.

The folder holds `job.json`, `template` and `context.json`; the answer goes into it as `answer.json` and `output`. The parent
kills it when time is up; here, where the system can, memory, processor time and the size of files are bounded from the start.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import msgspec

from atttcli.errors import AtttError
from atttcli.reports.templating.fault import Fault, Faulty, check_marks, decoded

JOB, TEMPLATE, CONTEXT, ANSWER, OUTPUT = "job.json", "template", "context.json", "answer.json", "output"
MIB = 1024 * 1024
TASKS = ("render", "lint")


def main(folder: Path) -> None:
    """Do what the job says. Whatever goes wrong becomes an answer; what cannot (killed, out of memory) is the parent's."""
    job = msgspec.json.decode((folder / JOB).read_bytes())
    _confine(int(job["memory"]), int(job["seconds"]), int(job["output"]))
    try:
        answer = _answer(folder, job)
    except MemoryError:
        answer = {"memory": True}
    (folder / ANSWER).write_bytes(msgspec.json.encode(answer))


def _answer(folder: Path, job: dict[str, Any]) -> dict[str, Any]:
    data = (folder / TEMPLATE).read_bytes()
    context = (folder / CONTEXT).read_bytes()
    try:
        if job["task"] == "lint":
            from atttcli.reports.templating.lint import lint

            return {"faults": lint(data, job["format"], context, tuple(job["wanted"]))}
        output = _rendered(data, str(job["format"]), context, int(job["output"]))
    except Faulty as error:
        return {"faults": error.faults}
    except AtttError as error:
        return {"faults": [Fault(error.message)]}
    (folder / OUTPUT).write_bytes(output)
    return {"faults": []}


def _rendered(data: bytes, format: str, context: bytes, most: int) -> bytes:
    from atttcli.reports.templating.values import unpacked

    values = unpacked(context)
    if format == "docx":
        from atttcli.reports.templating.word import render_word

        return render_word(data, values)
    page = _text(data, format, values, most)
    check_marks(page, values["paper"].masthead.marks, format)
    if format == "html":
        from atttcli.reports.templating.page_gate import page_faults, with_policy

        faults = page_faults(page)
        if faults:
            raise Faulty(faults)
        page = with_policy(page)
    return (page.rstrip("\n") + "\n").encode("utf-8")


def _text(data: bytes, format: str, values: dict[str, Any], most: int) -> str:
    from atttcli.reports.templating.blame import told
    from atttcli.reports.templating.sandbox import environment

    if format == "html":
        values = values | _style(values)
    made = environment(format)
    pieces: list[str] = []
    size = 0
    with told():
        for piece in made.from_string(decoded(data)).generate(values):
            size += len(piece)
            if size > most:
                raise Faulty([Fault(f"the paper grows beyond {most // MIB} MiB")])
            pieces.append(piece)
    return "".join(pieces)


def _style(values: dict[str, Any]) -> dict[str, Any]:
    from markupsafe import Markup

    from atttcli.reports.html import page_style

    # Ours, and without data; its hash is set when the page is whole, over whatever style blocks it then has.
    return {"style": Markup(page_style(values["paper"])), "style_hash": "sha256-"}  # noqa: S704


def _confine(memory: int, seconds: int, output: int) -> None:
    """Bounds that the system keeps; where it has none (Windows), the parent's clock is what holds."""
    try:
        import resource
    except ImportError:
        return
    wanted = {
        resource.RLIMIT_AS: memory, resource.RLIMIT_CPU: seconds, resource.RLIMIT_FSIZE: output + MIB, resource.RLIMIT_CORE: 0,
    }  # fmt: skip
    for which, most in wanted.items():
        _soft, hard = resource.getrlimit(which)
        bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(which, (bound, bound))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
