"""What a scaling figure says: its panels, axes, colours and notes, read from the chart's own spec."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from figure_rows import rows

from compound.figures import scaling_chart
from compound.figures.style import PALETTE


def spec(given: list[dict[str, Any]], **options: Any) -> dict[str, Any]:
    chart = scaling_chart(given, title="Do more agents help?", subtitle="a subtitle", **options)
    return chart.to_dict(validate=False)  # the tests of the files validate


def texts(figure: dict[str, Any]) -> list[str]:
    return [row["text"] for values in figure["datasets"].values() for row in values if "text" in row]


def layers(part: Any) -> Iterator[dict[str, Any]]:
    """Every layer with a mark, in the order of drawing."""
    if isinstance(part, list):
        for item in part:
            yield from layers(item)
    elif isinstance(part, dict):
        if "mark" in part:
            yield part
        for key in ("vconcat", "hconcat", "layer"):
            yield from layers(part.get(key, []))


def x_axes(figure: dict[str, Any]) -> list[dict[str, Any]]:
    axes = [layer["encoding"].get("x", {}) for layer in layers(figure)]
    return [axis for axis in axes if axis.get("scale", {}).get("type") == "log"]


def with_gain(low: float | None, high: float | None) -> list[dict[str, Any]]:
    made = rows(["add1"], n=4)
    for row in made:
        if "gain" in row:
            row |= {"gain": 0.05, "gain_low": low, "gain_high": high}
    return made


def test_pooled_comes_first_and_each_task_has_a_panel() -> None:
    figure = spec(rows(["add1", "order", "words", "parity", "capitals"], n=2))
    assert [len(row["hconcat"]) for row in figure["vconcat"][:-1]] == [1, 3, 2]
    sizes = [panel["height"] for row in figure["vconcat"][:-1] for panel in row["hconcat"]]
    assert sizes[0] > 2 * sizes[1]


def test_one_task_is_not_drawn_twice() -> None:
    figure = spec(rows(["add1"], n=4))
    assert [len(row["hconcat"]) for row in figure["vconcat"][:-1]] == [1]
    assert "add1" in texts(figure)


def test_all_panels_share_both_axes() -> None:
    figure = spec(rows(["add1", "words"], n=32))
    assert {tuple(axis["scale"]["domain"]) for axis in x_axes(figure)} == {(1, 32)}
    assert {tuple(axis["axis"]["values"]) for axis in x_axes(figure)} == {(1, 2, 4, 8, 16, 32)}
    ys = [
        layer["encoding"]["y"]["scale"] for layer in layers(figure) if "domain" in str(layer["encoding"].get("y"))
    ]
    assert {tuple(scale["domain"]) for scale in ys} == {(0, 100)}


def test_an_accuracy_axis_that_does_not_start_at_zero_says_so() -> None:
    high = [row | {"accuracy": 0.9, "low": 0.87, "high": 0.93} for row in rows(["add1"], n=4)]
    assert any("The accuracy axis starts at 80%." in text for text in texts(spec(high)))


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (0.01, 0.09, "rises +5.0 [+1.0, +9.0]"),
        (-0.09, -0.01, "falls +5.0 [−9.0, −1.0]"),
        (-0.01, 0.11, "no clear change +5.0 [−1.0, +11.0]"),
        (None, None, "+5.0"),
    ],
)
def test_the_heading_says_what_the_interval_of_the_gain_allows(
    low: float | None, high: float | None, words: str
) -> None:
    assert words in texts(spec(with_gain(low, high)))


def test_a_simulation_says_so_first_and_in_red() -> None:
    title = spec(rows(["add1"], n=4, tier="simulation", model="simulated/easy"))["title"]
    assert title["subtitle"][0].startswith("SIMULATION: simulated/easy")
    assert (title["subtitleColor"], title["subtitleFontWeight"]) == ("#b3261e", "bold")


def test_a_simulation_among_measurements_is_named() -> None:
    mixed = rows(["add1"], n=4) + rows(["add1"], n=4, tier="simulation", model="simulated/easy")
    assert spec(mixed)["title"]["subtitle"][0].startswith("SIMULATION in part: simulated/easy")


def test_a_measurement_is_not_called_a_simulation() -> None:
    assert "SIMULATION" not in str(spec(rows(["add1"], n=4)))


def test_the_cost_axis_is_dollars_where_every_price_is_known() -> None:
    axis = x_axes(spec(rows(["add1", "words"], n=8, usd=2e-5), against="cost"))[0]
    assert "dollars" in axis["axis"]["title"]
    assert axis["scale"]["domain"] == pytest.approx([2e-5, 16e-5])


@pytest.mark.parametrize("usd", [None, 0.0])
def test_the_cost_axis_falls_back_to_tokens(usd: float | None) -> None:
    priced = rows(["add1"], n=4, usd=1e-4)
    given = priced + rows(["add1"], n=4, usd=usd, model="another")
    assert "tokens" in x_axes(spec(given, against="cost"))[0]["axis"]["title"]


def test_no_cost_at_all_is_an_error_that_names_the_way_out() -> None:
    free = [row | {"usd": None, "tokens": None} for row in rows(["add1"], n=4)]
    with pytest.raises(ValueError, match="against='samples'"):
        spec(free, against="cost")


def test_two_strategies_have_two_colours_and_share_what_is_the_same() -> None:
    both = rows(["add1"], n=4) + rows(["add1"], n=4, strategy="vote(cot, n=4)", shift=-0.1, greedy=0.1)
    figure = spec(both)
    labels = [text.split("\u2002")[1] for text in texts(figure) if "\u2002" in text]
    assert labels.count("greedy") == 2
    assert labels.count("coverage (oracle)") == labels.count("single sample") == 1
    assert {"vote(few_shot, n=32)", "vote(cot, n=4)"} <= set(labels)
    drawn = {layer["mark"].get("color") for layer in layers(figure)}
    assert set(PALETTE[:2]) <= drawn


def test_two_models_are_told_apart_by_their_names() -> None:
    both = rows(["add1"], n=4) + rows(["add1"], n=4, model="openai/gpt-4o-mini", shift=0.1)
    assert any(text.endswith("\u2002openai/gpt-4o-mini") for text in texts(spec(both)))


def test_many_strategies_leave_lines_out_and_say_so() -> None:
    many = [
        row
        for i in range(15)
        for row in rows(["add1"], n=2, strategy=f"vote(s{i}, n=2)", greedy=0.01 * i, shift=0.01 * i)
    ]
    words = texts(spec(many))
    assert not any(text.endswith("greedy") for text in words)
    assert any("are left out." in text for text in words)
    assert any("Dashed, with hollow dots: a second curve of that colour." in text for text in words)
    assert any("Grey: 1 more curve." in text for text in words)


def test_every_stroke_has_a_name_even_if_the_first_panel_lacks_it() -> None:
    given = rows(["add1"], n=2) + rows(["words"], n=2, strategy="vote(cot, n=2)")
    assert any(text.endswith("–\u2002vote(cot, n=2)") for text in texts(spec(given)))


def test_unknown_intervals_draw_no_band_and_a_single_point_a_bar() -> None:
    bare = [row | {"low": None, "high": None} for row in rows(["add1"], n=4)]
    assert not [layer for layer in layers(spec(bare)) if layer["mark"]["type"] == "area"]
    assert "intervals" not in " ".join(texts(spec([row for row in bare if row.pop("gain", 1)])))
    one = spec(rows(["add1"], n=1))
    assert [layer for layer in layers(one) if "y2" in layer["encoding"] and layer["mark"].get("opacity")]


def test_a_strategy_without_samples_to_choose_from_is_a_point_with_its_name() -> None:
    debate = rows(["add1"], n=1, strategy="debate(cot, agents=3)", usd=3e-4)[:1]
    figure = spec(rows(["add1"], n=4, usd=1e-4) + debate, against="cost")
    assert any(text.endswith("\u2002debate(cot, agents=3)") for text in texts(figure))
    assert x_axes(figure)[0]["scale"]["domain"] == pytest.approx([1e-4, 4e-4])


def test_a_strategy_without_a_k_crosses_the_axis_of_samples() -> None:
    debate = rows(["add1"], n=1, strategy="debate(cot, agents=3)")[:1]
    figure = spec(rows(["add1"], n=4) + debate)
    assert any("a strategy without a k." in text for text in texts(figure))
    own = [layer for layer in layers(figure) if layer["mark"].get("color") == PALETTE[1]]
    assert not [layer for layer in own if layer["mark"]["type"] in ("point", "line")]


def test_rows_of_text_as_csv_gives_them_draw_the_same_figure() -> None:
    given = rows(["add1"], n=4)
    as_text = [{key: "" if value is None else str(value) for key, value in row.items()} for row in given]
    assert spec(as_text) == spec(given)


def test_no_rows_is_a_clear_error() -> None:
    with pytest.raises(ValueError, match="no rows to draw"):
        spec([])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"line": "median"}, "row 1: unknown line 'median': a line is one of accuracy"),
        ({"accuracy": 53.0}, "row 1: accuracy is 53.0: it must be a fraction"),
        ({"accuracy": float("nan")}, "row 1: accuracy is nan"),
        ({"k": 0}, "row 1: k is 0"),
        ({"tokens": "many"}, "row 1: tokens is 'many', not a number"),
    ],
)
def test_a_row_that_cannot_be_drawn_is_named(change: dict[str, Any], message: str) -> None:
    first, *rest = rows(["add1"], n=2)
    with pytest.raises(ValueError, match=message):
        spec([first | change, *rest])


def test_a_missing_column_and_a_repeated_point_are_named() -> None:
    first, *rest = rows(["add1"], n=2)
    with pytest.raises(ValueError, match="row 1 has no 'tier'"):
        spec([{key: value for key, value in first.items() if key != "tier"}, *rest])
    with pytest.raises(ValueError, match="row 2: a second 'accuracy' of 'add1' at k = 1"):
        spec([first, first])


def test_importing_the_room_does_not_import_altair() -> None:
    code = (
        "import sys, compound.figures; sys.exit(any(m in sys.modules for m in ('altair', 'vl_convert', 'pandas')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
