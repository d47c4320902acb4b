"""The configuration of the hub that the JupyterHub driver starts; the driver says the rest in the environment."""

import os
import pathlib
import sys

from jupyterhub.auth import DummyAuthenticator
from jupyterhub.proxy import Proxy

HOME = pathlib.Path(os.environ["APP_HOME"])
c = get_config()  # noqa: F821


class NoProxy(Proxy):
    """Nobody comes through a proxy here: the hub is asked itself, and remembers its routes alone."""

    routes = {}
    should_start = False

    async def add_route(self, routespec, target, data):
        self.routes[routespec] = {"routespec": routespec, "target": target, "data": data}

    async def delete_route(self, routespec):
        self.routes.pop(routespec, None)

    async def get_all_routes(self):
        return self.routes


class WithState(DummyAuthenticator):
    """Any name with one password, and something to remember of each."""

    async def authenticate(self, handler, data):
        name = await super().authenticate(handler, data)
        return name and {"name": name, "auth_state": {"woher": "Anmeldung ✓"}}


c.JupyterHub.db_url = os.environ["HUB_DATABASE"]
c.JupyterHub.hub_port = int(os.environ["HUB_PORT"])
c.JupyterHub.bind_url = f"http://127.0.0.1:{os.environ['HUB_PORT']}"
c.JupyterHub.proxy_class = NoProxy
c.JupyterHub.authenticator_class = WithState
c.JupyterHub.cookie_secret = bytes(range(32))
c.JupyterHub.cleanup_servers = True
c.JupyterHub.allow_named_servers = True
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = str(HOME / "users" / "{username}")
c.Spawner.cmd = [sys.executable, str(pathlib.Path(__file__).with_name("spawned.py"))]
c.Authenticator.enable_auth_state = True
c.Authenticator.allow_all = True
c.Authenticator.manage_groups = False
c.DummyAuthenticator.password = os.environ["HUB_PASSWORD"]
c.JupyterHub.custom_scopes = {
    "custom:buecher:lesen": {"description": "Bücher lesen 📚"},
    "custom:buecher:schreiben": {"description": "Bücher schreiben", "subscopes": ["custom:buecher:lesen"]},
}
c.JupyterHub.services = [
    {"name": "driver", "api_token": os.environ["HUB_TOKEN"]},
    {
        "name": "bücherei",
        "url": "http://127.0.0.1:9",
        "oauth_redirect_uri": "http://127.0.0.1:9/zurück",
        "api_token": "token-of-the-library-0123456789",
        "info": {"beschreibung": "Ausleihe 📚", "seit": 2019},
        "display": True,
    },
]
c.JupyterHub.load_groups = {"gegeben": {"users": [], "properties": {"aus": "der Konfiguration"}}}
c.JupyterHub.load_roles = [
    {"name": "admin", "services": ["driver"]},
    {
        "name": "driver",
        "services": ["driver"],
        "scopes": [
            "admin:users",
            "admin:auth_state",
            "admin:servers",
            "admin:server_state",
            "admin:groups",
            "tokens",
            "shares",
            "list:services",
            "read:services",
            "read:hub",
            "read:roles",
        ],
    },
    {"name": "leser", "description": "liest Bücher", "scopes": ["custom:buecher:lesen"], "groups": ["gegeben"]},
    {"name": "schreiber", "scopes": ["custom:buecher:schreiben", "read:users:name"], "services": ["bücherei"]},
    {"name": "user", "scopes": ["self", "shares!user", "read:users:name", "read:groups:name"]},
]
