//! A catalog as sorted text.

use super::Catalog;
use super::node::{ALL, Fact, Node, OWNERS, Value};
use std::fmt;

impl fmt::Display for Catalog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in &self.tree().parts {
            node(f, part, 0)?;
        }
        Ok(())
    }
}

fn node(f: &mut fmt::Formatter<'_>, node_: &Node<'_>, depth: usize) -> fmt::Result {
    let indent = "  ".repeat(depth);
    let line = format!("{indent}{} {}", node_.kind, node_.name);
    writeln!(f, "{}", line.trim_end())?;
    for Fact { name, value, .. } in &node_.facts {
        match value {
            Value::Flag(true) => writeln!(f, "{indent}  {name}")?,
            Value::Text(Some(text)) if name == OWNERS && text == ALL => {}
            Value::Text(Some(text)) if name != "name" || *text != node_.name => {
                // A text of several lines stands below its name, each line with a bar before it.
                if text.contains('\n') {
                    writeln!(f, "{indent}  {name}:")?;
                    for line in text.split('\n') {
                        writeln!(f, "{indent}  | {line}")?;
                    }
                } else {
                    writeln!(f, "{indent}  {name}: {text}")?;
                }
            }
            _ => {}
        }
    }
    for part in &node_.parts {
        node(f, part, depth + 1)?;
    }
    Ok(())
}
