"""What drivers share: a server of the application that runs while it is asked, and a client with cookies.

Only the standard library. A driver puts this folder, which lies beside its own, into `sys.path`.
"""

import http.cookiejar
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid

HOME = pathlib.Path(os.environ["APP_HOME"])
FOLDER = pathlib.Path(os.environ["APP_FOLDER"])
DATABASE = os.environ["APP_DATABASE"]


def database(sqlite="sqlite:///{}", postgres="postgresql://{}"):
    """The database's URL as the application wants it spelt: with the file, or what stands behind `postgresql://`."""
    engine, rest = DATABASE.split(":", 1)
    return sqlite.format(rest) if engine == "sqlite" else postgres.format(rest.removeprefix("//"))


def is_sqlite():
    return DATABASE.startswith("sqlite:")


def call(command, environment=None, text=None, cwd=None):
    """Runs a command of the application; its output. What fails ends the driver."""
    command = [str(part) for part in command]
    done = subprocess.run(
        command, input=text, stdout=subprocess.PIPE, text=True, env={**os.environ, **(environment or {})}, cwd=cwd
    )
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)[:300]}: exit code {done.returncode}\n{done.stdout}")
    return done.stdout


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Served:
    """The application's server while the block runs. `command` gets the port for `{port}`."""

    def __init__(self, command, path="/", environment=None, cwd=None, patience=180):
        self.port = free_port()
        self.command = [str(part).replace("{port}", str(self.port)) for part in command]
        self.environment = {**os.environ, **(environment or {})}
        self.url, self.path, self.cwd, self.patience = f"http://127.0.0.1:{self.port}", path, cwd, patience

    def __enter__(self):
        self.process = subprocess.Popen(
            self.command, stdout=sys.stderr, env=self.environment, cwd=self.cwd, start_new_session=True
        )
        client, until = Client(self.url), time.monotonic() + self.patience
        while time.monotonic() < until:
            if self.process.poll() is not None:
                sys.exit(f"the server ended: {' '.join(self.command)}")
            try:
                client.ask("GET", self.path, wanted=range(200, 500))
                return Client(self.url)
            except (OSError, Unexpected):
                time.sleep(0.2)
        self.__exit__()
        sys.exit(f"the server does not answer: {' '.join(self.command)}")

    def __exit__(self, *_):
        for sign, patience in ((signal.SIGTERM, 20), (signal.SIGKILL, 20)):
            try:
                os.killpg(self.process.pid, sign)
            except ProcessLookupError:
                break
            try:
                self.process.wait(patience)
                if sign == signal.SIGTERM:
                    time.sleep(0.2)
            except subprocess.TimeoutExpired:
                continue


class Unexpected(Exception):
    """An answer with another status than the wanted ones."""


class Answer:
    def __init__(self, status, body, headers, url):
        self.status, self.body, self.headers, self.url = status, body, headers, url

    @property
    def text(self):
        return self.body.decode()

    @property
    def json(self):
        return json.loads(self.body) if self.body else None


class Kept(urllib.request.HTTPRedirectHandler):
    """Redirects are answers: where they go is often what was asked for."""

    def redirect_request(self, *_):
        return None


class Client:
    def __init__(self, url, headers=None):
        self.url, self.headers = url, headers or {}
        self.cookies = http.cookiejar.CookieJar()
        proxies = urllib.request.ProxyHandler({})
        self.opener = urllib.request.build_opener(proxies, urllib.request.HTTPCookieProcessor(self.cookies), Kept())

    def cookie(self, name):
        return next((cookie.value for cookie in self.cookies if cookie.name == name), None)

    def ask(self, method, path, body=None, headers=None, wanted=range(200, 300)):
        """One request; an answer with another status than the wanted ones is an error that shows it."""
        url = urllib.parse.urljoin(self.url + "/", urllib.parse.quote(path, safe="/?&=%:+#,;~!'()*[]@"))
        request = urllib.request.Request(url, data=body, method=method, headers={**self.headers, **(headers or {})})
        try:
            with self.opener.open(request, timeout=180) as found:
                answer = Answer(found.status, found.read(), found.headers, found.url)
        except urllib.error.HTTPError as error:
            answer = Answer(error.code, error.read(), error.headers, url)
        if answer.status not in wanted:
            shown = answer.body.decode(errors="replace")
            title = re.search(r"<title>(.*?)</title>", shown, re.DOTALL)
            shown = " ".join(title[1].split())[:500] if title else shown[:3000]
            raise Unexpected(f"{method} {path}: status {answer.status}: {answer.headers.get('Location', '')} {shown}")
        return answer

    def get(self, path, **options):
        return self.ask("GET", path, **options)

    def send(self, method, path, document, **options):
        """A JSON document; what is answered, as JSON."""
        headers = {"Content-Type": "application/json", **options.pop("headers", {})}
        body = None if document is None else json.dumps(document).encode()
        return self.ask(method, path, body, headers, **options).json

    def form(self, path, fields, files=(), headers=None, wanted=(200, 201, 302, 303)):
        """A form: `fields` as (name, value) pairs, `files` as (name, file name, type, content)."""
        boundary = uuid.uuid4().hex
        parts = []
        for name, value in fields:
            parts.append(f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode())
        for name, file, kind, content in files:
            head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{file}"\r\n'
            parts.append(f"{head}Content-Type: {kind}\r\n\r\n".encode() + content + b"\r\n")
        body = b"".join(parts) + f"--{boundary}--\r\n".encode()
        headers = {"Content-Type": f"multipart/form-data; boundary={boundary}", **(headers or {})}
        return self.ask("POST", path, body, headers, wanted)


def main(**commands):
    """Runs the command that the arguments name, and prints what it answers as JSON."""
    # What the application prints itself is not the document.
    out, sys.stdout = sys.stdout, sys.stderr
    document = commands[sys.argv[1]]()
    json.dump(document, out, ensure_ascii=False, indent=1, sort_keys=True, default=str)
