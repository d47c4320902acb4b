"""Reasons why a schema differs from the application's own: `explained.toml` beside the driver.

    [[explained]]
    pattern = "type studies.*: SQLite VARCHAR*, gold *, here text"   # * is any text
    reason = "…"

A difference that no line explains is a failure, and so is a line that explains nothing.

    create_fails = "…"   # at its top: why the application cannot run on what create mode makes

Its schema is compared all the same, and that the application runs there nevertheless is a failure.

    existing_skip = {alembic_version = "…"}   # at its top: what is decided in the plan by hand, in mode existing

The answers are the prefilled ones otherwise.
"""

import json
import re
import tomllib


def create_fails(path):
    return tomllib.loads(path.read_text()).get("create_fails") if path.exists() else None


def existing_skip(path):
    return tomllib.loads(path.read_text()).get("existing_skip", {}) if path.exists() else {}


def decide(path, plan):
    """Writes into the plan what was decided by hand; the tables and why."""
    tables = existing_skip(path)
    text = plan.read_text()
    for table, reason in tables.items():
        head = f"[tables.{table}]\n"
        if head not in text:
            raise ValueError(f"the plan has no table {table}")
        text = text.replace(head, f"{head}skip = {json.dumps(reason)}\n")
    plan.write_text(text)
    return tables


def split(path, differences):
    """(explained as pairs of reason and number, not explained, patterns without use)."""
    lines = tomllib.loads(path.read_text()).get("explained", []) if path.exists() else []
    rules = [(line["pattern"], glob(line["pattern"]), line["reason"]) for line in lines]
    used, open_ = {}, []
    for difference in differences:
        for pattern, regex, _ in rules:
            if regex.fullmatch(difference):
                used[pattern] = used.get(pattern, 0) + 1
                break
        else:
            open_.append(difference)
    explained = [
        {"pattern": pattern, "reason": reason, "of": used[pattern]} for pattern, _, reason in rules if pattern in used
    ]
    return explained, open_, [pattern for pattern, *_ in rules if pattern not in used]


def glob(pattern):
    return re.compile(".*".join(map(re.escape, pattern.split("*"))), re.DOTALL)
