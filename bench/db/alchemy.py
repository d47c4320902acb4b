"""The peer SQLAlchemy: `alchemy.py URL`, threads as clients, text() statements.

Serves `WORKLOAD CLIENTS SECONDS` lines as harness.rs does. Postgres through psycopg2 with a pool of
eight; SQLite through sqlite3 in WAL with synchronous FULL.
"""

import json
import random
import resource
import sys
import threading
import time

from sqlalchemy import create_engine, event, text

ROWS = 100_000
SELECT = text("SELECT id, email, created_at FROM accounts WHERE id = :id")
INSERT = text("INSERT INTO events (account_id, kind, body) VALUES (:account, :kind, :body)")
SET = text("SELECT set_config('raptor.tenant', :tenant, true)")
BODY = "a body of some forty characters, or so it is"
TENANT = "0197a3c2-0000-7000-8000-000000000001"


def engine_for(url):
    engine = create_engine(url, pool_size=64 if url.startswith("sqlite") else 8, max_overflow=0, pool_timeout=60)
    if url.startswith("sqlite"):

        @event.listens_for(engine, "connect")
        def configure(connection, _):
            for pragma in (
                "busy_timeout = 60000",
                "journal_mode = WAL",
                "synchronous = FULL",
                "foreign_keys = ON",
                "cache_size = -16000",
                "mmap_size = 268435456",
            ):
                connection.execute(f"PRAGMA {pragma}")

    return engine


def select(engine):
    with engine.connect() as connection:
        row = connection.execute(SELECT, {"id": random.randrange(ROWS) + 1}).one()
        return row.id, row.email, row.created_at


def insert(engine):
    with engine.begin() as connection:
        connection.execute(INSERT, {"account": random.randrange(ROWS) + 1, "kind": "login", "body": BODY})


def scoped(engine):
    with engine.begin() as connection:
        connection.execute(SET, {"tenant": TENANT})
        return connection.execute(SELECT, {"id": random.randrange(ROWS) + 1}).one()


def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def measure(op, clients, seconds):
    took = []
    began, spent = time.perf_counter(), cpu()
    end = began + seconds

    def client():
        mine = []
        now = time.perf_counter()
        while now < end:
            op()
            then, now = now, time.perf_counter()
            mine.append((now - then) * 1e6)
        took.extend(mine)

    threads = [threading.Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wall, spent = time.perf_counter() - began, cpu() - spent
    took.sort()
    last = len(took) - 1
    return {
        "ops": len(took) / wall,
        "p50": took[int(last * 0.5)],
        "p99": took[int(last * 0.99)],
        "cpu": spent * 1e6 / len(took),
    }


def main():
    engine = engine_for(sys.argv[1])
    ops = {"select": select, "insert": insert, "scoped": scoped}
    for line in sys.stdin:
        workload, clients, seconds = line.split()
        op = ops[workload]
        print(json.dumps(measure(lambda: op(engine), int(clients), float(seconds))), flush=True)


main()
