"""What the hub starts for a user in the JupyterHub driver: a server that answers every request."""

import http.server
import importlib.metadata
import os
import signal
import urllib.parse


class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("X-JupyterHub-Version", importlib.metadata.version("jupyterhub"))
        self.end_headers()


signal.signal(signal.SIGINT, signal.SIG_DFL)
url = urllib.parse.urlsplit(os.environ["JUPYTERHUB_SERVICE_URL"])
http.server.HTTPServer((url.hostname, url.port), Answer).serve_forever()
