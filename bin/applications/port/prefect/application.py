"""The driver for Prefect (FastAPI, SQLAlchemy, Alembic with a chain for each engine): its own commands, and its REST interface."""

import json
import os
import pathlib
import re
import sys
import time

sys.path.append(str(pathlib.Path(__file__).resolve().parents[3] / "port_real"))
import content
import reading
from web import Refused, Web, call, free_port

HOME = pathlib.Path(os.environ["APP_HOME"])
DATABASE = os.environ["APP_DATABASE"]


def environment():
    url = DATABASE.replace("sqlite:", "sqlite+aiosqlite:///").replace("postgresql:", "postgresql+asyncpg:")
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PREFECT_")}
    return {
        **kept,
        "PREFECT_HOME": str(HOME),
        "PREFECT_API_DATABASE_CONNECTION_URL": url,
        "PREFECT_API_DATABASE_MIGRATE_ON_START": "false",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_UI_ENABLED": "false",
        "PREFECT_SERVER_LOGGING_LEVEL": "INFO",
        "DO_NOT_TRACK": "1",
        "TZ": "UTC",
    }


def prefect(*arguments):
    return [sys.executable, "-m", "prefect", *arguments]


def served(services=False):
    """With its services, which schedule runs and keep events, only where rows are written."""
    port = free_port()
    command = prefect(
        "server", "start", "--host", "127.0.0.1", "--port", str(port), *([] if services else ["--no-services"])
    )
    wanted = environment() | {"PREFECT_API_BLOCKS_REGISTER_ON_START": str(services).lower()}
    return Web(command, wanted, HOME, port, "/api/ready", prefix="/api")


def migrate():
    call(prefect("server", "database", "upgrade", "-y"), environment(), HOME)
    return {"migrated": True}


# Its env.py wants to be run from a worker thread.
ALEMBIC = """
import os, sys, anyio, prefect.server.database
from alembic.config import main
os.chdir(os.path.dirname(prefect.server.database.__file__))
anyio.run(anyio.to_thread.run_sync, main, sys.argv[1:])
"""


def check():
    """The revision that is here is the head of the engine's chain. (`alembic check` finds fault with what the chain makes.)"""
    said = call([sys.executable, "-c", ALEMBIC, "current"], environment(), HOME)
    here = re.findall(r"^[0-9a-f]{12}.*$", said, re.M)
    if len(here) != 1 or not here[0].endswith("(head)"):
        raise Refused(f"not at its head: {here}")
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
    raise Refused(f"still more comes: {before}")


def read():
    with served() as web:
        return reading.everything(web)


def more():
    with served() as web:
        return content.more(web)


if __name__ == "__main__":
    done = {"migrate": migrate, "check": check, "fill": fill, "read": read, "more": more}[sys.argv[1]]()
    print(json.dumps(done, ensure_ascii=False, sort_keys=True))
