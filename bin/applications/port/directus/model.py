"""The collections, fields and relations that the Directus driver makes, through the REST interface."""


def field(name, kind, special=None, **schema):
    meta = {"special": [special]} if special else {}
    return {"field": name, "type": kind, "schema": schema, "meta": meta}


def alias(name, special):
    return {"field": name, "type": "alias", "schema": None, "meta": {"special": [special]}}


def number_key(kind="integer"):
    return field("id", kind, is_primary_key=True, has_auto_increment=True, is_nullable=False)


def uuid_key():
    return field("id", "uuid", "uuid", is_primary_key=True, is_nullable=False, max_length=36)


# Who wrote it and when, as the application's own forms add them. On SQLite they mark times with a zone so.
WRITTEN = [
    {"field": "user_created", "type": "uuid", "schema": {}, "meta": {"special": ["user-created"]}},
    {
        "field": "date_created",
        "type": "timestamp",
        "schema": {},
        "meta": {"special": ["date-created", "cast-timestamp"]},
    },
    {"field": "user_updated", "type": "uuid", "schema": {}, "meta": {"special": ["user-updated"]}},
    {
        "field": "date_updated",
        "type": "timestamp",
        "schema": {},
        "meta": {"special": ["date-updated", "cast-timestamp"]},
    },
]

COLLECTIONS = {
    "authors": [
        uuid_key(),
        field("name", "string", is_nullable=False, is_unique=True),
        field("email", "string", max_length=120, is_unique=True),
        field("born", "date"),
        field("bio", "text"),
        field("active", "boolean", "cast-boolean", default_value=True, is_nullable=False),
        field("rating", "float", numeric_precision=10, numeric_scale=5),
        field("portrait", "uuid", "file"),
        field("account", "uuid", "m2o"),
        *WRITTEN,
    ],
    "articles": [
        number_key(),
        field("title", "string", max_length=200, is_nullable=False, is_indexed=True),
        field("status", "string", max_length=20, default_value="draft", is_nullable=False),
        field("summary", "string", max_length=500),
        field("body", "text"),
        field("words", "integer", default_value=0, is_nullable=False),
        field("views", "bigInteger"),
        field("price", "decimal", numeric_precision=12, numeric_scale=4),
        field("score", "float"),
        field("featured", "boolean", "cast-boolean", default_value=False, is_nullable=False),
        field("day", "date", is_indexed=True),
        field("starts", "dateTime"),
        field("seen", "timestamp", "cast-timestamp"),
        field("opens", "time"),
        field("keywords", "csv", "cast-csv"),
        field("data", "json", "cast-json"),
        field("token", "uuid", "uuid", max_length=36, is_unique=True),
        field("secret", "hash", "hash"),
        field("author", "uuid", "m2o"),
        field("parent", "integer", "m2o"),
        field("cover", "uuid", "file"),
        field("sort", "integer"),
        alias("tags", "m2m"),
        alias("files", "files"),
        alias("translations", "translations"),
        alias("blocks", "m2a"),
        *WRITTEN,
    ],
    "tags": [
        field("slug", "string", max_length=64, is_primary_key=True, is_nullable=False),
        field("label", "string", is_nullable=False, is_unique=True),
        field("weight", "integer", default_value=1),
    ],
    "articles_tags": [number_key(), field("articles_id", "integer"), field("tags_slug", "string", max_length=64)],
    "articles_files": [number_key(), field("articles_id", "integer"), field("directus_files_id", "uuid")],
    "languages": [
        field("code", "string", max_length=10, is_primary_key=True, is_nullable=False),
        field("name", "string"),
        field("direction", "string", default_value="ltr"),
    ],
    "articles_translations": [
        number_key(),
        field("articles_id", "integer"),
        field("languages_code", "string", max_length=10),
        field("title", "string"),
        field("body", "text"),
    ],
    "block_texts": [uuid_key(), field("text", "text", is_nullable=False)],
    "block_quotes": [number_key(), field("quote", "text"), field("by", "string", default_value="jemand")],
    "articles_blocks": [
        number_key(),
        field("articles_id", "integer"),
        field("item", "string"),
        field("collection", "string"),
        field("sort", "integer"),
    ],
    "measures": [
        number_key("bigInteger"),
        field("at", "timestamp", "cast-timestamp", is_nullable=False, is_indexed=True),
        field("local", "dateTime"),
        field("value", "float", is_nullable=False),
        field("ok", "boolean", "cast-boolean"),
        field("sensor", "string", max_length=30),
    ],
    "site": [
        number_key(),
        field("heading", "string"),
        field("open", "boolean", "cast-boolean"),
        field("menu", "json", "cast-json"),
    ],
}

# collection, field, the other side, what happens on deletion, and what the interface needs to know.
RELATIONS = [
    ("authors", "portrait", "directus_files", "SET NULL", {}),
    ("authors", "account", "directus_users", "SET NULL", {}),
    ("authors", "user_created", "directus_users", "NO ACTION", {}),
    ("authors", "user_updated", "directus_users", "NO ACTION", {}),
    ("articles", "user_created", "directus_users", "NO ACTION", {}),
    ("articles", "user_updated", "directus_users", "NO ACTION", {}),
    ("articles", "author", "authors", "SET NULL", {"one_field": "articles"}),
    ("articles", "parent", "articles", "NO ACTION", {"one_field": "children"}),
    ("articles", "cover", "directus_files", "SET NULL", {}),
    ("articles_tags", "articles_id", "articles", "CASCADE", {"one_field": "tags", "junction_field": "tags_slug"}),
    ("articles_tags", "tags_slug", "tags", "CASCADE", {"junction_field": "articles_id"}),
    (
        "articles_files",
        "articles_id",
        "articles",
        "CASCADE",
        {"one_field": "files", "junction_field": "directus_files_id"},
    ),
    ("articles_files", "directus_files_id", "directus_files", "CASCADE", {"junction_field": "articles_id"}),
    (
        "articles_translations",
        "articles_id",
        "articles",
        "CASCADE",
        {"one_field": "translations", "junction_field": "languages_code"},
    ),
    ("articles_translations", "languages_code", "languages", "SET NULL", {"junction_field": "articles_id"}),
    (
        "articles_blocks",
        "articles_id",
        "articles",
        "CASCADE",
        {"one_field": "blocks", "junction_field": "item", "sort_field": "sort"},
    ),
    (
        "articles_blocks",
        "item",
        None,
        None,
        {
            "one_collection_field": "collection",
            "one_allowed_collections": ["block_texts", "block_quotes"],
            "junction_field": "articles_id",
        },
    ),
]


def make(web):
    web.post(
        "/collections", {"collection": "content", "meta": {"icon": "folder", "note": "Ein Ordner"}, "schema": None}
    )
    for name, fields in COLLECTIONS.items():
        meta = {
            "note": f"Sammlung {name} ✓",
            "singleton": name == "site",
            "group": "content" if name[:5] == "block" else None,
        }
        meta |= {"sort_field": "sort", "versioning": True} if name == "articles" else {}
        web.post("/collections", {"collection": name, "meta": meta, "schema": {}, "fields": fields})
    for name, inverse in (("authors", "articles"), ("articles", "children")):
        web.post(f"/fields/{name}", alias(inverse, "o2m"))
    for collection, name, related, deletion, meta in RELATIONS:
        schema = {"on_delete": deletion} if deletion else None
        web.post(
            "/relations",
            {
                "collection": collection,
                "field": name,
                "related_collection": related,
                "meta": {"many_collection": collection, "many_field": name, "one_collection": related, **meta},
                "schema": schema,
            },
        )
    # A field that comes later, one that changes, one that goes: on SQLite each makes the table anew.
    web.post("/fields/tags", field("colour", "string", max_length=9, default_value="#FFFFFF"))
    web.post("/fields/tags", field("gone", "integer", default_value=3, is_nullable=False))
    web.patch("/fields/tags/weight", {"schema": {"default_value": 2, "is_nullable": False}})
    web.delete("/fields/tags/gone")
    web.patch("/fields/articles/summary", {"meta": {"note": "höchstens 500 Zeichen", "interface": "input-multiline"}})
