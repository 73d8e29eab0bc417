"""Charts as SVG from the server: no script needed, no style attribute, text is text.

The outer `<svg>` has no viewBox, so that text keeps its size at every width; places are
percentages; only the data paths lie in a nested `<svg>` that is stretched. Colours are
classes (`s0` to `s9`), so a change of theme costs nothing. Every chart says in words
what it shows; the numbers themselves belong in a table beside it.
"""

from registry_ui.charts.axes import Mark
from registry_ui.charts.bars import BarGroup, diverging_bar, grouped_bars
from registry_ui.charts.boxes import Spread, box
from registry_ui.charts.columns import Column, columns
from registry_ui.charts.lines import Series, line, spark
from registry_ui.charts.parallel import Axis, parallel
from registry_ui.charts.scales import downsample, nice_ticks, smoothed
from registry_ui.charts.scatter import Dot, scatter

__all__ = [
    "Axis",
    "BarGroup",
    "Column",
    "Dot",
    "Mark",
    "Series",
    "Spread",
    "box",
    "columns",
    "diverging_bar",
    "downsample",
    "grouped_bars",
    "line",
    "nice_ticks",
    "parallel",
    "scatter",
    "smoothed",
    "spark",
]
