//! CREATE, of anything.

use super::access::{Policy, Role};
use super::cursor::Cursor;
use super::index::Index;
use super::kind::Kind;
use super::object::Object;
use super::routine::Routine;
use super::statement::Statement;
use super::table::Table;

/// Reads on behind CREATE.
pub(super) fn create<'s>(cursor: &mut Cursor<'_, 's>) -> Option<Statement<'s>> {
    if let Some(table) = Table::read(&mut cursor.clone()) {
        return Some(Statement::CreateTable(Box::new(table)));
    }
    if let Some(index) = Index::read(&mut cursor.clone()) {
        return Some(Statement::CreateIndex(index));
    }
    let or_replace = cursor.eat_all(&["or", "replace"]);
    cursor.eat_any(&["temp", "temporary"]);
    cursor.eat_any(&["constraint", "recursive", "trusted"]);
    let object = Object::read(cursor);
    cursor.eat_if_exists();
    Some(match object {
        Object::Policy => Statement::Policy(Policy::read(cursor, true)?),
        Object::Role => Statement::Role(Role::read(cursor)?),
        Object::Function | Object::Procedure => {
            Statement::Routine(Routine::read(cursor, true, or_replace)?)
        }
        Object::Trigger => {
            let name = cursor.ident()?;
            cursor.until(|next| next.is("on"));
            cursor.eat("on");
            Statement::CreateTrigger {
                name,
                table: cursor.name()?,
            }
        }
        Object::Rule => {
            cursor.until(|next| next.is("to"));
            cursor.eat("to");
            Statement::CreateRule {
                table: cursor.name()?,
            }
        }
        Object::Domain => domain(cursor)?,
        Object::Type => {
            let name = cursor.name()?;
            if cursor.eat_all(&["as", "enum"]) {
                Statement::CreateEnum(name)
            } else {
                Statement::Create {
                    object,
                    name,
                    or_replace,
                    words: cursor.rest().to_vec(),
                }
            }
        }
        _ => {
            let name = cursor.name()?;
            Statement::Create {
                object,
                name,
                or_replace,
                words: cursor.rest().to_vec(),
            }
        }
    })
}

fn domain<'s>(cursor: &mut Cursor<'_, 's>) -> Option<Statement<'s>> {
    let name = cursor.name()?;
    cursor.eat("as");
    Kind::read(cursor);
    let rest = cursor.rest();
    let check = rest.iter().find(|word| word.is("check"));
    let not_null = rest
        .windows(2)
        .find(|pair| pair[0].is("not") && pair[1].is("null"));
    let place = check.or(not_null.map(|pair| &pair[0]));
    Some(Statement::CreateDomain {
        name,
        constrained: place.map(|word| word.at),
    })
}
