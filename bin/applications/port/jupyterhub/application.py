"""The driver for JupyterHub (Tornado, SQLAlchemy, Alembic): its own commands, and its REST interface."""

import datetime
import http.cookies
import json
import os
import pathlib
import re
import sys
import time
import urllib.parse
import uuid

sys.path.append(str(pathlib.Path(__file__).resolve().parents[3] / "port_real"))
from web import Refused, Web, call, free_port

HERE = pathlib.Path(__file__).resolve().parent
HOME = pathlib.Path(os.environ["APP_HOME"])
DATABASE = os.environ["APP_DATABASE"]
BIN = pathlib.Path(sys.executable).parent
TOKEN = "token-of-the-driver-0123456789abcdef"
PASSWORD = "passwört"
# Tokens are kept as hashes: these are what some of them were.
KEPT = HOME / "tokens.json"
START = datetime.datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=datetime.UTC)


def environment(port=0):
    url = DATABASE.replace("sqlite:", "sqlite:///").replace("postgresql:", "postgresql+psycopg2:")
    return {
        **os.environ,
        "HUB_DATABASE": url,
        "HUB_PORT": str(port),
        "HUB_TOKEN": TOKEN,
        "HUB_PASSWORD": PASSWORD,
        "JUPYTERHUB_CRYPT_KEY": "ab" * 32,
        "CONFIGPROXY_AUTH_TOKEN": "none",
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "TZ": "UTC",
    }


def hub(*arguments):
    return [sys.executable, "-m", "jupyterhub", *arguments, "--config", str(HERE / "hub.py")]


def served():
    port = free_port()
    headers = {"Authorization": f"token {TOKEN}"}
    return Web(hub(), environment(port), HOME, port, "/hub/api/", headers, prefix="/hub/api")


def alembic(*arguments):
    """`dbutil` reads the configuration of the folder that it runs in."""
    link = HOME / "jupyterhub_config.py"
    link.unlink(missing_ok=True)
    link.symlink_to(HERE / "hub.py")
    try:
        return call([sys.executable, "-m", "jupyterhub.dbutil", "alembic", *arguments], environment(), HOME)
    finally:
        link.unlink()


def migrate():
    """On an empty database `upgrade-db` notes the revision alone, and the hub's first start makes the tables."""
    call(hub("upgrade-db"), environment(), HOME)
    with served() as web:
        return {"version": web.get("/")["version"]}


def check():
    heads, current = (re.findall(r"^[0-9a-f]{12}\b", alembic(word), re.M) for word in ("heads", "current"))
    if not heads or heads != current:
        raise Refused(f"heads {heads}, here {current}")
    alembic("check")
    return {"revision": current}


def q(name):
    return urllib.parse.quote(name, safe="")


def names():
    return [f"nutzer{number:03}" if number % 7 else f"müller-{number}@beispiel.de" for number in range(120)]


def fill():
    tokens = {}
    people = names()
    with served() as web:
        web.post("/users", {"usernames": people[:100]})
        for name in people[100:]:
            web.post(f"/users/{q(name)}", None)
        for number, name in enumerate(people):
            if number % 6 == 0:
                state = {"zugang": f"geheim-{number}", "ü": [1, None, {"tief": "🔑"}]}
                web.patch(f"/users/{q(name)}", {"auth_state": state, "admin": number % 12 == 0})
            if number % 4 == 0:
                moment = START + datetime.timedelta(hours=number)
                web.post(f"/users/{q(name)}/activity", {"last_activity": moment.isoformat().replace("+00:00", "Z")})
            if number % 3 == 0:
                for which in range(number % 5):
                    wanted = {
                        "note": f"Schlüssel {which} 🔑" if which else None,
                        "expires_in": 10**7 if which % 2 else None,
                    }
                    if which == 2:
                        wanted["scopes"] = ["read:users:name!user", "access:servers!user"]
                    made = web.post(f"/users/{q(name)}/tokens", wanted)
                    tokens[name] = made["token"]
        for number in range(12):
            group = f"gruppe-{number}" if number % 3 else f"Größe {number}"
            web.post(f"/groups/{q(group)}", {"users": people[number : number * 5]})
            web.ask("PUT", f"/groups/{q(group)}/properties", {"platz": number, "ü": ["✓", None], "tief": {"x": 1.5}})
        web.delete(f"/groups/{q('Größe 3')}/users", {"users": people[4:8]})
        web.post("/groups/gruppe-5/users", {"users": people[60:80]})
        web.delete("/groups/gruppe-11")
        spawned(web, people)
        shared(web, people)
        web.patch(f"/users/{q(people[119])}", {"name": "umbenannt"})
        for name in people[110:115]:
            web.delete(f"/users/{q(name)}")
    KEPT.write_text(json.dumps(tokens))
    return {"users": len(people), "tokens": len(tokens)}


def spawned(web, people):
    """Servers that ran, one without a name and some with, and what was chosen for them."""
    for number in (1, 2, 7):
        for server in ("", f"groesser-{number}"):
            path = f"/users/{q(people[number])}/servers/{q(server)}"
            web.post(path, {"bild": "scipy 🐍", "größe": number, "mehr": [None, True]})
            until = time.monotonic() + 60
            while not web.get(f"/users/{q(people[number])}")["servers"].get(server, {}).get("ready"):
                if time.monotonic() > until:
                    raise Refused(f"the server {server!r} of {people[number]} does not start")
                time.sleep(0.2)
            web.delete(path)
            while web.get(f"/users/{q(people[number])}")["servers"].get(server):
                time.sleep(0.2)


def shared(web, people):
    path = f"/shares/{q(people[1])}/"
    for number in (3, 4, 8):
        web.post(path, {"user": people[number]})
    web.post(path, {"group": "gruppe-5"})
    web.post(f"/shares/{q(people[2])}/{q('groesser-2')}", {"user": people[5]})
    for _ in range(3):
        web.post(f"/share-codes/{q(people[1])}/", {"expires_in": 10**7})
    web.patch(path, {"user": people[8]})


def everyone(web, **parameters):
    found = []
    while True:
        page = web.get("/users", offset=len(found), limit=50, **parameters)
        found += page
        if len(page) < 50:
            return sorted(found, key=lambda user: user["name"])


def read():
    found = {}
    with served() as web:
        users = everyone(web, include_stopped_servers="true")
        found["users"] = users
        found["of a state"] = [user["name"] for user in everyone(web, state="inactive")]
        found["by name"] = [user["name"] for user in everyone(web, name_filter="NUTZER00")]
        found["by activity"] = [user["name"] for user in web.get("/users", sort="-last_activity", limit=10)]
        for user in users:
            name = q(user["name"])
            found[f"user {user['name']}"] = web.get(f"/users/{name}")
            tokens = web.get(f"/users/{name}/tokens")["api_tokens"]
            found[f"tokens of {user['name']}"] = sorted(tokens, key=lambda token: int(token["id"][1:]))
            found[f"shared with {user['name']}"] = web.get(f"/users/{name}/shared")
        groups = sorted(web.get("/groups"), key=lambda group: group["name"])
        found["groups"] = groups
        for group in groups:
            found[f"group {group['name']}"] = web.get(f"/groups/{q(group['name'])}")
            found[f"shared with {group['name']}"] = web.get(f"/groups/{q(group['name'])}/shared")
        found["services"] = web.get("/services")
        for user in ("nutzer001", "nutzer002"):
            found[f"shares of {user}"] = web.get(f"/shares/{user}")
            found[f"codes of {user}"] = web.get(f"/share-codes/{user}")
        # Tokens hold, each for its user; asking is an activity, so it comes last.
        tokens = json.loads(KEPT.read_text())
        admin = web.headers
        for name in sorted(tokens)[::7]:
            web.headers = {"Authorization": f"token {tokens[name]}"}
            status, _, said = web.send("GET", "/hub/api/user")
            found[f"token of {name}"] = [status, plain(json.loads(said)) if status < 400 else None]
        web.headers = admin
    return in_order(found)


def plain(document):
    return {key: value for key, value in document.items() if key not in ("last_activity", "token_id", "session_id")}


def in_order(value):
    """Names and scopes come in no order."""
    if isinstance(value, dict):
        return {key: in_order(inner) for key, inner in value.items()}
    if isinstance(value, list):
        inner = [in_order(one) for one in value]
        return sorted(inner) if all(isinstance(one, str) for one in inner) else inner
    return value


def signed_in(web, name):
    """The form of the hub, as a browser sends it; the page of the user's tokens."""
    jar = {}

    def go(method, path, body=None):
        cookie = "; ".join(f"{key}={value}" for key, value in jar.items())
        sent = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
        status, headers, content = web.send(method, path, body, sent)
        for header in headers.get_all("Set-Cookie") or []:
            for morsel in http.cookies.SimpleCookie(header).values():
                jar[morsel.key] = morsel.coded_value
        return status, content.decode()

    _, form = go("GET", "/hub/login")
    token = re.search(r'name="_xsrf" value="([^"]+)"', form).group(1)
    body = urllib.parse.urlencode({"username": name, "password": PASSWORD, "_xsrf": token}).encode()
    status, said = go("POST", "/hub/login", body)
    if status != 302:
        raise Refused(f"login: {status}: {said[:1000]}")
    status, page = go("GET", "/hub/token")
    if status != 200 or name not in page:
        raise Refused(f"page of tokens: {status}: {page[:1000]}")


def more():
    name, group = f"neu-{uuid.uuid4().hex[:8]}", f"neu-{uuid.uuid4().hex[:8]}"
    with served() as web:
        web.post(f"/users/{name}", None)
        state = {"neu": "✓"}
        web.patch(f"/users/{name}", {"auth_state": state})
        tokens = [
            web.post(f"/users/{name}/tokens", {"note": f"neu {number}", "expires_in": 1000}) for number in range(3)
        ]
        web.post(f"/groups/{group}", {"users": [name, "nutzer001"]})
        web.ask("PUT", f"/groups/{group}/properties", {"neu": True})
        spawned(web, [name] * 8)
        web.post(f"/shares/{name}/", {"user": "nutzer003"})
        code = web.post(f"/share-codes/{name}/", {})
        seen = web.get(f"/users/{name}")
        if seen["auth_state"] != state or group not in seen["groups"]:
            raise Refused(f"read {seen}")
        properties = web.get(f"/groups/{group}")
        if properties["properties"] != {"neu": True} or sorted(properties["users"]) != sorted([name, "nutzer001"]):
            raise Refused(f"read {properties}")
        web.headers = {"Authorization": f"token {tokens[0]['token']}"}
        if web.get("/user")["name"] != name:
            raise Refused("the new token is somebody else's")
        web.headers = {}
        signed_in(web, f"fremd-{uuid.uuid4().hex[:8]}")
        signed_in(web, name)
    return {"user": name, "group": group, "tokens": [token["id"] for token in tokens], "code": code["id"]}


if __name__ == "__main__":
    done = {"migrate": migrate, "check": check, "fill": fill, "read": read, "more": more}[sys.argv[1]]()
    print(json.dumps(done, ensure_ascii=False, sort_keys=True))
