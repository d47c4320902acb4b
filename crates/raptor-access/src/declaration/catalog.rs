//! What Postgres itself gives everybody, and a declaration may take back where a superuser applies it.

use std::fmt;

/// Things of Postgres's own catalog that belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Group {
    /// Functions that make, read and write large objects.
    LargeObjects,
    /// Locks that mean what whoever takes them says.
    AdvisoryLocks,
    /// Waiting, which holds a connection.
    Sleep,
    /// Functions that run the SQL of a text.
    SqlFromText,
    /// Who is connected, and what they run.
    Statistics,
    /// The languages that functions are written in: `sql` and `plpgsql`.
    Languages,
}

impl Group {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::LargeObjects,
        Self::AdvisoryLocks,
        Self::Sleep,
        Self::SqlFromText,
        Self::Statistics,
        Self::Languages,
    ];

    /// As the file has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LargeObjects => "large_objects",
            Self::AdvisoryLocks => "advisory_locks",
            Self::Sleep => "sleep",
            Self::SqlFromText => "sql_from_text",
            Self::Statistics => "statistics",
            Self::Languages => "languages",
        }
    }

    /// The names of its functions, as a regular expression of Postgres.
    pub(crate) fn names(self) -> &'static str {
        match self {
            Self::LargeObjects => "^(lo_.*|loread|lowrite)$",
            Self::AdvisoryLocks => "^pg_(try_)?advisory_.*$",
            Self::Sleep => "^pg_sleep.*$",
            Self::SqlFromText => "^((query|table|schema|database|cursor)_to_xml.*|ts_stat)$",
            Self::Statistics => {
                "^pg_stat_get_(activity|backend_.*|progress_info|wal_senders|replication_slot)$"
            }
            Self::Languages => "^$",
        }
    }

    /// What tries it, and leaves nothing behind.
    pub(crate) fn tried(self) -> &'static str {
        match self {
            Self::LargeObjects => "SELECT lo_create(0)",
            Self::AdvisoryLocks => "SELECT pg_try_advisory_xact_lock(4711)",
            Self::Sleep => "SELECT pg_sleep(0)",
            Self::SqlFromText => "SELECT query_to_xml('SELECT 1', true, false, '')",
            Self::Statistics => "SELECT pid FROM pg_stat_get_activity(NULL)",
            Self::Languages => "DO LANGUAGE plpgsql 'BEGIN END'",
        }
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
