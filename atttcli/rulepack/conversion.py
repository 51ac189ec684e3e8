"""Sigma rules for a cluster: pySigma's OpenSearch backend turns each into a query; what it cannot turn is named.

The rules are read by our strict loader first, so that hostile YAML never reaches another parser.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from atttcli.engine import RuleProblem
from atttcli.errors import InputError, MissingFeature, UsageError, Where
from atttcli.limits import MIB, read_bounded
from atttcli.rulepack.sigma_documents import file_documents, rule_files
from atttcli.text import strict_yaml

FORMATS: Final = {
    "query": "default",
    "dsl": "dsl_lucene",
    "monitor": "monitor_rule",
    "dashboards": "dashboards_ndjson",
}
PIPELINES: Final = (
    "ecs_windows",
    "ecs_windows_old",
    "ecs_zeek_beats",
    "ecs_zeek_corelight",
    "ecs_kubernetes",
    "ecs_macos_esf",
)
_SPACE = uuid.UUID("6f0f4b5c-7f5e-5a0e-9a43-0d6b6c1f8a11")  # ids of ours that are no UUID, as pySigma wants them
_OWN = ("attt", "atttcli")


@dataclass(frozen=True, slots=True)
class Converted:
    """A rule as one or more queries: text, or the objects that the format asks for."""

    rule: str
    title: str
    level: str
    log_source: dict[str, str]
    queries: tuple[Any, ...]
    where: Where


def convert(
    paths: Sequence[Path], form: str, index: Sequence[str] = (), pipeline: str = ""
) -> Iterator[Converted | RuleProblem]:
    """Every rule below the paths, in order. MissingFeature without the extra `opensearch`; UsageError for a wrong pipeline."""
    backend = _backend(index, pipeline)
    for file in rule_files(paths):
        for document in file_documents(file):
            yield (
                document
                if isinstance(document, RuleProblem)
                else _one(document, str(file), backend, FORMATS[form], index)
            )


def _backend(index: Sequence[str], pipeline: str) -> Any:
    try:
        from sigma.backends.opensearch.opensearch import OpensearchLuceneBackend
    except ImportError as error:
        raise MissingFeature(
            "the OpenSearch backend is not installed", hint="pip install 'atttcli[opensearch]'"
        ) from error
    return OpensearchLuceneBackend(_pipeline(pipeline), index_names=_indices(index))


def _indices(index: Sequence[str]) -> list[str]:
    return list(index) or ["*"]


def _pipeline(name: str) -> Any:
    """A pipeline that pySigma ships by name, or one from a YAML file."""
    if not name:
        return None
    if name in PIPELINES:
        from importlib import import_module

        for module in ("windows", "zeek", "kubernetes", "macos"):
            made = getattr(import_module(f"sigma.pipelines.elasticsearch.{module}"), name, None)
            if made is not None:
                return made()
        raise UsageError(f"the installed backend has no pipeline {name}")
    from sigma.exceptions import SigmaError
    from sigma.processing.pipeline import ProcessingPipeline

    try:
        with Path(name).open("rb") as stream:
            document = strict_yaml.load(read_bounded(stream, MIB, Where(name)), name)
        _refuse_code(document)
        return ProcessingPipeline.from_dict(msgspec.json.decode(msgspec.json.encode(document)))  # plain dicts
    except OSError as error:
        raise UsageError(f"no pipeline {name!r}", hint="a YAML file, or " + ", ".join(PIPELINES)) from error
    except (SigmaError, InputError, ValueError, TypeError, KeyError) as error:
        raise UsageError(f"the pipeline cannot be read: {error}") from error


def _refuse_code(document: Any) -> None:
    """What would read files or render templates is not run."""
    if not isinstance(document, dict):
        raise UsageError("a pipeline is a mapping")
    steps = document.get("transformations") or []
    odd = [name for name in ("postprocessing", "finalizers") if document.get(name)]
    odd += [str(step.get("type")) for step in steps if isinstance(step, dict) and {"template", "path"} & set(step)]
    if odd:
        raise UsageError(f"{odd[0]} is not taken from a pipeline file", hint="field names, conditions, log sources")


def _one(
    document: Mapping[str, Any], path: str, backend: Any, form: str, index: Sequence[str]
) -> Converted | RuleProblem:
    from sigma.exceptions import SigmaError
    from sigma.rule import SigmaRule

    where = Where(
        path, line=min(getattr(document, "lines", {}).values(), default=1), rule=str(document.get("title", ""))[:200]
    )
    unable = _unable(document)
    if unable:
        return RuleProblem(where, unable, "it runs here: atttcli detect logs")
    try:
        rule = SigmaRule.from_dict(_plain(document), collect_errors=True)
        if rule.errors:
            return RuleProblem(where, _first_line(rule.errors[0]))
        queries = backend.convert_rule(rule, form)
        if form == "dashboards_ndjson":
            queries = [_over(search, ",".join(_indices(index))) for search in queries]
    except (SigmaError, NotImplementedError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        return RuleProblem(where, _first_line(error))
    source = document.get("logsource") or {}
    return Converted(
        str(document.get("id") or document.get("name") or ""),
        str(document.get("title", "")),
        str(document.get("level", "medium")),
        {str(word): str(value) for word, value in source.items() if word in ("category", "product", "service")},
        tuple(queries),
        where,
    )


def _over(search: dict[str, Any], index: str) -> dict[str, Any]:
    """A saved search over these indices; the backend writes its own default."""
    about = search["attributes"]["kibanaSavedObjectMeta"]
    source = msgspec.json.decode(about["searchSourceJSON"]) | {"index": index}
    about["searchSourceJSON"] = msgspec.json.encode(source).decode()
    for reference in search["references"]:
        reference["id"] = index
    return search


def _unable(document: Mapping[str, Any]) -> str:
    if "correlation" in document:
        return "the backend has no correlations for Lucene queries"
    if "atttcli" in document:
        return "the types under `atttcli` exist only here"
    return "a filter is no rule of its own" if "filter" in document else ""


def _plain(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document without our own keys, its id as a UUID."""
    made = {key: value for key, value in document.items() if key not in _OWN}
    identity = str(document.get("id") or document.get("name") or "")
    try:
        uuid.UUID(identity)
    except ValueError:
        made["id"] = str(uuid.uuid5(_SPACE, identity))
    return made


def _first_line(error: object) -> str:
    lines = str(error).strip().splitlines()
    return (lines[0] if lines else type(error).__name__)[:300]
