"""Charts as SVG from the server: no script needed, no style attribute, text is text.

The outer `<svg>` has no viewBox, so that text keeps its size at every width; places are
percentages; only the data paths lie in a nested `<svg>` that is stretched. Colours are
classes (`s0` to `s9`), so a change of theme costs nothing. Every chart says in words
what it shows; the numbers themselves belong in a table beside it.
"""

from registry_ui.charts.bars import BarGroup, diverging_bar, grouped_bars
from registry_ui.charts.lines import Mark, Series, line, spark
from registry_ui.charts.parallel import Axis, parallel
from registry_ui.charts.scales import downsample, nice_ticks, smoothed

__all__ = [
    "Axis",
    "BarGroup",
    "Mark",
    "Series",
    "diverging_bar",
    "downsample",
    "grouped_bars",
    "line",
    "nice_ticks",
    "parallel",
    "smoothed",
    "spark",
]
