"""Pages from blocks: nothing is fetched, nothing breaks out, and the Markdown has the same words."""

from __future__ import annotations

import base64
import re
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure

from workbench.jobs.pages import Bullets, Grid, Heading, Image, Words, to_html, to_markdown

BLOCKS = (
    Words("The gate says **no** to `a_b`.", "no"),
    Heading("Scores"),
    Grid(("", "accuracy"), [["this", "0.5"], ["other", "+0.250 (+0.1 to +0.4)"]], frozenset({1})),
    Grid(("", "x"), [["hidden", "1"]], folded="All of them"),
    Bullets(["one", "two"]),
    Image(Figure(figsize=(1, 1)), "A picture."),
)


class Reader(HTMLParser):
    """Tags in the order in which they open, text, and whether every one was closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, _: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in {"meta", "img"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_page_is_one_file_that_fetches_nothing() -> None:
    page = to_html("A page", BLOCKS)
    assert Reader(page).open == []
    assert re.findall(r'(?:src|href)="([^"]{0,22})', page) == ["data:image/png;base64,"]
    assert "default-src 'none'" in page
    assert not re.search(r"https?://|@import|url\(", page)


def test_a_picture_is_a_whole_png() -> None:
    (coded,) = re.findall(r'base64,([^"]+)"', to_html("A page", BLOCKS))
    assert base64.b64decode(coded, validate=True).startswith(b"\x89PNG")


def test_markdown_has_the_same_words_but_for_pictures_and_folded_tables() -> None:
    said = to_markdown("A page", BLOCKS, 8000)
    assert said.startswith("# A page\n\nThe gate says **no** to `a_b`.\n")
    assert "| **other** | **+0.250 (+0.1 to +0.4)** |" in said
    assert "- one\n- two" in said
    assert "hidden" not in said
    assert "picture" not in said
    seen = Reader(to_html("A page", BLOCKS)).text
    words = re.findall(r"[a-z_]{3,}", said)
    assert all(word in seen for word in words)


def test_what_the_markdown_cannot_hold_is_named() -> None:
    many = [block for n in range(40) for block in (Heading(f"Part {n}"), Words("word " * 50))]
    said = to_markdown("A page", many, 3000)
    assert len(said) <= 3000
    assert "Part 3" in said
    assert re.search(r"The rest, from “Part \d+” on, stands on the page\.\n$", said)
    assert len(to_markdown("A page", [Words("x" * 9000)], 8000)) <= 8000


@given(st.text(max_size=80))
def test_no_text_breaks_out_of_its_place(text: str) -> None:
    page = to_html(text, [Words(text), Grid((text,), [[text]]), Bullets([text]), Image(Figure(figsize=(1, 1)), text)])
    allowed = {"html", "head", "meta", "title", "style", "body", "h1", "p", "table", "thead", "tr", "th", "tbody", "td"}
    allowed |= {"ul", "li", "figure", "img", "figcaption", "strong", "code"}
    assert set(Reader(page).tags) <= allowed


def test_markup_in_names_is_shown_and_not_obeyed() -> None:
    page = to_html("<script>alert(1)</script>", [Grid(("a",), [['" onload="x']])])
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert to_markdown("t", [Grid(("a",), [["x|y"]])], 8000).count("\\|") == 1
