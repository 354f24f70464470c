"""The parts of docs/schema.md that are written from the catalogue."""

from __future__ import annotations

import re
from pathlib import Path

from workbench.db.connection import Connection

PAGE = Path(__file__).parents[2] / "docs" / "schema.md"
SEED = Path(__file__).parent / "seed_columns.txt"
SEED_VIEWS = {
    *("mv_daily_active_techniques", "mv_user_technique_affinity"),
    *("v_table_sizes", "v_slow_queries", "v_index_usage"),
}

RELATIONS = """
SELECT c.relname, CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialised view' ELSE 'table' END,
       COALESCE(obj_description(c.oid, 'pg_class'), '')
FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm') AND NOT c.relispartition
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
ORDER BY 1
"""
COLUMNS = """
SELECT c.relname, a.attname, (SELECT typname FROM pg_type WHERE oid = a.atttypid),
       COALESCE(col_description(c.oid, a.attnum), ''),
       EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'p' AND a.attnum = ANY (k.conkey)),
       EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'f' AND a.attnum = ANY (k.conkey))
FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
ORDER BY c.relname, a.attnum
"""
REFERENCES = """
SELECT f.relname, c.relname, bool_and(a.attnotnull), string_agg(a.attname, ', ' ORDER BY u.place),
       EXISTS (SELECT FROM pg_constraint p WHERE p.conrelid = c.oid AND p.contype = 'p' AND p.conkey <@ k.conkey)
FROM pg_constraint k
JOIN pg_class c ON c.oid = k.conrelid
JOIN pg_class f ON f.oid = k.confrelid
CROSS JOIN unnest(k.conkey) WITH ORDINALITY AS u (attnum, place)
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = u.attnum
WHERE k.contype = 'f' AND k.conparentid = 0 AND c.relnamespace = 'public'::regnamespace
GROUP BY f.relname, c.relname, k.conname, c.oid, k.conkey
ORDER BY 1, 2, 4
"""


def seed_columns() -> dict[str, set[str]]:
    """The columns of each table as the seed has them."""
    lines = (line.split(": ") for line in SEED.read_text(encoding="utf-8").splitlines())
    return {table: set(columns.split()) for table, columns in lines}


def diagram(connection: Connection) -> str:
    """Every foreign key with the tables it joins and their keys; below, the tables that stand alone."""
    lines = ["```mermaid", "erDiagram", "    direction LR"]
    joined = set()
    for parent, child, needed, columns, one in connection.execute(REFERENCES):
        lines.append(f'    {parent} {"||" if needed else "|o"}--{"o|" if one else "o{"} {child} : "{columns}"')
        joined |= {parent, child}
    keys: dict[str, list[str]] = {}
    for table, column, kind, _, primary, foreign in connection.execute(COLUMNS):
        marks = ", ".join(mark for mark, has in (("PK", primary), ("FK", foreign)) if has)
        keys.setdefault(table, [])
        if marks:
            keys[table].append(f"        {kind} {column} {marks}")
    for table in sorted(joined):
        lines += [f"    {table} {{", *keys[table], "    }"]
    alone = ", ".join(f"`{table}`" for table in keys if table not in joined)
    return "\n".join([*lines, "```", "", f"Without a foreign key: {alone}."])


def purposes(connection: Connection) -> str:
    """What each table and view is for, the seed's first."""
    rows = connection.execute(RELATIONS).fetchall()
    parts = []
    for title, ours in (("The seed's", False), ("Ours", True)):
        parts += [f"| {title} | | What it is for |", "|---|---|---|"]
        for name, kind, comment in rows:
            if comment.startswith("Ours:") == ours:
                parts.append(f"| `{name}` | {kind} | {_cell(comment.removeprefix('Ours: '))} |")
        parts.append("")
    return "\n".join(parts).rstrip()


def additions(connection: Connection) -> str:
    """The columns that the seed's tables do not have in the seed."""
    seed = seed_columns()
    lines = ["| Table | Column | What it is for |", "|---|---|---|"]
    for table, column, _, comment, _, _ in connection.execute(COLUMNS):
        if column not in seed.get(table, {column}):
            lines.append(f"| `{table}` | `{column}` | {_cell(comment.removeprefix('Ours: '))} |")
    return "\n".join(lines)


def _cell(text: str) -> str:
    text = " ".join(text.split()).replace("|", "\\|")
    return text[:1].upper() + text[1:]


def written(page: str, connection: Connection) -> str:
    """The page with its generated parts as the catalogue has them."""
    for name, make in (("diagram", diagram), ("purposes", purposes), ("additions", additions)):
        part = f"<!-- generated: {name} -->\n{make(connection)}\n<!-- end -->"
        page = re.sub(rf"<!-- generated: {name} -->\n.*?<!-- end -->", lambda _, text=part: text, page, flags=re.DOTALL)
    return page
