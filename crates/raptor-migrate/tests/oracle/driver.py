"""Runs commands through Alembic and says what happened, one JSON line for each line read.

A line is {"revisions": [{"id", "revises", "depends", "labels"}], "url", "schema", "commands": [[word, …], …]}.
Commands are ["upgrade", target], ["downgrade", target], ["stamp", target, …], ["purge", target, …] and
["upgrade-sql" | "downgrade-sql", range]. Each revision makes or drops the table t_<id>. An answer is a list of
{"class": "ok" | "refused" | "crashed", "error", "steps", "versions", "tables"}; after a crash nothing more is run.
"""

import contextlib
import io
import json
import pathlib
import re
import sys
import tempfile
import warnings

import sqlalchemy as sa
from alembic import command, util
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory

SCRIPT = '''
revision = {id!r}
down_revision = {revises!r}
branch_labels = {labels!r}
depends_on = {depends!r}

from alembic import op


def upgrade():
    op.execute("CREATE TABLE IF NOT EXISTS t_{id} (id INTEGER)")


def downgrade():
    op.execute("DROP TABLE IF EXISTS t_{id}")
'''


def literal(items):
    return tuple(items) if len(items) > 1 else (items[0] if items else None)


def write(folder, revisions):
    versions = folder / "versions"
    versions.mkdir()
    for revision in revisions:
        names = {key: literal(revision[key]) for key in ("revises", "labels", "depends")}
        (versions / f"{revision['id']}_.py").write_text(SCRIPT.format(id=revision["id"], **names))
    (folder / "env.py").write_text("")


def connect(url, schema):
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    if engine.dialect.name == "sqlite":
        # Otherwise the driver commits before every definition, and a crash leaves half of a run.
        @sa.event.listens_for(engine, "connect")
        def _(connection, _record):
            connection.isolation_level = None

        @sa.event.listens_for(engine, "begin")
        def _(connection):
            connection.exec_driver_sql("BEGIN")

    elif schema:

        @sa.event.listens_for(engine, "connect")
        def _(connection, _record):
            cursor = connection.cursor()
            cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}; SET search_path = {schema}")
            connection.commit()

    return engine


class Project:
    def __init__(self, folder, engine, url):
        self.config = Config()
        self.config.set_main_option("script_location", str(folder))
        self.config.set_main_option("path_separator", "os")
        self.engine, self.url = engine, url
        self.script = ScriptDirectory.from_config(self.config)

    def online(self, work, **options):
        steps = []

        def note(ctx, step, heads, run_args):
            if not step.is_stamp:
                steps.append(step.up_revision_id)

        with self.engine.connect() as connection, EnvironmentContext(self.config, self.script, fn=work, **options) as env:
            env.configure(connection=connection, transactional_ddl=True, on_version_apply=note)
            with env.begin_transaction():
                env.run_migrations()
            # A transaction that was begun by hand, as for SQLite, is ended by hand.
            connection.commit()
        return steps

    def offline(self, direction, text):
        start, _, end = text.partition(":")
        work = self.script._upgrade_revs if direction == "upgrade" else self.script._downgrade_revs
        out = io.StringIO()

        with EnvironmentContext(
            self.config,
            self.script,
            fn=lambda rev, _: work(end, rev),
            as_sql=True,
            starting_rev=start,
            destination_rev=end,
        ) as env:
            env.configure(dialect_name=self.engine.dialect.name, output_buffer=out, literal_binds=True)
            with env.begin_transaction():
                env.run_migrations()
        text = out.getvalue()
        made = re.findall(r"^(?:CREATE TABLE IF NOT EXISTS|DROP TABLE IF EXISTS) t_(\w+)", text, re.M)
        heads = {revision.revision for revision in self.script.get_revisions(start) if revision} if start != "base" else set()
        rows = re.compile(
            r"INSERT INTO \S+ \(version_num\) VALUES \('(?P<new>\w+)'\)"
            r"|UPDATE \S+ SET version_num='(?P<to>\w+)' WHERE \S+ = '(?P<of>\w+)'"
            r"|DELETE FROM \S+ WHERE \S+ = '(?P<gone>\w+)'"
        )
        for found in rows.finditer(text):
            heads -= {found["of"], found["gone"]}
            heads |= {id for id in (found["new"], found["to"]) if id}
        return made, heads

    def run(self, words):
        kind, *targets = words
        script = self.script
        if kind in ("upgrade", "downgrade"):
            work = script._upgrade_revs if kind == "upgrade" else script._downgrade_revs
            return self.online(lambda rev, _: work(targets[0], rev), destination_rev=targets[0])
        if kind in ("stamp", "purge"):
            return self.online(
                lambda rev, _: script._stamp_revs(tuple(targets), rev),
                destination_rev=tuple(targets),
                purge=kind == "purge",
            )
        raise ValueError(kind)

    def state(self, schema):
        with self.engine.connect() as connection:
            tables = sa.inspect(connection).get_table_names(schema=schema if self.engine.dialect.name != "sqlite" else None)
            rows = []
            if "alembic_version" in tables:
                rows = list(connection.scalars(sa.text("SELECT version_num FROM alembic_version ORDER BY 1")))
        return sorted(rows), sorted(table[2:] for table in tables if table.startswith("t_"))

    def answer(self, words, schema):
        answer = {"class": "ok", "error": "", "steps": []}
        try:
            if words[0].endswith("-sql"):
                answer["steps"], heads = self.offline(words[0][:-4], words[1])
                return {**answer, "versions": sorted(heads), "tables": []}
            answer["steps"] = self.run(words)
        except util.CommandError as error:
            answer.update({"class": "refused", "error": str(error)})
        except Exception as error:
            answer.update({"class": "crashed", "error": f"{type(error).__name__}: {error}"})
        rows, tables = self.state(schema)
        return {**answer, "versions": rows, "tables": tables}


def case(line):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        write(folder, line["revisions"])
        engine = connect(line["url"], line.get("schema"))
        try:
            project = Project(folder, engine, line["url"])
            answers = []
            for words in line["commands"]:
                answers.append(project.answer(words, line.get("schema")))
                if answers[-1]["class"] == "crashed":
                    break
            return answers
        finally:
            engine.dispose()


def main():
    warnings.simplefilter("ignore")
    sys.dont_write_bytecode = True
    out = sys.stdout
    for line in sys.stdin:
        with contextlib.redirect_stdout(sys.stderr):
            answer = case(json.loads(line))
        print(json.dumps(answer), file=out, flush=True)


main()
