"""The driver for JupyterHub (Tornado, SQLAlchemy, Alembic): its own commands, and its REST interface."""

import datetime
import json
import os
import pathlib
import re
import sys
import time
import urllib.parse
import uuid

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "shared"))
from rest import Rest
from web import HOME, Client, Unexpected, call, database, main

HERE = pathlib.Path(__file__).resolve().parent
BIN = pathlib.Path(sys.executable).parent
TOKEN = "token-of-the-driver-0123456789abcdef"
PASSWORD = "passwört"
# Tokens are kept as hashes: these are what some of them were.
KEPT = HOME / "tokens.json"
START = datetime.datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=datetime.UTC)
ENVIRONMENT = {
    "HUB_DATABASE": database("sqlite:///{}", "postgresql+psycopg2://{}"),
    "HUB_PORT": "0",
    "HUB_TOKEN": TOKEN,
    "HUB_PASSWORD": PASSWORD,
    "JUPYTERHUB_CRYPT_KEY": "ab" * 32,
    "PATH": f"{BIN}:{os.environ['PATH']}",
    "TZ": "UTC",
}


def hub(*arguments):
    return [sys.executable, "-m", "jupyterhub", *arguments, "--config", HERE / "hub.py"]


def served():
    headers = {"Authorization": f"token {TOKEN}"}
    command = ["env", "HUB_PORT={port}", *hub()]
    return Rest(command, "/hub/api/", prefix="/hub/api", headers=headers, environment=ENVIRONMENT, cwd=HOME)


def alembic(*arguments):
    """`dbutil` reads the configuration of the folder that it runs in."""
    link = HOME / "jupyterhub_config.py"
    link.unlink(missing_ok=True)
    link.symlink_to(HERE / "hub.py")
    try:
        return call([sys.executable, "-m", "jupyterhub.dbutil", "alembic", *arguments], ENVIRONMENT, cwd=HOME)
    finally:
        link.unlink()


def migrate():
    """On an empty database `upgrade-db` notes the revision alone, and the hub's first start makes the tables."""
    call(hub("upgrade-db"), ENVIRONMENT, cwd=HOME)
    with served() as web:
        return {"version": web.get("/")["version"]}


def check():
    heads, current = (re.findall(r"^[0-9a-f]{12}\b", alembic(word), re.M) for word in ("heads", "current"))
    if not heads or heads != current:
        sys.exit(f"heads {heads}, here {current}")
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
                    raise Unexpected(f"the server {server!r} of {people[number]} does not start")
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
    return in_order(found)


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
    browser = Client(web.url)
    token = re.search(r'name="_xsrf" value="([^"]+)"', browser.get("/hub/login").text).group(1)
    body = urllib.parse.urlencode({"username": name, "password": PASSWORD, "_xsrf": token}).encode()
    browser.ask("POST", "/hub/login", body, {"Content-Type": "application/x-www-form-urlencoded"}, wanted=[302])
    if name not in browser.get("/hub/token").text:
        raise Unexpected(f"the page of tokens does not name {name}")


def tokens_hold(web):
    """Each for its user. Asking is an activity, which is why it is not among what is read."""
    admin, tokens = web.headers, json.loads(KEPT.read_text())
    for name in sorted(tokens)[::7]:
        web.headers = {"Authorization": f"token {tokens[name]}"}
        if web.get("/user")["name"] != name:
            raise Unexpected(f"the token of {name} is somebody else's")
    web.headers = admin


def more():
    name, group = f"neu-{uuid.uuid4().hex[:8]}", f"neu-{uuid.uuid4().hex[:8]}"
    with served() as web:
        tokens_hold(web)
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
            raise Unexpected(f"read {seen}")
        properties = web.get(f"/groups/{group}")
        if properties["properties"] != {"neu": True} or sorted(properties["users"]) != sorted([name, "nutzer001"]):
            raise Unexpected(f"read {properties}")
        web.headers = {"Authorization": f"token {tokens[0]['token']}"}
        if web.get("/user")["name"] != name:
            raise Unexpected("the new token is somebody else's")
        web.headers = {}
        signed_in(web, f"fremd-{uuid.uuid4().hex[:8]}")
        signed_in(web, name)
    return {"user": name, "group": group, "tokens": [token["id"] for token in tokens], "code": code["id"]}


if __name__ == "__main__":
    main(migrate=migrate, check=check, fill=fill, read=read, more=more)
