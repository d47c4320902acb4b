"""The driver for Directus (Node, Knex): its own commands, and its REST interface."""

import json
import os
import pathlib
import sys
import urllib.parse

sys.path.append(str(pathlib.Path(__file__).resolve().parents[3] / "port_real"))
import content
import model
import reading
from web import Refused, Web, call, free_port

HOME = pathlib.Path(os.environ["APP_HOME"])
FOLDER = pathlib.Path(os.environ["APP_FOLDER"])
DATABASE = os.environ["APP_DATABASE"]
# The collections that were made through the interface, in the application's own format; `fill` writes it.
SNAPSHOT = HOME / "snapshot.yaml"
TOKEN = "token-of-the-admin-0123456789"


def environment(port=0):
    wanted = {
        "SECRET": "a-secret-that-is-the-same-in-every-run",
        "ADMIN_EMAIL": "admin@example.com",
        "ADMIN_PASSWORD": content.PASSWORD,
        "ADMIN_TOKEN": TOKEN,
        "PROJECT_NAME": "Überfahrt",
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "PUBLIC_URL": "http://directus.example.com",
        "STORAGE_LOCATIONS": "local",
        "STORAGE_LOCAL_ROOT": str(HOME / "uploads"),
        "EXTENSIONS_PATH": str(HOME / "extensions"),
        "MIGRATIONS_PATH": str(HOME / "migrations"),
        "CONFIG_PATH": str(HOME / "none.env"),
        "SERVE_APP": "false",
        "TELEMETRY": "false",
        "PRESSURE_LIMITER_ENABLED": "false",
        "EMAIL_VERIFY_SETUP": "false",
        "LOG_STYLE": "raw",
        "NODE_ENV": "production",
        "TZ": "UTC",
    }
    parts = urllib.parse.urlsplit(DATABASE)
    if parts.scheme == "sqlite":
        wanted |= {"DB_CLIENT": "sqlite3", "DB_FILENAME": parts.path}
    else:
        wanted |= {
            "DB_CLIENT": "pg",
            "DB_HOST": parts.hostname,
            "DB_PORT": str(parts.port),
            "DB_USER": parts.username,
            "DB_PASSWORD": parts.password or "none",
            "DB_DATABASE": parts.path.lstrip("/"),
        }
    return {**os.environ, **wanted}


def directus(*arguments):
    for folder in ("uploads", "extensions", "migrations"):
        (HOME / folder).mkdir(parents=True, exist_ok=True)
    return call(program(*arguments), environment(), HOME)


def program(*arguments):
    return ["node", str(FOLDER / "node_modules" / "directus" / "cli.js"), *arguments]


def served():
    port = free_port()
    headers = {"Authorization": f"Bearer {TOKEN}"}
    return Web(program("start"), environment(port), HOME, port, "/server/ping", headers)


def migrate():
    """Its own tables, and the collections of the snapshot where there is one already."""
    directus("bootstrap")
    if SNAPSHOT.exists():
        directus("schema", "apply", "--yes", str(SNAPSHOT))
    return {"collections": SNAPSHOT.exists()}


def check():
    """`migrate:latest` applies what is missing, and the server warns of it when it starts."""
    said = directus("database", "migrate:latest")
    if "Applying" in said or "Database up to date" not in said:
        raise Refused("migrations were missing")
    log = HOME / "check.log"
    port = free_port()
    with open(log, "wb") as out:
        kept = os.dup(2)
        os.dup2(out.fileno(), 2)
        try:
            with Web(program("start"), environment(port), HOME, port, "/server/ping"):
                pass
        finally:
            os.dup2(kept, 2)
    said = log.read_text(errors="replace")
    log.unlink()
    sys.stderr.write(said)
    if "migrations have not all been run" in said:
        raise Refused("the server says that migrations are missing")
    return {"up to date": True}


def fill():
    with served() as web:
        model.make(web)
        wrote = content.fill(web)
    directus("schema", "snapshot", "--yes", str(SNAPSHOT))
    return wrote


def read():
    with served() as web:
        return reading.everything(web)


def more():
    with served() as web:
        return content.more(web)


if __name__ == "__main__":
    done = {"migrate": migrate, "check": check, "fill": fill, "read": read, "more": more}[sys.argv[1]]()
    print(json.dumps(done, ensure_ascii=False, sort_keys=True))
