//! Whole views: rows in their order, values and names of columns.

use super::bed::{Bed, Raw, is_same};
use crate::translate::view;

/// Queries of views.
const VIEWS: &str = r#"
in order: SELECT id, s FROM t ORDER BY s
in order: SELECT id, s FROM t ORDER BY s DESC, id
in order: SELECT id, n FROM t ORDER BY n, id
in order: SELECT id, n AS x FROM t ORDER BY x DESC, 1
in order: SELECT id FROM t ORDER BY nl, id
in order: SELECT id FROM t ORDER BY nc, id DESC
in order: SELECT id FROM t ORDER BY s COLLATE NOCASE, id
in order: SELECT id FROM t ORDER BY n NULLS LAST, id
in order: SELECT id FROM t ORDER BY flag, id
in order: SELECT id FROM t ORDER BY ts DESC, id LIMIT 3
in order: SELECT id FROM t ORDER BY id LIMIT 2, 3
in order: SELECT id FROM t ORDER BY id LIMIT 3 OFFSET 2
in order: SELECT id FROM t ORDER BY id LIMIT -1
in order: SELECT id FROM t ORDER BY n > 0, id
SELECT * FROM o
SELECT o.* FROM o
SELECT t.id, o.qty FROM t JOIN o ON o.t_id = t.id
SELECT t.id, o.qty FROM t, o WHERE o.t_id = t.id
SELECT a.id, b.id AS other FROM t a LEFT JOIN o AS b ON b.t_id = a.id
SELECT t.id, o.id AS oid2 FROM t LEFT JOIN o ON o.t_id = t.id AND o."Kind of" = 'big'
SELECT a.id, b.id AS b FROM o a JOIN o b USING (t_id)
SELECT * FROM (SELECT id, n FROM t WHERE n > 0) AS x WHERE x.n < 10
SELECT x.id FROM t AS x CROSS JOIN o
SELECT t.id, o.id AS two FROM o JOIN t
SELECT t.n, o.qty FROM o RIGHT JOIN t ON o.t_id = t.id
SELECT count(*) AS c, count(n) AS cn, sum(n) AS s, total(n) AS tot, avg(n) AS a, min(n) AS mi, max(n) AS ma FROM t
SELECT sum(r) AS s, min(r) AS lo, max(r) AS hi, avg(m) AS a FROM t
SELECT min(s) AS lo, max(s) AS hi, min(u) AS lu, max(flag) AS f, min(ts) AS first, max(d) AS last FROM t
SELECT flag, count(*) AS c FROM t GROUP BY flag
SELECT t_id, sum(qty) AS q FROM o GROUP BY t_id HAVING sum(qty) > 1
SELECT "Kind of", group_concat(qty) AS q FROM (SELECT * FROM o ORDER BY id) GROUP BY "Kind of"
SELECT t.id, t.s, count(o.id) AS c FROM t LEFT JOIN o ON o.t_id = t.id GROUP BY t.id
SELECT strftime('%Y-%m', ts) AS month, count(*) AS c FROM t GROUP BY month
SELECT strftime('%Y', ts) AS y, count(*) AS c FROM t GROUP BY 1 ORDER BY 1
SELECT sum(flag) AS f, sum(n > 0) AS pos, count(DISTINCT m) AS d, sum(CASE WHEN flag THEN 1 ELSE 0 END) AS on_ FROM t
SELECT count(*) AS c FROM t WHERE n > 100000000000
SELECT sum(n) AS s, total(n) AS t, group_concat(s) AS g FROM t WHERE id < 0
SELECT count(*) FILTER (WHERE flag) AS c FROM t
SELECT sum(qty * amount) AS v FROM o
SELECT avg(amount) AS a, sum(qty) / count(*) AS i, sum(qty) * 1.0 / count(*) AS f FROM o
SELECT max(price) AS p, min(price) AS q FROM t
SELECT DISTINCT flag FROM t
in order: SELECT DISTINCT "Kind of" AS k FROM o ORDER BY k
in order: SELECT DISTINCT n FROM t ORDER BY n DESC
SELECT id FROM t UNION SELECT id FROM o
SELECT s FROM t UNION ALL SELECT "Kind of" FROM o
in order: SELECT n AS x FROM t UNION SELECT qty FROM o ORDER BY x
in order: SELECT n FROM t UNION ALL SELECT NULL ORDER BY 1 LIMIT 4
SELECT id FROM t EXCEPT SELECT t_id FROM o
SELECT id FROM t INTERSECT SELECT t_id FROM o UNION SELECT 99
SELECT id FROM t WHERE id IN (SELECT t_id FROM o WHERE qty > 1)
SELECT id FROM t WHERE id NOT IN (SELECT t_id FROM o WHERE t_id IS NOT NULL)
SELECT id FROM t WHERE EXISTS (SELECT 1 FROM o WHERE o.t_id = t.id)
SELECT id FROM t AS x WHERE NOT EXISTS (SELECT * FROM o WHERE t_id = x.id)
SELECT id, (SELECT count(*) FROM o WHERE o.t_id = t.id) AS c FROM t
SELECT id, (SELECT max(qty) FROM o WHERE o.t_id = t.id) AS c FROM t
SELECT id, s AS name FROM t WHERE name = 'Alpha'
WITH big AS (SELECT * FROM o WHERE qty > 1) SELECT id, qty FROM big
WITH a(x) AS (SELECT id FROM t), b AS (SELECT x + 1 AS y FROM a) SELECT a.x, b.y FROM a JOIN b ON b.y = a.x
WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 10) SELECT x FROM c
WITH RECURSIVE c(x, p) AS (SELECT 1, 'a' UNION ALL SELECT x + 1, p || '-' || x FROM c WHERE x < 5) SELECT x, p FROM c
SELECT id, row_number() OVER (ORDER BY id) AS no FROM t
SELECT id, rank() OVER (ORDER BY flag) AS r, sum(n) OVER (PARTITION BY flag ORDER BY id) AS run FROM t
SELECT id, lag(n) OVER (ORDER BY id) AS before FROM t
SELECT id, n + 1, upper(s), n FROM t
SELECT id, count(*) FROM o GROUP BY id
SELECT 1 AS one, 'x' AS text, NULL AS none
SELECT CASE WHEN n > 0 THEN 'pos' ELSE 'neg' END AS sign, count(*) AS c FROM t GROUP BY sign
SELECT t_id, max(amount) AS m FROM o GROUP BY t_id HAVING m > 0
SELECT rowid AS r, id FROM t WHERE rowid > 2
SELECT json_group_array(qty) AS a FROM (SELECT qty FROM o ORDER BY id)
SELECT u AS "user", m AS "order" FROM t
SELECT t.id AS a, o.* FROM t LEFT JOIN o ON o.id = t.id
"#;

/// Sums of doubles depend on the order of the rows in the last of their digits, and SQLite mends them.
fn is_near(one: &Raw, (_, two): &(String, Option<String>)) -> bool {
    match (one, two.as_ref().map(|it| it.parse::<f64>())) {
        (Raw::Real(one), Some(Ok(two))) => (one - two).abs() <= one.abs() * 1e-14,
        _ => false,
    }
}

type Posted = Vec<(String, Option<String>)>;

fn is_same_answer(text: &str, is_ordered: bool, lite: &[Vec<Raw>], post: &[Posted]) -> bool {
    let is_same_row = |one: &[Raw], two: &Posted| {
        one.len() == two.len()
            && one.iter().zip(two).all(|(one, two)| {
                is_same(one, two) || text.contains("avg(amount)") && is_near(one, two)
            })
    };
    if is_ordered {
        let mut pairs = lite.iter().zip(post);
        return pairs.all(|(one, two)| is_same_row(one, two));
    }
    let mut ones = lite.iter();
    ones.all(|one| post.iter().any(|two| is_same_row(one, two)))
        && post
            .iter()
            .all(|two| lite.iter().any(|one| is_same_row(one, two)))
}

#[tokio::test]
async fn views_answer_the_same() {
    let bed = Bed::new("").await;
    let names = bed.all();
    let mut wrong = Vec::new();
    for text in VIEWS.trim().lines() {
        let (is_ordered, text) = match text.strip_prefix("in order: ") {
            Some(text) => (true, text),
            None => (false, text),
        };
        let sql = match view(&format!("CREATE VIEW v AS {text}"), &names, "v") {
            Ok(sql) => sql,
            Err(why) => {
                wrong.push(format!("{text}: refused: {}", why.reason));
                continue;
            }
        };
        let lite = bed.in_sqlite(text).unwrap();
        if let Err(error) = bed
            .postgres
            .execute_raw(&format!("DROP VIEW IF EXISTS v CASCADE; {sql}"))
            .await
        {
            wrong.push(format!("{text}: {error}\n      {sql}"));
            continue;
        }
        let post = match bed.in_postgres("SELECT * FROM v").await {
            Ok(post) => post,
            Err(error) => {
                wrong.push(format!("{text}: {error}\n      {sql}"));
                continue;
            }
        };
        let is_all = is_same_answer(text, is_ordered, &lite, &post);
        if !is_all || lite.len() != post.len() {
            wrong.push(format!("{text}:\n  {lite:?}\n  {post:?}\n      {sql}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        VIEWS.trim().lines().count(),
        wrong.join("\n")
    );
}

#[tokio::test]
async fn views_read_views_and_keep_names() {
    let bed = Bed::new("CREATE VIEW one AS SELECT id, n + 1, s AS \"Name\" FROM t; CREATE VIEW two (a, b) AS SELECT id, \"n + 1\" FROM one WHERE \"n + 1\" > 0 OR 1").await;
    let mut names = bed.all();
    for name in ["one", "two"] {
        let text = bed
            .source
            .views
            .iter()
            .find(|it| it.name == name)
            .unwrap()
            .text
            .clone();
        let sql = view(&text, &names, &format!("{name}_v"))
            .unwrap_or_else(|why| panic!("{name}: {}", why.reason));
        bed.postgres.execute_raw(&sql).await.unwrap();
        names.add_view(name, &format!("{name}_v"), &text);
    }
    let rows = bed
        .in_postgres("SELECT a, b FROM two_v WHERE a = 1")
        .await
        .unwrap();
    assert_eq!(rows[0][1].1.as_deref(), Some("6"));
    let rows = bed
        .in_postgres("SELECT \"n + 1\", \"Name\" FROM one_v WHERE id = 1")
        .await
        .unwrap();
    assert_eq!(rows[0][1].1.as_deref(), Some("Alpha"));
}
