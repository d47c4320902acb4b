//! A SQL text with `:named` parameters: cut once per call site, then looked up by number.

mod kind;
mod leak;
pub mod lexer;
mod script;

pub use kind::StatementKind;
pub use script::split;

use crate::dialect;
use crate::error::{Error, ErrorKind, Result};
use crate::value::{Params, ValueRef};
use lexer::{Token, TokenKind};
use std::borrow::Cow;
use std::fmt;
use std::panic::Location;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

/// A SQL statement with `:named` parameters, written for both engines.
///
/// Make it `static` (or use [`sql!`](crate::sql)): it is lexed at its first use and each connection
/// keeps its prepared form. A name used twice is one parameter. `BEGIN`, `COMMIT`, `SET` and their
/// like are refused: transactions and scopes belong to [`Db`](crate::Db).
///
/// ```
/// use raptor_db::Sql;
/// static FIND: Sql = Sql::new("SELECT email FROM customers WHERE id = :id OR parent = :id");
/// assert_eq!(FIND.parameters().unwrap(), ["id"]);
/// ```
pub struct Sql {
    text: Cow<'static, str>,
    call_site: &'static Location<'static>,
    cached: bool,
    parsed: OnceLock<std::result::Result<Arc<Parsed>, Flaw>>,
}

/// A [`Sql`] that stands where it is used: `tx.execute(sql!("DELETE FROM t WHERE id = :id"), …)`.
#[macro_export]
macro_rules! sql {
    ($text:expr) => {{
        static SQL: $crate::Sql = $crate::Sql::new($text);
        &SQL
    }};
}

/// What was found wrong with a text; kept, so that every use reports it.
#[derive(Clone)]
struct Flaw {
    kind: ErrorKind,
    message: String,
}

/// A text, cut: what both engines need of it.
pub(crate) struct Parsed {
    /// Unique in the process; the key of the statement caches.
    pub(crate) id: u64,
    /// Whether connections may keep its prepared form.
    pub(crate) cached: bool,
    pub(crate) kind: StatementKind,
    pub(crate) call_site: &'static Location<'static>,
    /// Parameter names in the order of their first use: `names[n - 1]` is `$n`.
    pub(crate) names: Vec<Box<str>>,
    /// The same with their colon, as SQLite calls them.
    pub(crate) slots: Vec<Box<str>>,
    /// Set once a run showed that it reads too much for the caller's own thread (SQLite).
    pub(crate) heavy: AtomicBool,
    /// What its answer's columns are called (SQLite).
    pub(crate) columns: crate::sqlite::Columns,
    /// Whether it may share a connection (Postgres).
    pub(crate) shortness: crate::postgres::Shortness,
    /// Where its times are counted.
    pub(crate) took: OnceLock<metrics::Histogram>,
    pub(crate) postgres: Box<str>,
    /// What of it would outlive its transaction, and so reach the connection's next user.
    leak: Option<Flaw>,
    sqlite: std::result::Result<Arc<str>, Flaw>,
}

static NEXT_ID: AtomicU64 = AtomicU64::new(1);

impl Sql {
    /// A statement known when the program is written.
    #[track_caller]
    pub const fn new(text: &'static str) -> Self {
        Self {
            text: Cow::Borrowed(text),
            call_site: Location::caller(),
            cached: true,
            parsed: OnceLock::new(),
        }
    }

    /// A statement made at run time, for tools that read SQL from files. Connections do not keep
    /// its prepared form.
    #[track_caller]
    pub fn dynamic(text: impl Into<String>) -> Self {
        Self {
            text: Cow::Owned(text.into()),
            call_site: Location::caller(),
            cached: false,
            parsed: OnceLock::new(),
        }
    }

    /// The same, run again and again on one connection, which keeps its prepared form.
    ///
    /// ```
    /// let read = raptor_db::Sql::dynamic(format!("SELECT version_num FROM {}", "alembic_version")).kept();
    /// assert_eq!(read.text(), "SELECT version_num FROM alembic_version");
    /// ```
    #[must_use]
    pub fn kept(mut self) -> Self {
        self.cached = true;
        self
    }

    /// The text as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Where the statement stands in the source.
    pub fn call_site(&self) -> &'static Location<'static> {
        self.call_site
    }

    /// What the statement does.
    ///
    /// # Errors
    /// [`ErrorKind::Syntax`] when the text cannot be cut, [`ErrorKind::Refused`] for statements
    /// that may not stand in a text.
    pub fn kind(&self) -> Result<StatementKind> {
        Ok(self.parsed()?.kind)
    }

    /// The parameter names, in the order of their first use.
    ///
    /// # Errors
    /// As [`Sql::kind`].
    pub fn parameters(&self) -> Result<Vec<&str>> {
        Ok(self.parsed()?.names.iter().map(|name| &**name).collect())
    }

    /// The text that Postgres gets, with `$n` for the names.
    ///
    /// # Errors
    /// As [`Sql::kind`].
    pub fn postgres_text(&self) -> Result<&str> {
        Ok(&self.parsed()?.postgres)
    }

    /// The text that SQLite gets, after the dialect's rewrites.
    ///
    /// # Errors
    /// As [`Sql::kind`]; and [`ErrorKind::Unsupported`] for what SQLite cannot do.
    pub fn sqlite_text(&self) -> Result<&str> {
        self.parsed()?.sqlite().map(|text| &**text)
    }

    pub(crate) fn parsed(&self) -> Result<&Arc<Parsed>> {
        self.parsed
            .get_or_init(|| Parsed::new(&self.text, self.call_site, self.cached).map(Arc::new))
            .as_ref()
            .map_err(|flaw| flaw.error(self.call_site))
    }
}

impl fmt::Debug for Sql {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Sql({}:{})",
            self.call_site.file(),
            self.call_site.line()
        )
    }
}

impl Flaw {
    fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
        }
    }

    fn error(&self, call_site: &'static Location<'static>) -> Error {
        Error::new(self.kind, self.message.clone()).at(call_site)
    }
}

impl Parsed {
    fn new(text: &str, call_site: &'static Location<'static>, cached: bool) -> Result<Self, Flaw> {
        let tokens = lexer::tokens(text).map_err(|open| {
            Flaw::new(
                ErrorKind::Syntax,
                format!(
                    "{} opened at {} never ends",
                    open.what,
                    place(text, open.at)
                ),
            )
        })?;
        if let Some(at) = text.find('\0') {
            let message = format!("a NUL character stands at {}", place(text, at));
            return Err(Flaw::new(ErrorKind::Syntax, message));
        }
        let kind = kind::of(text, &tokens).map_err(|why| Flaw::new(ErrorKind::Refused, why))?;
        let leak = leak::of(text, &tokens).map(|why| Flaw::new(ErrorKind::Refused, why));
        let (names, postgres) = number(text, &tokens)?;
        let sqlite = dialect::to_sqlite(text, &tokens)
            .map(Arc::from)
            .map_err(|no| {
                Flaw::new(
                    ErrorKind::Unsupported,
                    format!("{} (at {})", no.what, place(text, no.at)),
                )
            });
        let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
        let slots = names.iter().map(|name| format!(":{name}").into()).collect();
        Ok(Self {
            id,
            cached,
            kind,
            call_site,
            names,
            slots,
            heavy: AtomicBool::new(false),
            columns: crate::sqlite::Columns::default(),
            shortness: crate::postgres::Shortness::default(),
            took: OnceLock::new(),
            postgres,
            leak,
            sqlite,
        })
    }

    /// Refuses what would outlive its transaction on a pooled connection.
    pub(crate) fn check_leak(&self) -> Result<()> {
        match &self.leak {
            None => Ok(()),
            Some(flaw) => Err(flaw.error(self.call_site)),
        }
    }

    pub(crate) fn sqlite(&self) -> Result<&Arc<str>> {
        self.sqlite
            .as_ref()
            .map_err(|flaw| flaw.error(self.call_site))
    }

    /// The parameters' values in the order of `names`.
    ///
    /// # Errors
    /// [`ErrorKind::Parameter`] for a missing or surplus name, [`ErrorKind::Type`] for a value that
    /// no engine can keep.
    pub(crate) fn bind<'p>(&self, params: Params<'p>) -> Result<Vec<ValueRef<'p>>> {
        let mut values = Vec::with_capacity(self.names.len());
        for name in &self.names {
            let Some((_, value)) = params.iter().find(|(given, _)| plain(given) == &**name) else {
                return Err(self.unbound(params));
            };
            let value = value.to_value();
            if let Some(reason) = value.unfit() {
                return Err(self.misfit(name, &reason));
            }
            values.push(value);
        }
        if params.len() != self.names.len() {
            return Err(self.unbound(params));
        }
        Ok(values)
    }

    /// A value that does not fit its parameter.
    pub(crate) fn misfit(&self, name: &str, reason: &str) -> Error {
        Error::new(ErrorKind::Type, format!("the value of :{name} {reason}")).at(self.call_site)
    }

    fn unbound(&self, params: Params<'_>) -> Error {
        let given = |name: &str| params.iter().any(|(given, _)| plain(given) == name);
        let missing: Vec<_> = self
            .names
            .iter()
            .filter(|name| !given(name))
            .map(|name| format!(":{name}"))
            .collect();
        let used = |name: &str| self.names.iter().any(|used| &**used == name);
        let surplus: Vec<_> = params
            .iter()
            .map(|(name, _)| plain(name))
            .filter(|name| !used(name))
            .map(|name| format!(":{name}"))
            .collect();
        let message = match (missing.is_empty(), surplus.is_empty()) {
            (false, false) => format!(
                "the statement needs {} and was given {}: is one misspelt?",
                missing.join(", "),
                surplus.join(", ")
            ),
            (false, true) => format!(
                "the statement needs {}, which was not given",
                missing.join(", ")
            ),
            (true, false) => format!("the statement has no parameter {}", surplus.join(", ")),
            (true, true) => "a parameter was given twice".to_owned(),
        };
        Error::new(ErrorKind::Parameter, message).at(self.call_site)
    }
}

/// `r#type` names the parameter `:type`.
fn plain(name: &str) -> &str {
    name.strip_prefix("r#").unwrap_or(name)
}

/// Gives each name its `$n`.
fn number(text: &str, tokens: &[Token]) -> Result<(Vec<Box<str>>, Box<str>), Flaw> {
    let mut names: Vec<Box<str>> = Vec::new();
    let mut out = String::with_capacity(text.len());
    for token in tokens {
        match token.kind {
            TokenKind::Param => {
                let name = &token.text(text)[1..];
                let known = names.iter().position(|known| &**known == name);
                let index = known.unwrap_or_else(|| {
                    names.push(name.into());
                    names.len() - 1
                });
                out.push('$');
                out.push_str(&(index + 1).to_string());
            }
            TokenKind::Positional => {
                let message = format!(
                    "{} at {} is a positional parameter; give it a name, such as :id",
                    token.text(text),
                    place(text, token.start)
                );
                return Err(Flaw::new(ErrorKind::Syntax, message));
            }
            _ => out.push_str(token.text(text)),
        }
    }
    Ok((names, out.into()))
}

/// Refuses a text that would end the transaction it runs in, or change its session.
pub(crate) fn refuse_control(text: &str) -> Result<()> {
    let open = |open: lexer::Unterminated| {
        Error::new(
            ErrorKind::Syntax,
            format!(
                "{} opened at {} never ends",
                open.what,
                place(text, open.at)
            ),
        )
    };
    let tokens = lexer::tokens(text).map_err(open)?;
    if let Some(at) = text.find('\0') {
        let message = format!("a NUL character stands at {}", place(text, at));
        return Err(Error::new(ErrorKind::Syntax, message));
    }
    kind::of(text, &tokens).map_err(|why| Error::new(ErrorKind::Refused, why))?;
    leak::of(text, &tokens).map_or(Ok(()), |why| Err(Error::new(ErrorKind::Refused, why)))
}

/// `line L, column C` of a byte offset, both from 1, columns in characters.
pub(crate) fn place(text: &str, at: usize) -> String {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before
        .rsplit('\n')
        .next()
        .map_or(0, |last| last.chars().count())
        + 1;
    format!("line {line}, column {column}")
}

#[cfg(test)]
mod tests;
