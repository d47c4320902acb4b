"""bin/access-real: each application with its declaration, one after another."""

import json
import os
import pathlib
import subprocess
import sys

from alike import count, differences, told
from driver import Application, Failed
from server import OWNER, SUPERUSER, CannotRun, Server

# The login that runs the application.
RUNS = "app_run"


def say(text):
    print(f"== {text}", file=sys.stderr, flush=True)


class Run:
    def __init__(self, application, server, declaration):
        self.application, self.server, self.declaration = application, server, declaration
        self.database = application.name

    def raptor(self, *words):
        """What `raptor access` answers; it has to hold."""
        environment = {**os.environ, "DATABASE_URL": self.server.url(self.database, SUPERUSER)}
        environment.pop("DATABASE_OWNER_URL", None)
        command = [os.environ["RAPTOR"], "access", *words, "--file", str(self.declaration), "--json"]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=self.application.folder)
        if done.returncode != 0:
            raise Failed(f"raptor access {words[0]}: exit code {done.returncode}\n{done.stdout[-3000:]}{done.stderr}")
        return json.loads(done.stdout)

    def prove(self):
        logins = self.application.folder / "logins.toml"
        urls = {login: self.server.url(self.database, login) for login in (OWNER, RUNS)}
        logins.write_text("".join(f'{login} = "{url}"\n' for login, url in urls.items()))
        return self.raptor("prove", "--logins", str(logins))

    def all(self):
        self.application.begin()
        owner, runs = self.server.empty(self.database), self.server.url(self.database, RUNS)
        say(f"{self.application.name}: migrate, as the owner")
        self.application.command("access", "migrate", owner)
        say(f"{self.application.name}: access apply, prove")
        applied = self.raptor("apply")
        if self.raptor("plan")["steps"]:
            raise Failed("a second plan is not empty")
        proof = self.prove()
        say(f"{self.application.name}: check, fill, read, more, as {RUNS}")
        self.application.command("access", "check", runs)
        self.application.command("access", "fill", runs)
        first = self.application.command("access", "read", runs)
        again = self.application.command("access-again", "read", runs)
        differing = list(differences(first, again))
        if differing:
            raise Failed(f"two reads differ: {told(differing)}")
        self.application.command("access", "more", runs)
        # Whatever it did meanwhile, nothing is otherwise than declared.
        after = self.prove()
        if self.raptor("drift")["drift"]:
            raise Failed("there is drift")
        self.server.drop(self.database)
        tables = len([line for line in self.declaration.read_text().splitlines() if line.startswith("[tables.")])
        return {
            "tables": tables,
            "statements": len(applied["done"]),
            "values": count(first),
            "denied": proof["counts"]["denied"],
            "allowed": proof["counts"]["allowed"],
            "holds": proof["holds"] and after["holds"],
        }


def main(real, applications, declarations, *names):
    real, applications, declarations = map(pathlib.Path, (real, applications, declarations))
    failed = False
    print("| | tables | statements of apply | denied | allowed | values read as the login | |\n| --- | ---: | ---: | ---: | ---: | ---: | --- |")
    with Server() as server:
        for name in names:
            application = Application(name, real, applications)
            title = f"{name} {application.version()}"
            try:
                found = Run(application, server, declarations / f"{name}.toml").all()
                cells = [found[key] for key in ("tables", "statements", "denied", "allowed", "values")]
                print(f"| {title} | " + " | ".join(f"{cell:,}" for cell in cells) + " | holds |", flush=True)
            except (Failed, RuntimeError) as error:
                failed = True
                say(f"{name} FAILED: {error}")
                print(f"| {title} | | | | | | DOES NOT HOLD |", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:]))
    except CannotRun as error:
        say(f"cannot run: {error}")
        sys.exit(2)
