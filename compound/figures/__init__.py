"""Charts from the rows of a results folder, and the files they are written to."""

from compound.figures.cost import cost_chart
from compound.figures.save import save
from compound.figures.scaling import scaling_chart

__all__ = ["cost_chart", "save", "scaling_chart"]
