"""Alembic: its plan is replaced by steps that are asked for."""

import copy
import functools
import os
import traceback
from contextlib import contextmanager

from . import on_sqlite
from .tape import TAPE, Link


def on_migration(module):
    context_class = module.MigrationContext
    init = context_class.__init__

    def __init__(self, *args, **kwargs):
        init(self, *args, **kwargs)
        if self._migrations_fn is None:
            return
        self._migrations_fn = lambda heads, context: steps(module, context)
        if not self.as_sql:
            # Each step is to be committed before the next is asked for.
            self._transaction_per_migration = True

    run_migrations = context_class.run_migrations

    def announced_run(self, **kwargs):
        # Before Alembic makes its table there.
        if self._migrations_fn is not None:
            announced(module, self)
        run_migrations(self, **kwargs)

    context_class.__init__ = __init__
    context_class.run_migrations = announced_run
    if hasattr(context_class, "autocommit_block"):
        block = context_class.autocommit_block

        @contextmanager
        def autocommit_block(self):
            TAPE.event("autocommit")
            with block(self):
                yield

        context_class.autocommit_block = autocommit_block


def announced(module, context):
    """Says what migrations are about to run on, and goes on only when told to."""
    if TAPE.link is not None:
        TAPE.link.tell("several")
        raise SystemExit("its env.py runs migrations more than once")
    link = TAPE.link = Link()
    TAPE.offline = context.as_sql
    if context.as_sql:
        # What the rows of the version table would be is not asked for.
        module.HeadMaintainer.update_to_step = lambda self, step: None
    dialect = context.dialect
    answer = link.ask(
        "hello",
        dialect=dialect.name,
        driver=getattr(dialect, "driver", ""),
        version_table=context.version_table,
        version_schema=context.version_table_schema,
        external=bool(getattr(context, "_in_external_transaction", False)),
        target=None if context.as_sql else target(context.connection),
    )
    if not answer.get("go"):
        raise SystemExit("it is not the database that was meant")


def target(connection):
    """Which database this is, as whoever asked can find out too."""
    from sqlalchemy import text

    name = connection.dialect.name
    if name == "sqlite":
        rows = connection.execute(text("PRAGMA database_list")).fetchall()
        return os.path.realpath([row[2] for row in rows if row[1] == "main"][0] or "/")
    if name == "postgresql":
        query = (
            "SELECT CAST(oid AS text) || '/' || CAST(extract(epoch FROM pg_postmaster_start_time()) AS text)"
            " FROM pg_database WHERE datname = current_database()"
        )
        return connection.execute(text(query)).fetchall()[0][0]
    return None


def steps(module, context):
    """Stands where Alembic's plan stood: the steps come over the line."""
    link = TAPE.link
    script = context.script
    memories = {}
    while True:
        answer = link.ask("next")
        if answer.get("scripts"):
            link.tell("scripts", scripts=[described(it) for it in script._load_revisions()])
            continue
        if "restore" in answer:
            link.tell("restored", ok=on_sqlite.restored(*answer["restore"]))
            continue
        if "step" not in answer:
            return
        is_up = answer["up"]
        revision = script.get_revision(answer["step"])
        try:
            step = module.RevisionStep(script.revision_map, revision, is_up)
        except AttributeError as error:
            tell_end(link, error, None, alive=True)
            continue
        step.migration_fn = watched(step.migration_fn, revision.path)
        with remembered(context.impl, memories, answer["step"] if is_up else None):
            yield step


@contextmanager
def remembered(impl, memories, revision):
    """Has Alembic remember what it would in an upgrade from nothing: types that it made before.

    A downgrade is a run of its own, and an upgrade after it remembers what the first one did.
    """
    if not hasattr(impl, "memo"):
        yield
        return
    memo = impl.memo
    now = {key: copy.copy(value) for key, value in memo.items()}
    if revision is None:
        impl.memo = {}
    else:
        impl.memo = memories.setdefault(revision, now)
        memories[revision] = {key: copy.copy(value) for key, value in impl.memo.items()}
    yield
    if revision is None:
        impl.memo = memo


def described(script):
    def several(value):
        if value is None:
            return []
        return [value] if isinstance(value, str) else list(value)

    module = script.module
    return {
        "path": os.path.realpath(script.path),
        "id": script.revision,
        "revises": several(getattr(module, "down_revision", None)),
        "depends": several(getattr(module, "depends_on", None)),
        "labels": several(getattr(module, "branch_labels", None)),
        "doc": module.__doc__ or "",
    }


def watched(function, path):
    @functools.wraps(function)
    def run(**kwargs):
        TAPE.is_on = True
        try:
            function(**kwargs)
            TAPE.flush()
        except (Exception, SystemExit) as error:
            TAPE.query = None
            TAPE.is_on = False
            tell_end(TAPE.link, error, path, alive=TAPE.offline)
            if not TAPE.offline:
                raise
            return
        finally:
            TAPE.is_on = False
        TAPE.link.tell("end", ok=True)

    return run


def tell_end(link, error, path, alive):
    line = None
    for frame in traceback.extract_tb(error.__traceback__):
        if path is not None and os.path.realpath(frame.filename) == os.path.realpath(path):
            line = frame.lineno
    words = str(error).strip().splitlines()
    link.tell(
        "end",
        ok=False,
        error=type(error).__name__,
        message=words[0] if words else "",
        line=line,
        alive=alive,
    )


def on_impl(module):
    impl = module.DefaultImpl
    output = impl.static_output

    def static_output(self, text):
        if TAPE.is_on:
            TAPE.link.tell("sql", text=text.replace(TAB, "\t"), attached=[])
            text = text.replace(TAB, "    ")
        output(self, text)

    impl.static_output = static_output


# Alembic writes four blanks for a tab, also inside a string.
TAB = "\ue000"


def on_compiler(module):
    compiled = module.Compiled
    shown = compiled.__str__

    def __str__(self):
        text = shown(self)
        return text.replace("\t", TAB) if TAPE.is_on and TAPE.offline else text

    compiled.__str__ = __str__
