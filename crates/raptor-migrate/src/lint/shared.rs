//! Texts for both engines that do not mean the same on both.
//!
//! CREATE and ALTER run on SQLite as they are written. What SQLite refuses is not looked at here:
//! that is seen when it runs. This is what it takes and understands otherwise.

use super::cost::dotted;
use super::rule::{Found, LintRule};
use super::scene::Scene;
use super::sql::{Action, Column, Kind, Name, Statement, Table};
use super::step::Step;

pub(super) const DIFFERS: LintRule = LintRule::error(
    "differs-on-sqlite",
    "a text for both engines means one thing on Postgres and another on SQLite",
)
.and_down();

/// Types that SQLite keeps and compares as Postgres does, but for what the messages say.
const ALIKE: [&str; 6] = [
    "text",
    "varchar",
    "bigint",
    "integer",
    "smallint",
    "double precision",
];

const INSTEAD: &str =
    "Write it once below `-- raptor:up postgres` and once below `-- raptor:up sqlite`.";

pub(super) fn look(step: &Step<'_>, scene: &Scene<'_>, out: &mut Vec<Found>) {
    if !step.is_shared || scene.is_postgres() || step.call.is_some() {
        return;
    }
    let is_definition = match &step.statement {
        Statement::CreateTable(table) => {
            for column in &table.columns {
                looked(step, &table.name, column, out);
            }
            out.extend(rowid(step, table));
            true
        }
        Statement::AlterTable(alter) => {
            for (_, action) in &alter.actions {
                if let Action::AddColumn { column, .. } = action {
                    looked(step, &alter.table, column, out);
                }
            }
            true
        }
        Statement::CreateIndex(_) | Statement::Create { .. } => true,
        _ => false,
    };
    if is_definition {
        out.extend(clock(step));
    }
}

fn looked(step: &Step<'_>, table: &Name, column: &Column<'_>, out: &mut Vec<Found>) {
    let Some(kind) = &column.kind else { return };
    if let Some(why) = kept_otherwise(kind) {
        let of = dotted(table, &column.name.to_string());
        let problem = format!("{of} is {kind}: {why}.");
        out.push(Found::new(&DIFFERS, step, kind.at, problem, INSTEAD));
    }
}

fn kept_otherwise(kind: &Kind) -> Option<&'static str> {
    if kind.is_array {
        return Some("SQLite has no arrays and keeps whatever is given");
    }
    match kind.name.as_str() {
        "varchar" if !kind.arguments.is_empty() => Some("SQLite keeps a text of any length there"),
        "char" => Some("SQLite neither fills it up with blanks nor looks at its length"),
        "smallint" => Some("SQLite keeps larger numbers too"),
        "citext" => Some("SQLite compares it with regard to upper and lower case"),
        name if ALIKE.contains(&name) => None,
        _ => Some(
            "SQLite does not know the type and keeps a text that looks like a number as a number",
        ),
    }
}

/// `id integer PRIMARY KEY` numbers itself on SQLite and does not on Postgres.
fn rowid(step: &Step<'_>, table: &Table<'_>) -> Option<Found> {
    let key = table.primary_key()?;
    let [only] = &key[..] else { return None };
    let column = table
        .columns
        .iter()
        .find(|column| column.name.text == *only)?;
    let kind = column.kind.as_ref()?;
    // SQLite goes by the very word INTEGER.
    let written = step.words.iter().find(|word| word.at == kind.at)?;
    if !written
        .text
        .trim_matches('"')
        .eq_ignore_ascii_case("integer")
        || kind.is_array
    {
        return None;
    }
    let of = dotted(&table.name, &column.name.to_string());
    let problem = format!(
        "{of}: SQLite gives an integer primary key a number by itself when an INSERT leaves it out; Postgres refuses that INSERT."
    );
    let instead = "bigint with a value from the application, or a section for each engine: GENERATED ALWAYS AS IDENTITY on Postgres, INTEGER PRIMARY KEY on SQLite.";
    Some(Found::new(&DIFFERS, step, kind.at, problem, instead))
}

/// The clock's words inside of a definition, which is not rewritten.
fn clock(step: &Step<'_>) -> Option<Found> {
    let words = ["current_timestamp", "current_date", "current_time"];
    let word = step.words.iter().find(|word| word.is_any(&words))?;
    let shown = word.text.to_ascii_uppercase();
    let problem = format!("{shown} becomes another text on each engine.");
    Some(Found::new(&DIFFERS, step, word.at, problem, INSTEAD))
}
