//! What `json_extract` answers, compared with constants: a row may hold any class of value.

use super::{Compared, Op};
use crate::translate::literal::{self, Literal, decimal};
use crate::translate::value::Value;
use crate::translate::{Said, no};

pub(super) fn compare(json: &Value, op: Op, other: &Value) -> Said<Compared> {
    let at = &json.sql;
    let (one, many) = match &other.literal {
        Some(Literal::Text(text)) => {
            if text.starts_with(['{', '[']) {
                return no("a part of a JSON text is compared with JSON as it is written");
            }
            let json = serde_json::Value::String(text.clone()).to_string();
            if json.contains("\\u0000") {
                return no("a text has a NUL in it");
            }
            (format!("{}::jsonb", literal::text(&json)), None)
        }
        Some(Literal::Integer(bit @ (0 | 1))) => {
            let truth = format!("'{}'::jsonb", *bit == 1);
            (format!("'{bit}'::jsonb"), Some(truth))
        }
        Some(Literal::Integer(number)) => (format!("'{number}'::jsonb"), None),
        Some(Literal::Real(number)) => (format!("'{number:?}'::jsonb"), None),
        _ => {
            return no(format!(
                "{} is a number, a text or JSON by what is in each row, and is compared with {}",
                json.said(),
                other.said()
            ));
        }
    };
    if op.is_equality() {
        return Ok(match (many, op) {
            (None, _) => Compared::Pair(at.clone(), op, one),
            (Some(truth), Op::Eq) => Compared::Whole(format!("({at} IN ({one}, {truth}))")),
            (Some(truth), Op::Ne) => Compared::Whole(format!("({at} NOT IN ({one}, {truth}))")),
            (Some(truth), Op::Is) => {
                Compared::Whole(format!("(coalesce({at} IN ({one}, {truth}), false))"))
            }
            (Some(truth), _) => {
                Compared::Whole(format!("(coalesce({at} NOT IN ({one}, {truth}), true))"))
            }
        });
    }
    let number = match other.literal {
        Some(Literal::Integer(number)) => number.to_string(),
        Some(Literal::Real(number)) => decimal(number),
        _ => return no("a part of a JSON text is compared with a text by which is larger"),
    };
    // In SQLite every number is before every text, and JSON in parts is a text.
    let is_text = matches!(op, Op::Gt | Op::Ge);
    let op = op.sql();
    Ok(Compared::Whole(format!(
        "(CASE jsonb_typeof({at}) WHEN 'number' THEN {at}::numeric {op} {number} \
         WHEN 'boolean' THEN {at}::boolean::integer {op} {number} \
         WHEN 'string' THEN {is_text} WHEN 'array' THEN {is_text} WHEN 'object' THEN {is_text} END)"
    )))
}
