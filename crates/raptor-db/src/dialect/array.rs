//! Arrays: `ARRAY[…]`, subscripts, `= ANY(…)`, `<> ALL(…)`, and rows from an array.

use super::Refusal;
use super::rewrite::{Change, Rewrite, Type};
use crate::statement::lexer::TokenKind;

/// A constructor or a subscript, told at its closing bracket.
pub(super) fn bracket(rewrite: &mut Rewrite<'_>, close: usize) -> Change {
    let open = rewrite.partner(close);
    if rewrite.is_removed(open) {
        return Ok(());
    }
    let before = open.checked_sub(1);
    if before.is_some_and(|at| rewrite.is_word(at, "array")) {
        rewrite.remove(open - 1..=open - 1);
        constructor(rewrite, open, close);
        rewrite.wrap_typed(open - 1..=close, "", "", Some(Type::Array));
        return Ok(());
    }
    match before.and_then(|at| rewrite.operand_before(at)) {
        Some(operand) => {
            let mut inside = open + 1;
            while inside < close {
                if rewrite.is_symbol(inside, ":") {
                    return rewrite.refuse(inside, "a slice of an array");
                }
                inside = if rewrite.is_symbol(inside, "(") {
                    rewrite.partner(inside) + 1
                } else {
                    inside + 1
                };
            }
            rewrite.replace(open, ",");
            rewrite.replace(close, "");
            rewrite.wrap_typed(
                *operand.start()..=close,
                "op_element(",
                ")",
                Some(Type::Other),
            );
        }
        None => constructor(rewrite, open, close),
    }
    Ok(())
}

fn constructor(rewrite: &mut Rewrite<'_>, open: usize, close: usize) {
    rewrite.replace(open, "json_array(");
    rewrite.replace(close, ")");
}

pub(super) fn rewrite(rewrite: &mut Rewrite<'_>) -> Change {
    for at in 0..rewrite.len() {
        if rewrite.is_symbol(at + 1, "(") {
            if rewrite.is_any_word(at, &["any", "some", "all"]) {
                quantified(rewrite, at)?;
            } else if rewrite.is_any_word(
                at,
                &[
                    "unnest",
                    "jsonb_array_elements",
                    "jsonb_array_elements_text",
                ],
            ) {
                rows(rewrite, at)?;
            } else if rewrite.is_word(at, "array") {
                return rewrite.refuse(at, "ARRAY(SELECT …); write (SELECT array_agg(…) …)");
            }
        }
    }
    Ok(())
}

/// `x = ANY(array)` is `x IN (…)`, and `x <> ALL(array)` is `x NOT IN (…)`, NULLs included.
fn quantified(rewrite: &mut Rewrite<'_>, at: usize) -> Change {
    let Some(operator) = at.checked_sub(1) else {
        return Ok(());
    };
    // `UNION ALL (SELECT …)`, `SELECT ALL (…)`.
    if rewrite.is_word(at, "all")
        && rewrite.kind(operator) == Some(TokenKind::Word)
        && !rewrite.is_any_word(operator, &["like", "ilike"])
    {
        return Ok(());
    }
    let is_all = rewrite.is_word(at, "all");
    let membership = match (rewrite.text(operator), is_all) {
        ("=", false) => "in",
        ("<>" | "!=", true) => "not in",
        (other, _) => {
            let what = format!(
                "{other} {}(…): SQLite has = ANY(…) and <> ALL(…) only",
                rewrite.text(at).to_ascii_uppercase()
            );
            return rewrite.refuse(operator, what);
        }
    };
    rewrite.replace(operator, membership);
    rewrite.remove(at..=at);
    let (open, close) = (at + 1, rewrite.partner(at + 1));
    if rewrite.is_any_word(open + 1, &["select", "values", "with"]) {
        return Ok(());
    }
    rewrite.wrap(
        open + 1..=close - 1,
        "SELECT value FROM json_each(op_any(",
        "))",
    );
    Ok(())
}

/// `unnest(a, b) AS t(x, y)` in FROM.
fn rows(rewrite: &mut Rewrite<'_>, at: usize) -> Change {
    let name = rewrite.text(at).to_ascii_lowercase();
    let before = at.checked_sub(1);
    if !before
        .is_some_and(|at| rewrite.is_any_word(at, &["from", "join"]) || rewrite.is_symbol(at, ","))
    {
        return rewrite.refuse(at, format!("{name}(…) outside FROM"));
    }
    let (open, close) = (at + 1, rewrite.partner(at + 1));
    if rewrite.is_word(close + 1, "with") && rewrite.is_word(close + 2, "ordinality") {
        return rewrite.refuse(close + 1, "WITH ORDINALITY");
    }
    let mut alias = close + 1;
    if rewrite.is_word(alias, "as") {
        alias += 1;
    }
    let is_named = matches!(
        rewrite.kind(alias),
        Some(TokenKind::Word | TokenKind::QuotedIdent)
    ) && !rewrite.is_keyword(alias);
    if !is_named {
        return rewrite.refuse(
            at,
            format!("{name}(…) without a name; write {name}(…) AS t(column)"),
        );
    }
    let columns = columns(rewrite, alias)?;
    let select: Vec<String> = match columns.as_slice() {
        [column] => vec![format!("value AS {column}")],
        many => many
            .iter()
            .enumerate()
            .map(|(n, column)| format!("json_extract(value, '$[{n}]') AS {column}"))
            .collect(),
    };
    if columns.len() > 1 && name != "unnest" {
        return rewrite.refuse(alias, format!("{name}(…) with several columns"));
    }
    let source = match (columns.len(), name.as_str()) {
        (1, "unnest") => "op_rows",
        (1, "jsonb_array_elements") => "op_items",
        (1, _) => "op_items_text",
        _ => "op_zip",
    };
    rewrite.remove(at..=at);
    rewrite.replace(
        open,
        format!("(SELECT {} FROM json_each({source}(", select.join(", ")),
    );
    rewrite.replace(close, ")))");
    if rewrite.is_symbol(alias + 1, "(") {
        rewrite.remove(alias + 1..=rewrite.partner(alias + 1));
    }
    Ok(())
}

/// The names in `t(x, y)`; a lone alias names the column too, as on Postgres.
fn columns(rewrite: &Rewrite<'_>, alias: usize) -> Result<Vec<String>, Refusal> {
    if !rewrite.is_symbol(alias + 1, "(") {
        return Ok(vec![rewrite.text(alias).to_owned()]);
    }
    let close = rewrite.partner(alias + 1);
    let mut names = Vec::new();
    for at in alias + 2..close {
        match rewrite.kind(at) {
            Some(TokenKind::Word | TokenKind::QuotedIdent) => {
                names.push(rewrite.text(at).to_owned());
            }
            _ if rewrite.is_symbol(at, ",") => {}
            _ => return rewrite.refuse(at, "a column definition list"),
        }
    }
    Ok(names)
}
