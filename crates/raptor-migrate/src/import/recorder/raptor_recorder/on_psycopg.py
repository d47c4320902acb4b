"""psycopg 3, which sends parameters apart; a client-side cursor fills them in."""

from .tape import TAPE
from .wrap import after, before


def hook(module):
    for cursor, shower, connection in (
        (module.Cursor, module.ClientCursor, module.Connection),
        (module.AsyncCursor, module.AsyncClientCursor, module.AsyncConnection),
    ):
        is_async = cursor is module.AsyncCursor
        after(cursor, "execute", is_async, psycopg_ran(shower))
        after(cursor, "executemany", is_async, psycopg_ran_many(shower))
        before(cursor, "copy", lambda self, *args: TAPE.event("lost", why="COPY"))
        after(connection, "commit", is_async, lambda self, *args, **kwargs: TAPE.event("commit"))
        after(connection, "rollback", is_async, lambda self, *args, **kwargs: TAPE.event("rollback"))
        for name in ("fetchone", "fetchmany", "fetchall", "__iter__", "__aiter__"):
            before(cursor, name, lambda self, *args: TAPE.fetched(self))


def psycopg_ran(shower):
    def ran(self, query, params=None, **kwargs):
        TAPE.guarded(self, lambda: shower(self.connection).mogrify(query, params))

    return ran


def psycopg_ran_many(shower):
    def ran(self, query, rows, **kwargs):
        for row in rows if TAPE.is_on else ():
            TAPE.guarded(self, lambda: shower(self.connection).mogrify(query, row))

    return ran
