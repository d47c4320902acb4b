//! `CREATE TRIGGER`: on Postgres, a function in PL/pgSQL and a trigger that calls it.

mod raise;
mod statement;

use super::literal::{name, quoted, text};
use super::names::{NamedTable, Names};
use super::place::{Place, Seen, Use};
use super::{Said, no, view};
use sqlite3_parser::ast::{QualifiedName, Stmt, TriggerCmd, TriggerEvent, TriggerTime};

/// The function and the trigger, both with the name `to`.
pub(super) fn trigger(
    statement: &Stmt<'_>,
    written: &str,
    names: &Names,
    to: &str,
) -> Said<Vec<String>> {
    let Stmt::CreateTrigger {
        temporary,
        time,
        event,
        tbl_name,
        when_clause,
        commands,
        ..
    } = statement
    else {
        return no("it is no CREATE TRIGGER");
    };
    if *temporary {
        return no("it is of one connection alone");
    }
    let is_before = is_before(time.as_ref())?;
    let of = name(tbl_name.name.0);
    let Some(table) = names.table_of(&of)? else {
        return no(format!("there is no table {of} on Postgres"));
    };
    let mut place = Place::top(names, Use::Query);
    place.trigger_of = Some(of.to_lowercase());
    let words = view::offsets_in(written);
    place.has_offset = words > 0;
    place.tables = rows(table, event, is_before);
    let place = place;
    let mut body = Vec::new();
    for command in *commands {
        body.extend(place.command(command, is_before)?);
    }
    if let Some(condition) = when_clause {
        let condition = place.truth(condition)?;
        body.iter_mut().for_each(|line| *line = format!("  {line}"));
        body.insert(0, format!("IF {condition} THEN"));
        body.push("END IF;".to_owned());
    }
    if view::is_mixed(words, &place) {
        return no("it has limits in two forms, or the word OFFSET for something else");
    }
    let answer = match (is_before, event) {
        (true, TriggerEvent::Delete) => "OLD",
        (true, _) => "NEW",
        (false, _) => "NULL",
    };
    if can_come_back(commands, table, names)? {
        body = guarded(body, to, answer);
    }
    Ok(vec![
        function(&body, answer, &quoted(to)),
        format!(
            "CREATE TRIGGER {} {} {} ON {} FOR EACH ROW EXECUTE FUNCTION {}()",
            quoted(to),
            if is_before { "BEFORE" } else { "AFTER" },
            event_of(event, table)?,
            quoted(&table.to),
            quoted(to)
        ),
    ])
}

/// SQLite takes `BEFORE` where nothing is said.
fn is_before(time: Option<&TriggerTime>) -> Said<bool> {
    match time {
        Some(TriggerTime::InsteadOf) => no("INSTEAD OF triggers of views have no counterpart"),
        Some(TriggerTime::After) => Ok(false),
        Some(TriggerTime::Before) | None => Ok(true),
    }
}

/// `NEW` and `OLD`, where the event has them.
fn rows(table: &NamedTable, event: &TriggerEvent<'_>, is_before: bool) -> Vec<Seen> {
    let row = |alias: &str, prefix: &str| Seen {
        is_apart: true,
        ..Seen::of(table, alias, prefix, Use::Query)
    };
    let is_insert = matches!(event, TriggerEvent::Insert);
    let mut new = row("new", "NEW.");
    if is_before {
        let columns = &table.columns;
        new.refuse(
            |at| columns[at].is_generated,
            "is generated, and on Postgres has no value before the row is there",
        );
        if is_insert {
            new.refuse(
                |at| table.rowid == Some(at),
                "is the number of the row, which SQLite does not give before the row is there",
            );
        }
    }
    match event {
        TriggerEvent::Insert => vec![new],
        TriggerEvent::Delete => vec![row("old", "OLD.")],
        TriggerEvent::Update | TriggerEvent::UpdateOf(_) => vec![new, row("old", "OLD.")],
    }
}

fn event_of(event: &TriggerEvent<'_>, table: &NamedTable) -> Said<String> {
    Ok(match event {
        TriggerEvent::Insert => "INSERT".to_owned(),
        TriggerEvent::Delete => "DELETE".to_owned(),
        TriggerEvent::Update => "UPDATE".to_owned(),
        TriggerEvent::UpdateOf(columns) => {
            let mut printed = Vec::with_capacity(columns.len());
            for column in columns.iter() {
                match table.column(&name(column.0)) {
                    Some(column) => printed.push(quoted(&column.to)),
                    None => return no(format!("there is no column {}", name(column.0))),
                }
            }
            format!("UPDATE OF {}", printed.join(", "))
        }
    })
}

/// Whether what it writes could call it once more: SQLite calls no trigger from inside itself.
fn can_come_back(commands: &[TriggerCmd<'_>], table: &NamedTable, names: &Names) -> Said<bool> {
    let written = |target: &QualifiedName<'_>| {
        let target = name(target.name.0);
        target.eq_ignore_ascii_case(&table.name) || names.is_triggered(&target)
    };
    Ok(commands.iter().any(|command| match command {
        TriggerCmd::Update { tbl_name, .. }
        | TriggerCmd::Insert { tbl_name, .. }
        | TriggerCmd::Delete { tbl_name, .. } => written(tbl_name),
        TriggerCmd::Select(_) => false,
    }))
}

/// The body with a mark around it, which lasts no longer than the transaction.
fn guarded(body: Vec<String>, to: &str, answer: &str) -> Vec<String> {
    let word: String = to
        .chars()
        .map(|it| if it.is_ascii_alphanumeric() { it } else { '_' })
        .collect();
    let sum = to.bytes().fold(0_u32, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(u32::from(byte))
    });
    let mark = text(&format!("raptor_port.in_{word}_{sum:x}"));
    let mut lines = vec![
        format!("IF current_setting({mark}, true) = 'yes' THEN"),
        format!("  RETURN {answer};"),
        "END IF;".to_owned(),
        format!("PERFORM set_config({mark}, 'yes', true);"),
    ];
    lines.extend(body);
    lines.push(format!("PERFORM set_config({mark}, '', true);"));
    lines
}

fn function(body: &[String], answer: &str, to: &str) -> String {
    let mut quote = "$trigger$".to_owned();
    while body.iter().any(|line| line.contains(&quote)) {
        quote.insert_str(1, "a_");
    }
    let lines: String = body.iter().map(|line| format!("  {line}\n")).collect();
    format!(
        "CREATE FUNCTION {to}() RETURNS trigger LANGUAGE plpgsql AS {quote}\nBEGIN\n{lines}  RETURN {answer};\nEND\n{quote}"
    )
}
