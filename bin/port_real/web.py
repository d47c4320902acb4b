"""For the drivers of bin/applications/port: an application run as a server, and asked over HTTP."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
import uuid


class Refused(Exception):
    """An answer that is an error, with what it says."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def call(command, environment, folder):
    """Runs one of the application's commands; what it said, which goes to stderr too."""
    done = subprocess.run(
        command, env=environment, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    said = done.stdout.decode(errors="replace")
    sys.stderr.write(said)
    if done.returncode != 0:
        raise Refused(f"{' '.join(map(str, command))}: exit code {done.returncode}: {said[-2000:]}")
    return said


class Web:
    """A server that is started, asked and ended: `with Web(command, environment, folder, port, "/health") as web`."""

    def __init__(self, command, environment, folder, port, ready, headers=None, prefix="", seconds=180):
        self.command, self.environment, self.folder = command, environment, folder
        self.port, self.ready, self.headers, self.prefix = port, ready, headers or {}, prefix
        self.seconds = seconds

    def __enter__(self):
        self.process = subprocess.Popen(
            self.command,
            env=self.environment,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr.fileno(),
            start_new_session=True,
        )
        try:
            self.wait()
        except BaseException:
            self.__exit__()
            raise
        return self

    def wait(self):
        until = time.monotonic() + self.seconds
        while True:
            if self.process.poll() is not None:
                raise Refused(f"the server ended with {self.process.returncode}")
            try:
                if self.send("GET", self.ready)[0] < 400:
                    return
            except OSError:
                pass
            if time.monotonic() > until:
                raise Refused(f"the server does not answer after {self.seconds} s")
            time.sleep(0.2)

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                pass
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()

    def send(self, method, path, body=None, headers=None):
        """(status, headers, body) of one request, over a connection of its own: servers close those that rest."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        try:
            connection.request(method, path, body=body, headers={**self.headers, **(headers or {})})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        except http.client.HTTPException as error:
            raise OSError(f"{method} {path}: {error!r}") from None
        finally:
            connection.close()

    def raw(self, method, path, body=None, headers=None):
        """The body of an answer that is no error; a server that says it is busy is asked again, as its clients do."""
        for pause in (0.2, 0.5, 1, 2, 4, 8, 0):
            status, _, content = self.send(method, self.prefix + path, body, headers)
            if status != 503:
                break
            time.sleep(pause)
        if status >= 400:
            sent = body[:500] if body else b""
            raise Refused(f"{method} {path}: {status}: {content.decode(errors='replace')[:1500]} for {sent!r}")
        return content

    def ask(self, method, path, document=None, **parameters):
        """The JSON document that the answer is; None where it has no body."""
        if parameters:
            texts = {k: v if isinstance(v, str) else json.dumps(v) for k, v in parameters.items()}
            path += "?" + urllib.parse.urlencode(texts)
        body = None if document is None else json.dumps(document).encode()
        kind = {} if body is None else {"Content-Type": "application/json"}
        content = self.raw(method, path, body, kind)
        return json.loads(content) if content else None

    def get(self, path, **parameters):
        return self.ask("GET", path, **parameters)

    def post(self, path, document, **parameters):
        return self.ask("POST", path, document, **parameters)

    def patch(self, path, document, **parameters):
        return self.ask("PATCH", path, document, **parameters)

    def delete(self, path, document=None):
        return self.ask("DELETE", path, document)

    def upload(self, method, path, fields, file, name, kind):
        """A form with a file in it; the JSON document of the answer."""
        mark = uuid.uuid4().hex
        parts = []
        for key, value in fields.items():
            parts.append(f'--{mark}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode())
        name, kind = f'name="file"; filename="{name}"', f"Content-Type: {kind}"
        head = f"--{mark}\r\nContent-Disposition: form-data; {name}\r\n{kind}\r\n\r\n"
        parts += [head.encode(), file, f"\r\n--{mark}--\r\n".encode()]
        content = self.raw(method, path, b"".join(parts), {"Content-Type": f"multipart/form-data; boundary={mark}"})
        return json.loads(content) if content else None
