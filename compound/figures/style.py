"""How the figures look: sizes, colours, dashes, and one Altair config."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

FONT: Final = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
WIDTH: Final = 848
"""Plot area of a figure in pixels; with the axis it makes about 900, the width of a README."""
HERO_HEIGHT: Final = 270
PANEL_HEIGHT: Final = 118
GUTTER: Final = 26

INK: Final = "#1f2328"
MUTED: Final = "#5f6770"
FAINT: Final = "#ebedf0"
ALARM: Final = "#b3261e"
PALETTE: Final = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b98900", "#56b4e9", "#000000")
"""Okabe and Ito (2008), safe for the colour-blind; their yellow and orange are darkened, to be seen on white."""
REST: Final = "#b4bac1"
"""Series beyond the palette: a repeated colour would name the wrong one."""
VERDICTS: Final = {"rises": "#00704f", "falls": "#b84a00", "no clear change": MUTED, "": MUTED}


@dataclass(frozen=True, slots=True)
class Stroke:
    """How a kind of line is drawn and what it is called. `grey` is its colour where it belongs to no series."""

    name: str
    width: float
    dash: tuple[float, ...]
    grey: str


STROKES: Final = {
    "accuracy": Stroke("accuracy", 2.6, (1, 0), INK),
    "first parsed": Stroke("first parsed", 1.8, (1.5, 3), MUTED),
    "pass@k": Stroke("coverage (oracle)", 1.4, (6, 4), "#858c94"),
    "single": Stroke("single sample", 1.2, (1, 0), "#858c94"),
    "greedy": Stroke("greedy", 1.3, (9, 3, 2, 3), "#6a7179"),
    "constant": Stroke("constant answer", 1.4, (2, 4), "#858c94"),
}


def config() -> dict[str, Any]:
    """The Altair config of every figure."""
    return {
        "background": "white",
        "font": FONT,
        "padding": {"left": 14, "right": 14, "top": 14, "bottom": 12},
        "view": {"stroke": None},
        "axis": {
            "gridColor": FAINT,
            "domainColor": "#c9ced4",
            "tickColor": "#c9ced4",
            "tickSize": 4,
            "labelColor": MUTED,
            "labelFontSize": 11,
            "titleColor": MUTED,
            "titleFontSize": 12,
            "titleFontWeight": "normal",
        },
        "axisY": {"domain": False, "ticks": False, "labelPadding": 6},
        "axisX": {"grid": False, "titlePadding": 8},
        "text": {"font": FONT},
        "title": {"font": FONT, "subtitleFont": FONT, "color": INK, "subtitleColor": MUTED, "anchor": "start"},
    }
