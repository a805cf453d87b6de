"""Accuracy against cost, one line a strategy: what is drawn are the rows."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from figure_rows import rows

from compound.figures import cost_chart
from compound.figures.style import PALETTE


def strategies(count: int, tasks: list[str], n: int = 4) -> list[dict[str, Any]]:
    made = []
    for place in range(count):
        name, shift = f"vote(s{place}, n={n})", 0.02 * place
        made += rows(tasks, n=n, strategy=name, shift=shift, usd=1e-4 * (1 + 0.3 * place), greedy=0.01 * place)
    return made


def spec(given: list[dict[str, Any]], **options: Any) -> dict[str, Any]:
    chart = cost_chart(given, title="Which gives most?", subtitle="a subtitle", **options)
    return chart.to_dict(validate=False)


def texts(figure: dict[str, Any]) -> list[str]:
    return [row["text"] for values in figure["datasets"].values() for row in values if "text" in row]


def drawn(figure: dict[str, Any], kind: str, panel: int = 0) -> list[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """The marks of a kind in one panel, each with its data."""
    panels = [panel for row in figure["vconcat"][:-1] for panel in row["hconcat"]]
    layers = [layer for layer in panels[panel]["layer"] if layer["mark"]["type"] == kind and "name" not in layer]
    return [(layer["mark"], figure["datasets"][layer["data"]["name"]]) for layer in layers]


def dots(figure: dict[str, Any], panel: int = 0) -> dict[tuple[float, float], float]:
    """The dots of a panel by their places, and how large they are."""
    found = drawn(figure, "point", panel)
    return {(row["x"], row["y"]): mark["size"] for mark, data in found for row in data}


@cache
def two() -> dict[str, Any]:
    """The chart of two strategies on one task."""
    return spec(strategies(2, ["add1"]))


def test_the_dots_are_the_rows_and_nothing_else() -> None:
    given = strategies(2, ["add1"])
    at = {
        (row["usd"], round(100 * row["accuracy"], 3))
        for row in given
        if row["line"] == "accuracy" and row["k"] != 3
    }
    assert set(dots(two())) == at


def test_a_curve_has_a_dot_at_its_last_k_too() -> None:
    given = [row for row in rows(["add1"], n=5, usd=1e-4) if row["line"] == "accuracy"]
    assert len(dots(spec(given))) == 4  # 1, 2, 4 and 5


def test_between_two_settings_accuracy_is_linear_in_cost() -> None:
    first, second = (row for row in rows(["add1"], n=2, usd=1e-4, shift=0.2) if row["line"] == "accuracy")
    second |= {"usd": 16e-4, "accuracy": first["accuracy"] + 0.3, "low": 0.5, "high": 0.8}
    ((_, curve),) = drawn(spec([first, second]), "line")
    assert len(curve) > 8
    slope = 30 / (16e-4 - 1e-4)
    for row in curve:
        assert row["y"] == pytest.approx(100 * first["accuracy"] + slope * (row["x"] - 1e-4), abs=0.002)


def test_large_dots_are_those_that_no_other_beats() -> None:
    base = rows(["add1"], n=1, usd=1e-4)[0]
    points = {"good": (1e-4, 0.5), "worse": (2e-4, 0.4), "same": (2e-4, 0.5), "better": (3e-4, 0.7)}
    given = [base | {"strategy": name, "usd": cost, "accuracy": right} for name, (cost, right) in points.items()]
    sizes = dots(spec(given))
    assert sizes[1e-4, 50.0] == sizes[3e-4, 70.0] > sizes[2e-4, 50.0] == sizes[2e-4, 40.0]


def test_up_to_three_strategies_have_a_panel_for_each_task_with_bands() -> None:
    figure = spec(strategies(3, ["add1", "words", "order"]))
    assert [len(row["hconcat"]) for row in figure["vconcat"][:-1]] == [1, 3]
    assert len(drawn(figure, "area", 0)) == len(drawn(figure, "area", 1)) == 3
    assert {"add1", "words", "order", "All 3 tasks pooled"} <= set(texts(figure))


def test_more_strategies_have_a_panel_for_each_with_its_band_alone() -> None:
    figure = spec(strategies(5, ["add1", "words"]))
    assert sum(len(row["hconcat"]) for row in figure["vconcat"][1:-1]) == 5
    assert drawn(figure, "area", 0) == []
    for place in range(5):
        ((mark, _),) = drawn(figure, "area", 1 + place)
        assert mark["color"] == PALETTE[place]
    assert {f"vote(s{place}, n=4)" for place in range(5)} <= set(texts(figure))
    assert any("Small panels: each strategy alone" in text for text in texts(figure))


def test_more_strategies_than_colours_differ_in_colour_or_in_dash() -> None:
    marks = [mark for mark, _ in drawn(spec(strategies(9, ["add1"], n=2)), "line")]
    assert len({(mark["color"], tuple(mark["strokeDash"])) for mark in marks}) == len(marks) == 9


def test_a_strategy_of_one_setting_is_a_dot_with_its_name_and_its_interval() -> None:
    one = [row | {"strategy": "cot"} for row in rows(["add1"], n=1, usd=1e-4) if row["line"] == "accuracy"]
    figure = spec(strategies(2, ["add1"]) + one)
    assert (one[0]["usd"], round(100 * one[0]["accuracy"], 3)) in dots(figure)
    assert any(text.endswith("\u2002cot") for text in texts(figure))
    bars = [data for mark, data in drawn(figure, "rule") if mark.get("strokeWidth") == 4]
    assert [[row["x"] for row in data] for data in bars] == [[one[0]["usd"]]]


def test_coverage_and_constants_are_no_strategies() -> None:
    assert not {"coverage (oracle)", "constant answer"} & {text.split("\u2002")[-1] for text in texts(two())}


def test_a_strategy_that_was_stopped_has_no_line_among_those_that_were_not() -> None:
    whole = strategies(4, ["add1", "words"], n=2)
    part = rows(["add1"], n=2, strategy="late", usd=1e-4)
    short = [row | {"strategy": "short", "questions": 60} for row in rows(["add1", "words"], n=2, usd=1e-4)]
    names = [text.split("\u2002") for text in texts(spec(whole + part + short)) if "\u2002" in text]
    assert {name[-1] for name in names if "\u2013" in name[0]} == {"late", "short"}


def test_dollars_where_all_are_known_else_tokens() -> None:
    assert "dollars" in str(two()["vconcat"][0])
    unknown = [row | {"usd": None} for row in rows(["add1"], n=2, strategy="vote(x, n=2)")]
    figure = spec(strategies(2, ["add1"]) + unknown)
    assert "mean tokens a question" in str(figure["vconcat"][0])
    assert {x for x, _ in dots(figure)} >= {row["tokens"] for row in unknown if row["line"] == "accuracy"}


def test_the_accuracy_axis_leaves_out_what_is_empty_and_never_ends_above_a_hundred() -> None:
    figure = spec(strategies(2, ["words"]))
    high = [row | {"accuracy": 0.93, "low": 0.32, "high": 0.97} for row in strategies(2, ["add1"])]
    domains = []
    for given in (figure, spec(high)):
        layers = given["vconcat"][0]["hconcat"][0]["layer"]
        ys = [layer["encoding"]["y"] for layer in layers if "scale" in layer["encoding"].get("y", {})]
        domains.append({tuple(y["scale"]["domain"]) for y in ys if y["scale"]})
    assert all(len(found) == 1 for found in domains)
    ((_, top),) = domains[1]
    assert top == 100
    assert any("The accuracy axis starts at" in text for text in texts(spec(high)))


def test_a_simulation_says_so() -> None:
    simulated = [row | {"tier": "simulation"} for row in strategies(2, ["add1"])]
    assert spec(simulated)["title"]["subtitle"][0].startswith("SIMULATION: ")


def test_no_cost_is_an_error() -> None:
    with pytest.raises(ValueError, match="no cost to draw against"):
        spec([row | {"usd": None, "tokens": None} for row in strategies(2, ["add1"])])
