//! Triggers: the same statements on both sides, and then the same rows.

use super::bed::{Bed, is_same};
use crate::translate::trigger;

/// Triggers, the statements that call them, and whether the last of these is refused.
const TRIGGERS: &[(&str, &[&str], bool)] = &[
    ("CREATE TRIGGER x AFTER INSERT ON o BEGIN INSERT INTO log (at, what, n) VALUES ('now', 'in ' || NEW.qty, NEW.id); END", &["INSERT INTO o VALUES (100, 1, 'k', 1.5, 3)", "INSERT INTO o SELECT id + 1000, t_id, \"Kind of\", amount, qty FROM o"], false),
    ("CREATE TRIGGER x AFTER UPDATE ON o BEGIN UPDATE o SET amount = 77.5 WHERE id = NEW.id; END", &["UPDATE o SET qty = qty + 1"], false),
    ("CREATE TRIGGER x AFTER UPDATE OF qty ON o FOR EACH ROW WHEN NEW.qty <> OLD.qty BEGIN UPDATE t SET n = NEW.qty - OLD.qty, flag = 1 WHERE id = NEW.t_id; INSERT INTO log VALUES (NULL, NULL, 'up', OLD.qty, NEW.qty > 2); END", &["UPDATE o SET qty = 9 WHERE id < 3", "UPDATE o SET amount = 3"], false),
    ("CREATE TRIGGER x AFTER DELETE ON o BEGIN DELETE FROM t WHERE id = OLD.t_id AND id > 3; UPDATE t SET m = m - 1 WHERE id = OLD.t_id; END", &["DELETE FROM o WHERE qty > 2"], false),
    ("CREATE TRIGGER x BEFORE INSERT ON o WHEN NEW.qty < 0 BEGIN SELECT RAISE(ABORT, 'no such quantity'); END", &["INSERT INTO o VALUES (101, 1, 'k', 1, 0)", "INSERT INTO o VALUES (102, 1, 'k', 1, -1)"], true),
    ("CREATE TRIGGER x BEFORE UPDATE ON o BEGIN SELECT CASE WHEN NEW.qty > 100 THEN RAISE(FAIL, 'x') END; END", &[], true),
    ("CREATE TRIGGER x BEFORE UPDATE ON o BEGIN SELECT CASE WHEN NEW.qty > 100 THEN RAISE(ABORT, 'too many') WHEN NEW.amount IS NULL THEN NULL ELSE 1 END; END", &["UPDATE o SET qty = 99", "UPDATE o SET qty = 101 WHERE id = 1"], true),
    ("CREATE TRIGGER x BEFORE DELETE ON t BEGIN SELECT RAISE(ROLLBACK, 'has orders') FROM o WHERE o.t_id = OLD.id; END", &["DELETE FROM t WHERE id = 8", "DELETE FROM t WHERE id = 1"], true),
    ("CREATE TRIGGER x BEFORE INSERT ON o BEGIN SELECT RAISE(ABORT, 'no parent') WHERE (SELECT count(*) FROM t WHERE id = NEW.t_id) = 0; END", &["INSERT INTO o VALUES (101, 1, 'k', 1, 0)", "INSERT INTO o VALUES (102, 55, 'k', 1, 0)"], true),
    ("CREATE TRIGGER x BEFORE INSERT ON o WHEN NEW.qty = 5 BEGIN SELECT RAISE(IGNORE); END", &["INSERT INTO o VALUES (101, 1, 'k', 1, 5), (102, 1, 'k', 1, 6)"], false),
    ("CREATE TRIGGER x AFTER INSERT ON o BEGIN INSERT INTO log (id, what, n) VALUES (7, 'first', NEW.qty) ON CONFLICT (id) DO UPDATE SET n = n + excluded.n, what = 'more'; END", &["INSERT INTO o VALUES (101, 1, 'k', 1, 5)", "INSERT INTO o VALUES (102, 1, 'k', 1, 6)"], false),
    ("CREATE TRIGGER x AFTER INSERT ON o BEGIN INSERT INTO log (what, n) SELECT s || '!', m FROM t WHERE t.id = NEW.t_id; UPDATE t SET n = (SELECT count(*) FROM log), ts = '2024-05-05 05:05:05' WHERE rowid = NEW.t_id; END", &["INSERT INTO o VALUES (101, 1, 'k', 1, 5)"], false),
    ("CREATE TRIGGER x AFTER UPDATE OF flag ON t BEGIN UPDATE t SET s = coalesce(NEW.s, '') || '+', d = '2020-02-02' WHERE id = OLD.id; END", &["UPDATE t SET flag = 0 WHERE id IN (1, 2, 3)", "UPDATE t SET n = 3 WHERE id = 4"], false),
];

const TABLES: &[&str] = &["t", "o", "log"];

#[tokio::test]
async fn triggers_do_the_same() {
    let bed = Bed::new("").await;
    let mut wrong = Vec::new();
    for (text, statements, is_refused) in TRIGGERS {
        // Indirect calls are only known of with the trigger in the file.
        bed.sqlite.execute_raw(&format!("SAVEPOINT s; {text}")).await.unwrap();
        let made = trigger(text, &bed.all(), "x");
        let made = match made {
            Ok(made) => made,
            Err(why) => {
                if !statements.is_empty() {
                    wrong.push(format!("{text}: refused: {}", why.reason));
                }
                bed.sqlite.execute_raw("ROLLBACK TO s; RELEASE s").await.unwrap();
                continue;
            }
        };
        bed.postgres.execute_raw("BEGIN").await.unwrap();
        if let Err(error) = bed.postgres.execute_raw(&made.join(";\n")).await {
            wrong.push(format!("{text}: {error}\n{}", made.join("\n")));
        } else {
            wrong.extend(run(&bed, text, statements, *is_refused).await.err().map(|it| format!("{text}: {it}\n{}", made.join("\n"))));
        }
        bed.postgres.execute_raw("ROLLBACK").await.unwrap();
        // RAISE(ROLLBACK) took the savepoint with it.
        let _ = bed.sqlite.execute_raw("ROLLBACK TO s; RELEASE s").await;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

async fn run(bed: &Bed, text: &str, statements: &[&str], is_refused: bool) -> Result<(), String> {
    for (at, statement) in statements.iter().enumerate() {
        let must_fail = is_refused && at + 1 == statements.len();
        if must_fail {
            compare(bed).await?;
        }
        let lite = bed.sqlite.execute_raw(statement).await;
        // Booleans are written as Postgres wants them.
        let statement = statement.replace("flag = 0", "flag = false");
        let post = bed.postgres.execute_raw(&statement).await;
        if lite.is_err() != must_fail || post.is_err() != must_fail {
            return Err(format!("{statement}: {lite:?} {post:?}"));
        }
        if must_fail {
            let said = text.split('\'').nth(1).unwrap();
            let (lite, post) = (lite.unwrap_err().to_string(), post.unwrap_err().to_string());
            return if lite.contains(said) && post.contains(said) { Ok(()) } else { Err(format!("{lite} | {post}")) };
        }
    }
    compare(bed).await
}

async fn compare(bed: &Bed) -> Result<(), String> {
    use raptor_db::{Sql, params};
    for table in TABLES {
        let columns: Vec<&str> = bed.plan.table(table).unwrap().columns.iter().map(|it| it.name.as_str()).filter(|it| *table != "log" || *it != "id").collect();
        let list: Vec<String> = columns.iter().map(|it| format!("coalesce(quote(\"{it}\"), '')")).collect();
        let _ = list;
        let columns = columns.iter().map(|it| format!("\"{it}\"")).collect::<Vec<_>>().join(", ");
        // The session sees what is not committed; values come as its own types.
        let asked = format!("SELECT json_array({}) AS cells FROM {table} ORDER BY id", columns.replace("\"b\"", "hex(\"b\")"));
        let lite = bed.sqlite.query(&Sql::dynamic(asked), params! {}).await.map_err(|it| it.to_string())?;
        let lite: Vec<String> = lite.iter().map(|row| row.get("cells").unwrap()).collect();
        let rows: Vec<Vec<super::bed::Raw>> = lite.iter().map(|text| serde_json::from_str::<Vec<serde_json::Value>>(text).unwrap().iter().map(of_json).collect()).collect();
        let list = columns.replace("\"b\"", "upper(encode(\"b\", 'hex')) AS b");
        let post = bed.postgres.query(&Sql::dynamic(format!("SELECT {list} FROM {table} ORDER BY id")), params! {}).await.map_err(|it| it.to_string())?.len();
        if post != rows.len() {
            return Err(format!("{table}: {} rows are not {post}", rows.len()));
        }
        let asked = format!("SELECT ARRAY(SELECT value FROM (SELECT jsonb_array_elements_text(jsonb_build_array({columns})) AS value) AS it) AS cells, ARRAY[{}] AS types FROM {table} ORDER BY id", columns.split(", ").map(|it| format!("pg_typeof({it})::text")).collect::<Vec<_>>().join(", "));
        let post = bed.postgres.query(&Sql::dynamic(asked), params! {}).await.map_err(|it| it.to_string())?;
        for (one, two) in rows.iter().zip(&post) {
            let cells: Vec<Option<String>> = two.get("cells").unwrap();
            let types: Vec<String> = two.get("types").unwrap();
            for ((lite, cell), ty) in one.iter().zip(cells).zip(types) {
                if ty != "bytea" && ty != "numeric" && !is_same(lite, &(ty.clone(), cell.clone())) {
                    return Err(format!("{table}: {lite:?} is not {cell:?} ({ty}) in {one:?}"));
                }
            }
        }
    }
    Ok(())
}

fn of_json(value: &serde_json::Value) -> super::bed::Raw {
    use super::bed::Raw;
    match value {
        serde_json::Value::Null => Raw::Null,
        serde_json::Value::Number(number) => number.as_i64().map_or_else(|| Raw::Real(number.as_f64().unwrap()), Raw::Integer),
        serde_json::Value::String(text) => Raw::Text(text.clone()),
        other => Raw::Text(other.to_string()),
    }
}
