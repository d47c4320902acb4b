"""The runs of one application: on SQLite, carried over in both ways, and by pgloader."""

import os
import shutil

import alike
import catalog
import declared
import explained
import pgloader
from driver import Failed, run
from schema import Comparison

# Of the columns, in create mode.
TYPES_WANTED = 0.9


class Runs:
    def __init__(self, application, server, say):
        self.application, self.server, self.say = application, server, say
        self.result = {"name": application.name, "version": application.version(), "failures": []}

    def all(self):
        application = self.application
        try:
            self.sqlite()
            self.existing()
        except Failed as error:
            # Without these there is nothing to compare with.
            self.failed("sqlite" if "sqlite" not in self.result else "existing", str(error))
            return self.result
        self.guarded("create", self.create)
        for way in ("pgloader", "pgloader_data"):
            self.say(f"{application.name}: {way}")
            self.result[way] = self.pgloader(way)
        return self.result

    def guarded(self, name, step):
        try:
            step()
        except Failed as error:
            self.failed(name, str(error))

    def failed(self, where, what):
        self.say(f"{self.application.name}: {where}: {what}")
        self.result["failures"].append(f"{where}: {what}")

    def must(self, where, holds, what):
        if not holds:
            self.failed(where, what)

    def sqlite(self):
        """Makes the file; `read` says the same each time, and `more` works, or the driver is at fault."""
        application = self.application
        application.begin()
        url = f"sqlite:{application.file}"
        for command in ("migrate", "check", "fill"):
            self.say(f"{application.name}: sqlite: {command}")
            application.command("sqlite", command, url)
        application.keep()
        self.say(f"{application.name}: sqlite: read, more")
        self.expected = application.command("sqlite", "read", url)
        again = application.command("sqlite-again", "read", url)
        self.must("sqlite", self.expected == again, f"two reads differ: {differing(self.expected, again)}")
        application.command("sqlite", "check", url)
        application.command("sqlite", "more", url)
        application.restore()
        self.declared = declared.read(application.file)
        self.rows = declared.counts(application.file)
        self.result["sqlite"] = {
            "tables": len(self.rows),
            "columns": sum(len(table["columns"]) for table in self.declared.values()),
            "rows": sum(self.rows.values()),
            "values_read": alike.count(self.expected),
        }

    def existing(self):
        url = self.server.empty("existing")
        self.application.restore()
        self.application.command("existing", "migrate", url)
        self.application.command("existing", "check", url)
        self.gold = catalog.read(self.server, "existing")
        self.application.restore()
        self.result["existing"] = {}
        self.guarded("existing", lambda: self.carried("existing", url, ["--mode", "existing", "--to", url]))
        self.must("existing", catalog.read(self.server, "existing") == self.gold, "the schema is not as it was before")
        self.server.drop("existing")

    def create(self):
        url = self.server.empty("create")
        self.application.restore()
        self.result["create"] = {}
        reason = explained.create_fails(self.application.source / "explained.toml")
        if reason:
            self.cannot_run(url, reason)
        else:
            self.guarded("create", lambda: self.carried("create", url, []))
        found = Comparison(self.declared, self.gold, catalog.read(self.server, "create")).told()
        self.server.drop("create")
        reasons, open_, unused = explained.split(self.application.source / "explained.toml", found["differences"])
        self.result["create"] |= {**found, "explained": reasons, "not_explained": open_}
        self.must("create", not open_, f"{len(open_)} differences without a reason:\n  " + "\n  ".join(open_[:40]))
        self.must("create", not unused, f"reasons for nothing: {', '.join(unused)}")
        equal, of = found["types"]
        self.must("create", reason or equal >= TYPES_WANTED * of, f"{equal} of {of} types are equal")

    def cannot_run(self, url, reason):
        """Carries rows over for an application that will not run on them, and sees that it does not."""
        self.guarded("create", lambda: self.carry("create", url, []))
        self.result["create"]["cannot_run"] = reason
        before = len(self.result["failures"])
        self.guarded("create", lambda: self.use("create", url))
        # These failures are the reason's.
        self.result["create"]["seen"], self.result["failures"][before:] = self.result["failures"][before:], []
        self.must(
            "create", self.result["create"]["seen"], "the application runs, and `create_fails` says that it cannot"
        )

    def carried(self, mode, url, options):
        self.carry(mode, url, options)
        self.use(mode, url)

    def carry(self, mode, url, options):
        """plan, run, verify."""
        result = self.result[mode]
        folder = self.application.folder / mode
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        plan = folder / "port.toml"
        for step, arguments in (
            ("plan", [self.application.file, "--out", plan, *options]),
            ("run", [plan, "--to", url]),
            ("verify", [plan, "--to", url]),
        ):
            self.say(f"{self.application.name}: {mode}: {step}")
            result[f"{step}_seconds"] = round(self.raptor(mode, step, arguments, folder), 2)
            if step == "plan" and mode == "existing":
                result["decided"] = explained.decide(self.application.source / "explained.toml", plan)
        rejected = self.server.psql("SELECT count(*) FROM raptor_port.rejected", mode, check=False)
        result["rejected"] = int(rejected or 0)

    def use(self, mode, url):
        """The application on Postgres."""
        result = self.result[mode]
        result["differences_read"] = []
        for command in ("check", "read", "more"):
            self.say(f"{self.application.name}: {mode}: {command}")
            document = self.application.command(mode, command, url)
            if command == "read":
                found = list(alike.differences(self.expected, document))
                result["differences_read"] = alike.told(found, 1000)
                self.must(mode, not found, "read otherwise:\n  " + "\n  ".join(alike.told(found)))

    def raptor(self, mode, step, arguments, folder):
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("RAPTOR_", "DATABASE_"))}
        log = self.application.logs / f"{mode}-raptor-{step}.log"
        command = [os.environ["RAPTOR"], "port", step, *arguments]
        _, out, seconds = run(command, log, {**environment, "RUST_LOG": "warn"}, cwd=folder)
        log.with_suffix(".out").write_text(out)
        return seconds

    def pgloader(self, way):
        """What the same application says of what pgloader made; nothing here is a failure of ours."""
        url = self.server.empty(way)
        application = self.application
        application.restore()
        if way == "pgloader_data":
            application.command(way, "migrate", url)
            application.restore()
        result = pgloader.carry(self.server, way, application, self.declared)
        there = catalog.counts(self.server, way)
        result["rows"] = [
            sum(min(there.get(name, 0), rows) for name, rows in self.rows.items()),
            sum(self.rows.values()),
        ]
        result["tables_short"] = {
            name: [there.get(name, 0), rows] for name, rows in self.rows.items() if there.get(name, 0) != rows
        }
        found = Comparison(self.declared, self.gold, catalog.read(self.server, way)).told()
        result |= {"scores": found["scores"], "types": found["types"], "differences": found["differences"]}
        for command in ("check", "read", "more"):
            try:
                document = application.command(way, command, url)
                result[command] = "holds"
                if command == "read":
                    other = list(alike.differences(self.expected, document))
                    result["read"] = f"{len(other)} values differ" if other else "equal"
                    result["differences_read"] = alike.told(other)
            except Failed as error:
                result[command] = "fails"
                result[f"{command}_error"] = str(error)
        self.server.drop(way)
        return result


def differing(expected, found):
    return "; ".join(alike.told(list(alike.differences(expected, found)), 5))
