"""All that Wagtail shows of what it holds: its admin's API, lists, forms and histories, its pages, and `dumpdata`."""

import json
import re

from forms import Page

LISTS = """
/admin/ /admin/pages/ /admin/pages/3/ /admin/images/ /admin/documents/ /admin/users/ /admin/groups/
/admin/redirects/ /admin/collections/ /admin/sites/ /admin/locales/ /admin/workflows/list/
/admin/workflows/tasks/index/ /admin/searchpicks/ /admin/reports/locked/ /admin/reports/workflow/
/admin/reports/workflow_tasks/ /admin/reports/site-history/ /admin/reports/aging-pages/
/admin/reports/page-types-usage/ /admin/account/ /admin/snippets/ /django-admin/ /django-admin/auth/group/
/django-admin/auth/user/ /django-admin/taggit/tag/ /django-admin/taggit/tag/1/change/ /search/ /sitemap.xml
""".split()
WORDS = ["Roggenbrot", "Kuchen", "Fassung", "Ofen", "Rezept", "Bild"]
# How long ago something was depends on when it is read.
AGO = re.compile(r"(\d+|a|an)\s(second|minute|hour|day|week)s?(,\s\d+\s\w+)?(\sago)?|[Jj]ust now")


def read_all(client, dump):
    out = {"dump": by_model(dump), "api": {}, "lists": {}, "pages": {}, "site": {}, "search": {}}
    shown = lambda text: Page(
        AGO.sub("some time", text.replace(client.url, "").replace(client.url.removeprefix("http:"), ""))
    )
    for kind in ("pages", "images", "documents"):
        found = client.get(f"/admin/api/main/{kind}/?limit=1000&order=id&fields=*").text
        out["api"][kind] = json.loads(found.replace(client.url, ""))
    for path in LISTS:
        answer = client.get(path, wanted=range(200, 500))
        page = shown(answer.text)
        out["lists"][path] = {"status": answer.status, "rows": sorted(page.rows), "times": sorted(page.times)}
    for item in out["api"]["pages"]["items"]:
        out["pages"][str(item["id"])] = one_page(client, item["id"], shown)
    for kind, path in (("images", "/admin/images/{}/"), ("documents", "/admin/documents/edit/{}/")):
        for item in out["api"][kind]["items"]:
            page = shown(client.get(path.format(item["id"])).text)
            out["pages"][f"{kind} {item['id']}"] = fields(page)
    for path in [
        "/",
        *sorted({item["meta"]["html_url"] for item in out["api"]["pages"]["items"] if item["meta"]["html_url"]}),
    ]:
        answer = client.get(re.sub(r"^https?://[^/]+", "", path), wanted=range(200, 500))
        out["site"][path] = [answer.status, shown(answer.text).texts]
    for word in WORDS:
        for kind in ("pages", "images", "documents"):
            found = client.get(f"/admin/api/main/{kind}/?search={word}&limit=1000").json["items"]
            out["search"][f"{kind}: {word}"] = sorted(item["id"] for item in found)
        out["search"][word] = sorted(
            link for link in shown(client.get(f"/search/?query={word}").text).links if link.startswith("/")
        )
    return out


def one_page(client, number, shown):
    found = {}
    for kind in ("edit", "history", "workflow_history"):
        answer = client.get(f"/admin/pages/{number}/{kind}/", wanted=range(200, 400))
        page = shown(answer.text)
        found[kind] = {
            "status": answer.status,
            "fields": fields(page),
            "rows": sorted(page.rows),
            "times": sorted(page.times),
        }
    return found


def fields(page):
    return [
        sorted([name, value] for name, value in form.fields if name != "csrfmiddlewaretoken") for form in page.forms
    ]


def by_model(dump):
    """What `dumpdata` prints, by model and key."""
    out = {}
    for item in json.loads(dump):
        out.setdefault(item["model"], {})[str(item["pk"])] = item["fields"]
    return out
