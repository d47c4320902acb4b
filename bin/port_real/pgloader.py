"""pgloader on the same file: as it is called in its manual, and with data alone into the application's own schema.

Where names have capital letters it is told to keep them. Data alone needs a superuser, to set triggers aside.
"""

import shutil

import explained
from driver import Failed, run
from server import OWNER, SUPERUSER

LIMIT = 600


def carry(server, way, application, declared):
    folder = application.folder / way
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    names = [name for table, found in declared.items() for name in (table, *found["columns"])]
    has_capitals = any(name != name.lower() for name in names)
    url = server.url(way, SUPERUSER if way == "pgloader_data" else OWNER)
    if way == "pgloader":
        options = ["--with", "quote identifiers"] if has_capitals else []
        command = [*options, application.file, url]
    else:
        options = ["data only", "truncate", "disable triggers", "reset sequences"]
        options += ["quote identifiers"] if has_capitals else []
        text = f"LOAD DATABASE FROM sqlite://{application.file}\nINTO {url}\nWITH {', '.join(options)}"
        # It gets the decision that raptor gets.
        skipped = [f"'{table}'" for table in explained.existing_skip(application.source / "explained.toml")]
        text += f"\nEXCLUDING TABLE NAMES LIKE {', '.join(skipped)};\n" if skipped else ";\n"
        (folder / "command.load").write_text(text)
        command = [folder / "command.load"]
    log = application.logs / f"{way}.log"
    command = ["pgloader", "--root-dir", folder / "pgloader", *command]
    try:
        code, out, seconds = run(command, log, limit=LIMIT, codes=None, cwd=folder)
    except Failed as error:
        return {"exit_code": None, "error": str(error), "seconds": LIMIT}
    log.with_suffix(".out").write_text(out)
    errors = [line for line in out.splitlines() if " ERROR " in line or " FATAL " in line]
    return {"exit_code": code, "seconds": round(seconds, 2), "errors": len(errors), "first_errors": errors[:5]}
