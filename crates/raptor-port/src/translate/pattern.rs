//! `LIKE` and `GLOB`. SQLite's `LIKE` takes ASCII letters of either case for the same, and no others.

use super::arith::as_text;
use super::literal::{self, Literal};
use super::place::Place;
use super::value::{Type, Value};
use super::{Said, no};
use sqlite3_parser::ast::{Expr, LikeOperator};

impl Place<'_> {
    pub(super) fn like(
        &self,
        left: &Expr<'_>,
        not: bool,
        op: LikeOperator,
        pattern: &Expr<'_>,
        escape: Option<&Expr<'_>>,
    ) -> Said<Value> {
        let (left, pattern) = (self.value(left)?, self.value(pattern)?);
        if left.is_time() || left.ty == Type::Uuid {
            return no(format!(
                "a pattern is asked of {}, whose form as a text Postgres does not keep; its type holds to the form",
                left.said()
            ));
        }
        let text = as_text(&left)?;
        let sql = match op {
            LikeOperator::Like => {
                let escape = escape.map(|it| self.value(it)).transpose()?;
                like(&text, &pattern, escape.as_ref())?
            }
            LikeOperator::Glob => {
                let Some(Literal::Text(glob)) = &pattern.literal else {
                    return no("GLOB with a pattern out of a row has no counterpart");
                };
                format!("{text} ~ {}", literal::text(&regex(glob)?))
            }
            LikeOperator::Match => return no("MATCH is of SQLite's full-text index"),
            LikeOperator::Regexp => {
                return no("REGEXP is a function of the application's own in SQLite");
            }
        };
        let sql = if not {
            format!("(NOT ({sql}))")
        } else {
            format!("({sql})")
        };
        Ok(Value::truth(sql, &[&left, &pattern]))
    }
}

fn like(text: &str, pattern: &Value, escape: Option<&Value>) -> Said<String> {
    let escape = match escape.map(|it| &it.literal) {
        None => None,
        Some(Some(Literal::Text(sign))) => {
            let mut signs = sign.chars();
            match (signs.next(), signs.next()) {
                (Some(sign), None) if !sign.is_alphabetic() && !"%_".contains(sign) => Some(sign),
                _ => return no("ESCAPE with what is no sign, or one with a meaning of its own"),
            }
        }
        _ => return no("ESCAPE with what stands in a row"),
    };
    let Some(Literal::Text(written)) = &pattern.literal else {
        if escape.is_some() {
            return no("LIKE with a pattern out of a row and an ESCAPE has no counterpart");
        }
        let pattern = as_text(pattern)?;
        return Ok(format!(
            "lower({text} COLLATE \"C\") LIKE lower({pattern} COLLATE \"C\") ESCAPE ''"
        ));
    };
    if let Some(sign) = escape {
        let mut signs = written.chars();
        while let Some(next) = signs.next() {
            if next == sign && signs.next().is_none() {
                return no("the pattern ends with the sign of its ESCAPE");
            }
        }
    }
    let has_letters = written.bytes().any(|it| it.is_ascii_alphabetic());
    let pattern = literal::text(&written.to_ascii_lowercase());
    let escape = match escape {
        Some(sign) => format!(" ESCAPE {}", literal::text(&sign.to_string())),
        // Postgres escapes with it where nothing is said.
        None if written.contains('\\') => " ESCAPE ''".to_owned(),
        None => String::new(),
    };
    Ok(if has_letters {
        format!("lower({text} COLLATE \"C\") LIKE {pattern}{escape}")
    } else {
        format!("{text} LIKE {pattern}{escape}")
    })
}

/// A `GLOB` as a regular expression of Postgres.
fn regex(glob: &str) -> Said<String> {
    let mut signs = glob.chars().peekable();
    let mut regex = "^(?:".to_owned();
    while let Some(sign) = signs.next() {
        match sign {
            '*' => regex.push_str(".*"),
            '?' => regex.push('.'),
            '[' => {
                regex.push('[');
                if signs.next_if_eq(&'^').is_some() {
                    regex.push('^');
                }
                let mut is_first = true;
                loop {
                    match signs.next() {
                        None => return no(format!("the pattern {glob:?} has no end of its [")),
                        Some(']') if !is_first => break,
                        Some(sign @ ('\\' | '[' | ']' | '^')) => {
                            regex.push('\\');
                            regex.push(sign);
                        }
                        Some(sign) => regex.push(sign),
                    }
                    is_first = false;
                }
                regex.push(']');
            }
            sign if sign.is_alphanumeric() || sign == '_' || sign == ' ' || !sign.is_ascii() => {
                regex.push(sign);
            }
            sign => {
                regex.push('\\');
                regex.push(sign);
            }
        }
    }
    regex.push_str(")$");
    Ok(regex)
}

#[cfg(test)]
mod tests {
    use super::regex;

    #[test]
    fn globs_become_regular_expressions() {
        for (glob, expected) in [
            ("a*", "^(?:a.*)$"),
            ("[0-9][^a-z]?", "^(?:[0-9][^a-z].)$"),
            ("[]a].(x)", r"^(?:[\]a]\.\(x\))$"),
        ] {
            assert_eq!(regex(glob).unwrap(), expected);
        }
        assert!(regex("[a").is_err());
    }
}
