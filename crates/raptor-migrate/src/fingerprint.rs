//! What a revision does, as a hash: a formatter's blanks, comments and letter case change nothing.

use crate::revision::{Part, Revision};
use raptor_db::lexer::{self, Token, TokenKind};
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
        let mut put = |text: &[u8]| {
            hash.update(text.len().to_be_bytes());
            hash.update(text);
        };
        put(if self.is_transactional() {
            b"tx=on"
        } else {
            b"tx=off"
        });
        for part in self.up() {
            match part {
                Part::Sql(section) => {
                    put(section
                        .engine
                        .map_or("up", |engine| engine.as_str())
                        .as_bytes());
                    section.statements.iter().for_each(|it| put(&it.digest));
                }
                Part::Call(call) => {
                    put(b"call");
                    put(call.name.as_bytes());
                    for (key, value) in &call.arguments {
                        put(key.as_bytes());
                        put(value.as_bytes());
                    }
                }
                Part::Rebuild(rebuild) => {
                    put(b"rebuild");
                    put(rebuild.table.as_bytes());
                    let statements = &rebuild.section.statements;
                    statements.iter().for_each(|it| put(&it.digest));
                }
            }
        }
        hex(&hash.finalize())
    }
}

/// What a statement does, as a hash.
pub(crate) fn of_tokens(text: &str, tokens: &[Token]) -> [u8; 32] {
    let mut hash = Sha256::new();
    let mut lower = String::new();
    for token in tokens.iter().filter(|token| token.is_code()) {
        let mut word = token.text(text);
        if token.kind == TokenKind::Word && word.chars().any(char::is_uppercase) {
            lower.clear();
            lower.extend(word.chars().flat_map(char::to_lowercase));
            word = &lower;
        }
        hash.update(word.len().to_be_bytes());
        hash.update(word.as_bytes());
    }
    hash.finalize().into()
}

/// The same over a text of its own.
pub(crate) fn of_text(text: &str) -> String {
    // A statement was cut from a text that could be cut.
    hex(&of_tokens(text, &lexer::tokens(text).unwrap_or_default()))
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
