"""pytest-postgresql as its documentation recommends it: the schema is loaded once into a template, and each
test gets a clone of it."""

import os
import pathlib
import time

import pytest
from pytest_postgresql import factories

TABLES = 50
COUNT = int(os.environ["BENCH_COUNT"])
SCHEMA = os.environ.get("BENCH_SCHEMA")
MODE = os.environ["BENCH_MODE"]

loaded = factories.postgresql_proc(
    executable=os.environ["BENCH_PG_CTL"],
    port=None,
    unixsocketdir=os.environ["BENCH_SOCKETS"],
    load=[pathlib.Path(SCHEMA)] if SCHEMA else None,
)
clone = factories.postgresql("loaded")


if MODE == "tests":

    @pytest.mark.parametrize("number", range(COUNT))
    def test_three_tables(clone, number):
        with clone.cursor() as cursor:
            script = ""
            for at in range(3):
                table = (number * 7 + at * 11) % TABLES
                script += f"INSERT INTO t{table} (name, body) VALUES ('a', '{{}}'), ('b', '{{}}');"
            cursor.execute(script)
            clone.commit()
            cursor.execute(f"SELECT count(*), max(id) FROM t{number * 7 % TABLES}")
            assert cursor.fetchone() == (2, 2)

else:

    def test_once(clone):
        with clone.cursor() as cursor:
            cursor.execute("SELECT 1")
            print(f"\nselected {cursor.fetchone()[0]}", flush=True)
        if MODE == "hold":
            time.sleep(3600)
