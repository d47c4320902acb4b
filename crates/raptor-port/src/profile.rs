//! What the cells of a table really hold: every one is looked at, as the one that is dirty decides.

mod pattern;

pub use pattern::Pattern;

use crate::error::{Error, Result};
use crate::source::{Table, quoted};
use raptor_db::{Go, RawValue, SnapshotReader};
use serde::Serialize;

/// What a table's cells hold.
#[derive(Debug, Clone, Default, Serialize)]
#[non_exhaustive]
pub struct Profile {
    /// How many rows there are.
    pub rows: u64,
    /// One for each column, in the table's order.
    pub columns: Vec<ColumnProfile>,
}

/// What the cells of a column hold: how many there are of each class in which SQLite stores values, and
/// what is to be known of these.
#[derive(Debug, Clone, Default, Serialize)]
#[non_exhaustive]
pub struct ColumnProfile {
    /// NULLs.
    pub nulls: u64,
    /// Integers.
    pub integers: u64,
    /// The smallest and the largest integer.
    pub integer: Option<Range<i64>>,
    /// Doubles.
    pub reals: u64,
    /// Of these, the whole ones.
    pub whole: u64,
    /// The smallest and the largest double.
    pub real: Option<Range<f64>>,
    /// Texts.
    pub texts: u64,
    /// The shortest and the longest text, in characters; in bytes where it is not UTF-8.
    pub length: Option<Range<u64>>,
    /// Texts with a NUL in them, which Postgres cannot hold.
    pub with_nul: u64,
    /// Texts that are not UTF-8.
    pub not_utf8: u64,
    /// Blobs.
    pub blobs: u64,
    /// The shortest and the longest blob, in bytes.
    pub bytes: Option<Range<u64>>,
    /// The first and the last date among texts that are dates, with or without a time.
    #[serde(skip)]
    pub dates: Option<Range<[u8; 10]>>,
    patterns: [u64; Pattern::COUNT],
}

/// The smallest and the largest that there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Range<T> {
    /// The smallest.
    pub min: T,
    /// The largest.
    pub max: T,
}

impl Profile {
    /// Looks at every cell of a table; virtual tables and columns that are computed are read as well.
    ///
    /// ```
    /// use raptor_port::{Pattern, Profile, Source};
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("app.db");
    /// # let db = raptor_db::Config::new(&format!("sqlite:{}", path.display()))?;
    /// # tokio::runtime::Runtime::new()?.block_on(async {
    /// # let db = raptor_db::Db::open(db).await?;
    /// # let text = "CREATE TABLE notes (id INTEGER PRIMARY KEY, at); \
    /// #    INSERT INTO notes (at) VALUES ('2024-02-29 12:30:00'), ('soon'), (7)";
    /// # db.session().await?.execute_raw(text).await?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// let reader = raptor_db::Snapshot::open(&path, 1)?.take().expect("one");
    /// let source = Source::read(&reader)?;
    /// let profile = Profile::read(&reader, &source.tables[0])?;
    /// let at = &profile.columns[1];
    /// assert_eq!((profile.rows, at.texts, at.integers), (3, 2, 1));
    /// assert_eq!(at.looking_like(Pattern::DateTime), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Source`](crate::ErrorKind::Source).
    pub fn read(reader: &SnapshotReader, table: &Table) -> Result<Self> {
        let mut profile = Self {
            rows: 0,
            columns: vec![ColumnProfile::default(); table.columns.len()],
        };
        let names: Vec<String> = table.columns.iter().map(|it| quoted(&it.name)).collect();
        let query = format!("SELECT {} FROM {}", names.join(", "), quoted(&table.name));
        let read = reader.each(&query, &[], |row| {
            profile.rows += 1;
            for (at, column) in profile.columns.iter_mut().enumerate() {
                column.add(row.get(at));
            }
            Ok(Go::On)
        });
        read.map_err(Error::source_file)?;
        Ok(profile)
    }
}

impl ColumnProfile {
    /// How many of the texts look like that.
    pub fn looking_like(&self, pattern: Pattern) -> u64 {
        self.patterns[pattern as usize]
    }

    /// How many cells are no NULL.
    pub fn values(&self) -> u64 {
        self.integers + self.reals + self.texts + self.blobs
    }

    fn add(&mut self, value: RawValue<'_>) {
        match value {
            RawValue::Null => self.nulls += 1,
            RawValue::Integer(value) => {
                self.integers += 1;
                widen(&mut self.integer, value);
            }
            RawValue::Real(value) => {
                self.reals += 1;
                self.whole += u64::from(value.fract() == 0.0);
                widen(&mut self.real, value);
            }
            RawValue::Text(text) => self.add_text(text),
            RawValue::Blob(blob) => {
                self.blobs += 1;
                widen(&mut self.bytes, blob.len() as u64);
            }
        }
    }

    fn add_text(&mut self, text: &[u8]) {
        self.texts += 1;
        let length = if text.is_ascii() {
            self.with_nul += u64::from(text.contains(&0));
            text.len()
        } else if let Ok(text) = std::str::from_utf8(text) {
            self.with_nul += u64::from(text.contains('\0'));
            text.chars().count()
        } else {
            self.not_utf8 += 1;
            text.len()
        };
        widen(&mut self.length, length as u64);
        let pattern = Pattern::of(text);
        self.patterns[pattern as usize] += 1;
        let is_dated = matches!(
            pattern,
            Pattern::Date | Pattern::DateTime | Pattern::DateTimeZone
        );
        if is_dated && let Some(day) = text.first_chunk() {
            widen(&mut self.dates, *day);
        }
    }
}

fn widen<T: PartialOrd + Copy>(range: &mut Option<Range<T>>, value: T) {
    match range {
        None => {
            *range = Some(Range {
                min: value,
                max: value,
            });
        }
        Some(range) => {
            if value < range.min {
                range.min = value;
            }
            if value > range.max {
                range.max = value;
            }
        }
    }
}
