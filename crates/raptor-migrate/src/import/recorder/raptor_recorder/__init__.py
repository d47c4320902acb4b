"""Tells what Alembic gives to a database. Loaded by sitecustomize, and by nothing else."""

from . import migration, on_asyncpg, on_psycopg, on_psycopg2, on_sqlite

# What is done to a module when it has been imported.
HOOKS = {
    "alembic.runtime.migration": migration.on_migration,
    "alembic.ddl.impl": migration.on_impl,
    "sqlalchemy.sql.compiler": migration.on_compiler,
    "sqlite3.dbapi2": on_sqlite.hook,
    "psycopg2": on_psycopg2.hook,
    "psycopg": on_psycopg.hook,
    "asyncpg": on_asyncpg.hook,
}
