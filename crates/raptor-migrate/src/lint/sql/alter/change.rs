//! ALTER COLUMN.

use crate::lint::sql::cursor::Cursor;
use crate::lint::sql::kind::Kind;
use crate::lint::sql::word::Word;

/// What becomes of a column.
#[derive(Debug, Clone)]
pub(in crate::lint) enum Change<'s> {
    Type {
        kind: Kind,
        using: Option<Vec<Word<'s>>>,
        collate: bool,
    },
    SetDefault,
    DropDefault,
    SetNotNull,
    DropNotNull,
    SetExpression,
    /// DROP EXPRESSION or IDENTITY.
    DropGenerated,
    /// SET GENERATED ALWAYS.
    GeneratedAlways,
    /// RESTART, SET INCREMENT and their like.
    Sequence,
    Statistics,
    Other,
}

/// Reads on behind the column's name.
pub(super) fn read<'s>(cursor: &mut Cursor<'_, 's>) -> Option<Change<'s>> {
    let words: [(&[&str], Change<'s>); 15] = [
        (&["set", "not", "null"], Change::SetNotNull),
        (&["drop", "not", "null"], Change::DropNotNull),
        (&["set", "default"], Change::SetDefault),
        (&["drop", "default"], Change::DropDefault),
        (&["set", "statistics"], Change::Statistics),
        (&["set", "expression"], Change::SetExpression),
        (&["drop", "expression"], Change::DropGenerated),
        (&["drop", "identity"], Change::DropGenerated),
        (&["set", "generated", "always"], Change::GeneratedAlways),
        (&["restart"], Change::Sequence),
        (&["set", "increment"], Change::Sequence),
        (&["set", "minvalue"], Change::Sequence),
        (&["set", "maxvalue"], Change::Sequence),
        (&["set", "start"], Change::Sequence),
        (&["set", "cycle"], Change::Sequence),
    ];
    for (words, change) in words {
        if cursor.eat_all(words) {
            return Some(change);
        }
    }
    cursor.eat_all(&["set", "data"]);
    if !cursor.eat("type") {
        return None;
    }
    let kind = Kind::read(cursor)?;
    let collate = cursor.eat("collate");
    if collate {
        cursor.name();
    }
    let using = cursor.eat("using").then(|| cursor.rest().to_vec());
    Some(Change::Type {
        kind,
        using,
        collate,
    })
}
