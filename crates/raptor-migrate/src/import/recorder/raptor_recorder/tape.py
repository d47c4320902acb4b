"""The statements of the step that runs, told over a socket: one JSON object a line, both ways."""

import json
import os
import re
import socket


class Link:
    """The line to whoever asked: one JSON object a line, both ways."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.connect(os.environ["RAPTOR_RECORDER"])
        self.lines = self.socket.makefile("r", encoding="utf-8")

    def tell(self, kind, **what):
        what["kind"] = kind
        # Lone surrogates stay escapes, which the other side refuses by name.
        self.socket.sendall((json.dumps(what) + "\n").encode("ascii"))

    def ask(self, kind, **what):
        self.tell(kind, **what)
        line = self.lines.readline()
        return json.loads(line) if line else {}


class Tape:
    """What the step that runs gives to the database."""

    def __init__(self):
        self.link = None
        self.is_on = False
        self.offline = False
        # A query whose rows nobody has looked at yet, and its cursor.
        self.query = None

    def flush(self):
        if self.query is not None:
            text = self.query[1]
            self.query = None
            self.link.tell("sql", text=text)

    def ran(self, cursor, text, attached=None):
        """A statement was run; `text` is what the database got."""
        if not self.is_on:
            return
        self.flush()
        if first_word(text) in READS:
            self.query = (cursor, text)
        else:
            self.link.tell("sql", text=text, attached=attached or [])

    def fetched(self, cursor):
        """The rows of a statement were looked at: it was a question, unless it is known to act."""
        if self.query is not None and self.query[0] is cursor and not has_effect(self.query[1]):
            text = self.query[1]
            self.query = None
            self.link.tell("read", text=text)

    def event(self, kind, **what):
        if self.is_on:
            self.flush()
            self.link.tell(kind, **what)

    def guarded(self, cursor, fill):
        """As `ran`; what cannot be written as SQL is told, and the migration goes on."""
        if not self.is_on:
            return
        try:
            text = fill()
        except Exception as error:
            self.event("lost", why="%s: %s" % (type(error).__name__, error))
            return
        self.ran(cursor, text)


READS = ("SELECT", "WITH", "VALUES", "TABLE", "PRAGMA", "SHOW", "EXPLAIN")
TAPE = Tape()


def first_word(text):
    match = re.match(r"(?:\s|\(|--[^\n]*\n|/\*.*?\*/)*([A-Za-z]+)", text, re.DOTALL)
    return match.group(1).upper() if match else ""


# Functions that a migration calls in a query for what they do, and queries that write.
EFFECTS = (
    r"\b(setval|nextval|set_config|lo_\w+|pg_notify|dblink_exec|create_\w+|add_\w+|remove_\w+"
    r"|drop_\w+|alter_\w+|enable_\w+|disable_\w+|\w+_hypertable|cron\.\w+|partman\.\w+"
    r"|AddGeometryColumn|DropGeometryColumn)\s*\("
    r"|\bINTO\s+(TEMP|TEMPORARY|UNLOGGED|TABLE)\b"
    r"|\b(INSERT\s+INTO|UPDATE\s+\S+\s+(AS\s+\w+\s+|\w+\s+)?SET|DELETE\s+FROM|MERGE\s+INTO)\b"
)


def has_effect(query):
    return first_word(query) in READS[:3] and re.search(EFFECTS, query, re.IGNORECASE) is not None
