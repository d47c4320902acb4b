"""bench/port/make.py ROWS WIDE FILE: an SQLite file as an application leaves it; the same every time."""

import json
import pathlib
import random
import sqlite3
import sys

WORDS = "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu größe 世界".split()

MIXED = """CREATE TABLE events (id INTEGER PRIMARY KEY, customer INTEGER NOT NULL, kind VARCHAR(20) NOT NULL,
    title TEXT NOT NULL, body TEXT, price DECIMAL(10,2), score REAL, is_open BOOLEAN NOT NULL, at DATETIME NOT NULL,
    doc JSON, raw BLOB)"""


def mixed(count):
    """Integers, texts, times, documents and bytes, with NULLs."""
    chance = random.Random(7)
    for number in range(1, count + 1):
        at = (1 + number % 12, 1 + number % 28, number % 24, number % 60, number * 7 % 60, number % 1000000)
        yield (
            number,
            chance.randrange(1, 50_000),
            chance.choice(("open", "close", "move", "note")),
            " ".join(chance.choices(WORDS, k=4)),
            " ".join(chance.choices(WORDS, k=12)) if number % 3 else None,
            round(chance.random() * 10_000, 2),
            chance.random() * 1e6,
            number % 2,
            "2024-%02d-%02d %02d:%02d:%02d.%06d" % at,
            json.dumps({"n": number, "tags": chance.sample(WORDS, 2)}) if number % 2 else None,
            chance.randbytes(24) if number % 4 == 0 else None,
        )


def wide(count):
    """Sixty columns of integers, doubles and texts in turn."""
    chance = random.Random(11)
    for number in range(1, count + 1):
        cells = [number]
        for place in range(60):
            cells.append((chance.randrange(1_000_000), chance.random(), chance.choice(WORDS))[place % 3])
        yield cells


def main():
    rows, is_wide, file = int(sys.argv[1]), sys.argv[2] == "wide", pathlib.Path(sys.argv[3])
    file.unlink(missing_ok=True)
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = OFF")
    if is_wide:
        kinds = ("INTEGER", "REAL", "TEXT")
        columns = ", ".join(f"c{place} {kinds[place % 3]}" for place in range(60))
        connection.execute(f"CREATE TABLE wide (id INTEGER PRIMARY KEY, {columns})")
        connection.executemany(f"INSERT INTO wide VALUES ({', '.join('?' * 61)})", wide(rows))
    else:
        connection.execute(MIXED)
        connection.executemany(f"INSERT INTO events VALUES ({', '.join('?' * 11)})", mixed(rows))
        connection.execute("CREATE INDEX by_customer ON events (customer)")
        connection.execute("CREATE INDEX by_at ON events (at)")
    connection.commit()
    connection.close()


main()
