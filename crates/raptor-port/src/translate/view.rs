//! `CREATE VIEW`.

use super::literal::{name, quoted};
use super::names::{NamedView, Names};
use super::place::{Place, Use};
use super::select::{Query, Wanted};
use super::value::Value;
use super::{Said, no, statement};
use sqlite3_parser::Bump;
use sqlite3_parser::ast::Stmt;

/// The view, with the name `to`.
pub(super) fn view(statement: &Stmt<'_>, text: &str, names: &Names, to: &str) -> Said<String> {
    let query = query(statement, text, names)?;
    Ok(format!("CREATE VIEW {} AS {}", quoted(to), query.sql))
}

/// What a view that is there already answers.
pub(super) fn columns(view: &NamedView, names: &Names) -> Said<Vec<(String, Value)>> {
    let arena = Bump::new();
    let statement = statement(&arena, &view.text)?;
    let mut columns = query(&statement, &view.text, names)?.columns;
    for (_, value) in &mut columns {
        value.moment = None;
        value.literal = None;
    }
    Ok(columns)
}

fn query(statement: &Stmt<'_>, text: &str, names: &Names) -> Said<Query> {
    let Stmt::CreateView {
        view_name,
        columns,
        select,
        temporary,
        ..
    } = statement
    else {
        return no("it is no CREATE VIEW");
    };
    if *temporary {
        return no("it is of one connection alone");
    }
    let called = name(view_name.name.0);
    let words = offsets_in(text);
    let place = Place {
        has_offset: words > 0,
        ..Place::top(names, Use::Query)
    };
    let given: Option<Vec<String>> =
        columns.map(|it| it.iter().map(|it| name(it.col_name.0)).collect());
    let wanted = Wanted {
        names: names.columns_of_view(&called),
        given: given.as_deref(),
        ..Wanted::default()
    };
    let query = place.query(select, wanted)?;
    if is_mixed(words, &place) {
        return no("it has limits in two forms, or the word OFFSET for something else");
    }
    if given.is_some_and(|it| it.len() != query.columns.len()) {
        return no("it has another number of names than columns");
    }
    Ok(query)
}

/// Whether limits with two numbers are in both forms, or the word is of something else.
pub(super) fn is_mixed(words: usize, place: &Place<'_>) -> bool {
    let limits = place.offsets.get();
    limits > 0 && words > 0 && words != limits
}

/// How often the word stands in a statement.
pub(super) fn offsets_in(text: &str) -> usize {
    let words = text.split(|sign: char| !sign.is_alphanumeric() && sign != '_');
    words
        .filter(|word| word.eq_ignore_ascii_case("offset"))
        .count()
}
