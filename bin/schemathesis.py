"""Hooks of bin/schemathesis: gives each case a session of its own.

A customer may log in only so often, and many cases end the session they are sent with; so each
case that is no GET gets a new customer and a new session.
"""

import itertools
import os
import re
import uuid

import requests
import schemathesis

BASE = os.environ["RAPTOR_SCHEMATHESIS_URL"]
RUN = uuid.uuid4().hex
NUMBERS = itertools.count()


def post(path, body):
    answer = requests.post(f"{BASE}{path}", json=body, timeout=30)
    if answer.status_code != 201:
        raise RuntimeError(f"POST {path} answered {answer.status_code}: {answer.text}")
    return answer.json()


def log_in():
    email = f"case-{RUN}-{next(NUMBERS)}@example.com"
    body = {"email": email, "password": "correct horse battery"}
    post("/v1/customers", body)
    return post("/v1/sessions", body)["token"]


@schemathesis.auth(refresh_interval=None)
class Session:
    """A token in the header Authorization."""

    shared = None

    def get(self, case, context):
        if case.method.upper() != "GET":
            return log_in()
        if Session.shared is None:
            Session.shared = log_in()
        return Session.shared

    def set(self, case, token, context):
        case.headers = case.headers or {}
        case.headers["Authorization"] = f"Bearer {token}"


@schemathesis.hook
def before_call(context, case, kwargs):
    """A key used twice for two bodies is refused, rightly; so each case gets a key of its own."""
    key = (case.headers or {}).get("Idempotency-Key")
    if isinstance(key, str) and re.fullmatch(r"[!-~]{1,255}", key):
        case.headers["Idempotency-Key"] = key[:200] + uuid.uuid4().hex
