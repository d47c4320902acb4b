"""The driver for GNU Mailman's core (SQLAlchemy, Alembic, Falcon): its own commands and runners, its REST interface."""

import base64
import json
import pathlib
import re
import sys
import uuid

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "shared"))
from rest import Rest
from web import HOME, Unexpected, call, database, is_sqlite, main

import content
import reading

BIN = pathlib.Path(sys.executable).parent
CONFIG = HOME / "mailman.cfg"
# gunicorn puts a socket into the user's home.
ENVIRONMENT = {"HOME": str(HOME)}
KEY = base64.b64encode(b"restadmin:restpass").decode()


def configured(port=8001):
    engine = "sqlite.SQLiteDatabase" if is_sqlite() else "postgresql.PostgreSQLDatabase"
    CONFIG.write_text(f"""[mailman]
layout: here
site_owner: wart@example.com
[paths.here]
var_dir: {HOME}/var
[database]
class: mailman.database.{engine}
url: {database("sqlite:///{}", "postgresql+psycopg2://{}")}
[webservice]
port: {port}
workers: 1
[mta]
incoming: mailman.mta.null.NullMTA
[archiver.prototype]
enable: yes
""")
    return CONFIG


class Served(Rest):
    """The runner of the REST interface alone, without the master."""

    def __init__(self):
        headers = {"Authorization": f"Basic {KEY}"}
        command = [BIN / "runner", "-C", CONFIG, "-r", "rest"]
        super().__init__(command, "/3.1/system/versions", "/3.1", headers, environment=ENVIRONMENT, cwd=HOME)
        configured(self.port)
        self.begin = f"http://localhost:{self.port}/3.1/"

    def made(self, path, document):
        """What a POST made: the last part of where it is."""
        body = json.dumps(document).encode()
        found = self.answer("POST", path, body, {"Content-Type": "application/json"})
        if found.status != 201:
            raise Unexpected(f"POST {path}: {found.status}: {found.text} for {document}")
        return found.headers["Location"].removeprefix(self.begin).rsplit("/", 1)[-1]

    def here(self, path, **parameters):
        """A document without the port of this server, and without the sums over it."""
        return reading.plain(self.get(path, **parameters), self.begin)


def mailman(*arguments):
    return call([BIN / "mailman", "--run-as-root", "-C", configured(), *arguments], cwd=HOME)


def once(*names):
    """Queues are worked off by their runners, which take one message each time."""
    for name in names:
        queue = HOME / "var" / "queue" / name
        for _ in range(len([*queue.glob("*.pck")])):
            call([BIN / "runner", "-C", configured(), "-r", name, "-o"], cwd=HOME)
        if [*queue.iterdir()]:
            sys.exit(f"the runner {name} left something in its queue")


def migrate():
    """Its first start makes the schema on an empty database, and runs its chain on any other."""
    return {"info": mailman("info").splitlines()[0]}


def check():
    """Alembic with the file that Mailman brings: its start would migrate."""
    import mailman as package

    file = pathlib.Path(package.__file__).parent / "config" / "alembic.cfg"
    environment = {"MAILMAN_CONFIG_FILE": str(configured())}
    said = (call([BIN / "alembic", "-c", file, word], environment, cwd=HOME) for word in ("heads", "current"))
    heads, current = (re.findall(r"^[0-9a-f]+\b", text, re.M) for text in said)
    if not heads or heads != current:
        sys.exit(f"heads {heads}, here {current}")
    call([BIN / "alembic", "-c", file, "check"], environment, cwd=HOME)
    return {"revision": current}


def fill():
    with Served() as web:
        content.domains(web)
        content.lists(web)
        people = content.people(web)
        content.members(web, people)
        content.rules(web)
        content.asked(web)
        content.posted(web)
    mailman("addmembers", content.file(HOME), "tauben.example.com")
    once("in", "pipeline")
    return {"users": len(people), "lists": len(content.LISTS)}


def read():
    with Served() as web:
        found = reading.everything(web)
    found["cli lists"] = sorted(mailman("lists", "-a", "-n", "-d").splitlines())
    for name in ("tauben", "groesse-0"):
        found[f"cli {name}"] = sorted(mailman("members", f"{name}.example.com").splitlines())
    found["cli digests"] = sorted(mailman("members", "-d", "any", "tauben.example.com").splitlines())
    found["cli find"] = mailman("findmember", "person01").splitlines()
    return found


def more():
    mark = uuid.uuid4().hex[:8]
    with Served() as web:
        ids = content.again(web, mark)
    mailman("create", "-o", "person003@example.org", f"cli-{mark}@example.com")
    once("in", "pipeline")
    with Served() as web:
        content.moderated(web)
        names = [one["list_name"] for one in web.get("/lists")["entries"]]
        if f"cli-{mark}" not in names or f"neu-{mark}" not in names:
            raise Unexpected(f"the lists are {names}")
        if not any(mark in one["subject"] for one in web.get("/lists/tauben.example.com/held")["entries"]):
            raise Unexpected("the new message is not held")
    return ids


if __name__ == "__main__":
    main(migrate=migrate, check=check, fill=fill, read=read, more=more)
