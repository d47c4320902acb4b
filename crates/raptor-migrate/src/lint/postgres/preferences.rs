//! Types that are regretted later.

use crate::lint::cost::dotted;
use crate::lint::rule::{Found, LintRule};
use crate::lint::scene::Scene;
use crate::lint::sql::{Action, Change, Column, Kind, Name, Statement};
use crate::lint::step::Step;

pub(in crate::lint) const CHAR: LintRule = LintRule::warning(
    "char-type",
    "char(n) fills up with blanks, which comparisons then ignore",
);
pub(in crate::lint) const VARCHAR: LintRule = LintRule::warning(
    "varchar-length",
    "varchar(n): a length that is to be smaller later rewrites the table",
);
pub(in crate::lint) const TIMESTAMP: LintRule = LintRule::warning(
    "timestamp-without-zone",
    "a timestamp without a time zone means another moment for each reader",
);
pub(in crate::lint) const JSON: LintRule = LintRule::warning(
    "json-type",
    "json has no equality, so DISTINCT, GROUP BY and UNION fail on it",
);
pub(in crate::lint) const MONEY: LintRule =
    LintRule::warning("money-type", "money means what the server's locale says");
pub(in crate::lint) const SERIAL: LintRule = LintRule::warning(
    "serial-type",
    "serial: a sequence with privileges of its own, which a default names",
);
pub(in crate::lint) const INTEGER_KEY: LintRule = LintRule::warning(
    "integer-key",
    "a key of four bytes or two ends at 2,147,483,647 or 32,767",
);
pub(in crate::lint) const INTEGER: LintRule = LintRule::warning(
    "integer-column",
    "a column of four bytes or two ends at 2,147,483,647 or 32,767",
)
.opt_in();

pub(super) fn look(step: &Step<'_>, scene: &Scene<'_>, out: &mut Vec<Found>) {
    match &step.statement {
        Statement::CreateTable(table) if !table.is_temporary => {
            let key = table.primary_key().unwrap_or_default();
            for column in &table.columns {
                let is_key = key.contains(&column.name.text);
                looked(step, &table.name, column, is_key, out);
            }
        }
        Statement::AlterTable(alter) => {
            let table = &alter.table;
            let key = scene.schema.table(table).and_then(|it| it.primary_key());
            for (_, action) in &alter.actions {
                match action {
                    Action::AddColumn { column, .. } => looked(step, table, column, false, out),
                    Action::AlterColumn(column, Change::Type { kind, .. }) => {
                        let is_key = key.is_some_and(|key| key.contains(&column.text));
                        kinds(step, table, &column.text, kind, is_key, out);
                    }
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

fn looked(step: &Step<'_>, table: &Name, column: &Column<'_>, is_key: bool, out: &mut Vec<Found>) {
    let Some(kind) = &column.kind else { return };
    let is_key = is_key || column.primary_key.is_some() || column.identity.is_some();
    kinds(step, table, &column.name.text, kind, is_key, out);
}

fn kinds(
    step: &Step<'_>,
    table: &Name,
    column: &str,
    kind: &Kind,
    is_key: bool,
    out: &mut Vec<Found>,
) {
    let of = dotted(table, column);
    let mut add = |(rule, why, instead): (&'static LintRule, String, String)| {
        let problem = format!("{of} is {kind}: {why}.");
        out.push(Found::new(rule, step, kind.at, problem, instead));
    };
    if let Some((rule, why, instead)) = regretted(kind) {
        add((rule, why.to_owned(), instead.to_owned()));
    }
    if kind.is_serial() {
        let number = if kind.name == "bigserial" {
            "bigint"
        } else {
            "bigint, or integer,"
        };
        let why =
            "its sequence needs a GRANT of its own, and a table made with LIKE goes on using it";
        let instead = format!("{number} GENERATED ALWAYS AS IDENTITY");
        add((&SERIAL, why.to_owned(), instead));
    }
    let small = ["integer", "smallint", "serial", "smallserial"].contains(&kind.name.as_str());
    if small && !kind.is_array {
        let end = if kind.name.starts_with("small") {
            "32,767"
        } else {
            "2,147,483,647"
        };
        let rule = if is_key || kind.is_serial() {
            &INTEGER_KEY
        } else {
            &INTEGER
        };
        let why = format!("it ends at {end}, and to make it larger later rewrites the table");
        add((rule, why, "bigint".to_owned()));
    }
}

/// The rule about a type, why, and what to write.
fn regretted(kind: &Kind) -> Option<(&'static LintRule, &'static str, &'static str)> {
    Some(match kind.name.as_str() {
        "char" | "bpchar" => (
            &CHAR,
            "values are filled up with blanks, and comparisons ignore them",
            "text, with a CHECK (length(…) = n) if the length matters.",
        ),
        "varchar" if !kind.arguments.is_empty() => (
            &VARCHAR,
            "it is no smaller or faster than text, and a smaller length later rewrites the table",
            "text, with a CHECK (length(…) <= n), which can be changed without writing the table anew.",
        ),
        "timestamp" => (
            &TIMESTAMP,
            "it keeps no time zone, so the same value is another moment for each session's TimeZone",
            "timestamptz",
        ),
        "timetz" => (
            &TIMESTAMP,
            "a time of day with an offset says nothing without a date",
            "timestamptz, or time.",
        ),
        "json" => (
            &JSON,
            "it cannot be compared, so DISTINCT, GROUP BY, UNION and an index on it fail",
            "jsonb",
        ),
        "money" => (
            &MONEY,
            "its digits and its currency come from the server's lc_monetary",
            "numeric(p, s), with the currency beside it.",
        ),
        _ => return None,
    })
}
