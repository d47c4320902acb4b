"""Runs an application's driver: one command, one JSON document.

| command | what it does |
| --- | --- |
| migrate | the application's own command that makes or migrates the schema |
| check | its own check that everything is migrated |
| fill | starts the application and writes through its own interface; what it wrote |
| read | starts it and reads all of it back, in an order that does not depend on the engine |
| more | writes more of each kind, reads it back; the new ids |
"""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

# What one command may take.
LIMIT = 1200


class Failed(Exception):
    """A command that did not do what it should, with the end of what it said."""


def run(command, log, environment=None, limit=LIMIT, codes=(0,), cwd=None):
    """Runs a command with what it leaves behind ended, its errors in `log`; (exit code, output, seconds)."""
    log.parent.mkdir(parents=True, exist_ok=True)
    begun = time.monotonic()
    command = [str(part) for part in command]
    with open(log, "w") as errors:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=environment,
            cwd=cwd,
            start_new_session=True,
        )
        try:
            out, _ = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            out = None
        finally:
            # Also the servers that it started and forgot.
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()
    seconds = time.monotonic() - begun
    if out is None:
        raise Failed(f"not at its end after {limit} s")
    out = out.decode(errors="replace")
    if codes is not None and process.returncode not in codes:
        told = (log.read_text(errors="replace") + out).strip().splitlines()[-12:]
        raise Failed(f"exit code {process.returncode}: " + "\n".join(told)[-2000:])
    return process.returncode, out, seconds


class Application:
    """One application: its driver, what was installed for it, and its home."""

    def __init__(self, name, real, applications):
        self.name = name
        self.source = applications / name
        self.folder = real / name
        self.home = self.folder / "home"
        self.file = self.folder / "data" / "app.db"
        self.kept = self.folder / "kept"
        self.logs = self.folder / "logs"
        shutil.rmtree(self.logs, ignore_errors=True)
        venv = self.folder / "venv" / "bin" / "python"
        self.python = venv if venv.exists() else pathlib.Path(sys.executable)

    def version(self):
        """As the list of what is installed has it."""
        requirements = self.source / "requirements.txt"
        if requirements.exists():
            for line in requirements.read_text().splitlines():
                if line.lower().startswith(f"{self.name}=="):
                    return line.split("==")[1].strip()
        package = json.loads((self.source / "package.json").read_text())
        return package["dependencies"][self.name]

    def begin(self):
        """Nothing of an earlier run is left."""
        for folder in (self.home, self.file.parent, self.kept):
            shutil.rmtree(folder, ignore_errors=True)
        for folder in (self.home, self.file.parent):
            folder.mkdir(parents=True)

    def keep(self):
        """Puts the home and the file away as they are."""
        shutil.copytree(self.home, self.kept / "home", symlinks=True)
        shutil.copytree(self.file.parent, self.kept / "data")

    def restore(self):
        """The home and the file, as they were put away."""
        for folder, kept in ((self.home, "home"), (self.file.parent, "data")):
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(self.kept / kept, folder, symlinks=True)

    def command(self, run_name, command, database):
        """The document of one command of the driver."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("PG", "DATABASE_", "RAPTOR"))}
        environment = {
            **kept,
            "APP_DATABASE": database,
            "APP_HOME": str(self.home),
            "APP_FOLDER": str(self.folder),
            "PYTHONUNBUFFERED": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "LC_ALL": "C.UTF-8",
        }
        log = self.logs / f"{run_name}-{command}.log"
        try:
            _, out, _ = run([self.python, self.source / "application.py", command], log, environment)
        except Failed as error:
            raise Failed(f"{command}: {error}") from None
        (self.logs / f"{run_name}-{command}.json").write_text(out)
        try:
            return json.loads(out)
        except ValueError as error:
            raise Failed(f"{command} printed no JSON document: {error}") from None
