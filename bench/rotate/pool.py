"""pool.py URL ROTATIONS CLIENTS LIFETIME: a plain pool whose login's password is changed in place.

Every client asks for a connection and reads, without a pause. The application is told of the new password a second after
the change, as a person or a deployment would. Prints JSON.
"""

import json
import sys
import threading
import time

import psycopg
from psycopg_pool import ConnectionPool

url, rotations, clients, lifetime = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
place = url.split("@", 1)[1]
told = {"password": "first"}


def conninfo(password):
    return f"postgresql://raptor_app:{password}@{place}"


class Told(psycopg.Connection):
    """Connects with the password that the application knows now."""

    @classmethod
    def connect(cls, _, **rest):
        return super().connect(conninfo(told["password"]), **rest)


done, lock = threading.Event(), threading.Lock()
found = {"count": 0, "failed": 0, "longest": 0.0, "fewest": None, "accepted": 0}
pool = ConnectionPool(
    conninfo("first"), connection_class=Told, min_size=4, max_size=4, max_lifetime=lifetime, timeout=1, reconnect_timeout=0.1
)
pool.wait()


def client():
    while not done.is_set():
        begun, failed = time.monotonic(), 0
        try:
            with pool.connection() as connection:
                connection.execute("SELECT 1, pg_sleep(0.002)")
        except psycopg.Error:
            failed = 1
        with lock:
            found["count"] += 1
            found["failed"] += failed
            found["longest"] = max(found["longest"], time.monotonic() - begun)


def watch():
    with psycopg.connect(url, autocommit=True) as admin:
        while not done.is_set():
            count = admin.execute("SELECT count(*) FROM pg_stat_activity WHERE usename = 'raptor_app'").fetchone()[0]
            found["fewest"] = count if found["fewest"] is None else min(found["fewest"], count)
            time.sleep(0.01)


threads = [threading.Thread(target=client, daemon=True) for _ in range(clients)]
threads.append(threading.Thread(target=watch, daemon=True))
begun = time.monotonic()
for thread in threads:
    thread.start()
time.sleep(1)
with psycopg.connect(url, autocommit=True) as admin:
    for number in range(rotations):
        before = told["password"]
        admin.execute(f"ALTER ROLE raptor_app PASSWORD 'secret{number}'")
        time.sleep(1)
        told["password"] = f"secret{number}"
        time.sleep(1)
        try:
            psycopg.connect(conninfo(before), connect_timeout=2).close()
            found["accepted"] += 1
        except psycopg.OperationalError:
            pass
done.set()
found["rate"] = found["count"] / (time.monotonic() - begun)
print(json.dumps(found))
