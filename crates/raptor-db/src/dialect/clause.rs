//! Clauses: the order of NULLs, LIMIT, locks, and what SQLite has no clause for.

use super::rewrite::{Change, Rewrite};
use crate::statement::lexer::TokenKind;

pub(super) fn rewrite(rewrite: &mut Rewrite<'_>) -> Change {
    for at in 0..rewrite.len() {
        if rewrite.kind(at) != Some(TokenKind::Word)
            || rewrite.is_removed(at)
            || at > 0 && rewrite.is_symbol(at - 1, ".")
        {
            continue;
        }
        match rewrite.text(at).to_ascii_lowercase().as_str() {
            "order" if rewrite.is_word(at + 1, "by") => order_by(rewrite, at + 2)?,
            "for" => locks(rewrite, at),
            "limit" => limit(rewrite, at)?,
            "offset" => offset(rewrite, at)?,
            "fetch" if rewrite.is_any_word(at + 1, &["first", "next"]) => {
                return rewrite.refuse(at, "FETCH FIRST; write LIMIT");
            }
            "distinct" if rewrite.is_word(at + 1, "on") => {
                return rewrite.refuse(at, "DISTINCT ON; use row_number() OVER (…) = 1");
            }
            "conflict" if rewrite.are_words(at + 1, &["on", "constraint"]) => {
                return rewrite.refuse(
                    at + 1,
                    "ON CONFLICT ON CONSTRAINT; name the columns: ON CONFLICT (…)",
                );
            }
            "lateral" => return rewrite.refuse(at, "LATERAL"),
            "tablesample" => return rewrite.refuse(at, "TABLESAMPLE"),
            "within" if rewrite.is_word(at + 1, "group") => {
                return rewrite.refuse(at, "WITHIN GROUP");
            }
            "grouping" if rewrite.is_word(at + 1, "sets") => {
                return rewrite.refuse(at, "GROUPING SETS");
            }
            "rollup" | "cube" if rewrite.is_symbol(at + 1, "(") => {
                return rewrite.refuse(at, "ROLLUP and CUBE");
            }
            "merge" if at == 0 => return rewrite.refuse(at, "MERGE; write INSERT … ON CONFLICT"),
            "as" => column_aliases(rewrite, at + 1),
            _ => {}
        }
    }
    Ok(())
}

/// Words that end an ORDER BY.
const AFTER_ORDER: &[&str] = &[
    "limit",
    "offset",
    "fetch",
    "for",
    "rows",
    "range",
    "groups",
    "union",
    "intersect",
    "except",
    "returning",
];

/// Postgres sorts NULLs as the largest value, SQLite as the smallest.
fn order_by(rewrite: &mut Rewrite<'_>, first: usize) -> Change {
    let mut start = first;
    let mut at = first;
    loop {
        let is_end = at >= rewrite.len()
            || rewrite.is_symbol(at, ")")
            || rewrite.is_symbol(at, ";")
            || rewrite.is_any_word(at, AFTER_ORDER);
        if is_end || rewrite.is_symbol(at, ",") {
            if at > start {
                nulls(rewrite, start, at - 1)?;
            }
            if is_end {
                return Ok(());
            }
            start = at + 1;
        }
        at = if rewrite.is_symbol(at, "(") || rewrite.is_symbol(at, "[") {
            rewrite.partner(at) + 1
        } else {
            at + 1
        };
    }
}

fn nulls(rewrite: &mut Rewrite<'_>, start: usize, end: usize) -> Change {
    if let Some(using) = (start..=end).find(|at| rewrite.is_word(*at, "using")) {
        return rewrite.refuse(using, "ORDER BY … USING; write ASC or DESC");
    }
    if end > start
        && rewrite.is_any_word(end, &["first", "last"])
        && rewrite.is_word(end - 1, "nulls")
    {
        return Ok(());
    }
    let nulls = if rewrite.is_word(end, "desc") {
        " nulls first"
    } else {
        " nulls last"
    };
    rewrite.wrap(start..=end, "", nulls);
    Ok(())
}

/// SQLite has one writer at a time: whoever asks for a lock on a row has the whole database's.
fn locks(rewrite: &mut Rewrite<'_>, at: usize) {
    let strengths: &[&[&str]] = &[
        &["update"],
        &["no", "key", "update"],
        &["share"],
        &["key", "share"],
    ];
    let Some(strength) = strengths
        .iter()
        .find(|words| rewrite.are_words(at + 1, words))
    else {
        return;
    };
    let mut end = at + strength.len();
    if rewrite.is_word(end + 1, "of") {
        end += 2;
        while rewrite.is_symbol(end + 1, ",") || rewrite.is_symbol(end + 1, ".") {
            end += 2;
        }
    }
    if rewrite.is_word(end + 1, "nowait") {
        end += 1;
    } else if rewrite.are_words(end + 1, &["skip", "locked"]) {
        end += 2;
    }
    rewrite.remove(at..=end);
}

/// The last token of the expression after LIMIT or OFFSET.
fn count_end(rewrite: &Rewrite<'_>, first: usize) -> usize {
    let mut at = first;
    while at < rewrite.len()
        && !rewrite.is_symbol(at, ")")
        && !rewrite.is_symbol(at, ";")
        && !rewrite.is_symbol(at, ",")
        && !rewrite.is_any_word(
            at,
            &[
                "limit",
                "offset",
                "for",
                "fetch",
                "row",
                "rows",
                "union",
                "returning",
                "on",
            ],
        )
    {
        at = if rewrite.is_symbol(at, "(") {
            rewrite.partner(at) + 1
        } else {
            at + 1
        };
    }
    at - 1
}

fn limit(rewrite: &mut Rewrite<'_>, at: usize) -> Change {
    let end = count_end(rewrite, at + 1);
    if end <= at {
        return rewrite.refuse(at, "LIMIT without a number");
    }
    if rewrite.is_symbol(end + 1, ",") {
        return rewrite.refuse(end + 1, "LIMIT a, b; write LIMIT b OFFSET a");
    }
    if end == at + 1 && rewrite.is_any_word(end, &["all", "null"]) {
        if rewrite.is_word(end + 1, "offset") {
            rewrite.replace(end, "-1");
        } else {
            rewrite.remove(at..=end);
        }
    } else if !(end == at + 1 && rewrite.kind(end) == Some(TokenKind::Number)) {
        rewrite.wrap(at + 1..=end, "op_limit(", ")");
    }
    Ok(())
}

fn offset(rewrite: &mut Rewrite<'_>, at: usize) -> Change {
    let end = count_end(rewrite, at + 1);
    if end <= at {
        // A column may be called offset.
        return Ok(());
    }
    if rewrite.is_word(end + 1, "limit") {
        return rewrite.refuse(at, "OFFSET before LIMIT; write LIMIT first");
    }
    if rewrite.is_any_word(end + 1, &["row", "rows"]) {
        rewrite.remove(end + 1..=end + 1);
    }
    if !has_limit(rewrite, at) {
        rewrite.wrap(at..=at, "limit -1 ", "");
    }
    if !(end == at + 1 && rewrite.kind(end) == Some(TokenKind::Number)) {
        rewrite.wrap(at + 1..=end, "op_offset(", ")");
    }
    Ok(())
}

/// Whether a LIMIT stands before, at the same depth.
fn has_limit(rewrite: &Rewrite<'_>, offset: usize) -> bool {
    let mut at = offset;
    while let Some(before) = at.checked_sub(1) {
        at = if rewrite.is_symbol(before, ")") {
            rewrite.partner(before)
        } else {
            before
        };
        if rewrite.is_word(at, "limit") {
            return true;
        }
        if rewrite.is_symbol(at, "(") && at == before || rewrite.is_word(at, "select") {
            return false;
        }
    }
    false
}

/// `(VALUES …) AS v(a, b)`: SQLite names columns only in WITH.
fn column_aliases(rewrite: &mut Rewrite<'_>, alias: usize) {
    let Some(close) = alias.checked_sub(2) else {
        return;
    };
    if !rewrite.is_symbol(close, ")")
        || !rewrite.is_symbol(alias + 1, "(")
        || rewrite.is_removed(alias + 1)
    {
        return;
    }
    let open = rewrite.partner(close);
    let is_query = rewrite.is_any_word(open + 1, &["select", "values", "with"]);
    let is_source = open > 0
        && (rewrite.is_any_word(open - 1, &["from", "join"]) || rewrite.is_symbol(open - 1, ","));
    if !is_query || !is_source {
        return;
    }
    let end = rewrite.partner(alias + 1);
    let names: Vec<&str> = (alias + 1..=end).map(|at| rewrite.text(at)).collect();
    let name = rewrite.text(alias);
    rewrite.replace(open, format!("(with {name}{} as (", names.join(" ")));
    rewrite.replace(close, format!(") select * from {name})"));
    rewrite.remove(alias + 1..=end);
}
