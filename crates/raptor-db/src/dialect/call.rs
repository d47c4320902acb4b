//! Calls: the standard's own syntax for some, names that SQLite understands otherwise, and results
//! that are decimals.

use super::Refusal;
use super::rewrite::{Change, Rewrite, Type};
use super::types::{NUMERIC_CLOSE, NUMERIC_OPEN};
use crate::statement::lexer::TokenKind;
use std::ops::RangeInclusive;

/// Calls that SQLite does not know or would answer in another way, and what to write.
const REFUSED: &[(&str, &str)] = &[
    (
        "age",
        "it answers an interval; compare timestamps, or subtract extract(epoch from …)",
    ),
    ("format", "write concat or ||"),
    ("json", "write x::jsonb"),
    ("jsonb", "write x::jsonb"),
    ("json_array", "write jsonb_build_array"),
    ("json_each", "write jsonb_array_elements or unnest in FROM"),
    ("json_object", "write jsonb_build_object"),
    ("jsonb_object", "write jsonb_build_object"),
    (
        "json_agg",
        "write jsonb_agg, whose text both engines print alike",
    ),
    ("json_build_array", "write jsonb_build_array"),
    ("json_build_object", "write jsonb_build_object"),
    ("json_object_agg", "write jsonb_object_agg"),
    ("to_json", "write to_jsonb"),
    ("row_to_json", "write jsonb_build_object"),
    ("array_to_json", "write to_jsonb"),
    ("jsonb_each", "SQLite's stand-in has no rows from an object"),
    (
        "jsonb_each_text",
        "SQLite's stand-in has no rows from an object",
    ),
    (
        "jsonb_object_keys",
        "SQLite's stand-in has no rows from an object",
    ),
    ("jsonb_insert", "write jsonb_set"),
    ("jsonb_extract", "write ->"),
    ("jsonb_path_query", "write ->, #> or @>"),
    ("jsonb_path_exists", "write ->, #> or @>"),
    ("jsonb_populate_record", "read the fields with ->>"),
    ("overlay", "write left(…) || … || substr(…)"),
    ("to_date", "write x::date"),
    ("to_number", "write x::numeric"),
    (
        "localtimestamp",
        "timestamps have a time zone here; write now()",
    ),
    ("grouping", "SQLite has no grouping sets"),
    ("nextval", "SQLite has no sequences; ids are uuids"),
    ("currval", "SQLite has no sequences; ids are uuids"),
    ("setval", "SQLite has no sequences; ids are uuids"),
    ("trunc_date", "write date_trunc"),
];

/// Other names for the same thing.
const RENAMED: &[(&str, &str)] = &[
    ("date", "cast_date"),
    ("bool_or", "max"),
    ("bool_and", "min"),
    ("every", "min"),
    ("trim", "btrim"),
    ("pow", "power"),
    ("ceiling", "ceil"),
];

/// Decimal where an argument is.
const FOLLOWING: &[&str] = &[
    "coalesce",
    "nullif",
    "min",
    "max",
    "abs",
    "round",
    "trunc",
    "ceil",
    "ceiling",
    "floor",
    "sign",
    "mod",
    "lag",
    "lead",
    "first_value",
    "last_value",
    "nth_value",
];

/// Decimal whatever the arguments are.
const NUMERIC: &[&str] = &[
    "numeric_add",
    "numeric_sub",
    "numeric_mul",
    "numeric_div",
    "numeric_uminus",
];

/// What the call of `name` is told from its name alone.
pub(super) fn result(name: &str) -> Option<Type> {
    Some(match name {
        "concat" | "concat_ws" | "left" | "right" | "lpad" | "rpad" | "upper" | "lower"
        | "initcap" | "replace" | "repeat" | "reverse" | "split_part" | "translate" | "to_char"
        | "md5" | "encode" | "btrim" | "ltrim" | "rtrim" | "trim" | "substr" | "substring"
        | "regexp_replace" | "string_agg" | "current_setting" | "chr" | "jsonb_typeof" => {
            Type::Text
        }
        "length" | "char_length" | "octet_length" | "count" | "strpos" | "position"
        | "cardinality" | "array_length" | "jsonb_array_length" | "row_number" | "rank"
        | "dense_rank" => Type::Integer,
        "date_part" | "random" | "power" | "sqrt" | "exp" | "ln" => Type::Double,
        "jsonb_build_object" | "jsonb_build_array" | "jsonb_agg" | "jsonb_object_agg"
        | "to_jsonb" | "jsonb_set" | "jsonb_strip_nulls" => Type::Json,
        "array_agg" => Type::Array,
        "make_interval" => Type::Interval,
        "make_date" => Type::Date,
        _ => return None,
    })
}

/// The call that ends with the bracket `close`, if it is one.
pub(super) fn rewrite(rewrite: &mut Rewrite<'_>, close: usize) -> Change {
    let open = rewrite.partner(close);
    let Some(at) = open.checked_sub(1) else {
        return Ok(());
    };
    let Some(name) = rewrite.call(at) else {
        return Ok(());
    };
    // A table or a query with its columns: `INSERT INTO date (…)`, `AS format(…)`, `WITH age(…) AS (…)`.
    let is_table = at > 0 && rewrite.is_any_word(at - 1, &["into", "as", "with", "recursive"])
        || rewrite.is_word(close + 1, "as") && rewrite.is_symbol(close + 2, "(");
    if is_table {
        return Ok(());
    }
    let mut call = Call {
        at,
        open,
        close,
        span: at..=end_of(rewrite, close),
    };
    if at >= 2 && rewrite.is_symbol(at - 1, ".") {
        if !rewrite.is_word(at - 2, "pg_catalog") {
            return rewrite.refuse(
                at - 2,
                "a function of a schema; SQLite has Postgres's own functions only",
            );
        }
        rewrite.remove(at - 2..=at - 1);
        call.span = at - 2..=*call.span.end();
    }
    if let Some((_, instead)) = REFUSED.iter().find(|(refused, _)| *refused == name) {
        return rewrite.refuse(
            at,
            format!("{name}(…) is not available on SQLite: {instead}"),
        );
    }
    if let Some((_, other)) = RENAMED.iter().find(|(known, _)| *known == name) {
        rewrite.replace(at, *other);
    }
    match name.as_str() {
        "cast" => return super::cast::spelled_out(rewrite, at),
        "extract" => return extract(rewrite, &call),
        "substring" => substring(rewrite, &call)?,
        "position" => position(rewrite, &call)?,
        "trim" => trim(rewrite, &call)?,
        "make_interval" => named_arguments(rewrite, &call),
        "row" => rewrite.remove(at..=at),
        _ => {}
    }
    typed(rewrite, &call, &name)
}

struct Call {
    at: usize,
    open: usize,
    close: usize,
    /// With FILTER and OVER.
    span: RangeInclusive<usize>,
}

fn end_of(rewrite: &Rewrite<'_>, close: usize) -> usize {
    let mut end = close;
    while rewrite.is_any_word(end + 1, &["filter", "over"]) {
        end = if rewrite.is_symbol(end + 2, "(") {
            rewrite.partner(end + 2)
        } else {
            end + 2
        };
    }
    end
}

/// The arguments, cut at their commas; DISTINCT and what follows ORDER BY left out.
fn arguments(rewrite: &Rewrite<'_>, call: &Call) -> Vec<RangeInclusive<usize>> {
    let mut all = Vec::new();
    let first = call.open + 1;
    let mut start = if rewrite.is_any_word(first, &["distinct", "all"]) {
        first + 1
    } else {
        first
    };
    let mut at = start;
    while at <= call.close {
        if at == call.close || rewrite.is_symbol(at, ",") || rewrite.is_word(at, "order") {
            if at > start {
                all.push(start..=at - 1);
            }
            if rewrite.is_word(at, "order") {
                break;
            }
            start = at + 1;
        } else if rewrite.is_symbol(at, "(") || rewrite.is_symbol(at, "[") {
            at = rewrite.partner(at);
        }
        at += 1;
    }
    all
}

/// Where `word` stands in the call, outside inner brackets.
fn find(rewrite: &Rewrite<'_>, call: &Call, word: &str) -> Option<usize> {
    let mut at = call.open + 1;
    while at < call.close {
        if rewrite.is_word(at, word) {
            return Some(at);
        }
        at = if rewrite.is_symbol(at, "(") || rewrite.is_symbol(at, "[") {
            rewrite.partner(at) + 1
        } else {
            at + 1
        };
    }
    None
}

/// `extract(field FROM x)`. Fields with a fraction are decimals.
fn extract(rewrite: &mut Rewrite<'_>, call: &Call) -> Change {
    let field = call.open + 1;
    if !rewrite.is_word(field + 1, "from") {
        return rewrite.refuse(call.at, "extract without FROM");
    }
    let name = super::literal::value(rewrite.text(field)).to_ascii_lowercase();
    rewrite.replace(call.at, "op_extract");
    rewrite.replace(field, format!("'{}'", name.replace('\'', "''")));
    rewrite.replace(field + 1, ",");
    if matches!(
        name.as_str(),
        "epoch" | "second" | "seconds" | "milliseconds"
    ) {
        numeric(rewrite, call);
    } else {
        rewrite.wrap_typed(call.span.clone(), "", "", Some(Type::Integer));
    }
    Ok(())
}

fn numeric(rewrite: &mut Rewrite<'_>, call: &Call) {
    rewrite.wrap_typed(
        call.span.clone(),
        NUMERIC_OPEN,
        NUMERIC_CLOSE,
        Some(Type::Numeric),
    );
}

/// `substring(x FROM n FOR m)`, in this order or with either part alone.
fn substring(rewrite: &mut Rewrite<'_>, call: &Call) -> Change {
    if find(rewrite, call, "similar").is_some() {
        return rewrite.refuse(
            call.at,
            "substring(… SIMILAR …); write substring(… from 'regexp') or regexp_replace",
        );
    }
    match (find(rewrite, call, "from"), find(rewrite, call, "for")) {
        (Some(from), Some(length)) if from < length => {
            rewrite.replace(from, ",");
            rewrite.replace(length, ",");
        }
        (Some(from), None) => rewrite.replace(from, ","),
        (None, Some(length)) => rewrite.replace(length, ", 1,"),
        (None, None) => {}
        (Some(_), Some(length)) => return rewrite.refuse(length, "substring with FOR before FROM"),
    }
    Ok(())
}

/// `position(part IN text)`.
fn position(rewrite: &mut Rewrite<'_>, call: &Call) -> Change {
    let Some(within) = find(rewrite, call, "in") else {
        return rewrite.refuse(call.at, "position without IN");
    };
    rewrite.replace(call.at, "op_position");
    rewrite.replace(within, ",");
    Ok(())
}

/// `trim([both|leading|trailing] [characters] FROM text)`.
fn trim(rewrite: &mut Rewrite<'_>, call: &Call) -> Change {
    let Some(from) = find(rewrite, call, "from") else {
        return Ok(());
    };
    let first = call.open + 1;
    let sides = [
        ("both", "op_trim"),
        ("leading", "op_ltrim"),
        ("trailing", "op_rtrim"),
    ];
    let side = sides.iter().find(|(word, _)| rewrite.is_word(first, word));
    rewrite.replace(call.at, side.map_or("op_trim", |(_, function)| function));
    let mut characters = first;
    if side.is_some() {
        rewrite.remove(first..=first);
        characters += 1;
    }
    rewrite.replace(from, if characters == from { "' '," } else { "," });
    Ok(())
}

/// `make_interval(secs => 5)`: the names become arguments.
fn named_arguments(rewrite: &mut Rewrite<'_>, call: &Call) {
    for argument in arguments(rewrite, call) {
        let name = *argument.start();
        if rewrite.kind(name + 1) == Some(TokenKind::Operator) && rewrite.text(name + 1) == "=>" {
            let quoted = format!("'{}',", rewrite.text(name).to_ascii_lowercase());
            rewrite.replace(name, quoted);
            rewrite.remove(name + 1..=name + 1);
        }
    }
}

/// Gives the call its type, and guards its arguments where that says something.
fn typed(rewrite: &mut Rewrite<'_>, call: &Call, name: &str) -> Change {
    let arguments = arguments(rewrite, call);
    let is_numeric = arguments
        .iter()
        .any(|argument| rewrite.type_of(argument) == Some(Type::Numeric));
    match name {
        "min" | "max" if arguments.len() > 1 => {
            return rewrite.refuse(
                call.at,
                format!("{name} of several values; write greatest or least"),
            );
        }
        "sum" | "avg" => return total(rewrite, call, name, &arguments, is_numeric),
        "log" if arguments.len() > 1 => {
            return rewrite.refuse(call.at, "log with a base; write ln(x) / ln(b)");
        }
        "greatest" | "least" if is_numeric => {
            rewrite.replace(call.at, format!("op_{name}_numeric"));
            numeric(rewrite, call);
        }
        "jsonb_build_object" | "jsonb_build_array" | "jsonb_agg" | "jsonb_object_agg"
        | "to_jsonb" | "concat" | "concat_ws" => {
            for argument in arguments {
                of_known_type(rewrite, argument, name.contains("json"));
            }
            rewrite.wrap_typed(call.span.clone(), "", "", result(name));
        }
        "bool_or" | "bool_and" | "every" => {
            for argument in arguments {
                rewrite.wrap(argument, "op_true(", ")");
            }
            rewrite.wrap_typed(call.span.clone(), "op_true(", ")", Some(Type::Boolean));
        }
        "round" | "trunc" if arguments.len() == 2 => {
            numeric(rewrite, call);
        }
        _ if NUMERIC.contains(&name) || is_numeric && FOLLOWING.contains(&name) => {
            // These read a decimal's text; a double or an integer goes to the functions without `op_`.
            if is_numeric
                && matches!(
                    name,
                    "abs" | "round" | "trunc" | "ceil" | "ceiling" | "floor" | "sign" | "mod"
                )
            {
                let name = if name == "ceiling" { "ceil" } else { name };
                rewrite.replace(call.at, format!("op_numeric_{name}"));
            }
            numeric(rewrite, call);
        }
        _ => {
            if let Some(ty) = result(name) {
                rewrite.wrap_typed(call.span.clone(), "", "", Some(ty));
            }
        }
    }
    Ok(())
}

/// Functions of any type see a condition as a number, and a decimal as a text, unless they are told.
fn of_known_type(rewrite: &mut Rewrite<'_>, argument: RangeInclusive<usize>, is_json: bool) {
    if is_condition(rewrite, &argument) {
        rewrite.wrap(argument, "op_true(", ")");
    } else if is_json && rewrite.type_of(&argument) == Some(Type::Numeric) {
        rewrite.wrap(argument, "op_json_number(", ")");
    }
}

/// Whether the expression is a condition, told by its outermost words and operators.
fn is_condition(rewrite: &Rewrite<'_>, span: &RangeInclusive<usize>) -> bool {
    const WORDS: &[&str] = &[
        "and", "or", "not", "is", "in", "like", "ilike", "between", "exists", "isnull", "notnull",
        "true", "false",
    ];
    const COMPARISONS: &[&str] = &[
        "=", "<>", "!=", "<", ">", "<=", ">=", "~", "!~", "~*", "!~*", "@>", "<@", "?", "?|", "?&",
        "&&",
    ];
    let mut at = *span.start();
    while at <= *span.end() {
        if rewrite.is_word(at, "case") || rewrite.is_word(at, "select") {
            return false;
        }
        let is_operator = rewrite.kind(at) == Some(TokenKind::Operator)
            && COMPARISONS.contains(&rewrite.text(at));
        if is_operator
            || rewrite.is_any_word(at, WORDS) && !(at > 0 && rewrite.is_symbol(at - 1, "."))
        {
            return true;
        }
        at = if rewrite.is_symbol(at, "(") || rewrite.is_symbol(at, "[") {
            rewrite.partner(at) + 1
        } else {
            at + 1
        };
    }
    false
}

/// SQLite's own sum reads a text as the number it begins with.
fn total(
    rewrite: &mut Rewrite<'_>,
    call: &Call,
    name: &str,
    arguments: &[RangeInclusive<usize>],
    is_numeric: bool,
) -> Result<(), Refusal> {
    if is_numeric {
        if (call.close..=*call.span.end()).any(|at| rewrite.is_word(at, "over")) {
            return rewrite.refuse(call.at, format!("{name} of decimals over a window"));
        }
        rewrite.replace(call.at, format!("op_{name}"));
        numeric(rewrite, call);
        return Ok(());
    }
    for argument in arguments {
        rewrite.wrap(argument.clone(), "op_number(", ")");
    }
    Ok(())
}
