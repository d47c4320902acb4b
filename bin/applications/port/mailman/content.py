"""What the Mailman driver writes through the REST interface."""

WORDS = ["schnell", "gründlich 🦖", "naïve", "日本語", 'it\'s "quoted"', ""]
LISTS = ["tauben", "stille", *[f"groesse-{number}" for number in range(10)]]
HEAD = {"pre_verified": True, "pre_confirmed": True, "pre_approved": True, "send_welcome_message": False}
MODES = ["regular", "plaintext_digests", "mime_digests", "summary_digests"]
STATES = ["enabled", "by_user", "by_bounces", "by_moderator"]
ACTIONS = ["hold", "reject", "discard", "accept", "defer"]
POLICIES = ["open", "confirm", "moderate", "confirm_then_moderate"]
# How the server spells some of settings(7).
SPELT = {
    "acceptable_aliases": ["^büro.*", "alias0@example.com", "alias1@example.com", "alias2@example.com"],
    "autoresponse_grace_period": "1d43200.0s",
    "bounce_you_are_disabled_warnings_interval": "7d49.0s",
}


def host(number):
    return "example.com" if number < 8 else "vögel.example.net".encode("idna").decode()


def list_id(number):
    return f"{LISTS[number]}.{host(number)}"


def settings(number):
    """Every kind of setting: words, times, numbers, choices, lists of text."""
    return {
        "description": f"Über {WORDS[number % 6]} – Nr. {number}",
        "display_name": f"Größe {number} 🦖",
        "info": f"Erste Zeile\nzweite: äöü\n\n{WORDS[number % 6]}" * (number + 1),
        "subject_prefix": f"[Vögel {number}] ",
        "accept_these_nonmembers": [f"gast{number}@example.org", "^.*@freunde\\.example$"] if number % 2 else [],
        "hold_these_nonmembers": ["^.*[Ss]pam.*", f"laut{number}@example.org"],
        "discard_these_nonmembers": [f"weg{n}@example.org" for n in range(number)],
        "reject_these_nonmembers": [],
        "dmarc_addresses": ["^.*@yahoo\\.com$"] if number % 3 else [],
        "dmarc_mitigate_action": ["munge_from", "wrap_message", "no_mitigation"][number % 3],
        "dmarc_moderation_notice": f"Nachricht – {number}",
        "acceptable_aliases": [f"alias{n}@example.com" for n in range(number % 4)] + ["^büro.*"],
        "filter_content": number % 2 == 0,
        "filter_types": ["image/gif", "video"][: number % 3],
        "filter_extensions": ["exe", "bat", "ü"][: number % 4],
        "pass_types": ["text/plain", "multipart/mixed"],
        "archive_policy": ["public", "private", "never"][number % 3],
        "autoresponse_grace_period": ["90d", "36h", "1w", "5m", "45s", "0d"][number % 6],
        "bounce_info_stale_after": f"{number * 200 + 1}d",
        "bounce_you_are_disabled_warnings_interval": f"{number}d{number * 7}s",
        "bounce_score_threshold": number,
        "bounce_you_are_disabled_warnings": number % 5,
        "autorespond_postings": ["none", "respond_and_continue"][number % 2],
        "autoresponse_postings_text": "Danke für die Post 🕊\n" * (number + 1),
        "default_member_action": ACTIONS[number % 5],
        "default_nonmember_action": ACTIONS[number % 4],
        "digest_size_threshold": [30.5, 0.1, 1e-3, 1234567.25][number % 4],
        "digest_volume_frequency": ["yearly", "monthly", "quarterly", "weekly", "daily"][number % 5],
        "digests_enabled": number % 4 != 3,
        "advertised": number % 5 != 4,
        "anonymous_list": number % 7 == 6,
        "max_message_size": number * 1000,
        "moderator_password": f"geheim-{number} ü",
        "preferred_language": ["en", "de", "fr", "ja"][number % 4],
        "reply_to_address": f"antwort{number}@example.com",
        "subscription_policy": POLICIES[number % 4],
        "unsubscription_policy": POLICIES[(number + 1) % 4],
        "member_roster_visibility": ["moderators", "members", "public"][number % 3],
        "send_welcome_message": False,
    }


def domains(web):
    web.made("/domains", {"mail_host": "example.com", "description": "Die erste 🕊"})
    other = {"mail_host": host(9), "description": "Vögel", "alias_domain": "alias.example.net"}
    web.made("/domains", {**other, "owner": ["wart@example.com", "waerterin@example.com"]})
    web.made("/domains", {"mail_host": "leer.example.org"})
    web.post("/domains/example.com/owners", {"owner": ["wart@example.com"]})


def lists(web):
    for number, name in enumerate(LISTS):
        style = "legacy-announce" if number == 1 else "legacy-default"
        web.made("/lists", {"fqdn_listname": f"{name}@{host(number)}", "style_name": style})
        web.patch(f"/lists/{list_id(number)}/config", settings(number))
        web.patch(f"/lists/{list_id(number)}/archivers", {"prototype": ["yes", "no"][number % 2]})
        web.post(f"/lists/{list_id(number)}/digest", {"bump": True})


def people(web):
    """Users with several addresses each, some of them verified, one preferred; their ids."""
    found = []
    for number in range(40):
        email = f"{'Person' if number % 5 == 1 else 'person'}{number:03}@example.org"
        user = {"email": email, "display_name": f"{WORDS[number % 6]} {number}", "password": f"passwört-{number}"}
        found.append(web.made("/users", {**user, "is_server_owner": number % 13 == 0}))
        mine = f"/users/{found[-1]}"
        for which in range(number % 3):
            more = {"email": f"zweit{number:03}.{which}@example.org", "display_name": f"Zweitadresse {which} 🦖"}
            web.made(f"{mine}/addresses", more)
        if number % 2 == 0:
            web.post(f"/addresses/{email}/verify")
            web.made(f"{mine}/preferred_address", {"email": email})
        if number % 4 == 0:
            web.patch(f"{mine}/preferences", {"acknowledge_posts": True, "preferred_language": "de"})
        if number % 6 == 0:
            web.patch(f"/addresses/{email}/preferences", {"hide_address": number % 12 == 0, "receive_list_copy": False})
    web.patch(f"/users/{found[3]}", {"display_name": "Zoë 🦖"})
    web.delete(f"/users/{found[38]}")
    return found


def members(web, users):
    """Subscribed as an address or as a user, in every role, mode and state."""
    for number in range(90):
        which = number % 12
        wanted = {"list_id": list_id(which), "display_name": f"Mitglied {number} ü", **HEAD}
        wanted["subscriber"] = users[number % 19 * 2] if number % 4 == 0 else f"mitglied{number:03}@example.net"
        wanted["delivery_mode"], wanted["delivery_status"] = MODES[number % 4], STATES[number // 4 % 4]
        member = web.made("/members", wanted)
        if number % 5 == 0:
            web.patch(f"/members/{member}", {"moderation_action": ACTIONS[number // 5 % 5]})
        if number % 3 == 0:
            preferences = {"hide_address": number % 2 == 0, "receive_own_postings": number % 4 == 0}
            web.patch(f"/members/{member}/preferences", preferences)
        if number == 77:
            web.delete(f"/members/{member}", {"pre_confirmed": True, "pre_approved": True})
    for number in range(24):
        for role in ("owner", "moderator", "nonmember")[: 1 + number % 3]:
            wanted = {"list_id": list_id(number % 12), "role": role, "display_name": f"{role} – {number}"}
            web.made("/members", {**wanted, "subscriber": f"{role}{number:03}@example.org"})


def rules(web):
    """Bans, matches of headers, templates."""
    for number in range(12):
        here = f"/lists/{list_id(number)}"
        web.made("/bans", {"email": f"gebannt{number}@example.org"})
        for which in range(number % 4):
            web.made(f"{here}/bans", {"email": [f"Laut{which}@example.org", "^.*@laerm\\..*", "^größe.*"][which]})
            match = {"header": f"X-Spam-{which}", "pattern": f"^{WORDS[which]}.*ü{which}$", "tag": WORDS[which]}
            web.made(f"{here}/header-matches", {**match, **({"action": ACTIONS[which]} if which else {})})
        if number % 4 == 3:
            web.patch(f"{here}/header-matches/2", {"position": 0})
        web.patch(f"{here}/uris", {"list:user:notice:goodbye": f"mailman:///{list_id(number)}/tschüs.txt"})
    own = {"list:member:regular:footer": "http://127.0.0.1:9/fuß", "username": "wer", "password": "geheim 🔑"}
    web.patch(f"/lists/{list_id(9)}/uris", own)
    web.patch("/domains/example.com/uris", {"list:user:notice:welcome": "mailman:///welcome.txt"})
    web.patch("/uris", {"domain:admin:notice:new-list": "mailman:///neu.txt"})


def asked(web):
    """Requests that wait for somebody."""
    for number in range(1, 16):
        place = list_id(number % 3 + 1)
        web.post("/members", {"list_id": place, "subscriber": f"bittet{number}@example.org", "display_name": "Bittü"})


def message(number, sender, mark=""):
    return (
        f"From: {sender}\nTo: tauben@example.com\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= {mark}{number}\n"
        f"Message-ID: <nachricht-{mark}{number}@example.org>\nDate: Fri, 06 Feb 2026 10:00:00 +0000\n\n"
        f"Text {number}\n"
    )


def posted(web):
    """Messages of strangers, which are held, and of members."""
    for number in range(6):
        web.made("/queues/in", {"list_id": list_id(0), "text": message(number, f"fremd{number}@example.org")})
    for number in (3, 5, 7):
        text = message(number, f"owner{number:03}@example.org").replace("tauben@", f"{LISTS[number]}@")
        web.made("/queues/in", {"list_id": list_id(number), "text": text})


def file(home):
    """Addresses for the command line."""
    place = home / "addresses.txt"
    place.write_text("".join(f"Zeile {n} Ü <zeile{n:02}@example.org>\n" for n in range(10)), encoding="utf-8")
    return place


def again(web, mark):
    """More of each kind, read back; the new ids."""
    place = f"neu-{mark}.example.com"
    web.made("/domains", {"mail_host": f"{mark}.example.com", "owner": ["wart@example.com"]})
    web.made("/lists", {"fqdn_listname": f"neu-{mark}@example.com"})
    web.patch(f"/lists/{place}/config", settings(7))
    found, wanted = web.get(f"/lists/{place}/config"), {**settings(7), **SPELT}
    different = {key: found[key] for key, value in wanted.items() if key in found and found[key] != value}
    assert set(different) == {"moderator_password"}, different
    email = f"neu-{mark}@example.org"
    user = web.made("/users", {"email": email, "display_name": "Neu Ü", "password": "passwört"})
    assert web.get(f"/users/{email}")["user_id"] == user
    web.post(f"/users/{user}/login", {"cleartext_password": "passwört"})
    old = web.get("/users/person004@example.org")["user_id"]
    web.post(f"/users/{old}/login", {"cleartext_password": "passwört-4"})
    web.made(f"/users/{user}/addresses", {"email": f"zweit-{mark}@example.org"})
    web.post(f"/addresses/{email}/verify")
    web.made(f"/users/{user}/preferred_address", {"email": email})
    web.patch(f"/users/{user}/preferences", {"delivery_mode": "mime_digests"})
    subscribers = (user, f"m-{mark}@example.org")
    ids = [web.made("/members", {"list_id": list_id(0), "subscriber": who, **HEAD}) for who in subscribers]
    ids.append(web.made("/members", {"list_id": list_id(2), "subscriber": email, "role": "moderator"}))
    assert all(web.get(f"/members/{member}")["member_id"] == member for member in ids)
    web.made(f"/lists/{place}/bans", {"email": f"laut-{mark}@example.org"})
    web.made(f"/lists/{place}/header-matches", {"header": "X-Neu", "pattern": "^ü$"})
    web.made(f"/lists/{list_id(3)}/header-matches", {"header": f"X-{mark}", "pattern": "^ü$"})
    web.patch(f"/lists/{place}/uris", {"list:user:notice:welcome": "mailman:///neu.txt"})
    web.delete(f"/members/{ids[1]}", {"pre_confirmed": True, "pre_approved": True})
    web.delete(f"/lists/{list_id(11)}")
    web.post("/members", {"list_id": list_id(2), "subscriber": f"bittet-{mark}@example.org"})
    for one in web.get(f"/lists/{list_id(2)}/requests")["entries"][:2]:
        web.post(f"/lists/{list_id(2)}/requests/{one['token']}", {"action": "accept"})
    web.made("/queues/in", {"list_id": list_id(0), "text": message(1, "fremd1@example.org", mark)})
    return {"user": user, "members": ids, "list": place}


def moderated(web):
    """What was held before goes its way."""
    here = f"/lists/{list_id(0)}/held"
    held = sorted(web.get(here)["entries"], key=lambda one: one["request_id"])
    for one, action in zip(held[:3], ("accept", "discard", "defer"), strict=True):
        web.post(f"{here}/{one['request_id']}", {"action": action})
    assert len(web.get(here)["entries"]) == len(held) - 2
