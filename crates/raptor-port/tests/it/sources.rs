//! What a file declares is read, however it is written.

use raptor_db::{Config, Db, Snapshot};
use raptor_port::{Profile, Source, TableKind};

/// A file made by a text.
fn file(text: &str) -> (tempfile::TempDir, Snapshot) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.db");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let config = Config::new(&format!("sqlite:{}", path.display())).unwrap();
        let db = Db::open(config).await.unwrap();
        db.session().await.unwrap().execute_raw(text).await.unwrap();
        db.close().await;
    });
    let snapshot = Snapshot::open(&path, 1).unwrap();
    (folder, snapshot)
}

const TRAPS: &str = "
PRAGMA foreign_keys = OFF;
CREATE TABLE \"Order\" ([Select] UNSIGNED BIG INT NOT NULL, `quo\"te` long varchar DEFAULT 'it''s', untyped,
  price DECIMAL(10, 2) DEFAULT (1 + 2) CONSTRAINT positive CHECK ((price > 0)),
  doubled REAL GENERATED ALWAYS AS (price * 2) STORED, shown TEXT AS (upper(untyped)),
  CONSTRAINT pk PRIMARY KEY ([Select], untyped), UNIQUE (price, untyped COLLATE NOCASE), CHECK (price < 1000)) WITHOUT ROWID;
CREATE TABLE parents (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE COLLATE NOCASE, up INT REFERENCES parents DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE children (a INT, b TEXT, id INTEGER PRIMARY KEY DESC,
  CONSTRAINT both FOREIGN KEY (a, b) REFERENCES \"Order\" ([Select], untyped) ON DELETE CASCADE ON UPDATE SET NULL);
CREATE UNIQUE INDEX live ON parents (lower(name) DESC, id COLLATE BINARY) WHERE up IS NOT NULL;
CREATE TABLE strict (id INT PRIMARY KEY, any ANY) STRICT;
CREATE VIRTUAL TABLE found USING fts5(body);
CREATE VIEW names AS SELECT name, id + 1 AS next FROM parents;
CREATE TRIGGER noted AFTER INSERT ON parents BEGIN SELECT 1; END;
INSERT INTO parents (name) VALUES ('a'), ('b');
INSERT INTO children VALUES ('x', 1.5, 1), (2, x'00ff', 2), (NULL, 'a' || char(0), 3);
";

#[expect(clippy::too_many_lines, reason = "one file's story from begin to end")]
#[test]
fn everything_is_read() {
    let (_folder, mut snapshot) = file(TRAPS);
    let reader = snapshot.take().unwrap();
    let source = Source::read(&reader).unwrap();
    let order = source.table("order").unwrap();
    let names: Vec<&str> = order.columns.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(
        names,
        ["Select", "quo\"te", "untyped", "price", "doubled", "shown"]
    );
    assert!(order.without_rowid && order.unread.is_none() && order.rowid_alias.is_none());
    let key = order.primary_key.as_ref().unwrap();
    assert_eq!(
        (key.name.as_deref(), &key.columns[..]),
        (Some("pk"), &["Select", "untyped"].map(str::to_owned)[..])
    );
    assert_eq!(order.columns[1].default.as_deref(), Some("'it''s'"));
    let stored: Vec<_> = order
        .columns
        .iter()
        .filter_map(|it| it.generated.as_ref())
        .map(|it| it.stored)
        .collect();
    assert_eq!(stored, [true, false]);
    assert_eq!(order.unique[0].columns, ["price", "untyped"]);
    let checks: Vec<_> = order
        .checks
        .iter()
        .map(|it| (it.name.as_deref(), it.expression.as_str()))
        .collect();
    assert_eq!(
        checks,
        [(Some("positive"), "price > 0"), (None, "price < 1000")]
    );

    let parents = source.table("parents").unwrap();
    assert!(parents.autoincrement);
    assert_eq!(parents.rowid_alias.as_deref(), Some("id"));
    assert_eq!(
        parents.column("NAME").unwrap().collation.as_deref(),
        Some("NOCASE")
    );
    let up = &parents.foreign_keys[0];
    assert!(up.deferred && up.parent_columns.is_empty());
    let live = &parents.indexes[0];
    assert_eq!(live.condition.as_deref(), Some("up IS NOT NULL"));
    assert!(live.unique && live.columns[0].descending && live.columns[0].expression.is_some());
    assert_eq!(live.columns[1].column.as_deref(), Some("id"));

    let children = source.table("children").unwrap();
    assert_eq!(
        children.rowid_alias, None,
        "DESC makes it an ordinary column"
    );
    let both = &children.foreign_keys[0];
    assert_eq!(
        (
            both.name.as_deref(),
            both.columns.len(),
            both.on_delete.as_str()
        ),
        (Some("both"), 2, "CASCADE")
    );
    assert!(source.table("strict").unwrap().strict);
    assert_eq!(
        source.table("found").unwrap().kind,
        TableKind::Virtual {
            module: "fts5".into()
        }
    );
    let shadows = source
        .tables
        .iter()
        .filter(|it| it.kind == TableKind::Shadow);
    assert_eq!(shadows.count(), 5);
    assert_eq!(source.views[0].columns, ["name", "next"]);
    assert_eq!(
        (source.triggers[0].table.as_str(), source.triggers.len()),
        ("parents", 1)
    );
}

#[test]
fn every_cell_is_looked_at() {
    let (_folder, mut snapshot) = file(TRAPS);
    let reader = snapshot.take().unwrap();
    let source = Source::read(&reader).unwrap();
    let profile = Profile::read(&reader, source.table("children").unwrap()).unwrap();
    let [a, b, id] = &profile.columns[..] else {
        panic!("{profile:?}")
    };
    assert_eq!((profile.rows, a.nulls, a.texts, a.integers), (3, 1, 1, 1));
    assert_eq!((b.texts, b.blobs, b.with_nul), (2, 1, 1));
    assert_eq!(id.integer.map(|it| (it.min, it.max)), Some((1, 3)));
}
