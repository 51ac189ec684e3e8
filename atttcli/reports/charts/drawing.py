"""What a chart is drawn with: boxes, lines, dots, polygons and labels in points, on a sheet as wide as the text.

One drawing serves the page (SVG elements written by the template) and the PDF (the same shapes placed by the layout), so both look
the same. Texts here are inert and drawable already: `label` is the only way in.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from atttcli.reports.faces import drawable
from atttcli.reports.inert import paper_text

INK, GREY, PALE = "#222222", "#8c8c8c", "#d9d9d9"
LABEL_LIMIT = 400  # characters of a label that are looked at: what is drawn is cut by width anyway


def page_room(width: float) -> float:
    """How tall a chart may be, in points, so that it fits one page with its title: by its width, portrait or landscape."""
    return 440.0 if width > 600 else 620.0


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle; no fill or no stroke is an empty string."""

    x: float
    y: float
    w: float
    h: float
    fill: str = ""
    stroke: str = ""


@dataclass(frozen=True, slots=True)
class Stroke:
    """A straight line."""

    x1: float
    y1: float
    x2: float
    y2: float
    color: str = GREY
    width: float = 0.5
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Dot:
    """A circle; hollow without a fill."""

    x: float
    y: float
    r: float
    fill: str = ""
    stroke: str = INK


@dataclass(frozen=True, slots=True)
class Polygon:
    """A filled outline."""

    points: tuple[tuple[float, float], ...]
    fill: str


@dataclass(frozen=True, slots=True)
class Label:
    """A line of text; `y` is its base line. `turned` stands upright, read from below."""

    x: float
    y: float
    text: str
    size: float = 9
    anchor: Literal["start", "middle", "end"] = "start"
    bold: bool = False
    fill: str = INK
    turned: bool = False


Shape = Box | Stroke | Dot | Polygon | Label


@dataclass(frozen=True, slots=True)
class Drawing:
    """A whole chart. `said` tells it in words for those who cannot see it."""

    width: float
    height: float
    shapes: tuple[Shape, ...]
    said: str


def plain_text(value: str) -> str:
    """A label's text: inert, on one line, without characters that our faces lack."""
    return drawable(paper_text(" ".join(value[:LABEL_LIMIT].split()), LABEL_LIMIT))


def plain_shapes(drawing: Drawing) -> list[dict[str, Any]]:
    """The shapes as plain values, each with its `kind`."""
    return [{"kind": type(shape).__name__.lower(), **asdict(shape)} for shape in drawing.shapes]


def at(value: float) -> float:
    """A coordinate to a tenth of a point: enough for print, and the same text on every machine."""
    return round(value + 0.0, 1)
