"""Holds a schema on Postgres against what the SQLite file declares and against the application's own ("gold").

Every difference is a line of text: what the file declares and is not here, what is here and gold does not have, and
what is otherwise than in gold. What gold has and the file does not declare cannot be here: it is counted.
"""

import re
from collections import Counter

CATEGORIES = ("not_null", "primary_key", "foreign_key", "unique", "check", "index")


class Comparison:
    def __init__(self, sqlite, gold, here):
        self.sqlite, self.gold, self.here = sqlite, gold, here
        self.scores = {category: [0, 0] for category in CATEGORIES}
        self.types = [0, 0]
        self.differences = []
        self.only_gold = Counter()
        for name in sorted({*sqlite, *gold, *here}):
            self.table(name)

    def score(self, category, is_there, difference):
        """One more thing that the file declares."""
        self.scores[category][0] += is_there
        self.scores[category][1] += 1
        if not is_there:
            self.differences.append(difference)

    def told(self):
        return {
            "scores": self.scores,
            "types": self.types,
            "differences": self.differences,
            "only_gold": {what: number for what, number in sorted(self.only_gold.items()) if number},
        }

    def table(self, name):
        nothing = {"columns": {}, "key": [], "foreign": [], "indexes": [], "checks": []}
        sqlite, gold, here = (schema.get(name, nothing) for schema in (self.sqlite, self.gold, self.here))
        if here is nothing:
            if sqlite is nothing:
                self.only_gold["table"] += 1
                return
            self.differences.append(f"table {name}: declared, not here")
        elif gold is nothing:
            self.differences.append(f"table {name}: here, not in gold")
        for column in {**sqlite["columns"], **gold["columns"], **here["columns"]}:
            parts = (table["columns"].get(column) for table in (sqlite, gold, here))
            self.column(f"{name}.{column}", here is nothing, gold is nothing, *parts)
        self.key(name, sqlite["key"], gold["key"], here["key"], gold is nothing)
        self.foreign(name, sqlite["foreign"], gold["foreign"], here["foreign"], gold is nothing)
        self.indexes(name, sqlite["indexes"], gold["indexes"], here["indexes"], gold is nothing)
        self.checks(name, sqlite["checks"], gold["checks"], here, gold is nothing)

    def column(self, name, no_table, not_in_gold, sqlite, gold, here):
        if sqlite and sqlite["not_null"]:
            self.score("not_null", bool(here and here["not_null"]), f"not null {name}: declared, not here")
        if here is None:
            if sqlite and not no_table:
                self.differences.append(f"column {name}: declared, not here")
            elif not sqlite:
                self.only_gold["column"] += 1
            return
        if gold is None:
            if not not_in_gold:
                self.differences.append(f"column {name}: here, not in gold")
            return
        declared = sqlite or {"type": "nothing", "not_null": False, "default": None, "numbers": None}
        self.types[0] += gold["type"] == here["type"]
        self.types[1] += 1
        if gold["type"] != here["type"]:
            self.differences.append(f"type {name}: SQLite {declared['type']}, gold {gold['type']}, here {here['type']}")
        if here["not_null"] and not gold["not_null"]:
            self.differences.append(f"not null {name}: here, not in gold")
        if gold["not_null"] and not here["not_null"] and not declared["not_null"]:
            self.only_gold["not null"] += 1
        for what, word in (("default", plain), ("numbers", str)):
            wanted, found, of = word(gold[what]), word(here[what]), declared[what]
            if wanted != found and (of or here[what]):
                self.differences.append(f"{what} {name}: SQLite {of}, gold {gold[what]}, here {here[what]}")
            elif wanted != found:
                self.only_gold[what] += 1

    def key(self, name, sqlite, gold, here, not_in_gold):
        listed = lambda columns: f"({', '.join(columns)})"
        if sqlite:
            told = f"primary key {name}: declared {listed(sqlite)}, here {listed(here)}"
            self.score("primary_key", sqlite == here, told)
        if here != gold and not not_in_gold and here:
            self.differences.append(f"primary key {name}: gold {listed(gold)}, here {listed(here)}")
        elif gold and not here and not sqlite:
            self.only_gold["primary key"] += 1

    def foreign(self, name, sqlite, gold, here, not_in_gold):
        def by_place(keys):
            return {(tuple(key["columns"]), key["table"], tuple(key["to"])): key for key in keys}

        def spelt(place):
            return f"{name}({', '.join(place[0])}) to {place[1]}({', '.join(place[2])})"

        def acts(key):
            return f"update {key['update']}, delete {key['delete']}"

        sqlite, gold, here = by_place(sqlite), by_place(gold), by_place(here)
        for place, key in sqlite.items():
            found = acts(here[place]) if place in here else "nothing"
            told = f"foreign key {spelt(place)}: declared {acts(key)}, here {found}"
            self.score("foreign_key", acts(key) == found, told)
        for place, key in here.items():
            if place not in gold:
                if not not_in_gold:
                    self.differences.append(f"foreign key {spelt(place)}: here, not in gold")
                continue
            wanted, found = (acts(it) + it["when"] for it in (gold[place], key))
            if wanted != found:
                self.differences.append(f"foreign key {spelt(place)}: gold {wanted}, here {found}")
        self.only_gold["foreign key"] += len({*gold} - {*here} - {*sqlite})

    def indexes(self, name, sqlite, gold, here, not_in_gold):
        def shape(index):
            return (
                index["unique"],
                tuple(part[:2] for part in index["parts"]),
                index.get("partial", bool(index.get("where"))),
            )

        def exactly(index):
            parts = tuple((part[2], part[1]) for part in index["parts"])
            return index["unique"], parts, index["where"] or "", index["method"], tuple(index["classes"])

        def spelt(index):
            kind = "unique" if index["unique"] else "index"
            parts = ", ".join((part[-1] if len(part) > 2 else part[0]) + " desc" * part[1] for part in index["parts"])
            where = f" where {index['where']}" if index.get("where") else " where …" * index.get("partial", False)
            return f"{kind} {name}({parts}){where}"

        there = {shape(index) for index in here}
        for index in {shape(index): index for index in sqlite}.values():
            category = "unique" if index["unique"] else "index"
            self.score(category, shape(index) in there, f"{spelt(index)}: declared, not here")
        wanted, found = ({exactly(index): index for index in side} for side in (gold, here))
        if not not_in_gold:
            for key in sorted({*found} - {*wanted}):
                self.differences.append(f"{spelt(found[key])}: here, not in gold")
        for key in {*wanted} - {*found}:
            if shape(wanted[key]) not in {shape(index) for index in sqlite} or not wanted[key]["usual"]:
                self.only_gold["unique" if wanted[key]["unique"] else "index"] += 1

    def checks(self, name, sqlite, gold, here, not_in_gold):
        names = {check[0] for check in here["checks"]}
        unnamed = len(names - {check for check, _ in sqlite})
        for check, text in sqlite:
            is_there = check in names or held_by_type(text, here["columns"])
            # Names over 63 bytes are others on Postgres.
            if not is_there and (check is None or len(check.encode()) > 63) and unnamed:
                is_there, unnamed = True, unnamed - 1
            self.score("check", is_there, f"check {name}: {check or ''} {text}: declared, not here")
        wanted, found = ({text for _, text in side} for side in (gold, here["checks"]))
        if not not_in_gold:
            self.differences += [f"check {name}: {text}: here, not in gold" for text in sorted(found - wanted)]
        self.only_gold["check"] += max(0, len(wanted) - max(len(found), len(sqlite)))


def held_by_type(text, columns):
    """Whether a column's type says what the check says."""
    for pattern, types in ((r"json_valid \( (\w+) \)", ("json", "jsonb")), (r"(\w+) in \( 0 , 1 \)", ("boolean",))):
        found = re.search(pattern, text, re.IGNORECASE)
        if found and columns.get(found[1], {}).get("type") in types:
            return True
    return False


def plain(default):
    """A default without casts and brackets."""
    if default is None:
        return "None"
    text = re.sub(r"::[a-z ]+(\([\d, ]+\))?(\[\])?", "", default).strip()
    while text.startswith("(") and text.endswith(")"):
        text = text[1:-1].strip()
    return text.strip("'").lower()
