//! How SQLite takes a declared type (<https://sqlite.org/datatype3.html>, section 3.1).

use serde::Serialize;

/// What SQLite makes of values in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Affinity {
    /// Numbers that are whole become integers.
    Integer,
    /// Numbers become texts.
    Text,
    /// Nothing is changed.
    Blob,
    /// Numbers become doubles.
    Real,
    /// Texts that are numbers become numbers.
    Numeric,
}

impl Affinity {
    /// The affinity of a declared type, by the words in it, in SQLite's order.
    ///
    /// ```
    /// use raptor_port::Affinity;
    /// assert_eq!(Affinity::of("unsigned BIG int"), Affinity::Integer);
    /// assert_eq!(Affinity::of("FLOATING POINT"), Affinity::Integer);
    /// assert_eq!(Affinity::of("long varchar"), Affinity::Text);
    /// assert_eq!(Affinity::of(""), Affinity::Blob);
    /// assert_eq!(Affinity::of("datetime"), Affinity::Numeric);
    /// ```
    pub fn of(declared: &str) -> Self {
        let declared = declared.to_ascii_lowercase();
        let has = |word: &str| declared.contains(word);
        if has("int") {
            Self::Integer
        } else if has("char") || has("clob") || has("text") {
            Self::Text
        } else if has("blob") || declared.is_empty() {
            Self::Blob
        } else if has("real") || has("floa") || has("doub") {
            Self::Real
        } else {
            Self::Numeric
        }
    }
}
