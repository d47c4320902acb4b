//! What a column's checks say of its type: `json_valid(c)`, `c IN (0, 1)`.

use super::{Case, Decision};
use crate::kind::Kind;

impl Case<'_> {
    pub(super) fn by_check(&self) -> Option<Decision> {
        let name = self.column.name.to_lowercase();
        let checks = self.table.checks.iter();
        checks
            .map(|check| tight(&check.expression))
            .find_map(|check| {
                if is_json(&check, &name) {
                    let seen = format!("a CHECK says that it is JSON; {}", self.classes());
                    return Some(self.take(Kind::Jsonb, &seen).or(Kind::Json).or(Kind::Text));
                }
                if is_boolean(&check, &name) {
                    let seen = format!("a CHECK allows 0 and 1 alone; {}", self.classes());
                    return Some(self.take(Kind::Boolean, &seen).or(Kind::Integer));
                }
                None
            })
    }
}

/// In lower case, without blanks and quotes of names.
fn tight(expression: &str) -> String {
    let signs = expression.chars();
    let signs = signs.filter(|sign| !sign.is_whitespace() && !"\"`[]".contains(*sign));
    signs.flat_map(char::to_lowercase).collect()
}

fn is_json(check: &str, name: &str) -> bool {
    let check = bare(check);
    let valid = [
        format!("json_valid({name})"),
        format!("json_valid({name})=1"),
    ];
    valid.iter().any(|valid| {
        check == valid
            || check == format!("{valid}or{name}isnull")
            || check == format!("{name}isnullor{valid}")
    })
}

/// Without brackets around all of it.
fn bare(mut check: &str) -> &str {
    while let Some(inner) = check.strip_prefix('(').and_then(|it| it.strip_suffix(')')) {
        let mut depth = 1_i32;
        let is_closed = inner.chars().any(|sign| {
            depth += match sign {
                '(' => 1,
                ')' => -1,
                _ => 0,
            };
            depth == 0
        });
        if is_closed {
            break;
        }
        check = inner;
    }
    check
}

/// Whether a check says only what the column's type holds to by itself.
pub(crate) fn is_of_type(expression: &str, column: &str, kind: Kind) -> bool {
    let (check, name) = (tight(expression), column.to_lowercase());
    match kind {
        Kind::Boolean => is_boolean(&check, &name),
        Kind::Json | Kind::Jsonb => is_json(&check, &name),
        _ => false,
    }
}

fn is_boolean(check: &str, name: &str) -> bool {
    let lists = [
        "(0,1)",
        "(1,0)",
        "('0','1')",
        "(false,true)",
        "(true,false)",
        "(0,1,null)",
    ];
    let check = bare(check);
    let one = |it: &str| {
        lists.iter().any(|list| it == format!("{name}in{list}"))
            || it == format!("{name}=0or{name}=1")
            || it == format!("{name}=1or{name}=0")
            || it == format!("{name}between0and1")
    };
    one(check)
        || check
            .strip_prefix(&format!("{name}isnullor"))
            .is_some_and(one)
        || check
            .strip_suffix(&format!("or{name}isnull"))
            .is_some_and(one)
}

#[cfg(test)]
mod tests {
    use super::{is_boolean, is_json, tight};

    #[test]
    fn checks_are_read_in_many_spellings() {
        for check in [
            "json_valid(data)",
            "JSON_VALID(\"data\") OR \"data\" IS NULL",
            "(JSON_VALID(\"data\") OR \"data\" IS NULL)",
            "data IS NULL OR json_valid(data)",
            "json_valid(data) = 1",
        ] {
            assert!(is_json(&tight(check), "data"), "{check}");
        }
        for check in [
            "json_valid(other)",
            "data <> ''",
            "json_valid(data) AND data <> '1'",
        ] {
            assert!(!is_json(&tight(check), "data"), "{check}");
        }
        for check in [
            "done IN (0, 1)",
            "\"done\" in (1,0)",
            "done IS NULL OR done IN (0,1)",
            "done = 0 OR done = 1",
        ] {
            assert!(is_boolean(&tight(check), "done"), "{check}");
        }
        for check in ["done IN (0, 1, 2)", "undone IN (0, 1)"] {
            assert!(!is_boolean(&tight(check), "done"), "{check}");
        }
    }
}
