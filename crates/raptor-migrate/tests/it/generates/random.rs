//! Schemas by chance: tables with columns, keys, checks, indexes, views, triggers and policies out of
//! a small set of names, so that two of them have much in common.

/// Numbers that look like chance and are the same every time.
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % end
    }

    fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    fn of<'t>(&mut self, all: &[&'t str]) -> &'t str {
        all[self.below(all.len())]
    }
}

struct Words {
    types: &'static [(&'static str, &'static [&'static str])],
    key: &'static str,
    key_type: &'static str,
    end: &'static str,
}

const POSTGRES: Words = Words {
    types: &[
        ("text", &["'x'", "''"]),
        ("varchar(40)", &["'x'"]),
        ("integer", &["0", "42", "doubled(2)"]),
        ("bigint", &["0"]),
        ("numeric(10,2)", &["0", "1.5"]),
        ("boolean", &["false"]),
        ("timestamptz", &["now()"]),
        ("mood", &["'fine'"]),
    ],
    key: "bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
    key_type: "bigint",
    end: "",
};

const SQLITE: Words = Words {
    types: &[
        ("TEXT", &["'x'", "''", "CURRENT_TIMESTAMP", "(lower('X'))"]),
        ("INTEGER", &["0", "-1"]),
        ("REAL", &["1.5"]),
        ("BLOB", &["x'00'"]),
    ],
    key: "INTEGER PRIMARY KEY",
    key_type: "INTEGER",
    end: " STRICT",
};

const TABLES: [&str; 4] = ["apples", "boats", "\"Order\"", "clouds"];
const COLUMNS: [&str; 5] = ["a", "b", "size", "\"order\"", "e"];

fn table(chance: &mut Chance, words: &Words, name: &str, fresh: &[&str]) -> (String, Vec<String>) {
    let mut lines = vec![format!("id {}", words.key)];
    let mut columns = Vec::new();
    for column in COLUMNS {
        if chance.one_in(3) {
            continue;
        }
        let (type_name, defaults) = words.types[chance.below(words.types.len())];
        let mut line = format!("{column} {type_name}");
        if chance.one_in(2) {
            line.push_str(&format!(" DEFAULT {}", chance.of(defaults)));
        }
        if chance.one_in(3) {
            line.push_str(" NOT NULL");
        }
        if chance.one_in(5) {
            line.push_str(" UNIQUE");
        }
        if chance.one_in(6) {
            line.push_str(&format!(" CHECK ({column} IS NOT NULL)"));
        }
        lines.push(line);
        columns.push(column.to_owned());
    }
    if !fresh.is_empty() && chance.one_in(2) {
        let parent = chance.of(fresh);
        let action = chance.of(&["", " ON DELETE CASCADE", " ON DELETE SET NULL"]);
        lines.push(format!(
            "parent {} REFERENCES {parent} (id){action}",
            words.key_type
        ));
        columns.push("parent".to_owned());
    }
    if columns.len() > 1 && chance.one_in(3) {
        lines.push(format!(
            "CONSTRAINT both UNIQUE ({}, {})",
            columns[0], columns[1]
        ));
    }
    (
        format!("CREATE TABLE {name} ({}){};\n", lines.join(", "), words.end),
        columns,
    )
}

fn schema(chance: &mut Chance, words: &Words) -> String {
    let mut text = String::new();
    let mut made: Vec<&str> = Vec::new();
    for name in TABLES {
        if chance.one_in(4) {
            continue;
        }
        let bare = name.trim_matches('"').replace(' ', "_");
        let (create, columns) = table(chance, words, name, &made);
        text.push_str(&create.replace("CONSTRAINT both", &format!("CONSTRAINT {bare}_both")));
        made.push(name);
        for column in &columns {
            if chance.one_in(4) {
                let unique = if chance.one_in(4) { "UNIQUE " } else { "" };
                let place = column.trim_matches('"');
                text.push_str(&format!(
                    "CREATE {unique}INDEX {bare}_{place}_i ON {name} ({column});\n"
                ));
            }
        }
        if !columns.is_empty() && chance.one_in(2) {
            let column = &columns[chance.below(columns.len())];
            text.push_str(&format!(
                "CREATE VIEW of_{bare} AS SELECT id, {column} FROM {name};\n"
            ));
            if chance.one_in(2) {
                text.push_str(&format!(
                    "CREATE VIEW over_{bare} AS SELECT id FROM of_{bare};\n"
                ));
            }
        }
    }
    text
}

pub(crate) fn sqlite(chance: &mut Chance) -> String {
    let mut text = schema(chance, &SQLITE);
    if text.contains("TABLE apples") && text.contains("TABLE boats") && chance.one_in(2) {
        text.push_str("CREATE TRIGGER falls AFTER INSERT ON apples BEGIN DELETE FROM boats WHERE id = 1; END;\n");
    }
    text
}

pub(crate) fn postgres(chance: &mut Chance) -> String {
    let parameter = chance.of(&["n", "n", "m"]);
    let times = chance.of(&["* 2", "* 3"]);
    let body = format!("RETURN {parameter} {times};");
    let labels = chance.of(&["'fine'", "'fine', 'sad'"]);
    let mut text = format!(
        "CREATE TYPE mood AS ENUM ('fine');\n\
         CREATE FUNCTION doubled({parameter} integer) RETURNS integer LANGUAGE plpgsql IMMUTABLE AS $$BEGIN {body} END$$;\n"
    );
    if labels.contains("sad") {
        text.push_str("CREATE DOMAIN kind AS text CHECK (VALUE <> '');\n");
    }
    text.push_str(&schema(chance, &POSTGRES));
    for (name, bare) in TABLES.map(|it| (it, it.trim_matches('"').replace(' ', "_"))) {
        if !text.contains(&format!("TABLE {name} ")) {
            continue;
        }
        if chance.one_in(3) {
            text.push_str(&format!("ALTER TABLE {name} ENABLE ROW LEVEL SECURITY;\n"));
            let using = chance.of(&["id > 0", "doubled(id::int) > 2", "true"]);
            text.push_str(&format!("CREATE POLICY own ON {name} USING ({using});\n"));
        }
        if chance.one_in(3) {
            text.push_str(&format!(
                "COMMENT ON TABLE {name} IS '{}';\n",
                chance.of(&["One.", "It''s."])
            ));
        }
        if chance.one_in(3) {
            let what = chance.of(&["SELECT", "SELECT, INSERT", "SELECT (id)"]);
            text.push_str(&format!("GRANT {what} ON {name} TO raptor_app;\n"));
        }
        if chance.one_in(4) {
            text.push_str(&format!(
                "CREATE INDEX {bare}_twice ON {name} (doubled(id::int));\n"
            ));
        }
    }
    text
}
