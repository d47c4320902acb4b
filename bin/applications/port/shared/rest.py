"""A REST interface for drivers: JSON documents, over the server and the client of web.py."""

import json
import time
import urllib.parse
import uuid

from web import Served, Unexpected


class Rest(Served):
    """`with Rest(command, ready, prefix) as web: web.get("/things", limit=5)`; `headers` go with every request."""

    def __init__(self, command, ready, prefix="", headers=None, **options):
        super().__init__(command, ready, **options)
        self.prefix, self.headers = prefix, headers or {}

    def __enter__(self):
        self.client = super().__enter__()
        return self

    def answer(self, method, path, body=None, headers=None):
        """The answer whatever its status is; a server that is busy is asked again, as its own clients do."""
        for pause in (0.2, 0.5, 1, 2, 4, 8, 0):
            found = self.client.ask(method, self.prefix + path, body, {**self.headers, **(headers or {})}, range(600))
            if found.status != 503:
                break
            time.sleep(pause)
        return found

    def raw(self, method, path, body=None, headers=None):
        """The body of an answer that is no error."""
        found = self.answer(method, path, body, headers)
        if found.status >= 400:
            sent = body[:500] if body else b""
            said = found.body.decode(errors="replace")[:1500]
            raise Unexpected(f"{method} {path}: {found.status}: {said} for {sent!r}")
        return found.body

    def ask(self, method, path, document=None, **parameters):
        """The JSON document that the answer is; None where it has no body."""
        if parameters:
            texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in parameters.items()}
            path += "?" + urllib.parse.urlencode(texts)
        body = None if document is None else json.dumps(document).encode()
        content = self.raw(method, path, body, {} if body is None else {"Content-Type": "application/json"})
        return json.loads(content) if content else None

    def get(self, path, **parameters):
        return self.ask("GET", path, **parameters)

    def post(self, path, document=None, **parameters):
        return self.ask("POST", path, document, **parameters)

    def patch(self, path, document):
        return self.ask("PATCH", path, document)

    def delete(self, path, document=None):
        return self.ask("DELETE", path, document)

    def upload(self, path, fields, file, name, kind):
        """A form with a file in it; the JSON document of the answer."""
        mark = uuid.uuid4().hex
        parts = []
        for key, value in fields.items():
            parts.append(f'--{mark}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode())
        head = f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: {kind}'
        parts += [head.encode(), b"\r\n\r\n", file, f"\r\n--{mark}--\r\n".encode()]
        content = self.raw("POST", path, b"".join(parts), {"Content-Type": f"multipart/form-data; boundary={mark}"})
        return json.loads(content)
