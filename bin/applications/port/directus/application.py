"""The driver for Directus (Node, Knex): its own commands, and its REST interface."""

import os
import pathlib
import sys
import urllib.parse

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "shared"))
import content
import model
import reading
from rest import Rest
from web import DATABASE, FOLDER, HOME, call, main

# The collections that were made through the interface, in the application's own format; `fill` writes it.
SNAPSHOT = HOME / "snapshot.yaml"
TOKEN = "token-of-the-admin-0123456789"


def environment():
    wanted = {
        "SECRET": "a-secret-that-is-the-same-in-every-run",
        "ADMIN_EMAIL": "admin@example.com",
        "ADMIN_PASSWORD": content.PASSWORD,
        "ADMIN_TOKEN": TOKEN,
        "PROJECT_NAME": "Überfahrt",
        "HOST": "127.0.0.1",
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
    return wanted


def directus(*arguments):
    for folder in ("uploads", "extensions", "migrations"):
        (HOME / folder).mkdir(parents=True, exist_ok=True)
    return call(program(*arguments), environment(), cwd=HOME)


def program(*arguments):
    return ["node", str(FOLDER / "node_modules" / "directus" / "cli.js"), *arguments]


def served():
    headers = {"Authorization": f"Bearer {TOKEN}"}
    command = ["env", "PORT={port}", *program("start")]
    return Rest(command, "/server/ping", headers=headers, environment=environment(), cwd=HOME)


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
        sys.exit(f"migrations were missing: {said}")
    log, errors = HOME / "check.log", os.dup(2)
    with open(log, "wb") as out:
        os.dup2(out.fileno(), 2)
        try:
            with served():
                pass
        finally:
            os.dup2(errors, 2)
    said = log.read_text(errors="replace")
    log.unlink()
    if "migrations have not all been run" in said:
        sys.exit(f"the server says that migrations are missing: {said}")
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
    main(migrate=migrate, check=check, fill=fill, read=read, more=more)
