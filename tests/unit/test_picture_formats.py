"""Each format is read back by somebody else's parser, whatever names hold."""

from __future__ import annotations

import json
import re
import sys
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from pygraphviz import AGraph

from datamake.picture.as_dot import dot
from datamake.picture.as_html import page
from datamake.picture.as_image import SVG, DrawingError, png, svg
from datamake.picture.as_json import as_json
from datamake.picture.as_mermaid import escaped, mermaid
from datamake.picture.as_text import outline
from datamake.picture.bundling import bundled
from datamake.picture.formats import FormatError, chosen, encoded
from datamake.picture.labels import shown
from datamake.picture.model import Picture
from tests.unit.pictures import HOSTILE, STALE, chain, drawn, group, hostile

BOXES = len(HOSTILE) * 3


def visible(text: str) -> str:
    """A text without blanks, of which markup may have more or other ones."""
    return re.sub(r"\s", "", text.replace("\xa0", ""))


def test_graphviz_reads_the_dot() -> None:
    picture = bundled(hostile())
    read = AGraph(string=dot(hostile()))
    assert read.number_of_nodes() == len(picture.nodes)
    assert read.number_of_edges() == len(picture.edges)


def test_the_svg_shows_every_name_as_it_is() -> None:
    root = ElementTree.fromstring(svg(hostile()))
    texts = [visible("".join(text.itertext())) for text in root.iter(f"{{{SVG}}}text")]
    for name in HOSTILE:
        assert not visible(shown(name)) or visible(shown(name)) in texts, name
    assert not list(root.iter(f"{{{SVG}}}script"))
    assert not list(root.iter(f"{{{SVG}}}a"))


def test_the_svg_says_more_of_what_one_points_at() -> None:
    titles = ElementTree.fromstring(svg(drawn(chain("a"), a=STALE))).iter(f"{{{SVG}}}title")
    said = [title.text for title in titles]
    assert "a\nstale: input changed · 1 min 30 s\ninput changed: raw" in said
    assert len(said) == 3


def test_the_png_is_one() -> None:
    assert png(drawn(chain("a"))).startswith(b"\x89PNG")


def test_json_keeps_names_and_says_all() -> None:
    read = json.loads(as_json(hostile()))
    assert [n["name"] for n in read["nodes"] if n["kind"] == "stage"] == HOSTILE
    assert len(read["nodes"]) == BOXES
    assert read["stages"] == {"stale": len(HOSTILE)}
    keys = {node["id"] for node in read["nodes"]}
    assert all({edge["from"], edge["to"]} <= keys for edge in read["edges"])
    folded = json.loads(as_json(drawn(group("g", 60))))["nodes"][0]
    assert (folded["count"], folded["states"]) == (60, {"up to date": 60})


def test_mermaid_gets_nothing_that_means_something_to_it() -> None:
    for line in mermaid(hostile()).splitlines()[1:]:
        box = re.fullmatch(r'  n\d+(?:\[|\(\[|\[\[)"([^"]*)"(?:\]|\]\)|\]\]):::\w+', line)
        arrow = re.fullmatch(r"  n\d+ (?:-->|-\.->) n\d+", line)
        assert box or arrow or line.startswith("  classDef "), line
        if box:
            text = re.sub(r"#\d+;|<br/>", "", box.group(1))
            assert re.fullmatch(r"[\w ./,()·…:+=-]*", text, re.ASCII), line


def test_mermaid_reads_its_numbers_back() -> None:
    for name in map(shown, HOSTILE):
        back = re.sub(r"#(\d+);", lambda found: chr(int(found.group(1))), escaped(name))
        assert back.replace("\u2060", "") == name
    assert "#92;n" not in mermaid(hostile())


class Reader(HTMLParser):
    """Notes the tags of a page, and those that are open at its end."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[str] = []
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_is_whole_and_asks_for_nothing() -> None:
    reader = Reader()
    text = page(hostile())
    reader.feed(text)
    reader.close()
    assert reader.open == []
    assert not {"script", "link", "img", "iframe", "object", "b"} & set(reader.tags)
    assert not {"href", "src", "onclick", "onload"} & set(reader.attributes)
    assert "prefers-color-scheme: dark" in text
    assert all(shown(name) in reader.text for name in HOSTILE)


def test_the_outline_fits_its_width() -> None:
    for picture in (hostile(), drawn(chain(*(f"stage_{i}" * 5 for i in range(20))))):
        assert max(map(len, outline(picture, width=80).splitlines())) <= 80


def test_the_outline_says_states_in_words_and_colours_on_request() -> None:
    picture = drawn(chain("a", "b"), a=STALE)
    assert outline(picture).splitlines() == [
        "stale       a  1 min 30 s; input changed: raw",
        "              ← raw (changed)",
        "              → a.out",
        "up to date    b  0.50 s",
        "                ← a.out",
        "                → b.out",
        "2 stages: 1 up to date, 1 stale",
    ]
    coloured = outline(picture, coloured=True)
    assert re.sub(r"\033\[[\d;]*m", "", coloured).split() == outline(picture).split()
    assert "\033[" in coloured


@pytest.mark.parametrize("name", ["svg", "png", "html", "dot", "mmd", "json", "txt"])
def test_nothing_can_be_drawn_too(name: str) -> None:
    assert encoded(Picture((), ()), name)


def test_a_format_is_chosen_by_suffix_or_by_word() -> None:
    assert chosen("a/b.SVG", "") == "svg"
    assert chosen("a.txt", "dot") == "dot"
    for output, asked in (("a.pdf", ""), ("a", ""), ("a.svg", "pdf")):
        with pytest.raises(FormatError, match=r"there are \.svg, \.png"):
            chosen(output, asked)


def test_without_graphviz_one_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    for draw in (svg, png, page):
        with pytest.raises(DrawingError, match=r"pip install 'datamake\[graph\]'"):
            draw(drawn(chain("a")))
    assert dot(drawn(chain("a")))


def test_what_graphviz_says_when_it_gives_up_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(DrawingError, match="could not draw this: it said nothing"):
        svg(drawn(chain("a")))
