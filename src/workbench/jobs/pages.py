"""A page for people from plain blocks: as one HTML file that fetches nothing, and as Markdown with the same words."""

from __future__ import annotations

import base64
import html
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #1a1a1a; background: #fff; max-width: 60rem; margin: 2rem auto;
       padding: 0 1rem; }
h1 { font-size: 1.6rem; margin-bottom: .3rem; } h2 { font-size: 1.2rem; margin-top: 2.2rem;
     border-bottom: 1px solid #ddd; padding-bottom: .2rem; }
table { border-collapse: collapse; margin: .8rem 0; font-size: .92rem; }
th, td { text-align: left; vertical-align: top; padding: .25rem .8rem .25rem 0; border-bottom: 1px solid #eee; }
th { border-bottom: 2px solid #bbb; }
td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
tr.bad td { background: #fdecdd; } tr.bad td:first-child { font-weight: 700; }
p.yes, p.no { padding: .7rem 1rem; border-radius: .3rem; font-size: 1.1rem; }
p.yes { background: #dff3ea; border-left: 6px solid #009e73; }
p.no { background: #fdecdd; border-left: 6px solid #d55e00; }
code { background: #f3f3f3; padding: 0 .2rem; border-radius: .2rem; overflow-wrap: anywhere; }
figure { margin: 1rem 0; } figure img { max-width: 100%; height: auto; } figcaption { color: #555; font-size: .9rem; }
details summary { cursor: pointer; color: #0072b2; }
"""
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


@dataclass(frozen=True)
class Heading:
    text: str


@dataclass(frozen=True)
class Words:
    """A paragraph; ``**strong**`` and ```code``` are marked as in Markdown. ``tone`` colours it."""

    text: str
    tone: str = ""


@dataclass(frozen=True)
class Bullets:
    items: Sequence[str]


@dataclass(frozen=True)
class Grid:
    """A table. Rows whose place is in ``bad`` stand out. ``folded`` ones are under that title on the page, and not in
    the Markdown."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    bad: frozenset[int] = frozenset()
    folded: str = ""


@dataclass(frozen=True)
class Image:
    """A figure with what it shows, in words; not in the Markdown."""

    figure: Figure
    caption: str


Block = Heading | Words | Bullets | Grid | Image


def to_html(title: str, blocks: Iterable[Block]) -> str:
    """Images are inside, nothing is fetched, and the page says so to the browser."""
    body = "\n".join([f"<h1>{_inline(title)}</h1>", *(_html(block) for block in blocks)])
    head = (
        f'<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        f"<title>{html.escape(title)}</title><style>{STYLE}</style>"
    )
    return f'<!doctype html>\n<html lang="en"><head>{head}</head><body>\n{body}\n</body></html>\n'


def to_markdown(title: str, blocks: Iterable[Block], most: int) -> str:
    """Whole sections, as many as ``most`` characters hold; what does not fit is named."""
    sections: list[list[str]] = [[f"# {title}", ""]]
    for block in blocks:
        if isinstance(block, Heading):
            sections.append([])
        sections[-1] += _markdown(block)
    text, left_out = "\n".join(sections[0]), ""
    for section in sections[1:]:
        more = "\n".join(["", *section])
        if left_out or len(text) + len(more) > most - 100:
            left_out = left_out or f"\n\nThe rest, from “{section[0].removeprefix('## ')}” on, stands on the page."
            continue
        text += more
    return (text[: most - 200] + left_out).strip() + "\n"


def _html(block: Block) -> str:
    match block:
        case Heading(text):
            return f"<h2>{_inline(text)}</h2>"
        case Words(text, tone):
            return f'<p class="{tone}">{_inline(text)}</p>' if tone else f"<p>{_inline(text)}</p>"
        case Bullets(items):
            return "<ul>" + "".join(f"<li>{_inline(item)}</li>" for item in items) + "</ul>"
        case Grid():
            return _html_table(block)
        case Image(figure, caption):
            said = html.escape(caption, quote=True)
            source = f"data:image/png;base64,{_png(figure)}"
            return f'<figure><img alt="{said}" src="{source}"><figcaption>{_inline(caption)}</figcaption></figure>'


def _html_table(grid: Grid) -> str:
    head = "".join(f"<th>{_inline(name)}</th>" for name in grid.columns)
    rows = []
    for place, row in enumerate(grid.rows):
        cells = "".join(f"<td{' class=number' if _is_number(cell) else ''}>{_inline(cell)}</td>" for cell in row)
        rows.append(f"<tr{' class=bad' if place in grid.bad else ''}>{cells}</tr>")
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    if not grid.folded:
        return table
    return f"<details><summary>{_inline(grid.folded)}</summary>{table}</details>"


def _markdown(block: Block) -> list[str]:
    match block:
        case Heading(text):
            return [f"## {text}", ""]
        case Words(text):
            return [text, ""]
        case Bullets(items):
            return [*(f"- {item}" for item in items), ""]
        case Grid(columns, rows, bad, folded) if not folded:
            cells = [[_cell(cell, place in bad) for cell in row] for place, row in enumerate(rows)]
            lines = [f"| {' | '.join(row)} |" for row in (list(columns), ["---"] * len(columns), *cells)]
            return [*lines, ""]
        case _:
            return []


def _cell(text: str, is_bad: bool) -> str:
    safe = text.replace("|", "\\|")
    return f"**{safe}**" if is_bad and safe and "**" not in safe else safe


def _inline(text: str) -> str:
    safe = html.escape(text, quote=False)
    safe = re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", safe)
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", safe)


def _is_number(cell: str) -> bool:
    return bool(re.match(r"^(< )?[+-]?[\d,.]+( %| \(.*\))?$", cell))


def _png(figure: Figure) -> str:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110)
    return base64.b64encode(buffer.getvalue()).decode("ascii")
