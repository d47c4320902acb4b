//! Functions of JSON (<https://sqlite.org/json1.html>), on `jsonb`.

use super::Called;
use crate::translate::arith::as_text;
use crate::translate::compare::Op;
use crate::translate::literal::{self, Literal};
use crate::translate::place::Place;
use crate::translate::value::{Size, Type, Value};
use crate::translate::{Said, bare_of, no};
use sqlite3_parser::ast::Expr;

impl Place<'_> {
    pub(super) fn json_call(&self, called: Called<'_>) -> Said<Option<Value>> {
        let values = match called.name {
            "json_extract" | "json_array_length" | "json_valid" | "json" | "json_array"
            | "json_object" | "json_type" => self.values(called.arguments)?,
            _ => return Ok(None),
        };
        Ok(Some(match (called.name, &values[..]) {
            ("json_extract", [base, path]) => extracted(&self.at(base, Some(path), true)?, base),
            ("json_array_length", [base, rest @ ..]) if rest.len() < 2 => {
                let at = self.at(base, rest.first(), true)?;
                let sql = format!(
                    "(CASE WHEN jsonb_typeof({at}) = 'array' THEN jsonb_array_length({at}) WHEN {at} IS NOT NULL THEN 0 END)"
                );
                Value {
                    is_wide: false,
                    ..Value::new(sql, Type::Int).sized(Size::NotNegative)
                }
            }
            ("json_valid", [base]) => match (base.ty, &base.literal) {
                (Type::Json | Type::Jsonb, _) if base.is_nullable => Value::truth(
                    format!("(CASE WHEN {} IS NOT NULL THEN true END)", base.sql),
                    &[base],
                ),
                (Type::Json | Type::Jsonb, _) => Value::truth("true", &[]),
                _ => {
                    return no(format!(
                        "json_valid({}): Postgres asks no text whether it is JSON, and a column of type jsonb holds nothing else",
                        base.said()
                    ));
                }
            },
            ("json", [base]) => self.json(base)?,
            ("json_array", []) => Value::literal(Literal::Text("[]".to_owned())),
            ("json_object", []) => Value::literal(Literal::Text("{}".to_owned())),
            ("json_array", values) => {
                self.fixed("json_array")?;
                let items: Vec<String> = values.iter().map(item).collect::<Said<_>>()?;
                built(format!("jsonb_build_array({})", items.join(", ")))
            }
            ("json_object", values) if values.len().is_multiple_of(2) => {
                self.fixed("json_object")?;
                let mut items = Vec::with_capacity(values.len());
                for pair in values.chunks(2) {
                    match &pair[0].literal {
                        Some(Literal::Text(name)) => items.push(literal::text(name)),
                        _ => return no("json_object with a name out of a row"),
                    }
                    items.push(item(&pair[1])?);
                }
                built(format!("jsonb_build_object({})", items.join(", ")))
            }
            ("json_type", _) => {
                return no("json_type tells whole numbers from others, and Postgres does not");
            }
            _ => return called.miscounted(),
        }))
    }

    /// `->` and `->>`.
    pub(in crate::translate) fn arrow(
        &self,
        left: &Expr<'_>,
        right: &Expr<'_>,
        is_value: bool,
    ) -> Said<Value> {
        let (base, path) = (self.value(left)?, self.value(right)?);
        let at = self.at(&base, Some(&path), false)?;
        Ok(if is_value {
            extracted(&at, &base)
        } else {
            Value::new(at, Type::Jsonb)
        })
    }

    /// `json_type(x) = 'array'`, which needs no difference between numbers.
    pub(in crate::translate) fn json_type_is(
        &self,
        left: &Expr<'_>,
        op: Op,
        right: &Expr<'_>,
    ) -> Said<Option<Value>> {
        let Expr::FunctionCall {
            name,
            args: Some([base, rest @ ..]),
            ..
        } = bare_of(left)
        else {
            return Ok(None);
        };
        if !literal::name(name.0).eq_ignore_ascii_case("json_type") || rest.len() > 1 {
            return Ok(None);
        }
        let Some(Literal::Text(asked)) = self.value(right)?.literal else {
            return Ok(None);
        };
        let class = match asked.as_str() {
            "array" | "object" | "null" => asked.as_str(),
            "text" => "string",
            _ => return Ok(None),
        };
        let base = self.value(base)?;
        let path = rest.first().map(|it| self.value(it)).transpose()?;
        let at = self.at(&base, path.as_ref(), true)?;
        let sql = format!("(jsonb_typeof({at}) {} '{class}')", op.sql());
        Ok(op
            .is_equality()
            .then(|| Value::truth(sql, &[]))
            .map(|it| Value {
                is_nullable: true,
                ..it
            }))
    }

    /// The part of a document that a path names, as a `jsonb`.
    fn at(&self, base: &Value, path: Option<&Value>, is_path: bool) -> Said<String> {
        let document = match base.ty {
            Type::Jsonb => base.sql.clone(),
            Type::Text => format!("{}::jsonb", as_text(base)?),
            Type::Json => {
                self.fixed("a json read as a jsonb")?;
                format!("{}::jsonb", base.sql)
            }
            Type::Null => "NULL::jsonb".to_owned(),
            _ => return no(format!("{} is read as JSON", base.said())),
        };
        let steps = match path.map(|it| &it.literal) {
            None => Vec::new(),
            Some(Some(Literal::Integer(number))) if !is_path => vec![number.to_string()],
            Some(Some(Literal::Text(text))) if text.starts_with('$') => steps(text)?,
            // Postgres takes digits for a place in an array, too.
            Some(Some(Literal::Text(text))) if !is_path && text.parse::<i64>().is_err() => {
                vec![text.clone()]
            }
            _ => return no("a path into JSON that stands in a row has no counterpart"),
        };
        if steps.is_empty() {
            return Ok(document);
        }
        let quoted =
            |step: &String| format!("\"{}\"", step.replace('\\', "\\\\").replace('"', "\\\""));
        let steps: Vec<String> = steps.iter().map(quoted).collect();
        let steps = literal::text(&format!("{{{}}}", steps.join(",")));
        Ok(format!("({document} #> {steps})"))
    }

    fn json(&self, base: &Value) -> Said<Value> {
        match (&base.literal, base.ty) {
            (_, Type::Null) => Ok(base.clone()),
            // Without blanks, it is as SQLite writes it.
            (Some(Literal::Text(text)), _)
                if !text.contains(char::is_whitespace)
                    && serde_json::from_str::<serde_json::Value>(text).is_ok() =>
            {
                Ok(base.clone())
            }
            _ => Ok(Value::new(self.at(base, None, true)?, Type::Jsonb).nulls_of(&[base])),
        }
    }
}

/// What SQLite makes a value of: a JSON null is NULL.
fn extracted(at: &str, base: &Value) -> Value {
    Value {
        column: base
            .column
            .as_ref()
            .map(|it| format!("{it}, from which a part of JSON is taken,")),
        ..Value::new(format!("nullif({at}, 'null'::jsonb)"), Type::Extract)
    }
}

fn built(sql: String) -> Value {
    Value::new(sql, Type::Jsonb).not_null()
}

/// A value inside a document that is built.
pub(super) fn item(value: &Value) -> Said<String> {
    match value.ty {
        Type::Null => Ok("NULL::text".to_owned()),
        Type::Int | Type::Truth | Type::Boolean if !value.is_loose => Ok(value.as_int()),
        Type::Text if !value.is_loose => Ok(format!("{}::text", value.sql)),
        // SQLite takes a column for a text, whatever is in it.
        Type::Jsonb if value.column.is_none() => Ok(value.sql.clone()),
        _ => no(format!(
            "{} is put into JSON, where Postgres writes it in another form",
            value.said()
        )),
    }
}

/// The steps of a path as `$.a.b[0]`.
fn steps(path: &str) -> Said<Vec<String>> {
    let refused = || no(format!("the path {path:?} into JSON has no counterpart"));
    // Postgres takes digits for a place in an array, too.
    let is_name = |name: &str| !name.is_empty() && name.parse::<i64>().is_err();
    let mut steps = Vec::new();
    let mut rest = &path[1..];
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('[') {
            let Some((index, after)) = after.split_once(']') else {
                return refused();
            };
            let index = index
                .strip_prefix("#-")
                .map_or_else(|| index.to_owned(), |it| format!("-{it}"));
            match index.parse::<i32>() {
                Ok(number) => steps.push(number.to_string()),
                Err(_) => return refused(),
            }
            rest = after;
        } else if let Some(after) = rest.strip_prefix(".\"") {
            let Some((name, after)) = after.split_once('"') else {
                return refused();
            };
            if !is_name(name) {
                return refused();
            }
            steps.push(name.to_owned());
            rest = after;
        } else if let Some(after) = rest.strip_prefix('.') {
            let end = after.find(['.', '[']).unwrap_or(after.len());
            let (name, after) = after.split_at(end);
            if !is_name(name) {
                return refused();
            }
            steps.push(name.to_owned());
            rest = after;
        } else {
            return refused();
        }
    }
    Ok(steps)
}
