"""The driver for Prefect (FastAPI, SQLAlchemy, a chain of Alembic for each engine): its commands and REST interface."""

import pathlib
import re
import sys
import time

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "shared"))
from rest import Rest
from web import HOME, call, database, main

import added
import content
import reading

ENVIRONMENT = {
    "PREFECT_HOME": str(HOME),
    "PREFECT_API_DATABASE_CONNECTION_URL": database("sqlite+aiosqlite:///{}", "postgresql+asyncpg://{}"),
    "PREFECT_API_DATABASE_MIGRATE_ON_START": "false",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_UI_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "TZ": "UTC",
}


def prefect(*arguments):
    return [sys.executable, "-m", "prefect", *arguments]


def served(services=False):
    """With its services, which schedule runs and keep events, only where rows are written."""
    command = prefect(
        "server", "start", "--host", "127.0.0.1", "--port", "{port}", *([] if services else ["--no-services"])
    )
    environment = ENVIRONMENT | {"PREFECT_API_BLOCKS_REGISTER_ON_START": str(services).lower()}
    return Rest(command, "/api/ready", prefix="/api", environment=environment, cwd=HOME)


def migrate():
    call(prefect("server", "database", "upgrade", "-y"), ENVIRONMENT)
    return {"migrated": True}


# Its env.py wants to be run from a worker thread.
ALEMBIC = """
import os, sys, anyio, prefect.server.database
from alembic.config import main
os.chdir(os.path.dirname(prefect.server.database.__file__))
anyio.run(anyio.to_thread.run_sync, main, sys.argv[1:])
"""


def check():
    """What is here is the head of the engine's chain. (`alembic check` finds fault with what the chain makes.)"""
    said = call([sys.executable, "-c", ALEMBIC, "current"], ENVIRONMENT)
    here = re.findall(r"^[0-9a-f]{12}.*$", said, re.M)
    if len(here) != 1 or not here[0].endswith("(head)"):
        sys.exit(f"not at its head: {here}")
    return {"revision": here[0]}


def fill():
    with served(services=True) as web:
        wrote = content.fill(web)
        settle(web)
    return wrote


def settle(web):
    """Events are written a little later, and so are the runs of schedules."""
    before, same = None, 0
    for _ in range(120):
        now = web.post("/events/filter", {})["total"], web.post("/flow_runs/count", {})
        same = same + 1 if now == before else 0
        if same == 8:
            return
        before = now
        time.sleep(1)
    sys.exit(f"still more comes: {before}")


def read():
    with served() as web:
        return reading.everything(web)


def more():
    with served() as web:
        return added.more(web)


if __name__ == "__main__":
    main(migrate=migrate, check=check, fill=fill, read=read, more=more)
