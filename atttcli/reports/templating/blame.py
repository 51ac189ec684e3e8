"""What goes wrong inside a template, as a fault with its line: Jinja's errors, and those of the values that it works on."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from jinja2 import TemplateError, TemplateSyntaxError
from jinja2.exceptions import SecurityError, TemplateNotFound, UndefinedError

from atttcli.reports.templating.fault import Fault, Faulty

_SOURCE = "<template>"  # what Jinja calls the source of a template that has no name
# What an expression of a template may raise on values that do not fit it; a fault of the template, not of ours.
_WRONG = (TypeError, ValueError, ArithmeticError, LookupError, AttributeError, RecursionError)


@contextmanager
def told(excerpts: list[str] | None = None) -> Iterator[None]:
    """Raises Faulty for whatever a template does wrong. `excerpts`: what stands at each line, where lines are paragraphs."""
    try:
        yield
    except (TemplateError, *_WRONG) as error:
        line = _line(error)
        place = ""
        if excerpts is not None and line is not None:
            place, line = _excerpt(excerpts, line), None
        raise Faulty([Fault(_said(error), place, line=line)]) from error


def _line(error: Exception) -> int | None:
    """The line of a syntax error; else the last place in the template through which the error came."""
    if isinstance(error, TemplateSyntaxError):
        return error.lineno
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == _SOURCE]
    return lines[-1] if lines else None


def _said(error: Exception) -> str:
    text = str(error)[:300] or type(error).__name__
    if isinstance(error, UndefinedError):
        return f"{text} (atttcli report template vars lists the names)"
    if isinstance(error, TemplateNotFound):
        return f"a template is one file: {text[:80]!r} is not taken in"
    if isinstance(error, SecurityError):
        return f"not allowed in a template: {text}"
    if isinstance(error, RecursionError):
        return "nested too deep"
    return text if isinstance(error, TemplateError) else f"{type(error).__name__}: {text}"


def _excerpt(paragraphs: list[str], line: int) -> str:
    """The paragraph at a line, shortened: what its author sees in Word."""
    text = paragraphs[line - 1].strip() if 0 < line <= len(paragraphs) else ""
    return f"paragraph {line - 1}: {text[:60]!r}" if text else f"paragraph {line - 1}"
