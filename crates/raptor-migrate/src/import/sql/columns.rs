//! What the columns of another runner's table say: which migration a row is, when it was written,
//! and whether it counts.

/// The columns by what they say, as places among all.
#[derive(Debug, Clone)]
pub(super) struct Roles {
    /// Those that may name a migration, the likeliest first.
    pub(super) names: Vec<usize>,
    /// Whether the user said which one names it.
    pub(super) is_given: bool,
    /// Words that describe it.
    pub(super) description: Option<usize>,
    pub(super) checksum: Option<usize>,
    pub(super) order: Option<usize>,
    signs: Vec<(usize, Sign)>,
    /// golang-migrate's pair: one row says how far it came, and whether it is in between.
    pub(super) is_counter: bool,
    /// Those that nobody understands here.
    pub(super) unknown: Vec<usize>,
}

/// How a column says whether its row counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    /// True for a row that counts.
    Good,
    /// True, or any words, for one that does not.
    Bad,
    /// A time, for one that does not.
    Over,
    /// A time, for one that does.
    Done,
    /// A word for how it went.
    Status,
    /// A word for the way it went.
    Way,
}

/// What a row says of its migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Counts {
    Yes,
    /// It was applied and taken back, or says so.
    TakenBack,
    /// `column: value`, empty when the column says no more than that.
    Failed(String),
}

const NAMES: [&str; 13] = [
    "version",
    "version_id",
    "name",
    "filename",
    "file_name",
    "file",
    "migration",
    "migration_name",
    "script",
    "num",
    "number",
    "version_num",
    "id",
];
const CHECKSUMS: [&str; 6] = [
    "checksum",
    "hash",
    "sha256",
    "digest",
    "content_hash",
    "md5",
];
const ORDERS: [&str; 12] = [
    "installed_rank",
    "applied_at",
    "executed_at",
    "installed_on",
    "run_on",
    "run_at",
    "applied_on",
    "created_at",
    "tstamp",
    "finished_at",
    "started_at",
    "id",
];
const SIGNS: [(&str, Sign); 45] = [
    ("success", Sign::Good),
    ("succeeded", Sign::Good),
    ("successful", Sign::Good),
    ("is_success", Sign::Good),
    ("is_applied", Sign::Good),
    ("applied", Sign::Good),
    ("completed", Sign::Good),
    ("is_completed", Sign::Good),
    ("done", Sign::Good),
    ("ok", Sign::Good),
    ("active", Sign::Good),
    ("failed", Sign::Bad),
    ("is_failed", Sign::Bad),
    ("failure", Sign::Bad),
    ("dirty", Sign::Bad),
    ("error", Sign::Bad),
    ("errors", Sign::Bad),
    ("error_message", Sign::Bad),
    ("has_error", Sign::Bad),
    ("rolled_back", Sign::Bad),
    ("is_rolled_back", Sign::Bad),
    ("reverted", Sign::Bad),
    ("is_reverted", Sign::Bad),
    ("deleted", Sign::Bad),
    ("is_deleted", Sign::Bad),
    ("skipped", Sign::Bad),
    ("pending", Sign::Bad),
    ("rolled_back_at", Sign::Over),
    ("rolledback_at", Sign::Over),
    ("reverted_at", Sign::Over),
    ("deleted_at", Sign::Over),
    ("failed_at", Sign::Over),
    ("undone_at", Sign::Over),
    ("removed_at", Sign::Over),
    ("applied_at", Sign::Done),
    ("executed_at", Sign::Done),
    ("finished_at", Sign::Done),
    ("completed_at", Sign::Done),
    ("status", Sign::Status),
    ("state", Sign::Status),
    ("result", Sign::Status),
    ("outcome", Sign::Status),
    ("type", Sign::Way),
    ("direction", Sign::Way),
    ("action", Sign::Way),
];
/// What says nothing of whether a migration is applied.
const PLAIN: [&str; 21] = [
    "description",
    "execution_time",
    "execution_time_ms",
    "duration",
    "duration_ms",
    "installed_by",
    "applied_by",
    "executed_by",
    "hostname",
    "batch",
    "comment",
    "comments",
    "updated_at",
    "migration_time",
    "timestamp",
    "time",
    "date",
    "size",
    "started_at",
    "created_at",
    "installed_rank",
];

impl Roles {
    pub(super) fn of(
        columns: &[String],
        name: Option<usize>,
        checksum: Option<usize>,
        order: Option<usize>,
    ) -> Self {
        let find = |name: &str| columns.iter().position(|it| it.eq_ignore_ascii_case(name));
        let mut names: Vec<usize> = match name {
            Some(name) => vec![name],
            None => NAMES.iter().filter_map(|name| find(name)).collect(),
        };
        // A number that the runner counts its rows by says nothing beside a column that does.
        if names.len() > 1 && name.is_none() {
            names.retain(|at| Some(*at) != find("id"));
        }
        let first = |among: &[&str]| among.iter().find_map(|it| find(it));
        let taken = |at: &usize| names.contains(at) && !columns[*at].eq_ignore_ascii_case("id");
        let mut roles = Self {
            is_given: name.is_some(),
            description: find("description").filter(|_| name.is_none()),
            checksum: checksum.or_else(|| first(&CHECKSUMS)),
            order: order.or_else(|| first(&ORDERS).filter(|at| !taken(at))),
            signs: Vec::new(),
            is_counter: columns.len() == 2 && find("version").is_some() && find("dirty").is_some(),
            unknown: Vec::new(),
            names,
        };
        for (at, column) in columns.iter().enumerate() {
            let is = |name: &&str| column.eq_ignore_ascii_case(name);
            let sign = SIGNS.iter().find(|sign| is(&sign.0));
            if roles.names.contains(&at) || roles.checksum == Some(at) {
                continue;
            }
            if let Some((_, sign)) = sign {
                roles.signs.push((at, *sign));
            }
            let is_known = sign.is_some()
                || roles.order == Some(at)
                || [&NAMES[..], &CHECKSUMS, &ORDERS, &PLAIN]
                    .iter()
                    .any(|it| it.iter().any(is));
            if !is_known {
                roles.unknown.push(at);
            }
        }
        roles
    }

    /// Whether a row counts, by every column that speaks of that.
    pub(super) fn counts(&self, columns: &[String], row: &[Option<String>]) -> Counts {
        for (at, sign) in &self.signs {
            let counts = sign.counts(&columns[*at], row[*at].as_deref());
            if counts != Counts::Yes {
                return counts;
            }
        }
        Counts::Yes
    }
}

/// Whether it is a word for yes, or for no.
fn truth(value: &str) -> Option<bool> {
    match value.trim().to_ascii_lowercase().as_str() {
        "true" | "t" | "1" | "yes" | "y" | "on" => Some(true),
        "false" | "f" | "0" | "no" | "n" | "off" | "none" | "null" | "" => Some(false),
        _ => None,
    }
}

impl Sign {
    fn counts(self, column: &str, value: Option<&str>) -> Counts {
        let failed = || Counts::Failed(format!("{column}: {}", value.unwrap_or("nothing")));
        let yes = |is_good| if is_good { Counts::Yes } else { failed() };
        match self {
            Self::Good => match (value.map(truth), column.to_ascii_lowercase().as_str()) {
                (Some(Some(true)), _) => Counts::Yes,
                (Some(Some(false)), "is_applied") => Counts::TakenBack,
                (Some(Some(false)), "success") => Counts::Failed(String::new()),
                // A time, and not whether.
                (Some(None), "applied" | "completed" | "done") => Counts::Yes,
                _ => failed(),
            },
            Self::Bad => yes(value.is_none_or(|it| truth(it) == Some(false))),
            Self::Over => yes(value.is_none_or(str::is_empty)),
            Self::Done => yes(value.is_some_and(|it| !it.is_empty())),
            Self::Status => {
                let words = [
                    "success",
                    "succeeded",
                    "successful",
                    "ok",
                    "done",
                    "applied",
                    "complete",
                    "completed",
                    "finished",
                    "up",
                    "executed",
                    "migrated",
                    "installed",
                ];
                let value = value.unwrap_or_default().trim().to_ascii_lowercase();
                yes(words.contains(&value.as_str()) || truth(&value) == Some(true))
            }
            Self::Way => {
                let value = value.unwrap_or_default().trim().to_ascii_lowercase();
                let back = [
                    "down",
                    "undo",
                    "delete",
                    "revert",
                    "rollback",
                    "rolled_back",
                ];
                if back.iter().any(|it| value.starts_with(it)) {
                    return Counts::TakenBack;
                }
                let there = [
                    "", "sql", "jdbc", "script", "up", "apply", "applied", "migrate", "do",
                ];
                yes(there.contains(&value.as_str()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(columns: &[&str], row: &[Option<&str>]) -> Counts {
        let columns: Vec<String> = columns.iter().map(|it| (*it).to_owned()).collect();
        let cells: Vec<Option<String>> = row.iter().map(|it| it.map(str::to_owned)).collect();
        Roles::of(&columns, None, None, None).counts(&columns, &cells)
    }

    #[test]
    fn columns_say_whether_a_row_counts() {
        let failed = |text: &str| Counts::Failed(text.to_owned());
        let cases = [
            ("success", Some("1"), Counts::Yes),
            ("success", Some("f"), failed("")),
            ("success", None, failed("success: nothing")),
            ("is_applied", Some("0"), Counts::TakenBack),
            ("applied", Some("0"), failed("applied: 0")),
            ("applied", Some("2024-01-01"), Counts::Yes),
            ("failed", Some("1"), failed("failed: 1")),
            ("failed", Some("0"), Counts::Yes),
            (
                "error",
                Some("no such table"),
                failed("error: no such table"),
            ),
            ("error", None, Counts::Yes),
            (
                "rolled_back_at",
                Some("2024-01-01"),
                failed("rolled_back_at: 2024-01-01"),
            ),
            ("rolled_back_at", None, Counts::Yes),
            ("finished_at", None, failed("finished_at: nothing")),
            ("status", Some("Success"), Counts::Yes),
            ("status", Some("failed"), failed("status: failed")),
            ("type", Some("UNDO_SQL"), Counts::TakenBack),
            ("type", Some("BASELINE"), failed("type: BASELINE")),
            ("direction", Some("down"), Counts::TakenBack),
        ];
        for (column, value, expected) in cases {
            let found = row(&["version", column], &[Some("1"), value]);
            assert_eq!(found, expected, "{column} {value:?}");
        }
    }

    #[test]
    fn a_counted_id_names_nothing_beside_a_name() {
        let names = |columns: &[&str]| {
            let columns: Vec<String> = columns.iter().map(|it| (*it).to_owned()).collect();
            let roles = Roles::of(&columns, None, None, None);
            (roles.names, roles.unknown)
        };
        assert_eq!(names(&["id", "name", "applied_at"]), (vec![1], vec![]));
        assert_eq!(names(&["id", "species"]), (vec![0], vec![1]));
        assert_eq!(
            names(&["version", "name", "flavour"]),
            (vec![0, 1], vec![2])
        );
    }
}
