"""`atttcli rules convert`: Sigma rules as queries of a cluster, so that the same rules run where the logs are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import IO, Any

import click

from atttcli.cli import render
from atttcli.cli.context import App, with_app
from atttcli.cli.matching import existing, problem_line
from atttcli.errors import InputError
from atttcli.text.messages import _, ngettext

FORMATS = ("query", "dsl", "monitor", "dashboards")


@click.command("convert")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="RULE...")
@click.option("--to", "target", type=click.Choice(["opensearch"]), required=True, help="The system that will run them.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="query", show_default=True,
              help="Query string, query DSL, alerting monitor, saved search of Dashboards.")  # fmt: skip
@click.option("--index", multiple=True, metavar="PATTERN", help="Indices to search (repeatable; default: *).")
@click.option(
    "--pipeline", default="", metavar="NAME|FILE", help="Field names of the cluster: ecs_windows ..., or a YAML file."
)
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write the queries to this file.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line for each rule.")
@with_app
def convert(
    app: App,
    paths: tuple[Path, ...],
    target: str,
    form: str,
    index: tuple[str, ...],
    pipeline: str,
    output: Path | None,
    as_json: bool,
) -> None:
    """Sigma files or folders as queries of OpenSearch. Rules that cannot be turned are named and counted (exit 2).

    The query says nothing of the log source, which --json tells beside it: choose the indices, or give a pipeline.

    \b
    Examples:
      atttcli rules convert my-sigma/ --to opensearch --format monitor --index 'winlogbeat-*' -o monitors.ndjson
      atttcli rules convert rule.yml --to opensearch --pipeline ecs_windows --json
    """
    from atttcli.engine import RuleProblem
    from atttcli.rulepack.conversion import convert as converted

    count = refused = 0
    lines: list[str] = []
    for one in converted(existing(paths), form, index, pipeline):
        if isinstance(one, RuleProblem):
            refused += 1
            render.warn(problem_line(one))
            continue
        count += 1
        written = [_line(query) for query in one.queries]
        lines += written
        if as_json:
            render.emit_json(
                {"rule": one.rule, "title": one.title, "level": one.level, "log_source": one.log_source, "target": target,
                 "format": form, "queries": list(one.queries), "file": one.where.path, "line": one.where.line}
            )  # fmt: skip
        elif output is None:
            render.line(f"# {one.rule}  {one.title}")
            for text in written:
                render.line(text)
    if output is not None:
        _save(output, lines)
    render.warn(ngettext("{count} rule was converted.", "{count} rules were converted.", count))
    if refused:
        render.warn(ngettext("{count} rule was not.", "{count} rules were not.", refused))
    click.get_current_context().exit(2 if refused else 0)


def _line(query: Any) -> str:
    return query if isinstance(query, str) else json.dumps(query, ensure_ascii=False, sort_keys=False)


def _save(path: Path, lines: list[str]) -> None:
    try:
        with path.open("w", encoding="utf-8") as stream:
            _write(stream, lines)
    except OSError as error:
        raise InputError(_("{path} cannot be written: {reason}", path=path, reason=error.strerror or error)) from error


def _write(stream: IO[str], lines: list[str]) -> None:
    for line in lines:
        stream.write(line + "\n")
