"""psycopg2: the cursor keeps what it sent."""

from .tape import TAPE
from .wrap import ending, noticing


def hook(module):
    from psycopg2 import extensions

    connect = module.connect

    def recording_connect(dsn=None, connection_factory=None, cursor_factory=None, **kwargs):
        base = connection_factory or extensions.connection
        connection = connect(
            dsn, connection_factory=ending(base), cursor_factory=cursor_factory, **kwargs
        )
        connection.cursor_factory = psycopg2_cursor(
            extensions, connection.cursor_factory or extensions.cursor
        )
        return connection

    module.connect = recording_connect


def psycopg2_cursor(extensions, base):
    class Recording(noticing(base)):
        def ran(self):
            if TAPE.is_on and self.name is None:
                encoding = extensions.encodings.get(self.connection.encoding, "utf_8")
                TAPE.ran(self, self.query.decode(encoding))

        def execute(self, *args, **kwargs):
            answer = super().execute(*args, **kwargs)
            self.ran()
            return answer

        def executemany(self, sql, rows):
            for row in rows:
                self.execute(sql, row)

        def callproc(self, *args, **kwargs):
            answer = super().callproc(*args, **kwargs)
            self.ran()
            return answer

        def copy_expert(self, *args, **kwargs):
            TAPE.event("lost", why="COPY")
            return super().copy_expert(*args, **kwargs)

        def copy_from(self, *args, **kwargs):
            TAPE.event("lost", why="COPY")
            return super().copy_from(*args, **kwargs)

    return Recording
