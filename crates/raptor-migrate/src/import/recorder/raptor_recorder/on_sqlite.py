"""sqlite3, and aiosqlite, which stands on it."""

import re
import sys

from .tape import TAPE
from .wrap import ending, noticing


def hook(module):
    connect = module.connect

    def recording_connect(*args, **kwargs):
        args = list(args)
        # database, timeout, detect_types, isolation_level, check_same_thread, factory
        if len(args) > 5:
            args[5] = sqlite_connection(module, args[5])
        else:
            kwargs["factory"] = sqlite_connection(module, kwargs.get("factory", module.Connection))
        return connect(*args, **kwargs)

    for owner in (module, sys.modules.get("sqlite3")):
        if owner is not None:
            owner.connect = recording_connect


def sqlite_connection(module, base):
    class Recording(ending(base)):
        def cursor(self, factory=None):
            return super().cursor(sqlite_cursor(module, factory or module.Cursor))

    return Recording


def sqlite_cursor(module, base):
    class Recording(noticing(base)):
        def execute(self, sql, *parameters):
            before = attached(module, self.connection, sql)
            answer = super().execute(sql, *parameters)
            if TAPE.is_on:
                text = sqlite_filled(module, sql, parameters[0] if parameters else ())
                TAPE.ran(self, text, before)
            return answer

        def executemany(self, sql, rows):
            rows = list(rows)
            answer = super().executemany(sql, rows)
            for row in rows if TAPE.is_on else ():
                TAPE.ran(self, sqlite_filled(module, sql, row))
            return answer

        def executescript(self, script):
            answer = super().executescript(script)
            TAPE.event("sql", text=script, attached=[])
            return answer

    return Recording


def attached(module, connection, sql):
    """What a table that is about to be dropped has: indexes, triggers and columns."""
    match = re.match(r"\s*DROP\s+TABLE\s+(\"[^\"]+\"|\w+)\s*;?\s*$", sql, re.IGNORECASE)
    if match is None or not TAPE.is_on:
        return []
    name = match.group(1).strip('"')
    hanging = module.Cursor(connection).execute(
        "SELECT type, name FROM sqlite_master WHERE lower(tbl_name) = lower(?) AND sql IS NOT NULL"
        " AND type IN ('index', 'trigger') ORDER BY type, name",
        (name,),
    )
    found = [[row[0], row[1]] for row in hanging.fetchall()]
    columns = module.Cursor(connection).execute('PRAGMA table_info("%s")' % name)
    return found + [["column", row[1]] for row in columns.fetchall()]


def sqlite_filled(module, sql, parameters):
    """The text with its parameters as literals, as SQLite itself quotes them."""
    if not parameters:
        return sql
    quote = module.Connection(":memory:")

    def literal(value):
        return module.Cursor(quote).execute("SELECT quote(?)", (value,)).fetchone()[0]

    token = re.compile(
        r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`[^`]*`|\[[^\]]*\]|--[^\n]*|/\*.*?\*/"
        r"|(?P<number>\?\d*)|[:@$](?P<name>\w+)",
        re.DOTALL,
    )
    state = {"next": 0}

    def one(match):
        if match.group("name"):
            if hasattr(parameters, "keys"):
                return literal(parameters[match.group("name")])
            state["next"] += 1
            return literal(parameters[state["next"] - 1])
        if match.group("number") is None:
            return match.group()
        digits = match.group("number")[1:]
        state["next"] = int(digits) if digits else state["next"] + 1
        return literal(parameters[state["next"] - 1])

    try:
        return token.sub(one, sql)
    finally:
        quote.close()


def restored(kept, path):
    """Gives the database the pages of another one, between two steps; answers whether that worked."""
    import sqlite3

    def stop_at(status, remaining, total):
        # It would try for ever while somebody holds the database.
        if status not in (0, 101):
            raise sqlite3.OperationalError("the database is in use")

    source = sqlite3.Connection(kept)
    here = sqlite3.Connection(path)
    try:
        source.backup(here, progress=stop_at)
    except sqlite3.Error:
        return False
    finally:
        source.close()
        here.close()
    return True
