//! Functions of texts.

use super::{Called, constant};
use crate::translate::arith::as_text;
use crate::translate::literal::Literal;
use crate::translate::place::Place;
use crate::translate::value::{Size, Type, Value};
use crate::translate::{Said, no};

impl Place<'_> {
    pub(super) fn text_call(&self, called: Called<'_>) -> Said<Option<Value>> {
        let name = called.name;
        if !matches!(
            name,
            "length"
                | "lower"
                | "upper"
                | "substr"
                | "substring"
                | "instr"
                | "replace"
                | "trim"
                | "ltrim"
                | "rtrim"
                | "hex"
                | "unicode"
                | "concat"
        ) {
            return Ok(None);
        }
        let values = self.values(called.arguments)?;
        let all: Vec<&Value> = values.iter().collect();
        if !matches!(name, "concat" | "hex") && values.iter().any(Value::is_null) {
            return Ok(Some(Value::literal(Literal::Null)));
        }
        let made = |sql: String, ty: Type| Ok(Some(Value::new(sql, ty).nulls_of(&all)));
        match (name, &values[..]) {
            ("length", [one]) => length(one).map(Some),
            ("lower" | "upper", [one]) => Ok(Some(cased(name, one)?)),
            ("substr" | "substring", [one, from, count @ ..]) if count.len() < 2 => {
                substr(one, from, count.first()).map(Some)
            }
            ("instr", [one, two]) => {
                let sql = format!("strpos({}, {})", as_text(one)?, as_text(two)?);
                Ok(Some(place_in(sql).nulls_of(&all)))
            }
            ("replace", [one, two, three]) => {
                let (one, two, three) = (as_text(one)?, as_text(two)?, as_text(three)?);
                made(format!("replace({one}, {two}, {three})"), Type::Text)
            }
            ("trim" | "ltrim" | "rtrim", [one, signs @ ..]) if signs.len() < 2 => {
                let name = if name == "trim" { "btrim" } else { name };
                // SQLite trims spaces alone.
                let signs = signs.first().map_or(Ok("' '".to_owned()), as_text)?;
                made(format!("{name}({}, {signs})", as_text(one)?), Type::Text)
            }
            ("hex", [one]) => hex(self, one).map(Some),
            ("unicode", [one]) => {
                let sql = format!("nullif(ascii({}), 0)", as_text(one)?);
                Ok(Some(place_in(sql)))
            }
            ("concat", [_, ..]) => concat(self, &values).map(Some),
            _ => called.miscounted(),
        }
    }
}

/// A number of 32 bits that is not negative.
fn place_in(sql: String) -> Value {
    Value {
        is_wide: false,
        ..Value::new(sql, Type::Int).sized(Size::NotNegative)
    }
}

fn length(value: &Value) -> Said<Value> {
    let sql = match value.ty {
        Type::Bytes => format!("length({})", value.sql),
        Type::Json => return no("the length of a JSON text counts its blanks, too"),
        _ => format!("length({})", as_text(value)?),
    };
    Ok(place_in(sql).nulls_of(&[value]))
}

fn concat(place: &Place<'_>, values: &[Value]) -> Said<Value> {
    place.fixed("concat")?;
    let parts: Vec<String> = values.iter().map(as_text).collect::<Said<_>>()?;
    let sql = format!("concat({})", parts.join(", "));
    Ok(Value::new(sql, Type::Text).not_null())
}

fn cased(name: &str, value: &Value) -> Said<Value> {
    let text = as_text(value)?;
    // Random digits are in lower case until `hex` says otherwise.
    let digits = text
        .strip_prefix("upper(")
        .and_then(|it| it.strip_suffix(')'));
    let sql = match (&value.literal, digits) {
        (Some(literal), _) => {
            let text = literal.text().unwrap_or_default();
            let text = if name == "lower" {
                text.to_ascii_lowercase()
            } else {
                text.to_ascii_uppercase()
            };
            return Ok(Value::literal(Literal::Text(text)));
        }
        (None, Some(digits))
            if value.is_random && name == "lower" && !digits.contains("COLLATE") =>
        {
            digits.to_owned()
        }
        // Under "C", letters that are not ASCII keep their case, as they do in SQLite.
        _ => format!("{name}({text} COLLATE \"C\")"),
    };
    Ok(Value::new(sql, Type::Text).nulls_of(&[value]))
}

fn hex(place: &Place<'_>, value: &Value) -> Said<Value> {
    let sql = match (&value.literal, value.ty) {
        (_, Type::Null) => return Ok(Value::literal(Literal::Text(String::new()))),
        (Some(literal), _) => {
            let bytes = match literal {
                Literal::Blob(bytes) => bytes.clone(),
                literal => literal.text().unwrap_or_default().into_bytes(),
            };
            let hex: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
            return Ok(Value::literal(Literal::Text(hex)));
        }
        (_, Type::Bytes) => {
            let digits = value.sql.strip_prefix("decode(");
            match digits.and_then(|it| it.strip_suffix(", 'hex')")) {
                Some(digits) => format!("upper({digits})"),
                None => or_empty(value, format!("upper(encode({}, 'hex'))", value.sql)),
            }
        }
        _ => {
            place.fixed("the bytes of a text")?;
            let text = as_text(value)?;
            or_empty(
                value,
                format!("upper(encode(convert_to({text}, 'UTF8'), 'hex'))"),
            )
        }
    };
    Ok(Value::new(sql, Type::Text).nulls_of(&[value]).not_null())
}

/// SQLite has no digits for NULL, and not NULL.
fn or_empty(value: &Value, sql: String) -> String {
    if value.is_nullable {
        format!("coalesce({sql}, '')")
    } else {
        sql
    }
}

fn substr(value: &Value, from: &Value, count: Option<&Value>) -> Said<Value> {
    let text = match value.ty {
        // A part of no bytes is NULL.
        Type::Bytes => format!("nullif({}, '\\x'::bytea)", value.sql),
        _ => as_text(value)?,
    };
    let is_positive = |value: &Value| value.ty == Type::Int && value.size >= Size::NotNegative;
    let int = |value: &Value| match constant(value) {
        Some(number) if i32::try_from(number).is_ok() => Ok(number.to_string()),
        Some(_) => no("substr counts beyond what Postgres can"),
        None if value.is_wide => Ok(format!("{}::integer", value.sql)),
        None => Ok(value.sql.clone()),
    };
    let count = match count {
        None => None,
        Some(count) if is_positive(count) => Some(int(count)?),
        // Nothing is before the first sign.
        Some(count) if constant(from) == Some(1) && count.ty == Type::Int => {
            let count = int(count)?;
            Some(format!("(CASE WHEN {count} < 0 THEN 0 ELSE {count} END)"))
        }
        Some(count) => {
            return no(format!(
                "substr takes {} signs, which may be less than none",
                count.said()
            ));
        }
    };
    let from_sql = match constant(from) {
        Some(number) if number < 0 && value.ty != Type::Bytes => {
            match count {
                None => {
                    let sql = format!("right({text}, {})", number.unsigned_abs());
                    return Ok(Value::new(sql, Type::Text).nulls_of(&[value]));
                }
                // From the end.
                Some(_) => format!("length({text}) - {}", number.unsigned_abs() - 1),
            }
        }
        _ if is_positive(from) => int(from)?,
        _ => {
            return no(format!(
                "substr starts at {}, which may be before the first sign",
                from.said()
            ));
        }
    };
    let sql = match &count {
        Some(count) => format!("substr({text}, {from_sql}, {count})"),
        None => format!("substr({text}, {from_sql})"),
    };
    if value.ty == Type::Bytes {
        return Ok(Value::new(sql, Type::Bytes));
    }
    Ok(Value::new(sql, Type::Text).nulls_of(&[value, from]))
}
