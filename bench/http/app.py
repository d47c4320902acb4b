"""The stack that Raptor replaces, doing the same validate: Flask, SQLAlchemy 2 `text()`, psycopg2 or sqlite3.

The same token hash, the same look-up on the same tables, an answer of the same shape.
"""

import hashlib
import os

from flask import Flask, jsonify, request
from sqlalchemy import create_engine, event, text

URL = os.environ["PEER_URL"]
# A pool that never waits: as many connections as the worker has threads.
engine = create_engine(URL, pool_size=16, max_overflow=0)
app = Flask(__name__)

if engine.dialect.name == "sqlite":
    NOW = "strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')"

    @event.listens_for(engine, "connect")
    def configure(connection, _):
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA mmap_size = 268435456")
else:
    NOW = "now()"

VALIDATE = text(
    "SELECT s.id, s.customer_id, s.created_at, s.authenticated_at, s.last_used_at, s.idle_expires_at, "
    "s.expires_at, s.user_agent, s.address, c.email, c.name "
    "FROM sessions s JOIN customers c ON c.id = s.customer_id "
    "WHERE s.token_hash = :hash AND s.ended_at IS NULL "
    f"AND s.expires_at > {NOW} AND s.idle_expires_at > {NOW}"
)
# With the policies applied, as the login that they hold: the same work as Raptor's.
SCOPED = os.environ.get("PEER_SCOPED") == "yes"
SCOPE = text("SELECT set_config('raptor.token', :token, true)")


def stamp(at):
    return at if isinstance(at, str) else at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@app.get("/v1/sessions/current")
def get_current_session():
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.startswith("rpt_s_"):
        return jsonify(title="Not logged in"), 401
    digest = hashlib.sha256(hashlib.sha256(token.encode()).digest()).digest()
    with engine.connect() as connection:
        if SCOPED:
            connection.execute(SCOPE, {"token": hashlib.sha256(token.encode()).hexdigest()})
        row = connection.execute(VALIDATE, {"hash": digest}).one_or_none()
    if row is None:
        return jsonify(title="Not logged in"), 401
    times = ("created_at", "authenticated_at", "last_used_at", "idle_expires_at", "expires_at")
    session = {name: stamp(getattr(row, name)) for name in times}
    session |= {"id": str(row.id), "user_agent": row.user_agent, "address": row.address}
    customer = {"id": str(row.customer_id), "email": row.email, "name": row.name}
    return jsonify(session=session, customer=customer)
