//! What a revision does, as a hash: a formatter's blanks, comments and letter case change nothing.

use crate::revision::{Part, Revision};
use raptor_db::lexer::{self, TokenKind};
use sha2::{Digest, Sha256};

impl Revision {
    /// SHA-256 over what applies it, in hexadecimal. Comments, blanks, and the case of keywords and
    /// unquoted names do not count; neither do the header, `down` and `verify`.
    ///
    /// ```
    /// use raptor_migrate::Revision;
    /// let one = Revision::parse("a.sql", "-- raptor: id=a\n-- raptor:up\nCREATE TABLE t (id text);\n")?;
    /// let two = Revision::parse("a.sql", "-- raptor: id=a\n-- raptor:up\ncreate table T(\n  id text -- the key\n);\n")?;
    /// assert_eq!(one.fingerprint(), two.fingerprint());
    /// # Ok::<(), raptor_migrate::Error>(())
    /// ```
    pub fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        let mut put = |text: &str| {
            hash.update(text.len().to_be_bytes());
            hash.update(text.as_bytes());
        };
        put(if self.is_transactional() {
            "tx=on"
        } else {
            "tx=off"
        });
        for part in self.up() {
            match part {
                Part::Sql(section) => {
                    put(section.engine.map_or("up", |engine| engine.as_str()));
                    section
                        .statements
                        .iter()
                        .for_each(|it| code(&it.text, &mut put));
                }
                Part::Call(call) => {
                    put("call");
                    put(&call.name);
                    for (key, value) in &call.arguments {
                        put(key);
                        put(value);
                    }
                }
                Part::Rebuild(rebuild) => {
                    put("rebuild");
                    put(&rebuild.table);
                    let statements = &rebuild.section.statements;
                    statements.iter().for_each(|it| code(&it.text, &mut put));
                }
            }
        }
        hex(&hash.finalize())
    }
}

fn code(statement: &str, put: &mut impl FnMut(&str)) {
    put("statement");
    // A statement was cut from a text that could be cut.
    for token in lexer::tokens(statement).unwrap_or_default() {
        let text = token.text(statement);
        match token.kind {
            TokenKind::Whitespace | TokenKind::Comment => {}
            TokenKind::Word => put(&text.to_lowercase()),
            _ => put(text),
        }
    }
}

/// The same over one statement.
pub(crate) fn of_text(statement: &str) -> String {
    let mut hash = Sha256::new();
    code(statement, &mut |text: &str| {
        hash.update(text.len().to_be_bytes());
        hash.update(text.as_bytes());
    });
    hex(&hash.finalize())
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use crate::revision::Revision;

    fn of(body: &str) -> String {
        let text = format!("-- raptor: id=a\n{body}");
        Revision::parse("a.sql", &text).unwrap().fingerprint()
    }

    #[test]
    fn what_runs_counts_and_how_it_is_written_does_not() {
        let one = of("-- raptor:up\nINSERT INTO t VALUES ('A b', \"C\");\n");
        for same in [
            "-- raptor:up\n\n/* why */ insert into T values('A b',\"C\")\n;\n-- raptor:down\nDELETE FROM t;\n",
            "-- A title.\n-- raptor:up\nINSERT INTO t VALUES ('A b', \"C\") -- end\n",
        ] {
            assert_eq!(of(same), one, "{same}");
        }
        for other in [
            "-- raptor:up\nINSERT INTO t VALUES ('a b', \"C\");\n",
            "-- raptor:up\nINSERT INTO t VALUES ('A  b', \"C\");\n",
            "-- raptor:up\nINSERT INTO t VALUES ('A b', \"c\");\n",
            "-- raptor:up\nINSERT INTO t VALUES ('A b', \"C\"); SELECT 1;\n",
            "-- raptor: tx=off\n-- raptor:up\nINSERT INTO t VALUES ('A b', \"C\");\n",
        ] {
            assert_ne!(of(other), one, "{other}");
        }
    }
}
