"""What the Mailman driver reads back, in an order of its own: the server's is the engine's, by its collation."""

import json


def plain(document, begin):
    """Without the server's port, and without the sums over documents that hold it."""
    if isinstance(document, dict):
        return {key: plain(value, begin) for key, value in document.items() if key != "http_etag"}
    if isinstance(document, list):
        return [plain(value, begin) for value in document]
    return document.replace(begin, "/") if isinstance(document, str) else document


def entries(web, path, **parameters):
    found = web.here(path, **parameters)
    rows = found.get("entries", [])
    assert len(rows) == found["total_size"], (path, found["total_size"], len(rows))
    return sorted(rows, key=lambda row: json.dumps(row, sort_keys=True))


def everything(web):
    found = {"system": web.here("/system/preferences")}
    for name in ("domains", "lists", "users", "addresses", "members", "bans", "owners", "uris"):
        found[name] = entries(web, f"/{name}")
    # These come in an order that the server says itself: ids, positions, names.
    found["order"] = {
        "users": [user["user_id"] for user in web.here("/users")["entries"]],
        "domains": [domain["mail_host"] for domain in web.here("/domains")["entries"]],
        "page": [user["user_id"] for user in web.here("/users", count=7, page=3)["entries"]],
    }
    found["domain"] = {domain["mail_host"]: of_domain(web, domain["self_link"]) for domain in found["domains"]}
    found["list"] = {one["list_id"]: of_list(web, one["self_link"]) for one in found["lists"]}
    for kind, parts in (("users", ("addresses",)), ("addresses", ("memberships",))):
        for one in found[kind]:
            link = one["self_link"]
            one["preferences"] = web.here(f"{link}/preferences")
            one.update({part: entries(web, f"{link}/{part}") for part in parts})
    for one in found["members"]:
        one["preferences"] = web.here(f"{one['self_link']}/preferences")
        one["all"] = web.here(f"{one['self_link']}/all/preferences")
    found["search"] = {
        "users": entries(web, "/users/find", q="zo"),
        "owners": entries(web, "/members/find", role="owner"),
        "digests": entries(web, "/members/find", delivery_mode="mime_digests"),
        "bounced": entries(web, "/members/find", delivery_status="by_bounces"),
        "of one": entries(web, "/members/find", subscriber="person004@example.org"),
        "like": entries(web, "/members/find", subscriber="*mitglied01*"),
        "lists": entries(web, "/lists/find", subscriber="owner001@example.org", role="owner"),
        "advertised": entries(web, "/lists", advertised="true"),
    }
    return found


def of_domain(web, link):
    return {part: entries(web, f"{link}/{part}") for part in ("lists", "owners", "uris")}


def of_list(web, link):
    found = {part: web.here(f"{link}/{part}") for part in ("config", "archivers", "digest", "held/count")}
    matches = web.here(f"{link}/header-matches")
    found["matches"] = matches.get("entries", [])
    for part in ("bans", "uris", "held", "requests", "roster/member", "roster/owner", "roster/moderator"):
        found[part] = entries(web, f"{link}/{part}")
    found["roster/nonmember"] = entries(web, f"{link}/roster/nonmember")
    return found
