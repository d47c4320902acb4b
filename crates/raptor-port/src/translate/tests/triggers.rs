//! Triggers: the same statements on both sides, and then the same rows.

use super::bed::{Bed, in_sqlite, is_same};
use crate::translate::trigger;
use raptor_db::{Config, Db, Session, Snapshot};
use std::path::PathBuf;

/// Triggers, the statements that call them, and whether the last of these is refused.
const TRIGGERS: &[(&str, &[&str], bool)] = &[
    (
        "CREATE TRIGGER x AFTER INSERT ON o BEGIN INSERT INTO log (at, what, n) VALUES ('now', 'in ' || NEW.qty, NEW.id); END",
        &[
            "INSERT INTO o VALUES (100, 1, 'k', 1.5, 3)",
            "INSERT INTO o SELECT id + 1000, t_id, \"Kind of\", amount, qty FROM o",
        ],
        false,
    ),
    (
        "CREATE TRIGGER x AFTER UPDATE ON o BEGIN UPDATE o SET amount = 77.5 WHERE id = NEW.id; END",
        &["UPDATE o SET qty = qty + 1"],
        false,
    ),
    (
        "CREATE TRIGGER x AFTER UPDATE OF qty ON o FOR EACH ROW WHEN NEW.qty <> OLD.qty BEGIN UPDATE t SET n = NEW.qty - OLD.qty, flag = 1 WHERE id = NEW.t_id; INSERT INTO log VALUES (NULL, NULL, 'up', OLD.qty, NEW.qty > 2); END",
        &[
            "UPDATE o SET qty = 9 WHERE id < 3",
            "UPDATE o SET amount = 3",
        ],
        false,
    ),
    (
        "CREATE TRIGGER x AFTER DELETE ON o BEGIN DELETE FROM t WHERE id = OLD.t_id AND id > 3; UPDATE t SET m = m - 1 WHERE id = OLD.t_id; END",
        &["DELETE FROM o WHERE qty > 2"],
        false,
    ),
    (
        "CREATE TRIGGER x BEFORE INSERT ON o WHEN NEW.qty < 0 BEGIN SELECT RAISE(ABORT, 'no such quantity'); END",
        &[
            "INSERT INTO o VALUES (101, 1, 'k', 1, 0)",
            "INSERT INTO o VALUES (102, 1, 'k', 1, -1)",
        ],
        true,
    ),
    (
        "CREATE TRIGGER x BEFORE UPDATE ON o BEGIN SELECT CASE WHEN NEW.qty > 100 THEN RAISE(FAIL, 'x') END; END",
        &[],
        true,
    ),
    (
        "CREATE TRIGGER x BEFORE UPDATE ON o BEGIN SELECT CASE WHEN NEW.qty > 100 THEN RAISE(ABORT, 'too many') WHEN NEW.amount IS NULL THEN NULL ELSE 1 END; END",
        &[
            "UPDATE o SET qty = 99",
            "UPDATE o SET qty = 101 WHERE id = 1",
        ],
        true,
    ),
    (
        "CREATE TRIGGER x BEFORE DELETE ON t BEGIN SELECT RAISE(ROLLBACK, 'has orders') FROM o WHERE o.t_id = OLD.id; END",
        &["DELETE FROM t WHERE id = 8", "DELETE FROM t WHERE id = 1"],
        true,
    ),
    (
        "CREATE TRIGGER x BEFORE INSERT ON o BEGIN SELECT RAISE(ABORT, 'no parent') WHERE (SELECT count(*) FROM t WHERE id = NEW.t_id) = 0; END",
        &[
            "INSERT INTO o VALUES (101, 1, 'k', 1, 0)",
            "INSERT INTO o VALUES (102, 55, 'k', 1, 0)",
        ],
        true,
    ),
    (
        "CREATE TRIGGER x BEFORE INSERT ON o WHEN NEW.qty = 5 BEGIN SELECT RAISE(IGNORE); END",
        &["INSERT INTO o VALUES (101, 1, 'k', 1, 5), (102, 1, 'k', 1, 6)"],
        false,
    ),
    (
        "CREATE TRIGGER x AFTER INSERT ON o BEGIN INSERT INTO log (id, what, n) VALUES (7, 'first', NEW.qty) ON CONFLICT (id) DO UPDATE SET n = n + excluded.n, what = 'more'; END",
        &[
            "INSERT INTO o VALUES (101, 1, 'k', 1, 5)",
            "INSERT INTO o VALUES (102, 1, 'k', 1, 6)",
        ],
        false,
    ),
    (
        "CREATE TRIGGER x AFTER INSERT ON o BEGIN INSERT INTO log (what, n) SELECT s || '!', m FROM t WHERE t.id = NEW.t_id; UPDATE t SET n = (SELECT count(*) FROM log), ts = '2024-05-05 05:05:05' WHERE rowid = NEW.t_id; END",
        &["INSERT INTO o VALUES (101, 1, 'k', 1, 5)"],
        false,
    ),
    (
        "CREATE TRIGGER x AFTER UPDATE OF flag ON t BEGIN UPDATE t SET s = coalesce(NEW.s, '') || '+', d = '2020-02-02' WHERE id = OLD.id; END",
        &[
            "UPDATE t SET flag = 0 WHERE id IN (1, 2, 3)",
            "UPDATE t SET n = 3 WHERE id = 4",
        ],
        false,
    ),
];

const TABLES: &[&str] = &["t", "o", "log"];

#[tokio::test]
async fn triggers_do_the_same() {
    let bed = Bed::new("").await;
    let folder = tempfile::tempdir().unwrap();
    let mut wrong = Vec::new();
    for (number, (text, statements, is_refused)) in TRIGGERS.iter().enumerate() {
        let made = match trigger(text, &bed.all(), "x") {
            Ok(made) => made.join(";\n"),
            Err(why) => {
                if !statements.is_empty() {
                    wrong.push(format!("{text}: refused: {}", why.reason));
                }
                continue;
            }
        };
        let copy = folder.path().join(format!("{number}.db"));
        let into = format!("VACUUM INTO '{}'", copy.display());
        bed.sqlite.execute_raw(&into).await.unwrap();
        let file = Db::open(Config::new(&format!("sqlite:{}", copy.display())).unwrap());
        let sqlite = file.await.unwrap().session().await.unwrap();
        sqlite.execute_raw(text).await.unwrap();
        bed.postgres.execute_raw("BEGIN").await.unwrap();
        let done = match bed.postgres.execute_raw(&made).await {
            Err(error) => Err(error.to_string()),
            Ok(()) => {
                let case = Case {
                    bed: &bed,
                    sqlite,
                    copy,
                    text,
                };
                case.run(statements, *is_refused).await
            }
        };
        wrong.extend(done.err().map(|it| format!("{text}: {it}\n{made}")));
        bed.postgres.execute_raw("ROLLBACK").await.unwrap();
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

struct Case<'c> {
    bed: &'c Bed,
    sqlite: Session,
    copy: PathBuf,
    text: &'c str,
}

impl Case<'_> {
    async fn run(&self, statements: &[&str], is_refused: bool) -> Result<(), String> {
        for (at, statement) in statements.iter().enumerate() {
            let must_fail = is_refused && at + 1 == statements.len();
            if must_fail {
                self.compare().await?;
            }
            let lite = self.sqlite.execute_raw(statement).await;
            // Booleans are written as Postgres wants them.
            let statement = statement.replace("flag = 0", "flag = false");
            let post = self.bed.postgres.execute_raw(&statement).await;
            if lite.is_err() != must_fail || post.is_err() != must_fail {
                return Err(format!("{statement}: {lite:?} {post:?}"));
            }
            if must_fail {
                let said = self.text.split('\'').nth(1).unwrap();
                let (lite, post) = (lite.unwrap_err().to_string(), post.unwrap_err().to_string());
                let is_said = lite.contains(said) && post.contains(said);
                return if is_said {
                    Ok(())
                } else {
                    Err(format!("{lite} | {post}"))
                };
            }
        }
        self.compare().await
    }

    async fn compare(&self) -> Result<(), String> {
        let reader = Snapshot::open(&self.copy, 1).unwrap().take().unwrap();
        for table in TABLES {
            let columns = &self.bed.plan.table(table).unwrap().columns;
            let names = columns.iter().map(|it| it.name.as_str());
            // Rows of the log are numbered from another start.
            let names = names.filter(|it| (*table != "log" || *it != "id") && *it != "loose");
            let names: Vec<String> = names.map(|it| format!("\"{it}\"")).collect();
            let asked = format!("SELECT {} FROM {table} ORDER BY id", names.join(", "));
            let lite = in_sqlite(&reader, &asked)?;
            let post = self.bed.in_postgres(&asked).await?;
            let is_same_row = lite.len() == post.len()
                && lite
                    .iter()
                    .zip(&post)
                    .all(|(one, two)| one.iter().zip(two).all(|(one, two)| is_same(one, two)));
            if !is_same_row {
                return Err(format!("{table}:\n{lite:?}\n{post:?}"));
            }
        }
        Ok(())
    }
}
