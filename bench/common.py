"""What the benchmarks share: finds the peers, starts a throw-away Postgres, takes turns, prints tables.

Only the standard library. A part that cannot be found ends the run with exit code 2.
"""

import atexit
import json
import os
import pathlib
import platform
import pwd
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

BENCH = pathlib.Path(__file__).resolve().parent
TARGET = BENCH / "target"
VENV = BENCH / ".venv"


def missing(what):
    print(f"cannot run: {what}", file=sys.stderr)
    sys.exit(2)


def say(text):
    print(text, file=sys.stderr, flush=True)


# --- Peers ---------------------------------------------------------------------------------------


def build(folder, binary, *options):
    """The release binary of the Cargo workspace in `folder`."""
    say(f"building {binary} …")
    command = ["cargo", "build", "--release", "--quiet", *options]
    environment = {**os.environ, "CARGO_TARGET_DIR": str(TARGET)}
    try:
        code = subprocess.run(command, cwd=folder, env=environment, stdout=sys.stderr).returncode
    except FileNotFoundError:
        missing("cargo is not installed")
    if code != 0:
        missing(f"{binary} does not build")
    return TARGET / "release" / binary


def python():
    """The interpreter of the virtual environment that holds the Python peers; made when missing."""
    interpreter = VENV / "bin" / "python"
    wanted = (BENCH / "requirements.txt").read_text()
    made_for = VENV / "requirements.txt"
    if not made_for.exists() or made_for.read_text() != wanted:
        say("installing the Python peers …")
        steps = (
            [sys.executable, "-m", "venv", str(VENV)],
            [str(interpreter), "-m", "pip", "install", "--quiet", "-r", str(BENCH / "requirements.txt")],
        )
        for step in steps:
            if subprocess.run(step, stdout=sys.stderr).returncode != 0:
                missing("the Python peers (requirements.txt) cannot be installed")
        made_for.write_text(wanted)
    return interpreter


def program(name, package):
    path = shutil.which(name)
    if path is None:
        missing(f"{name} is not installed (Debian: apt-get install {package})")
    return path


class Peer:
    """A process that runs one slot of work at a time: a command line in, a line of JSON out."""

    def __init__(self, *command):
        self.command = [str(part) for part in command]
        self.process = subprocess.Popen(
            self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        atexit.register(self.end)

    def run(self, workload, clients, seconds):
        self.process.stdin.write(f"{workload} {clients} {seconds}\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            missing(f"a peer failed at {workload} with {clients} clients: {' '.join(self.command)}")
        return json.loads(line)

    def end(self):
        if self.process.poll() is None:
            self.process.stdin.close()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()


def take_turns(rows, rounds, seconds):
    """Runs every row in turn, `rounds` times, each round beginning with another one.

    `rows` maps a name to `(peer, workload, clients)`. Answers name → list of slots. A first short
    slot each warms caches up and is thrown away.
    """
    slots = {name: [] for name in rows}
    names = list(rows)
    for name in names:
        peer, workload, clients = rows[name]
        peer.run(workload, clients, 0.3)
    for number in range(rounds):
        for name in names[number % len(names) :] + names[: number % len(names)]:
            peer, workload, clients = rows[name]
            slots[name].append(peer.run(workload, clients, seconds))
    return slots


def median(slots, field):
    return statistics.median(slot[field] for slot in slots)


def ratio(these, those, field):
    """The median over the rounds of `these / those`: what disturbs a round disturbs both."""
    return statistics.median(a[field] / b[field] for a, b in zip(these, those))


def table(head, rows):
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def verdict(what, found, wanted, at_most=False):
    """One line of the verdict; `found` and `wanted` are ratios."""
    holds = found <= wanted if at_most else found >= wanted
    sign = "≤" if at_most else "≥"
    return f"- {what}: **{found:.2f}×** (wanted {sign} {wanted:g}×) {'holds' if holds else 'DOES NOT HOLD'}"


def machine(server=None):
    cores = os.cpu_count()
    system = platform.freedesktop_os_release().get("PRETTY_NAME", platform.system())
    load = os.getloadavg()[0]
    parts = [f"{cores} cores", system, f"load {load:.1f} at the end"]
    if server:
        parts.insert(2, server)
    return ", ".join(parts)


# --- Postgres ------------------------------------------------------------------------------------


def postgres_folder():
    named = os.environ.get("RAPTOR_PG_BIN")
    places = [pathlib.Path(named)] if named else []
    found = shutil.which("initdb")
    if found:
        places.append(pathlib.Path(found).resolve().parent)
    usual = pathlib.Path("/usr/lib/postgresql")
    if usual.is_dir():
        places += sorted((p / "bin" for p in usual.iterdir()), reverse=True)
    for place in places:
        if all((place / name).exists() for name in ("initdb", "postgres", "psql")):
            return place
    missing("no Postgres server found (set RAPTOR_PG_BIN, or apt-get install postgresql)")


class Postgres:
    """A throw-away server on a free loopback port, with the durability that Postgres ships with."""

    def __init__(self, **settings):
        self.bin = postgres_folder()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="raptor-bench-"))
        self.folder.chmod(0o755)
        atexit.register(self.stop)
        data = self.folder / "data"
        data.mkdir(mode=0o700)
        # Postgres refuses to run as root.
        self.user = {}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            self.user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            os.chown(data, nobody.pw_uid, nobody.pw_gid)
        self.command(
            "initdb", "-D", data, "-U", "bench", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"
        )
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        lines = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": "",
            "shared_buffers": "256MB",
            "max_connections": 100,
            "fsync": "on",
            "synchronous_commit": "on",
            **settings,
        }
        options = [part for key, value in lines.items() for part in ("-c", f"{key}={value}")]
        self.process = subprocess.Popen(
            [str(self.bin / "postgres"), "-D", str(data), *options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            **self.user,
        )
        for _ in range(100):
            if self.psql("SELECT 1", database="postgres", check=False):
                break
            time.sleep(0.1)
        else:
            missing("the Postgres server does not answer")
        self.psql("CREATE DATABASE bench", database="postgres")

    def command(self, name, *arguments):
        command = [str(self.bin / name), *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, cwd="/", **self.user)
        if done.returncode != 0:
            missing(f"{name} failed: {done.stderr.strip()}")

    def psql(self, text, database="bench", check=True):
        command = [
            *(str(self.bin / "psql"), "-X", "-q", "-t", "-A", "-v", "ON_ERROR_STOP=1"),
            *("-h", "127.0.0.1", "-p", str(self.port), "-U", "bench", "-d", database, "-f", "-"),
        ]
        done = subprocess.run(command, input=text, capture_output=True, text=True)
        if done.returncode != 0:
            if check:
                missing(f"psql failed: {done.stderr.strip()}")
            return None
        return done.stdout.strip()

    def url(self, scheme="postgres", port=None, database="bench", user="bench"):
        return f"{scheme}://{user}@127.0.0.1:{port or self.port}/{database}?sslmode=disable"

    def version(self):
        return "Postgres " + self.psql("SHOW server_version").split(" ")[0]

    def stop(self):
        process = getattr(self, "process", None)
        if process and process.poll() is None:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
