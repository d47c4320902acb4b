//! A plain query: what it selects, and from which one table.

use super::cursor::Cursor;
use super::word::{Name, Word};
use raptor_db::Engine;

/// What stands behind SELECT, and the table behind FROM, where nothing chooses among its rows.
pub(in crate::lint) fn select_from<'w, 's>(
    query: &'w [Word<'s>],
    engine: Engine,
) -> Option<(&'w [Word<'s>], Name)> {
    let mut cursor = Cursor::new(query, engine);
    if !cursor.eat("select") {
        return None;
    }
    let _ = cursor.eat("distinct") || cursor.eat("all");
    let selected = cursor.until(|next| next.is("from"));
    if !cursor.eat("from") {
        return None;
    }
    cursor.eat("only");
    let name = cursor.name()?;
    // Another name for the table, and no more.
    let has_as = cursor.eat("as");
    let more = cursor.rest();
    let is_plain = match more {
        [] => !has_as,
        [_] => cursor.ident().is_some(),
        _ => false,
    };
    is_plain.then_some((selected, name))
}
