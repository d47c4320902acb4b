"""What a Postgres database has in its schema `public`, in the shapes that `declared.py` has for SQLite."""

import json

COLUMNS = """
SELECT json_agg(json_build_object('table', c.relname, 'column', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
    'not_null', a.attnotnull, 'default', CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END,
    'numbers', CASE WHEN a.attidentity <> '' THEN 'identity' END,
    'generated', a.attgenerated <> '') ORDER BY c.relname, a.attnum)
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
"""

CONSTRAINTS = """
SELECT json_agg(json_build_object('table', c.conrelid::regclass::text, 'relation', t.relname, 'name', c.conname,
    'kind', c.contype, 'columns', (SELECT json_agg(a.attname ORDER BY n.place) FROM unnest(c.conkey)
        WITH ORDINALITY AS n(number, place) JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = n.number),
    'to_table', f.relname, 'to', (SELECT json_agg(a.attname ORDER BY n.place) FROM unnest(c.confkey)
        WITH ORDINALITY AS n(number, place) JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = n.number),
    'update', c.confupdtype, 'delete', c.confdeltype, 'deferrable', c.condeferrable, 'deferred', c.condeferred,
    'valid', c.convalidated, 'text', pg_get_constraintdef(c.oid)) ORDER BY t.relname, c.conname)
FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid LEFT JOIN pg_class f ON f.oid = c.confrelid
WHERE c.connamespace = 'public'::regnamespace AND c.contype IN ('p', 'f', 'c')
"""

INDEXES = """
SELECT json_agg(json_build_object('table', t.relname, 'name', c.relname, 'unique', i.indisunique, 'method', m.amname,
    'valid', i.indisvalid, 'parts', (SELECT json_agg(json_build_array(CASE WHEN i.indkey[n] <> 0 THEN
            (SELECT a.attname FROM pg_attribute a WHERE a.attrelid = t.oid AND a.attnum = i.indkey[n])::text
            ELSE pg_get_indexdef(i.indexrelid, n + 1, true) END,
            i.indoption[n] & 1 = 1, i.indkey[n] = 0, o.opcname, o.opcdefault) ORDER BY n)
        FROM generate_series(0, i.indnkeyatts - 1) AS n JOIN pg_opclass o ON o.oid = i.indclass[n]),
    'where', pg_get_expr(i.indpred, i.indrelid)) ORDER BY t.relname, c.relname)
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
JOIN pg_am m ON m.oid = c.relam
WHERE c.relnamespace = 'public'::regnamespace AND NOT i.indisprimary
"""

ACTIONS = {"a": "NO ACTION", "r": "RESTRICT", "c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT"}


def read(server, database):
    """Its tables by name, each as a dict."""
    ask = lambda text: json.loads(server.psql(text, database) or "null") or []
    tables = {}
    for found in ask(COLUMNS):
        table = {"columns": {}, "key": [], "foreign": [], "indexes": [], "checks": []}
        table = tables.setdefault(found.pop("table"), table)
        if (found["default"] or "").startswith("nextval("):
            found["numbers"], found["default"] = "serial", None
        table["columns"][found.pop("column")] = found
    for found in ask(CONSTRAINTS):
        table = tables[found["relation"]]
        if found["kind"] == "p":
            table["key"] = found["columns"]
        elif found["kind"] == "c":
            table["checks"].append((found["name"], found["text"]))
        else:
            table["foreign"].append(foreign(found))
    for found in ask(INDEXES):
        found["usual"] = all(part[4] for part in found["parts"]) and found["method"] == "btree"
        found["classes"] = ["" if part[4] else part[3] for part in found["parts"]]
        found["parts"] = [
            ("(expression)" if expression else text, descending, text)
            for text, descending, expression, *_ in found["parts"]
        ]
        tables[found["table"]]["indexes"].append(found)
    return tables


def foreign(found):
    when = ", deferred" if found["deferred"] else ", deferrable" if found["deferrable"] else ""
    return {
        "columns": found["columns"],
        "table": found["to_table"],
        "to": found["to"],
        "update": ACTIONS[found["update"]],
        "delete": ACTIONS[found["delete"]],
        "when": when + ("" if found["valid"] else ", not valid"),
    }


def counts(server, database):
    """How many rows each table has."""
    tables = json.loads(
        server.psql(
            "SELECT json_object_agg(relname, (xpath('/row/n/text()', query_to_xml(format("
            "'SELECT count(*) AS n FROM %I.%I', 'public', relname), false, true, '')))[1]::text::bigint)"
            " FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')",
            database,
        )
        or "null"
    )
    return tables or {}
