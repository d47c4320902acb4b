"""What an SQLite file declares, in the shapes that `catalog.py` has for Postgres."""

import re
import sqlite3

TOKEN = re.compile(
    r"""\s+|--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|\w+|.""", re.DOTALL
)


def read(path):
    """The tables of a file, without those of SQLite and of its modules, each as a dict."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        kinds = {row[1]: row[2] for row in connection.execute("PRAGMA table_list") if row[0] == "main"}
        texts = dict(connection.execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL"))
        names = [name for name, kind in kinds.items() if kind == "table" and not name.startswith("sqlite_")]
        tables = {name: table(connection, name, texts) for name in sorted(names)}
    finally:
        connection.close()
    for found in tables.values():
        for foreign in found["foreign"]:
            # Without columns it points at the key.
            if None in foreign["to"]:
                foreign["to"] = tables.get(foreign["table"], {"key": []})["key"]
    return tables


def table(connection, name, texts):
    ask = lambda pragma, of: connection.execute(f"SELECT * FROM pragma_{pragma}(?)", (of,)).fetchall()
    columns, key = {}, []
    for _, column, kind, not_null, default, place, hidden in ask("table_xinfo", name):
        if hidden == 1:
            continue
        columns[column] = {"type": kind, "not_null": bool(not_null), "default": default, "numbers": None}
        if place:
            key.append((place, column))
    key = [column for _, column in sorted(key)]
    if len(key) == 1 and columns[key[0]]["type"].upper() == "INTEGER":
        columns[key[0]]["numbers"] = "rowid"
    return {
        "columns": columns,
        "key": key,
        "foreign": list(foreign_keys(ask("foreign_key_list", name))),
        "indexes": list(indexes(ask, name, texts)),
        "checks": list(checks(texts.get(name, ""))),
    }


def foreign_keys(rows):
    found = {}
    for number, place, table, column, to, update, delete, _ in rows:
        one = found.setdefault(number, {"columns": [], "table": table, "to": [], "update": update, "delete": delete})
        one["columns"].append(column)
        one["to"].append(to)
    return found.values()


def indexes(ask, table, texts):
    """Indexes and unique keys; those of a primary key are left to it."""
    for _, name, unique, origin, partial in ask("index_list", table):
        if origin == "pk":
            continue
        parts = []
        for _, number, column, descending, _, is_key in ask("index_xinfo", name):
            if is_key:
                parts.append((column if number >= -1 and column else "(expression)", bool(descending)))
        yield {"name": name, "unique": bool(unique), "parts": parts, "partial": bool(partial), "text": texts.get(name)}


def checks(text):
    """The CHECKs of a CREATE TABLE, as (name or None, expression)."""
    tokens = [token for token in TOKEN.findall(text) if token.strip() and not token.startswith(("--", "/*"))]
    for place, token in enumerate(tokens):
        if token.upper() != "CHECK" or tokens[place + 1 : place + 2] != ["("]:
            continue
        depth, end = 0, place + 1
        for end in range(place + 1, len(tokens)):
            depth += {"(": 1, ")": -1}.get(tokens[end], 0)
            if depth == 0:
                break
        named = place >= 2 and tokens[place - 2].upper() == "CONSTRAINT"
        name = tokens[place - 1].strip('"`[]') if named else None
        yield name, " ".join(token.strip('"`[]') for token in tokens[place + 2 : end])


def counts(path):
    """How many rows each table has."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        quoted = lambda name: '"' + name.replace('"', '""') + '"'
        return {name: connection.execute(f"SELECT count(*) FROM {quoted(name)}").fetchone()[0] for name in read(path)}
    finally:
        connection.close()
