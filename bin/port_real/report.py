"""The results as Markdown, for bench/RESULTS.md."""

from schema import CATEGORIES

WORDS = {"not_null": "NOT NULL", "primary_key": "primary keys", "foreign_key": "foreign keys", "check": "CHECK"}


def markdown(results, machine):
    parts = ["### Real applications on a ported database", "", ways(results), "", schemas(results)]
    for result in results:
        parts += ["", *verdict(result)]
    parts += ["", f"Postgres {machine['postgres']}, pgloader {machine['pgloader']}, {machine['cores']} cores"]
    return "\n".join(parts)


def table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def title(result):
    return f"{result['name']} {result['version']}"


def failed(result, mode):
    return any(failure.startswith(f"{mode}:") for failure in result["failures"])


def ways(results):
    """Whether the application runs on what each way made."""
    rows = []
    for result in results:
        size = result.get("sqlite")
        cells = [title(result)]
        cells += [f"{size['tables']} tables, {size['rows']:,} rows", f"{size['values_read']:,}"] if size else ["", ""]
        for mode in ("existing", "create"):
            cells.append(ours(result, mode))
        rows.append(cells + [theirs(result.get(way)) for way in ("pgloader", "pgloader_data")])
    head = ["", "file", "values read", "raptor, existing", "raptor, create", "pgloader", "pgloader, data alone"]
    return table(head, rows)


def ours(result, mode):
    if mode not in result:
        return "not run"
    if failed(result, mode):
        return "does not hold"
    return "carried over; it cannot run there" if "cannot_run" in result[mode] else "holds"


def theirs(found):
    if not found:
        return "not run"
    if found["exit_code"] is None:
        return f"not at its end after {found['seconds']} s"
    rows, of = found["rows"]
    told = [f"exit {found['exit_code']}, {found['errors']} errors", f"{of - rows:,} of {of:,} rows lost"]
    told += [f"{command}: {found[command]}" for command in ("check", "read", "more")]
    return "; ".join(told)


def schemas(results):
    """What the file declares, and how much of it is on Postgres."""
    rows = []
    for result in results:
        for way, of in (("create", "raptor"), ("pgloader", "pgloader")):
            found = result.get(way, {})
            if "scores" not in found:
                continue
            scores = ["{}/{}".format(*found["scores"][category]) for category in CATEGORIES]
            types = "{}/{}".format(*found["types"])
            rows.append([title(result), of, *scores, types, len(found["differences"])])
    head = ["", "schema by", *(WORDS.get(category, category) for category in CATEGORIES), "types equal", "differences"]
    return table(head, rows)


def verdict(result):
    for failure in result["failures"]:
        yield f"- {title(result)} DOES NOT HOLD: {failure}"
    if not result["failures"]:
        create = result["create"]
        yield (
            f"- {title(result)} holds; {len(create['differences'])} differences to its own schema, all explained; "
            f"its own schema has what the file does not declare: {told(create['only_gold'])}"
        )
        if "cannot_run" in create:
            yield f"- {title(result)} does not run on what create mode makes: {create['cannot_run']}"


def told(counted):
    return ", ".join(f"{number} {what}" for what, number in counted.items()) or "nothing"
