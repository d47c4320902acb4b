//! What a module assigns to the four names that Alembic reads, and its docstring.

use super::literal::{self, Value};
use super::tokens::{Line, Token, lines};
use crate::place::Place;

/// The names.
pub(super) const NAMES: [&str; 4] = ["revision", "down_revision", "depends_on", "branch_labels"];

/// What is known of one of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) enum Known {
    /// It is not assigned.
    #[default]
    Absent,
    Literal(Value),
    /// Only Python can tell.
    Opaque(Place),
}

/// What stands in the file.
#[derive(Debug, Default)]
pub(super) struct Module {
    /// In the order of [`NAMES`].
    pub(super) values: [Known; 4],
    pub(super) doc: Option<String>,
}

const DEFINITIONS: [&str; 3] = ["def", "class", "async"];
const COMPOUND: [&str; 10] = [
    "if", "elif", "else", "for", "while", "try", "except", "finally", "with", "match",
];

/// Reads a module; `None` when it cannot even be cut into tokens.
pub(super) fn read(text: &str) -> Option<Module> {
    let mut reader = Reader {
        text,
        module: Module::default(),
        imports_all: None,
    };
    // Whether what is indented now belongs to a function or a class.
    let mut is_inside = false;
    for (number, line) in lines(text)?.iter().enumerate() {
        if line.is_indented && is_inside {
            continue;
        }
        let first = line.tokens.first();
        if !line.is_indented {
            is_inside = first.is_some_and(|token| token.is_name(&DEFINITIONS));
        }
        if number == 0 {
            reader.module.doc = literal::text(&line.tokens);
        }
        if !is_inside {
            reader.line(line);
        }
    }
    let mut module = reader.module;
    if let Some(place) = reader.imports_all {
        for value in module.values.iter_mut().filter(|it| **it == Known::Absent) {
            *value = Known::Opaque(place);
        }
    }
    Some(module)
}

struct Reader<'t> {
    text: &'t str,
    module: Module,
    /// Where everything of another module is taken over.
    imports_all: Option<Place>,
}

impl Reader<'_> {
    fn line(&mut self, line: &Line<'_>) {
        let is_compound = line.tokens.first().is_some_and(|it| it.is_name(&COMPOUND));
        let is_plain = !line.is_indented && !is_compound;
        for statement in line.tokens.split(|token| token.is(";") && token.depth == 0) {
            let simple = if is_plain { assigned(statement) } else { None };
            match simple {
                Some((_, None)) => {}
                Some((name, Some(value))) => {
                    let place = Place::of(self.text, statement[0].at);
                    self.module.values[name] =
                        literal::value(value).map_or(Known::Opaque(place), Known::Literal);
                }
                None => self.other(statement),
            }
        }
    }

    /// A statement that is no plain assignment to one of the names: does it bind one all the same?
    fn other(&mut self, statement: &[Token<'_>]) {
        let Some(first) = statement.first() else {
            return;
        };
        let binds = first.is_name(&["import", "from", "for", "with", "del", "match"]);
        let is_import = first.is_name(&["from"]);
        if is_import && statement.last().is_some_and(|token| token.is("*")) {
            self.imports_all = Some(Place::of(self.text, first.at));
        }
        let assignment = statement
            .iter()
            .rposition(|token| token.depth == 0 && is_assignment(token))
            .unwrap_or(0);
        for (at, token) in statement.iter().enumerate() {
            let Some(name) = NAMES.iter().position(|name| token.is_name(&[name])) else {
                continue;
            };
            let is_attribute = at > 0 && statement[at - 1].is(".");
            let walrus = statement.get(at + 1).is_some_and(|next| next.is(":="));
            if !is_attribute && (binds || at < assignment || walrus) {
                self.module.values[name] = Known::Opaque(Place::of(self.text, token.at));
            }
        }
    }
}

/// `NAME = value` or `NAME: type = value`, for one of the names; without a value it only declares.
type Assigned<'a, 't> = (usize, Option<&'a [Token<'t>]>);

fn assigned<'a, 't>(statement: &'a [Token<'t>]) -> Option<Assigned<'a, 't>> {
    let first = statement.first()?;
    let name = NAMES.iter().position(|name| first.is_name(&[name]))?;
    let second = statement.get(1)?;
    let equals = if second.is("=") {
        1
    } else if second.is(":") {
        match statement
            .iter()
            .position(|token| token.depth == 0 && token.is("="))
        {
            Some(at) => at,
            None => return Some((name, None)),
        }
    } else {
        return None;
    };
    let value = &statement[equals + 1..];
    // `a = b = 1` is for Python.
    let is_chain = value
        .iter()
        .any(|token| token.depth == 0 && is_assignment(token));
    (!is_chain).then_some((name, Some(value)))
}

/// `=`, `+=` and their like, and no comparison.
fn is_assignment(token: &Token<'_>) -> bool {
    token.kind == super::tokens::Kind::Symbol
        && token.text.ends_with('=')
        && !matches!(token.text, "==" | "!=" | "<=" | ">=")
}
