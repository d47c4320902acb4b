//! What is done by now, and what comes next on the day itself.

use super::Report;
use super::page::Page;

const START: &str = "Start the application with its database's URL on Postgres.";
const VERIFY: &str = "raptor port verify port.toml --to postgres://…";
const RELEASE: &str = "raptor port release port.toml";

impl Report<'_> {
    pub(super) fn day(&self, page: &mut Page, is_good: bool) {
        page.section("The day itself");
        let is_rehearsal = !self.held.is_empty();
        let is_planned = self.done.is_none() && self.verified.is_none();
        if is_rehearsal {
            page.text("This was a rehearsal on a throw-away Postgres: nothing else was touched.");
        }
        if is_rehearsal || is_planned {
            return to_come(page);
        }
        if self.is_closed() {
            self.closed(page, is_good);
        } else {
            self.carried(page, is_good);
        }
    }

    /// Whether the file takes no more writes.
    fn is_closed(&self) -> bool {
        let of_run = self.done.is_some_and(|it| it.is_closed);
        of_run || self.verified.is_some_and(|it| it.is_closed)
    }

    /// The file was cut over, and is closed.
    fn closed(&self, page: &mut Page, is_good: bool) {
        page.text(
            "The file is cut over, and closed: it takes no more writes until <code>raptor port release</code>.",
        );
        if let Some(followed) = self.followed() {
            let proved = match followed.is_proved {
                true => "Both sides were proved equal before that, while the application wrote.",
                false => "Both sides were not proved equal before that.",
            };
            let shown =
                |it: Option<u64>| it.map_or("an unknown time".to_owned(), |it| format!("{it} ms"));
            page.text(&format!(
                "{proved} Writers waited {}, and the application could be started on Postgres after {}.",
                shown(followed.pause_ms),
                shown(followed.ready_ms)
            ));
        }
        let is_proved = self.verified.is_some() || self.followed().is_some_and(|it| it.is_proved);
        if !is_proved {
            page.text("Next is the proof:");
            page.code(VERIFY);
        }
        let next = match is_good {
            true => format!(
                "{START} To go back, as long as nothing was written there, open the file again, and start the application with it:"
            ),
            false => "Something is missing or not equal, as is said above. To go back, open the file again, and start the application with it:".to_owned(),
        };
        page.text(&next);
        page.code(RELEASE);
    }

    /// The rows are carried over, and the file was only read.
    fn carried(&self, page: &mut Page, is_good: bool) {
        let back = "To go back, start it with the SQLite file, which was only read; what was written to Postgres meanwhile stays there.";
        match (is_good, self.verified) {
            (true, Some(_)) => {
                page.text("The rows are carried over, and proved equal.");
                page.text(&format!("{START} {back}"));
            }
            (true, None) => {
                page.text("The rows are carried over. Next is the proof, as long as nobody writes to either side:");
                page.code(VERIFY);
                page.text(&format!("Then: {START} {back}"));
            }
            (false, _) => {
                page.text("Something is missing or not equal, as is said above: do not start the application on Postgres yet. It goes on with the SQLite file, which was only read. A run tries once more what was missing, and with <code>--again</code> carries all rows over anew:");
                page.code(&format!(
                    "raptor port run port.toml --to postgres://…\n{VERIFY}"
                ));
            }
        }
    }
}

/// What is to be done on the day.
fn to_come(page: &mut Page) {
    page.text("Stop the application, or let it only read. Then, with the same plan:");
    page.code(&format!(
        "raptor port run port.toml --to postgres://…\n{VERIFY}"
    ));
    page.text(&format!(
        "{START} To go back, start it with the SQLite file, which was only read; what was written to Postgres meanwhile stays there."
    ));
    page.text("An application that cannot stop for so long is carried over with <code>run --sync</code>, which closes the file at the end.");
}
