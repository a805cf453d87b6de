"""The files of a scaling figure: three of them, self-contained, the same for the same rows."""

from __future__ import annotations

import json
import re
import struct
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from figure_rows import rows

from compound.figures import save, scaling_chart

HOSTILE = "</script><script>alert(1)</script>"
NAMES = ["add1", "parity", HOSTILE]


class _Page(HTMLParser):
    """Counts the scripts of a page and keeps every address it would load."""

    def __init__(self) -> None:
        super().__init__()
        self.scripts = 0
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.scripts += tag == "script"
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href")]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    chart = scaling_chart(rows(NAMES, n=8), title="Do more agents help?", subtitle=f"Named {HOSTILE}")
    return save(chart, tmp_path_factory.mktemp("run") / "figures", "curve")


def svg_text(path: Path) -> str:
    return " ".join(ElementTree.parse(path).getroot().itertext())


def test_three_files_are_written_into_a_new_folder(files: list[Path]) -> None:
    assert [path.name for path in files] == ["curve.svg", "curve.png", "curve.html"]
    assert all(path.stat().st_size > 10_000 for path in files)


def test_svg_is_xml_with_the_names_the_gains_and_the_evidence(files: list[Path]) -> None:
    text = svg_text(files[0])
    for part in ("add1", "parity", "</script>", "All 3 tasks pooled", "rises +26.8", "no clear change −0.4"):
        assert part in text
    assert "Evidence: local model, 180 questions." in text
    assert "coverage (oracle)" in text


def test_svg_has_nothing_for_the_pointer(files: list[Path]) -> None:
    assert "hover" not in files[0].read_text()


def test_png_has_twice_the_pixels_of_a_readme_figure(files: list[Path]) -> None:
    content = files[1].read_bytes()
    width, height = struct.unpack(">II", content[16:24])
    assert content.startswith(b"\x89PNG")
    assert 1750 <= width <= 1900
    assert 900 <= height <= 1600


def test_html_loads_nothing_and_forbids_it(files: list[Path]) -> None:
    page = files[2].read_text()
    reader = _Page()
    reader.feed(page)
    assert reader.addresses == []
    assert "default-src 'none'" in page


def test_a_hostile_name_stays_inside_the_script_of_the_html(files: list[Path]) -> None:
    page = files[2].read_text()
    reader = _Page()
    reader.feed(page)
    assert reader.scripts == 2  # the library and the figure
    assert HOSTILE not in page


def test_html_holds_the_figure_as_json_with_a_tooltip_for_every_point(files: list[Path]) -> None:
    written = re.search(r'vegaEmbed\("#figure", (\{.*\}), \{renderer', files[2].read_text())
    assert written is not None
    spec = json.loads(written[1])
    tips = [row["tip"] for values in spec["datasets"].values() for row in values if "tip" in row]
    assert len(tips) == 4 * 8
    assert {f"{HOSTILE}, k = 8", "pooled, k = 1"} <= {tip["title"] for tip in tips}
    assert tips[7]["gain"].startswith("rises +")


def test_the_same_rows_give_the_same_bytes(tmp_path: Path) -> None:
    made = []
    for folder in ("one", "two"):
        chart = scaling_chart(rows(["add1"], n=8), title="t", subtitle="s")
        made.append([path.read_bytes() for path in save(chart, tmp_path / folder, "curve")])
    assert made[0] == made[1]


@pytest.mark.parametrize("name", ["", "..", "a/b", "../a"])
def test_a_name_that_is_a_path_is_refused(name: str, tmp_path: Path) -> None:
    chart = scaling_chart(rows(["add1"], n=2), title="t", subtitle="s")
    with pytest.raises(ValueError, match="not a file name"):
        save(chart, tmp_path, name)
