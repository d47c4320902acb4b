"""What the Directus driver writes: people and rights, files, items of every collection, and what goes with them."""

import datetime
import random
import struct
import uuid
import zlib

import around

PASSWORD = "passwört-of-the-admin-1"
TAGS = [f"tag-{number:02}" for number in range(20)]
START = datetime.datetime(2021, 3, 5, 8, 0, 0)


def rows(web, collection, items):
    """Writes them, and says what keys they got."""
    return sorted(item["id"] for item in web.post(f"/items/{collection}", items, limit=-1)["data"])


def picture(number):
    """A small PNG of one colour."""
    width, height = 8 + number, 6
    line = b"\0" + bytes((number * 20 % 256, 90, 200)) * width

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(line * height)) + chunk(b"IEND", b"")
    )


def fixed(name):
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"http://example.com/{name}"))


def people(web):
    """Roles below roles, policies with permissions, users with passwords."""
    policies = [
        around.made(
            web,
            "/policies",
            {"name": f"Richtlinie {number} ✎", "icon": "badge", "app_access": number % 2 == 0, "enforce_tfa": False},
        )
        for number in range(4)
    ]
    for number, policy in enumerate(policies):
        for collection in ("articles", "tags", "authors"):
            web.post(
                "/permissions",
                {
                    "policy": policy,
                    "collection": collection,
                    "action": ("read", "create", "update", "delete")[number],
                    "fields": ["*"] if number else ["id", "title", "slug", "label", "name"],
                    "permissions": {"_and": [{"id": {"_nnull": True}}]} if collection != "tags" else {},
                    "validation": None,
                    "presets": {"note": "ä"} if number == 1 else None,
                },
            )
    roles = []
    for number, parent in enumerate((None, 0, 1, None)):
        role = {
            "name": f"Rolle {number} 🎭",
            "description": None if number else "die erste",
            "parent": roles[parent] if parent is not None else None,
        }
        roles.append(around.made(web, "/roles", role))
        web.post("/access", {"role": roles[-1], "policy": policies[number], "sort": number})
    users = []
    for number in range(25):
        user = {
            "first_name": f"Nutzer {number:02}",
            "last_name": around.WORDS[number % len(around.WORDS)],
            "email": f"nutzer{number:02}@example.com",
            "password": f"geheim-{number}" if number % 5 == 0 else None,
            "role": roles[number % 4] if number % 6 else None,
            "status": ("active", "draft", "suspended")[number % 3],
            "language": ("de-DE", "ja-JP", None)[number % 3],
            "tags": ["α", "β"] if number % 4 == 0 else None,
            "description": None if number % 2 else "Zeile\nZeile 2 🙂",
            "token": f"token-{number:02}-abcdefghij" if number % 5 == 0 else None,
            "email_notifications": False,
        }
        users.append(around.made(web, "/users", user))
    return {"policies": policies, "roles": roles, "users": users}


def files(web, count=14):
    folders = [around.made(web, "/folders", {"name": "Bilder"})]
    folders.append(around.made(web, "/folders", {"name": "Tiefe Bilder 🗂", "parent": folders[0]}))
    found = []
    for number in range(count):
        fields = {"title": f"Datei {number} ß", "folder": folders[number % 2]}
        if number % 3:
            fields |= {"description": around.WORDS[number % len(around.WORDS)], "tags": '["x","ü"]'}
            name, kind, data = f"bild-{number}.png", "image/png", picture(number)
        else:
            name, kind, data = f"text-{number}.txt", "text/plain", f"Zeile {number} äöü\n".encode() * (number + 1)
        found.append(web.upload("/files", fields, data, name, kind)["data"]["id"])
    return {"folders": folders, "files": found}


def article(number, authors, pictures, random):
    moment = START + datetime.timedelta(days=number * 5, hours=number % 24, minutes=number % 60, seconds=number % 7)
    item = {
        "title": f"Artikel {number:03} {around.WORDS[number % len(around.WORDS)]}",
        "status": ("draft", "published", "archived")[number % 3],
        "summary": None if number % 4 == 0 else f"Kurz: {random.choice(around.WORDS)}\nund weiter",
        "body": "" if number % 9 == 0 else " ".join(random.choice(around.WORDS) for _ in range(number % 40)),
        "words": number % 40,
        "views": None if number % 7 == 0 else 4_000_000_000 + number * 1_000_003,
        "price": None if number % 5 == 0 else number * 17 / 4,
        "score": None if number % 6 == 0 else number / 8 - 3,
        "featured": number % 2 == 0,
        "day": None if number % 8 == 0 else moment.date().isoformat(),
        "starts": None if number % 8 == 1 else moment.isoformat(),
        "seen": None if number % 8 == 2 else moment.isoformat() + (".250Z" if number % 2 else "+02:00"),
        "opens": None if number % 8 == 3 else moment.time().isoformat(),
        "keywords": None if number % 3 == 0 else [f"k{number % 5}", "ü", "a b"],
        "data": [
            None,
            {"n": number, "ü": [1, None, True, {"tief": "✓ \u2028"}]},
            [number, "zwei"],
            {},
            {"zahl": 1e21, "f": 0.1},
        ][number % 5],
        "token": None if number % 10 == 0 else fixed(f"article/{number}"),
        "secret": f"hash-{number}" if number % 60 == 1 else None,
        "author": authors[number % len(authors)] if number % 11 else None,
        "cover": pictures[number % len(pictures)] if number % 4 == 1 else None,
        "sort": 1000 - number,
        "tags": [{"tags_slug": TAGS[(number * step) % 20]} for step in {1, 3, 7}] if number % 3 else [],
        "files": [{"directus_files_id": pictures[number % len(pictures)]}] if number % 10 == 2 else [],
    }
    if number % 2:
        item["translations"] = [
            {
                "languages_code": code,
                "title": f"{code} {number}",
                "body": None if number % 5 == 0 else around.WORDS[number % len(around.WORDS)],
            }
            for code in ("de-DE", "ja-JP")
        ]
    if number % 4 == 3:
        item["blocks"] = [
            {"collection": "block_texts", "item": {"text": f"Absatz {number}"}, "sort": 1},
            {"collection": "block_quotes", "item": {"quote": f"»Zitat {number}«"}, "sort": 2},
        ]
    return item


def items(web, pictures, users):
    chance = random.Random(7)
    web.post(
        "/items/languages",
        [{"code": c, "name": n} for c, n in (("de-DE", "Deutsch"), ("ja-JP", "日本語"), ("en-US", None))],
    )
    web.post("/items/languages", {"code": "ar-EG", "name": "العربية", "direction": "rtl"})
    web.post(
        "/items/tags",
        [
            {"slug": slug, "label": f"{slug} {around.WORDS[n % len(around.WORDS)]}", "weight": n}
            for n, slug in enumerate(TAGS)
        ],
    )
    authors = rows(
        web,
        "authors",
        [
            {
                "name": f"{around.WORDS[number % len(around.WORDS)]} {number}",
                "email": f"autor{number}@example.com" if number % 3 else None,
                "born": None if number % 5 == 0 else f"19{60 + number}-0{1 + number % 9}-1{number % 10}",
                "bio": None if number % 2 else "Lang " * number,
                "active": number % 3 != 0,
                "rating": number / 4 if number % 4 else None,
                "portrait": pictures[number % len(pictures)] if number % 3 == 0 else None,
                "account": users[number % len(users)] if number % 4 == 0 else None,
            }
            for number in range(30)
        ],
    )
    articles = []
    for begin in range(0, 300, 50):
        articles += rows(
            web, "articles", [article(number, authors, pictures, chance) for number in range(begin, begin + 50)]
        )
    for number in range(10, 40, 3):
        web.patch(
            f"/items/articles/{articles[number]}",
            {"parent": articles[number - 7], "title": f"Geändert {number} ✎", "data": {"neu": [number]}},
        )
    web.patch("/items/articles", {"keys": articles[100:110], "data": {"status": "archived", "featured": True}})
    web.delete("/items/articles", articles[290:295])
    for begin in range(0, 400, 200):
        web.post(
            "/items/measures",
            [
                {
                    "at": (START + datetime.timedelta(minutes=number * 13)).isoformat() + "Z",
                    "local": (START + datetime.timedelta(hours=number)).isoformat(),
                    # Exact in its float, which on Postgres is a `real`.
                    "value": number / 8 - 7,
                    "ok": (True, False, None)[number % 3],
                    "sensor": f"fühler-{number % 6}",
                }
                for number in range(begin, begin + 200)
            ],
        )
    web.patch(
        "/items/site", {"heading": "Willkommen 🏠", "open": True, "menu": [{"to": "/ü", "sub": []}, {"to": "/b"}]}
    )
    return {"authors": authors, "articles": articles}


def fill(web):
    found = people(web) | files(web)
    pictures = found["files"]
    found |= items(web, pictures, found["users"])
    around.make(web, found["articles"], found["users"], found["roles"])
    return {name: len(keys) for name, keys in found.items()}


def more(web):
    """One more of each kind, read back; the new ids."""
    ids = {}
    ids["role"] = around.made(web, "/roles", {"name": "Neue Rolle"})
    ids["policy"] = around.made(web, "/policies", {"name": "Neue Richtlinie"})
    ids["user"] = around.made(
        web,
        "/users",
        {"email": f"{uuid.uuid4()}@example.com", "password": "neu", "role": ids["role"], "email_notifications": False},
    )
    ids["access"] = around.made(web, "/access", {"role": ids["role"], "policy": ids["policy"]})
    ids["permission"] = around.made(
        web, "/permissions", {"policy": ids["policy"], "collection": "tags", "action": "read", "fields": ["*"]}
    )
    ids["file"] = web.upload("/files", {"title": "neu"}, picture(3), "neu.png", "image/png")["data"]["id"]
    ids["author"] = around.made(
        web, "/items/authors", {"name": f"Neu {uuid.uuid4()}", "born": "1999-12-31", "portrait": ids["file"]}
    )
    item = article(777, [ids["author"]], [ids["file"]], random.Random(1)) | {
        "token": str(uuid.uuid4()),
        "views": 2**53 - 1,
    }
    ids["article"] = around.made(web, "/items/articles", item)
    ids["child"] = around.made(web, "/items/articles", {"title": "Kind", "parent": ids["article"]})
    ids["measure"] = around.made(web, "/items/measures", {"at": "2030-01-01T00:00:00Z", "value": 1.5})
    ids["tag"] = web.post("/items/tags", {"slug": f"neu-{uuid.uuid4()}", "label": f"Neu {uuid.uuid4()}"})["data"][
        "slug"
    ]
    ids["preset"] = around.made(web, "/presets", {"collection": "tags", "user": ids["user"]})
    ids["comment"] = around.made(
        web, "/comments", {"collection": "articles", "item": str(ids["article"]), "comment": "neu"}
    )
    ids["notification"] = around.made(web, "/notifications", {"recipient": ids["user"], "subject": "neu"})
    web.patch(f"/items/articles/{ids['child']}", {"title": "Kind 2"})
    seen = web.get(
        f"/items/articles/{ids['article']}",
        fields="*,author.name,author.portrait.title,children.title,tags.tags_slug.label,translations.title",
    )["data"]
    wanted = {
        "title": item["title"],
        "words": item["words"],
        "day": item["day"],
        "starts": item["starts"],
        "data": item["data"],
        "featured": item["featured"],
        "opens": item["opens"],
        "keywords": item["keywords"],
    }
    got = {key: seen[key] for key in wanted}
    if (
        got != wanted
        or [child["title"] for child in seen["children"]] != ["Kind 2"]
        or seen["author"]["portrait"]["title"] != "neu"
    ):
        raise ValueError(f"written {wanted}, read {seen}")
    if int(seen["views"]) != item["views"] or float(seen["price"]) != item["price"]:
        raise ValueError(f"written {item}, read {seen}")
    ids["revisions"] = [
        row["id"]
        for row in web.get(
            "/revisions", limit="-1", **{"filter[collection][_eq]": "articles", "filter[item][_eq]": str(ids["child"])}
        )["data"]
    ]
    if len(ids["revisions"]) != 2:
        raise ValueError(f"revisions {ids['revisions']}")
    return ids
