"""bin/port-real: all runs of the applications named, one after another; results as JSON and as Markdown."""

import json
import os
import pathlib
import shutil
import subprocess
import sys

from driver import Application
from report import markdown
from runs import Runs
from server import CannotRun, Server


def say(text):
    print(f"== {text}", file=sys.stderr, flush=True)


def main(real, applications, *names):
    real, applications = pathlib.Path(real), pathlib.Path(applications)
    if not shutil.which("pgloader") or not os.access(os.environ["RAPTOR"], os.X_OK):
        raise CannotRun("pgloader or raptor is not there")
    results = []
    with Server() as server:
        for name in names:
            results.append(Runs(Application(name, real, applications), server, say).all())
        version = server.version
    # Those of other applications stay.
    path = real / "results.json"
    kept = json.loads(path.read_text())["applications"] if path.exists() else {}
    kept |= {result["name"]: result for result in results}
    theirs = subprocess.run(["pgloader", "--version"], capture_output=True, text=True).stdout.split()[2].strip('"')
    machine = {"postgres": version, "pgloader": theirs, "cores": os.cpu_count()}
    path.write_text(json.dumps({"machine": machine, "applications": kept}, indent=1, ensure_ascii=False))
    print(markdown(results, machine))
    return 1 if any(result["failures"] for result in results) else 0


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:]))
    except CannotRun as error:
        say(f"cannot run: {error}")
        sys.exit(2)
