"""The report as one web page: no scripts, no foreign files, plots inside."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from html import escape

from authrisk.evaluation.figures import Report
from authrisk.evaluation.report.document import sections, title_of
from authrisk.evaluation.report.tables import Table

_STYLE = """
:root { color-scheme: light; --ink: #1d2433; --soft: #5b6475; --line: #e3e7ee; --blue: #0072b2; }
* { box-sizing: border-box; }
body { margin: 0; background: #f5f7fa; color: var(--ink);
  font: 15px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 40px 28px 80px; }
h1 { font-size: 28px; line-height: 1.2; margin: 0 0 4px; letter-spacing: -0.01em; }
h2 { font-size: 19px; margin: 0 0 8px; }
nav { margin: 12px 0 28px; font-size: 14px; }
nav a { color: var(--blue); text-decoration: none; margin-right: 16px; white-space: nowrap; }
section { background: #fff; border: 1px solid var(--line); border-radius: 10px;
  padding: 24px 28px; margin: 0 0 20px; }
p { margin: 0 0 8px; max-width: 76ch; color: var(--soft); }
img { display: block; width: 100%; height: auto; margin: 16px 0; }
.table { overflow-x: auto; margin: 14px 0 4px; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 13.5px; }
caption { text-align: left; font-weight: 600; padding: 0 0 6px; }
th, td { padding: 5px 14px 5px 0; border-bottom: 1px solid var(--line); text-align: right;
  white-space: nowrap; }
th { color: var(--soft); font-weight: 600; }
th:first-child, td:first-child { text-align: left; }
td.best { font-weight: 700; color: var(--blue); }
tr.ours td:first-child { font-weight: 700; }
"""


def to_html(report: Report, plots: Mapping[str, bytes] | None = None) -> str:
    """plots: SVG of each name, put inside; none by default."""
    plots = plots or {}
    title = escape(title_of(report))
    parts = list(sections(report))
    links = "".join(f'<a href="#s{i}">{escape(s.title)}</a>' for i, s in enumerate(parts))
    out = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{title}</title><style>{_STYLE}</style></head><body><main>",
        f"<h1>{title}</h1><nav>{links}</nav>",
    ]
    for i, section in enumerate(parts):
        out.append(f'<section id="s{i}"><h2>{escape(section.title)}</h2>')
        out += [f"<p>{escape(sentence).replace('`', '')}</p>" for sentence in section.text]
        for name in section.plots:
            if name in plots:
                data = base64.b64encode(plots[name]).decode()
                out.append(f'<img alt="{escape(name)}" src="data:image/svg+xml;base64,{data}">')
        for table in section.tables:
            out += _table(table, report.ours)
        out.append("</section>")
    return "\n".join([*out, "</main></body></html>", ""])


def _table(table: Table, ours: tuple[str, ...]) -> Iterator[str]:
    if not table.rows:
        return
    yield '<div class="table"><table>'
    if table.caption:
        yield f"<caption>{escape(table.caption)}</caption>"
    if any(table.head):
        cells = "".join(f"<th>{escape(cell)}</th>" for cell in table.head)
        yield f"<thead><tr>{cells}</tr></thead>"
    yield "<tbody>"
    for i, row in enumerate(table.rows):
        mark = ' class="ours"' if len(table.rows) > 1 and ours and row[0] in ours else ""
        cells = "".join(
            f'<td class="best">{escape(cell)}</td>'
            if table.is_best(i, j)
            else f"<td>{escape(cell)}</td>"
            for j, cell in enumerate(row)
        )
        yield f"<tr{mark}>{cells}</tr>"
    yield "</tbody></table></div>"
