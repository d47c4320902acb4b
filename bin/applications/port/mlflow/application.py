"""MLflow: its tracking server, written to and read through its REST API and by its own client."""

import os
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "shared"))
sys.path.append(str(pathlib.Path(__file__).resolve().parent))
import web  # noqa: E402

os.environ |= {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    "MLFLOW_CRYPTO_KEK_PASSPHRASE": "a passphrase of thirty-two signs, ü",
    "MLFLOW_ENABLE_ASYNC_TRACE_LOGGING": "false",
    "GIT_PYTHON_REFRESH": "quiet",
}
URL = web.database(postgres="postgresql+psycopg2://{}")
BIN = web.FOLDER / "venv" / "bin"


def served():
    artifacts = ["--artifacts-destination", web.HOME / "artifacts", "--default-artifact-root", "mlflow-artifacts:/"]
    command = [BIN / "mlflow", "server", "--backend-store-uri", URL, *artifacts, "--host", "127.0.0.1"]
    return web.Served([*command, "--port", "{port}", "--workers", "1"], "/health", cwd=web.HOME)


def migrate():
    web.call([BIN / "mlflow", "db", "upgrade", URL])
    return versions()


def check():
    found = versions()
    if found["current"] != found["head"]:
        sys.exit(f"not up to date: {found}")
    # It looks at the version of the schema before it begins, and ends when it is another.
    with served() as client:
        found["server"] = client.get("/version").text
    return found


def versions():
    """As the server itself looks them up."""
    from mlflow.store.db import utils

    engine = utils.create_sqlalchemy_engine_with_retry(URL)
    with engine.connect() as connection:
        from alembic.migration import MigrationContext

        current = MigrationContext.configure(connection).get_current_revision()
    return {"current": current, "head": utils._get_latest_schema_revision()}


def fill():
    from writer import Writer

    with served() as client:
        return Writer(client).everything()


def read():
    from reader import read_all

    with served() as client:
        return read_all(client)


def more():
    from writer import Writer

    with served() as client:
        return Writer(client).more()


if __name__ == "__main__":
    web.main(migrate=migrate, check=check, fill=fill, read=read, more=more)
