"""What the Directus driver writes that is neither people nor items: comments, versions, dashboards, flows, texts."""

WORDS = 'Straße Übermut naïve 東京 привет 🚲 Zug it\'s "quoted" back\\slash tab\there 50% under_score'.split(" ")
WORDS += "Ωmega ñandú 👩‍👩‍👧 café".split()


def made(web, path, document):
    return web.post(path, document)["data"]["id"]


def make(web, articles, users, roles):
    """What is neither people nor items: comments, versions, shares, presets, dashboards, flows, texts, notices."""
    for number in range(12):
        web.post(
            "/comments",
            {"collection": "articles", "item": str(articles[number]), "comment": f"Kommentar {number}: gut 👍"},
        )
        web.post(
            "/presets",
            {
                "collection": "articles",
                "bookmark": f"Lesezeichen {number}" if number % 2 else None,
                "user": users[number],
                "role": None,
                "layout_query": {"tabular": {"page": number, "sort": ["-id"]}},
                "filter": {"status": {"_eq": "draft"}} if number % 3 else None,
            },
        )
        web.post(
            "/notifications",
            {
                "recipient": users[number],
                "subject": f"Betreff {number} ✉",
                "message": None if number % 2 else "Text",
                "collection": "articles",
                "item": str(articles[number]),
            },
        )
        web.post(
            "/translations",
            {"language": ("de-DE", "en-US")[number % 2], "key": f"schlüssel.{number // 2}", "value": WORDS[number]},
        )
    for number in range(4):
        web.post(
            "/shares",
            {
                "name": f"Freigabe {number}",
                "collection": "articles",
                "item": str(articles[number]),
                "role": roles[0],
                "password": "p" if number else None,
                "date_end": "2031-01-01T00:00:00Z" if number % 2 else None,
                "max_uses": number or None,
            },
        )
        board = made(
            web,
            "/dashboards",
            {"name": f"Tafel {number}", "icon": "dashboard", "note": None if number else "ü", "color": "#00FF00"},
        )
        for panel in range(3):
            web.post(
                "/panels",
                {
                    "dashboard": board,
                    "name": f"Feld {panel}",
                    "type": "metric",
                    "show_header": panel % 2 == 0,
                    "position_x": panel,
                    "position_y": 1,
                    "width": 12,
                    "height": 8,
                    "options": {"collection": "articles", "fn": "count"},
                },
            )
        flow = made(
            web,
            "/flows",
            {
                "name": f"Ablauf {number} ⚙",
                "status": "inactive",
                "trigger": "event",
                "accountability": "all",
                "options": {"type": "action", "scope": ["items.create"]},
            },
        )
        first = made(
            web,
            "/operations",
            {
                "flow": flow,
                "name": "eins",
                "key": "one",
                "type": "log",
                "position_x": 19,
                "position_y": 1,
                "options": {"message": "hallo ü"},
            },
        )
        second = made(
            web,
            "/operations",
            {
                "flow": flow,
                "name": None,
                "key": "two",
                "type": "log",
                "position_x": 37,
                "position_y": 1,
                "options": None,
            },
        )
        web.patch(f"/operations/{first}", {"resolve": second})
        web.patch(f"/flows/{flow}", {"operation": first})
        version = made(
            web,
            "/versions",
            {
                "key": f"entwurf-{number}",
                "name": f"Entwurf {number}" if number else None,
                "collection": "articles",
                "item": str(articles[number]),
            },
        )
        web.post(f"/versions/{version}/save", {"title": f"Nächster Titel {number}"})
    web.patch(
        "/settings",
        {
            "project_descriptor": "Für alle 🌍",
            "default_language": "de-DE",
            "custom_css": "a{}\n",
            "storage_asset_presets": [
                {
                    "key": "klein",
                    "fit": "cover",
                    "width": 4,
                    "height": 4,
                    "quality": 80,
                    "withoutEnlargement": False,
                    "transforms": [],
                }
            ],
            "basemaps": None,
        },
    )
