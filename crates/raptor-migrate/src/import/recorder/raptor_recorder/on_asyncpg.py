"""asyncpg, which sends parameters apart; they are filled in as text."""

import datetime
import decimal
import re
import uuid

from .tape import TAPE, first_word
from .wrap import after, before


def hook(module):
    connection = module.connection.Connection
    statement = module.prepared_stmt.PreparedStatement

    def ran(self, query, *args, **kwargs):
        control = first_word(query)
        if control in ("COMMIT", "ROLLBACK") and query.strip().rstrip(";").upper() == control:
            TAPE.event(control.lower())
        elif control != "BEGIN":
            TAPE.guarded(self, lambda: asyncpg_filled(query, args))

    def ran_many(self, query, rows, **kwargs):
        for row in rows if TAPE.is_on else ():
            TAPE.guarded(self, lambda: asyncpg_filled(query, row))

    def prepared(self, *args, **kwargs):
        TAPE.guarded(self, lambda: asyncpg_filled(self.get_query(), args))
        # SQLAlchemy takes all rows at once here, looked at or not.
        TAPE.fetched(self)

    after(connection, "execute", True, ran)
    for name in ("fetch", "fetchrow", "fetchval"):
        after(connection, name, True, ran)
        after(statement, name, True, prepared)
    after(connection, "executemany", True, ran_many)
    for name in ("copy_to_table", "copy_records_to_table"):
        before(connection, name, lambda self, *args: TAPE.event("lost", why="COPY"))
    if hasattr(statement, "executemany"):
        after(
            statement,
            "executemany",
            True,
            lambda self, rows, **kwargs: ran_many(self, self.get_query(), rows),
        )


def asyncpg_filled(query, values):
    """The text with `$1`, … as literals without a type, which the server then infers as before."""
    if not values:
        return query
    token = re.compile(
        r"E'(?:[^'\\]|''|\\.)*'|'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/"
        r"|(?P<tag>\$(?:[A-Za-z_]\w*)?\$).*?(?P=tag)|\$(?P<number>\d+)",
        re.DOTALL,
    )

    def one(match):
        number = match.group("number")
        return match.group() if number is None else literal(values[int(number) - 1])

    return token.sub(one, query)


def literal(value):
    if value is None:
        return "NULL"
    return "'" + text_of(value).replace("'", "''") + "'"


def text_of(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (bytes, bytearray, memoryview)):
        return "\\x" + bytes(value).hex()
    if isinstance(value, datetime.timedelta):
        return "%d days %d seconds %d microseconds" % (value.days, value.seconds, value.microseconds)
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, (list, tuple)):
        return "{" + ",".join(element(it) for it in value) + "}"
    if isinstance(value, (str, int, float, decimal.Decimal, uuid.UUID)):
        return str(value)
    raise TypeError("a parameter of the type %s" % type(value).__name__)


def element(value):
    if value is None:
        return "NULL"
    if isinstance(value, (list, tuple)):
        return text_of(value)
    return '"' + text_of(value).replace("\\", "\\\\").replace('"', '\\"') + '"'
