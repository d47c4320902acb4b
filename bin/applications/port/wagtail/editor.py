"""Someone who works in Wagtail's admin: every form is opened, filled in and sent."""

import io

from forms import Page, fill
from PIL import Image

TEXTS = [
    "Roggenbrot",
    "Brötchen mit Käse",
    "Crème brûlée",
    "日本のパン",
    "Kuchen 🦖🍰",
    "O'Neil's \"Brot\"",
    "Ümläut & <b>",
    "Laugen  zwei",
]
EMPTY = {
    f"comments-{name}_FORMS": number for name, number in (("TOTAL", 1), ("INITIAL", 0), ("MIN_NUM", 0), ("MAX_NUM", ""))
}


class Editor:
    def __init__(self, client):
        self.client = client

    def log_in(self, name, password):
        fill(self.client, "/admin/login/", {"username": name, "password": password})

    def post(self, path, values, **options):
        return fill(self.client, path, values, **options)

    def found(self, kind, **query):
        """The ids of what the admin's API finds, the newest last."""
        text = "".join(f"&{name}={value}" for name, value in query.items())
        items = self.client.get(f"/admin/api/main/{kind}/?limit=1000{text}").json["items"]
        return sorted(item["id"] for item in items)

    def everything(self):
        for language in ("de", "fr"):
            self.post("/admin/locales/new/", {"language_code": language})
        collections = self.collections()
        wrote = {
            "images": [self.image(number, collections[number % 3]) for number in range(8)],
            "documents": [self.document(number, collections[number % 3]) for number in range(6)],
            "pages": self.pages(),
        }
        self.groups_and_users()
        self.treat(wrote["pages"])
        self.workflow(wrote["pages"])
        self.others(wrote["pages"])
        return wrote

    def collections(self):
        for number, name in enumerate(("Öffentlich", "Intern 🦖", "Archiv")):
            self.post("/admin/collections/add/", {"name": name, "parent": "1"})
        form = Page(self.client.get("/admin/documents/add/").text).form_with("collection")
        return form.choices["collection"]

    def image(self, number, collection, title=None):
        picture = io.BytesIO()
        form = ["PNG", "JPEG", "GIF", "WEBP"][number % 4]
        Image.new("RGB", (64 + number, 48), (number * 30 % 256, 90, 200)).save(picture, form)
        values = {
            "title": title or f"Bild {number}: {TEXTS[number % 8]}",
            "description": TEXTS[(number + 1) % 8] if number % 2 else "",
            "tags": '"süß", salzig' if number % 2 else "süß",
            "collection": collection,
        }
        if number % 3 == 0:
            values |= {"focal_point_x": 30, "focal_point_y": 20, "focal_point_width": 10, "focal_point_height": 12}
        file = ("file", f"bild-ä-{number}.{form.lower()}", f"image/{form.lower()}", picture.getvalue())
        self.post("/admin/images/add/", values, files=[file])
        image = self.found("images")[-1]
        for kind in ("fill-20x20", "width-32"):
            self.client.get(f"/admin/images/{image}/preview/{kind}/")
        return image

    def document(self, number, collection, title=None):
        content = (TEXTS[number % 8] * (number * 50 + 1)).encode()
        kind = ["txt", "pdf", "csv"][number % 3]
        values = {"title": title or f"Rezept {number} {TEXTS[number % 8]}", "tags": "rezept", "collection": collection}
        file = ("file", f"rezept-{number}.{kind}", "application/octet-stream", content)
        self.post("/admin/documents/add/", values, files=[file])
        return self.found("documents")[-1]

    def page(self, parent, title, slug, publish=True, **values):
        values |= {"title": title, "slug": slug}
        values |= {"action-publish": "action-publish"} if publish else {}
        self.post(f"/admin/pages/add/home/homepage/{parent}/", values, need=("title",))
        return self.found("pages", slug=slug)[-1]

    def edit(self, page, publish=True, **values):
        values |= {"action-publish": "action-publish"} if publish else {}
        self.post(f"/admin/pages/{page}/edit/", values, need=("title",))

    def pages(self):
        pages = []
        for number in range(24):
            parent = 3 if number < 6 else pages[number % 6]
            text = TEXTS[number % 8]
            pages.append(
                self.page(
                    parent,
                    f"{text} {number}",
                    f"seite-{number}",
                    publish=number % 5 != 4,
                    seo_title=f"{text} – Bäckerei" if number % 2 else "",
                    search_description=f"Vom Ofen {number}: {text}\r\nzweite Zeile" if number % 3 else "",
                    show_in_menus="on" if number % 2 else None,
                )
            )
        return pages

    def groups_and_users(self):
        for number in range(3):
            form = Page(self.client.get("/admin/groups/new/").text).form_with("permissions")
            values = {
                "name": f"Gruppe {TEXTS[number]}",
                "permissions": form.choices["permissions"][number :: number + 2],
                "page_permissions-TOTAL_FORMS": 1,
                "page_permissions-0-page": 3,
            }
            page_permission = Page(self.client.get("/admin/groups/edit/1/").text).forms
            names = {name: found for one in page_permission for name, found in one.choices.items()}
            values["page_permissions-0-permissions"] = names["page_permissions-0-permissions"][: number + 1]
            self.post("/admin/groups/new/", values)
        groups = Page(self.client.get("/admin/users/new/").text).form_with("username").choices["groups"]
        for number in range(8):
            self.user(number, groups)

    def user(self, number, groups, name="baecker"):
        values = {
            "username": f"{name}{number}",
            "email": f"{name}{number}@example.com",
            "first_name": ["Jörg", "Zoë", "Łukasz", "美咲"][number % 4],
            "last_name": TEXTS[number % 8],
            "password1": "Brot-und-Salz-77",
            "password2": "Brot-und-Salz-77",
            "groups": groups[: number % 4],
            "is_superuser": "on" if number % 4 == 3 else None,
        }
        self.post("/admin/users/new/", values)

    def treat(self, pages):
        """What can be done with pages."""
        for number, page in enumerate(pages[:10]):
            for turn in range(number % 4):
                title = f"{TEXTS[number % 8]} {number}, {turn + 2}. Fassung"
                self.edit(page, publish=turn % 2 == 0, title=title)
        self.edit(pages[10], publish=True, go_live_at="2037-01-02 03:04", expire_at="2037-12-31 23:59")
        self.edit(pages[11], publish=True, expire_at="2037-12-31 23:59")
        self.comment(pages[12])
        self.post(f"/admin/pages/{pages[13]}/unpublish/", {}, need=("csrfmiddlewaretoken",))
        self.post(f"/admin/pages/{pages[15]}/move/", {"new_parent_page": pages[0]})
        move = f"/admin/pages/{pages[15]}/move/{pages[0]}/confirm/"
        self.post(move, {}, need=("csrfmiddlewaretoken",))
        copy = {
            "new_title": "Kopie",
            "new_slug": "kopie",
            "new_parent_page": 3,
            "copy_subpages": "on",
            "publish_copies": "on",
        }
        self.post(f"/admin/pages/{pages[1]}/copy/", copy, need=("new_title",))
        alias = {"new_title": "Spiegel", "new_slug": "spiegel", "new_parent_page": 3, "alias": "on"}
        self.post(f"/admin/pages/{pages[2]}/copy/", alias, need=("new_title",))
        token = {"X-CSRFToken": self.client.cookie("csrftoken"), "Referer": self.client.url + "/admin/"}
        self.client.form(f"/admin/pages/{pages[16]}/lock/", [], headers=token)
        for page, kind in ((pages[3], "password"), (pages[4], "login"), (pages[5], "groups")):
            values = [("restriction_type", kind), ("password", "Sauerteig" if kind == "password" else "")]
            values += [("groups", "1"), ("groups", "2")] if kind == "groups" else []
            answer = self.client.form(f"/admin/pages/{page}/privacy/", values, headers=token).json
            assert answer["step"] == "set_privacy_done", answer
        translation = {"select_all": "on", "include_subtree": "on"}
        form = Page(self.client.get("/admin/translation/submit/page/3/").text)
        choices = next(one.choices["locales"] for one in form.forms if "locales" in one.choices)
        self.post("/admin/translation/submit/page/3/", translation | {"locales": choices}, need=("include_subtree",))

    def comment(self, page):
        values = {**EMPTY}
        for name, value in (
            ("text", "Zu salzig? 🧂"),
            ("contentpath", "title"),
            ("position", '""'),
            ("id", ""),
            ("resolved", ""),
        ):
            values[f"comments-0-{name}"] = value
        for name, number in (("TOTAL", 1), ("INITIAL", 0), ("MIN_NUM", 0), ("MAX_NUM", "")):
            values[f"comments-0-replies-{name}_FORMS"] = number
        values |= {
            "comments-0-replies-0-text": "Nein, süß.",
            "comments-0-replies-0-id": "",
            "comment_notifications": "on",
        }
        self.edit(page, publish=False, **values)

    def workflow(self, pages):
        tasks = "/admin/workflows/tasks/add/wagtailcore/groupapprovaltask/"
        for name, groups in (("Kosten", ["1"]), ("Prüfen 🦖", ["1", "2"])):
            self.post(tasks, {"name": name, "groups": groups}, need=("name",))
        chain = {"name": "Backen & Prüfen", "workflow_tasks-TOTAL_FORMS": 2, "pages-0-page": pages[6]}
        for number in range(2):
            chain |= {
                f"workflow_tasks-{number}-{name}": value
                for name, value in (("task", number + 2), ("ORDER", number + 1), ("id", ""), ("DELETE", ""))
            }
        self.post("/admin/workflows/add/", chain)
        self.edit(pages[6], publish=False, title="Zur Prüfung", **{"action-submit": "Submit"})
        self.edit(pages[7], publish=False, title="Zur Abnahme", **{"action-submit": "Submit"})

    def others(self, pages):
        for number in range(6):
            target = (
                {"redirect_page": pages[number]} if number % 2 else {"redirect_link": f"https://example.com/ü?{number}"}
            )
            values = {"old_path": f"/früher/{number}", "is_permanent": "on" if number % 3 else None, **target}
            self.post("/admin/redirects/add/", values)
        self.post(
            "/admin/sites/new/",
            {"hostname": "brot.example.com", "port": 8443, "site_name": "Brot ü", "root_page": pages[0]},
        )
        for number in range(4):
            pick = {"editors_picks-TOTAL_FORMS": 2, "query_string": f"brot {TEXTS[number]}"}
            for place in range(2):
                pick |= {
                    f"editors_picks-{place}-{name}": ""
                    for name in ("id", "external_link_url", "external_link_text", "DELETE")
                }
                pick |= {
                    f"editors_picks-{place}-page": pages[number + place],
                    f"editors_picks-{place}-ORDER": place + 1,
                }
                pick |= {f"editors_picks-{place}-description": TEXTS[place]}
            self.post("/admin/searchpicks/add/", pick)
        self.post(
            "/admin/account/",
            {"name_email-first_name": "Änne", "name_email-last_name": "Chefin", "theme-theme": "dark"},
        )
        self.post("/django-admin/auth/group/add/", {"name": "Aus Djangos Verwaltung ü", "permissions": ["1", "2", "3"]})
        self.post("/django-admin/taggit/tag/add/", {"name": "von Hand", "slug": "von-hand"})

    def more(self):
        """More of each kind; what it made is found again, and its ids are new."""
        before = {kind: self.found(kind) for kind in ("pages", "images", "documents")}
        page = self.page(3, "Später gebacken ü", "spaeter", search_description="Nachtrag")
        child = self.page(page, "Darunter", "darunter", publish=False)
        self.edit(page, title="Später gebacken, neu")
        self.edit(before["pages"][5], publish=True, seo_title="danach")
        self.comment(child)
        image = self.image(9, "1", "Spätes Bild")
        document = self.document(9, "1", "Spätes Rezept")
        groups = Page(self.client.get("/admin/users/new/").text).form_with("username").choices["groups"]
        self.user(9, groups, "lehrling")
        self.post("/admin/redirects/add/", {"old_path": "/danach", "redirect_page": page})
        self.post("/admin/collections/add/", {"name": "Danach", "parent": "1"})
        self.post("/django-admin/auth/group/add/", {"name": "Danach", "permissions": ["1"]})
        new = {"pages": [page, child], "images": [image], "documents": [document]}
        for kind, ids in new.items():
            assert not {*ids} & {*before[kind]} and min(ids) > max(before[kind]), (kind, ids, before[kind])
        answer = self.client.get("/spaeter/")
        assert answer.status == 200
        assert "Später gebacken, neu" in self.client.get("/admin/pages/3/").text
        assert page in self.found("pages", search="gebacken")
        assert image in self.found("images", search="Spätes")
        self.post(f"/admin/pages/{child}/delete/", {}, need=("csrfmiddlewaretoken",))
        assert child not in self.found("pages")
        return new
