"""A throw-away Postgres on a free port of 127.0.0.1, with a login that owns its databases and is no superuser."""

import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time

SUPERUSER, OWNER = "postgres", "app"


class CannotRun(Exception):
    """What is missing on this machine; nothing was found out."""


def programs():
    """The folder of the server's programs."""
    places = [pathlib.Path(os.environ["RAPTOR_PG_BIN"])] if "RAPTOR_PG_BIN" in os.environ else []
    for pattern in ("usr/lib/postgresql/*/bin", "opt/homebrew/opt/postgresql*/bin", "usr/local/opt/postgresql*/bin"):
        places += sorted(pathlib.Path("/").glob(pattern), reverse=True)
    found = shutil.which("initdb")
    places += [pathlib.Path(found).resolve().parent] if found else []
    for place in places:
        if all((place / name).exists() for name in ("initdb", "postgres")):
            return place
    raise CannotRun("no Postgres server found; set RAPTOR_PG_BIN to its bin folder")


class Server:
    def __enter__(self):
        self.programs = programs()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="port-real-"))
        self.folder.chmod(0o755)
        self.process = None
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def start(self):
        data = self.folder / "data"
        data.mkdir(mode=0o700)
        # Postgres refuses to run as root.
        self.account = {}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            self.account = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            os.chown(data, nobody.pw_uid, nobody.pw_gid)
        # Without a locale, so that texts sort by their bytes, as SQLite does it.
        made = [self.programs / "initdb", "-D", data, "-U", SUPERUSER, "-A", "trust", "-E", "UTF8", "--no-locale", "-N"]
        done = subprocess.run(made, capture_output=True, text=True, cwd="/", **self.account)
        if done.returncode != 0:
            raise CannotRun(f"initdb failed: {done.stderr.strip()}")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        settings = {"listen_addresses": "127.0.0.1", "port": self.port, "unix_socket_directories": "", "fsync": "off"}
        command = [self.programs / "postgres", "-D", data]
        for key, value in settings.items():
            command += ["-c", f"{key}={value}"]
        with open(self.folder / "log", "w") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, cwd="/", **self.account)
        for _ in range(200):
            if self.psql("SELECT 1", check=False) == "1":
                break
            time.sleep(0.1)
        else:
            raise CannotRun("the Postgres server does not answer")
        self.psql(f"CREATE ROLE {OWNER} LOGIN CREATEDB")
        self.version = self.psql("SHOW server_version").split()[0]

    def psql(self, text, database="postgres", check=True):
        """What a statement answers, as a text; what it refuses is an error here."""
        command = ["psql", "-XqtA", "-v", "ON_ERROR_STOP=1", "-d", self.url(database, SUPERUSER), "-f", "-"]
        done = subprocess.run(command, input=text, capture_output=True, text=True)
        if done.returncode != 0:
            if check:
                raise RuntimeError(f"psql: {done.stderr.strip()}")
            return None
        return done.stdout.strip()

    def empty(self, database):
        """An empty database of this name, which the application's login owns; its URL."""
        self.drop(database)
        self.psql(f'CREATE DATABASE "{database}" OWNER {OWNER}')
        return self.url(database)

    def drop(self, database):
        self.psql(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')

    def url(self, database, user=OWNER):
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
