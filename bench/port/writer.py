#!/usr/bin/env python3
"""writer.py FILE RATE: an application that writes to an SQLite file until the file takes no more writes.

A mixture over several tables, each write a transaction of its own that is counted in the table `accepted`. Prints JSON:
how many were accepted, and how long writes took.
"""

import json
import random
import sqlite3
import sys
import time


def writes(number, chance):
    """The statements of one transaction."""
    event, account = chance.randrange(1, 1_100_000), chance.randrange(1, 60_000)
    kind = chance.randrange(12)
    if kind < 4:
        yield "INSERT INTO events (account, kind, body, amount, at) VALUES (?, ?, ?, ?, '2025-03-01 10:20:30')", (None, "new", f"event {number}", number / 8)
    elif kind < 7:
        yield "UPDATE events SET body = body || '.', amount = amount + 1 WHERE id = ?", (event,)
    elif kind == 7:
        yield "DELETE FROM events WHERE id = ?", (event,)
    elif kind == 8:
        # Takes out whoever has the mail already, and whoever points at them.
        yield "INSERT OR REPLACE INTO accounts (id, mail, name) VALUES (?, ?, 'replaced')", (account, f"mail{chance.randrange(1, 60_000)}")
    elif kind == 9:
        yield "UPDATE words SET word = ? WHERE word = ?", (f"word {number}x", f"word {account}")
        yield "INSERT INTO words VALUES (?, 1) ON CONFLICT DO UPDATE SET count = count + 1", (f"word {event % 60_000}",)
    elif kind == 10:
        yield "UPDATE OR REPLACE pairs SET other = ?, one = ? WHERE one = ?", (account % 7, account % 1000, event % 1000)
        yield "INSERT OR IGNORE INTO pairs VALUES (?, ?, ?)", (account % 1000, event % 7, f"pair {number}")
    else:
        yield "DELETE FROM accounts WHERE id = ?", (account,)
        yield "INSERT INTO loose VALUES (?, ?)", (number, "x" * chance.randrange(500))
        yield "DELETE FROM loose WHERE a % 5 = ?", (number % 5,)


def main():
    file, rate = sys.argv[1], float(sys.argv[2])
    chance = random.Random(20260301)
    db = sqlite3.connect(file, isolation_level=None, timeout=20)
    db.execute("PRAGMA foreign_keys = ON")
    accepted = refused = 0
    took = []
    number, begun = 0, time.monotonic()
    while True:
        number += 1
        time.sleep(max(0.0, begun + number / rate - time.monotonic()))
        since = time.monotonic()
        try:
            db.execute("BEGIN IMMEDIATE")
            db.execute("INSERT INTO accepted VALUES (?)", (number,))
            for text, values in writes(number, chance):
                db.execute(text, values)
            db.execute("COMMIT")
        except sqlite3.IntegrityError as error:
            if db.in_transaction:
                db.execute("ROLLBACK")
            if "carried over to Postgres" in str(error):
                waited = time.monotonic() - since
                break
            # A mail that is there already, or the like.
            refused += 1
            continue
        took.append((time.monotonic() - since, number))
        accepted += 1
    seconds = time.monotonic() - begun
    longest, at = max(took)
    print(
        json.dumps(
            {
                "accepted": accepted,
                "refused": refused,
                "seconds": seconds,
                "longest_ms": 1000 * longest,
                "longest_at": at / number,
                "median_ms": 1000 * sorted(took)[len(took) // 2][0],
                "over_100_ms": sum(it > 0.1 for it, _ in took),
                "last_ms": 1000 * waited,
            }
        )
    )


main()
