"""What the Directus driver reads back: every endpoint's list, and what the interface computes of items."""

import decimal
import hashlib
import re

import content
import model

# What changes when somebody looks, and how the engine declares a column.
LEFT_OUT = {"last_access", "last_page", "schema"}
# Numbers that Postgres's client returns as texts, so that no digit is lost; on SQLite they are numbers.
AS_TEXT = {"price", "views", "filesize"}
COMPUTED = ("_count", "_year", "_month", "_hour", "_weekday")
# Times in the application's own tables, which on SQLite it takes for times without a zone and shows to the second.
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z?")
SYSTEM = {
    "/users": "email",
    "/roles": "name",
    "/policies": "name",
    "/access": "id",
    "/permissions": "id",
    "/folders": "id",
    "/files": "id",
    "/presets": "id",
    "/comments": "id",
    "/versions": "id",
    "/shares": "id",
    "/dashboards": "id",
    "/panels": "id",
    "/flows": "id",
    "/operations": "id",
    "/translations": "id",
    "/notifications": "id",
    "/revisions": "id",
    "/activity": "id",
}
ARTICLE = (
    "*,author.*,author.portrait.title,author.account.email,children.id,parent.title,tags.tags_slug.*,translations.*,"
    "files.directus_files_id.title,blocks.collection,blocks.item:block_texts.*,blocks.item:block_quotes.*,"
    "cover.filename_download,count(tags),year(day),month(starts),hour(seen),weekday(day)"
)


def number(value):
    """The same number however it is written."""
    if value is None or isinstance(value, (bool, dict, list)):
        return value
    return format(round(decimal.Decimal(str(value)), 9).normalize(), "f")


def plain(value):
    if isinstance(value, dict):
        return {
            key: number(inner) if key in AS_TEXT or key.endswith(COMPUTED) else plain(inner)
            for key, inner in value.items()
            if key not in LEFT_OUT
        }
    return [plain(inner) for inner in value] if isinstance(value, list) else value


def to_the_second(value):
    if isinstance(value, dict):
        return {key: to_the_second(inner) for key, inner in value.items()}
    return value[:19] if isinstance(value, str) and TIME.fullmatch(value) else value


def numbers(value):
    """Every number of what was computed, and every text that is one."""
    if isinstance(value, dict):
        return {key: numbers(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [numbers(inner) for inner in value]
    try:
        return number(value)
    except decimal.InvalidOperation:
        return value


def everything(web):
    found = {}

    def listed(name, path, **parameters):
        found[name] = plain(web.get(path, **{"limit": "-1", **parameters})["data"])

    for path, key in SYSTEM.items():
        # Logging in is noted, too, and happens while reading.
        listed(path, path, sort=key, **({"filter": {"action": {"_neq": "login"}}} if path == "/activity" else {}))
        found[path] = [to_the_second(row) for row in found[path]]
    listed("/settings", "/settings")
    for path, keys in (
        ("/collections", ["collection"]),
        ("/fields", ["collection", "field"]),
        ("/relations", ["collection", "field"]),
    ):
        listed(path, path)
        found[path].sort(key=lambda row: [row[key] for key in keys])
    for row in found["/fields"]:
        # It goes by the column's type: SQLite has none for UUIDs, nor for times with a zone.
        row["type"] = None if row["collection"].startswith("directus_") else row["type"].replace("uuid", "string")
    for name, fields in model.COLLECTIONS.items():
        listed(name, f"/items/{name}", **({} if name == "site" else {"sort": fields[0]["field"]}))
    listed("articles, deep", "/items/articles", sort="id", fields=ARTICLE)
    listed(
        "authors, deep",
        "/items/authors",
        sort="name",
        fields="name,articles.title,articles.tags.tags_slug.label",
        deep={"articles": {"_sort": "title", "_limit": 3}},
    )
    asked(listed)
    computed(web, found)
    files(web, found)
    signed_in(web, found)
    return found


def asked(listed):
    """Filters, searches and orders."""
    filters = {
        "contains": {"title": {"_contains": "Straße"}},
        "contains in any case": {"title": {"_icontains": "ÄRTIKEL".replace("Ä", "A")}},
        "starts with": {"title": {"_starts_with": "Geändert"}},
        "null": {"price": {"_null": True}},
        "empty": {"body": {"_empty": True}},
        "between": {"day": {"_between": ["2022-01-01", "2023-06-30"]}},
        "later": {"seen": {"_gt": "2023-01-01T00:00:00Z"}},
        "local": {"starts": {"_lte": "2022-08-10T12:00:00"}},
        "year": {"year(day)": {"_eq": 2023}},
        "hour": {"hour(starts)": {"_eq": 13}},
        "time": {"opens": {"_gte": "20:00:00"}},
        "big": {"views": {"_gt": 4200000000}},
        "price": {"price": {"_lt": 100.25}},
        "true": {"featured": {"_eq": True}},
        "uuid": {"token": {"_eq": content.fixed("article/21")}},
        "in": {"status": {"_in": ["archived", "draft"]}},
        "of a tag": {"tags": {"tags_slug": {"label": {"_contains": "Zug"}}}},
        "of no tag": {"tags": {"_none": {"tags_slug": {"slug": {"_eq": "tag-03"}}}}},
        "of an author": {"author": {"active": {"_eq": False}}},
        "of a parent": {"parent": {"parent": {"_null": False}}},
        "either": {"_or": [{"score": {"_gt": 30}}, {"_and": [{"featured": False}, {"keywords": {"_contains": "k3"}}]}]},
    }
    for name, wanted in filters.items():
        listed(f"filter: {name}", "/items/articles", sort="id", fields="id,title", filter=wanted)
    for word in ("東京", "Artikel 12", "👩‍👩‍👧", "under_score", '"quoted"', "4042000126", content.fixed("article/33")):
        listed(f"search: {word}", "/items/articles", sort="id", fields="id", search=word)
    for order in ("title", "-title", "sort", "author.name,id", "-featured,status,id", "-words,id"):
        listed(f"sort: {order}", "/items/articles", sort=order, fields="id", filter={"author": {"_nnull": True}})
    listed(
        "measures of a day",
        "/items/measures",
        sort="at",
        filter={"at": {"_between": ["2021-03-06T00:00:00Z", "2021-03-06T23:59:59Z"]}},
    )


def computed(web, found):
    asked = {
        "count": {"aggregate[count]": "*"},
        "by status": {
            "aggregate[count]": "id",
            "aggregate[sum]": "views,words",
            "aggregate[avg]": "score",
            "groupBy[]": "status",
            "sort": "status",
        },
        "by author": {
            "aggregate[countDistinct]": "status",
            "aggregate[max]": "price",
            "groupBy[]": "author",
            "sort": "author",
            "filter": {"author": {"_nnull": True}},
        },
        "by year": {
            "aggregate[count]": "*",
            "groupBy[]": "year(starts)",
            "sort": "year(starts)",
            "filter": {"starts": {"_nnull": True}},
        },
        "by truth": {"aggregate[min]": "words", "groupBy[]": "featured", "sort": "featured"},
    }
    for name, parameters in asked.items():
        found[f"computed {name}"] = numbers(web.get("/items/articles", **parameters)["data"])
    for kind in ("csv", "json", "xml", "yaml"):
        fields = "id,title,summary,featured,day,starts,opens,keywords,token"
        path = f"/items/articles?limit=-1&sort=id&export={kind}&fields={fields}"
        found[f"export {kind}"] = web.raw("GET", path).decode()


def files(web, found):
    for file in found["/files"]:
        data = web.raw("GET", f"/assets/{file['id']}")
        found[f"file {file['id']}"] = [len(data), hashlib.sha256(data).hexdigest()]
        if file["type"] == "image/png":
            small = web.raw("GET", f"/assets/{file['id']}?key=klein")
            found[f"file {file['id']}, small"] = hashlib.sha256(small).hexdigest()


def signed_in(web, found):
    """Passwords and tokens that were set hold; what a login without all rights sees."""
    signed = web.post("/auth/login", {"email": "admin@example.com", "password": content.PASSWORD})
    found["signed in"] = bool(signed["data"]["access_token"])
    secret = next(row["secret"] for row in found["articles"] if row["secret"])
    for word in ("hash-1", "hash-2"):
        found[f"is the hash of {word}"] = web.post("/utils/hash/verify", {"hash": secret, "string": word})["data"]
    admin = web.headers
    for number in (5, 10, 15):
        user = next(row for row in found["/users"] if row["email"] == f"nutzer{number:02}@example.com")
        if user["status"] != "active":
            continue
        web.headers = {"Authorization": f"Bearer token-{number:02}-abcdefghij"}
        for path in ("/items/articles?sort=id&fields=*", "/items/tags?sort=slug", "/users/me"):
            answer = web.answer("GET", path)
            shown = answer.text if answer.status < 400 and path != "/users/me" else None
            found[f"{number} asks {path}"] = [answer.status, shown]
    web.headers = admin
