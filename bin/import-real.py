"""What bin/import-real has to ask Python for: how each application wants its Alembic started."""

import json
import os
import sys
import sysconfig

ENGINES = {"sqlite": "sqlite", "postgres": "postgresql"}


def site(*parts):
    return os.path.join(sysconfig.get_path("purelib"), *parts)


def ini(folder, text):
    path = os.path.join(folder, "alembic.ini")
    with open(path, "w") as file:
        file.write(text)
    return path


def mlflow(folder):
    """Its chain begins with what `create_all` of the first models made, as mlflow itself does."""
    from mlflow.store.tracking.dbmodels.initial_models import Base
    from sqlalchemy import create_mock_engine
    from sqlalchemy.schema import CreateIndex, CreateTable

    config = ini(folder, f"[alembic]\nscript_location = {site('mlflow/store/db_migrations')}\nsqlalchemy.url = none\n")
    for engine, driver in (("sqlite", "sqlite"), ("postgres", "postgresql+psycopg2")):
        before = os.path.join(folder, f"before-{engine}.sql")
        dialect = create_mock_engine(f"{ENGINES[engine]}://", print).dialect
        with open(before, "w") as file:
            for table in Base.metadata.sorted_tables:
                for made in (CreateTable(table), *map(CreateIndex, table.indexes)):
                    file.write(f"{str(made.compile(dialect=dialect)).strip()};\n")
        yield {"command": [script("alembic")], "config": config, "url": "ini", "driver": driver, "before": before}


def prefect(folder):
    """It has a chain for each engine, and its env.py wants to be run from a worker thread."""
    database = site("prefect/server/database")
    for name, driver in (("sqlite", "sqlite+aiosqlite"), ("postgresql", "postgresql+asyncpg")):
        yield {
            "command": [
                "env",
                f"PREFECT_HOME={folder}/home",
                sys.executable,
                os.path.abspath(__file__),
                "in-a-worker",
            ],
            "config": os.path.join(database, "alembic.ini"),
            "versions": [os.path.join(database, "_migrations/versions", name)],
            "url": "PREFECT_API_DATABASE_CONNECTION_URL",
            "driver": driver,
        }


def langflow(folder):
    """Its env.py reads the logging sections of the .ini that it comes with."""
    with open(site("langflow/alembic.ini")) as file:
        shipped = file.read()
    lines = [line for line in shipped.splitlines() if not line.startswith("script_location")]
    here = lines.index("[alembic]") + 1
    lines.insert(here, f"script_location = {site('langflow/alembic')}")
    config = ini(folder, "\n".join(lines) + "\n")
    for driver in ("sqlite+aiosqlite", "postgresql+psycopg"):
        yield {
            "command": ["env", f"LANGFLOW_CONFIG_DIR={folder}/home", "DO_NOT_TRACK=true", script("alembic")],
            "config": config,
            "url": "ini",
            "driver": driver,
        }


def script(name):
    return os.path.join(os.path.dirname(sys.executable), name)


def in_a_worker(arguments):
    import anyio
    from alembic.config import main

    anyio.run(anyio.to_thread.run_sync, main, arguments)


def main(what, *rest):
    if what == "in-a-worker":
        in_a_worker(list(rest))
    elif what == "together":
        print(json.dumps([case for path in rest for case in json.load(open(path))], indent=1))
    else:
        name, folder = rest
        version = next(line.split("==")[1].strip() for line in open(requirements(name)) if line.startswith(ours(name)))
        cases = [{"name": f"{name} {version}", "folder": folder, **case} for case in globals()[name](folder)]
        print(json.dumps(cases))


def requirements(name):
    return os.path.join(os.path.dirname(os.path.abspath(__file__)), "applications", f"{name}.txt")


def ours(name):
    return {"langflow": "langflow-base=="}.get(name, f"{name}==")


main(*sys.argv[1:])
