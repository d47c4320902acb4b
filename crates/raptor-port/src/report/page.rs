//! A page of HTML that stands by itself.

const STYLE: &str = "
:root { color-scheme: light dark; --line: #8884; --good: #1a7f37; --bad: #cf222e; }
body { font: 15px/1.45 system-ui, sans-serif; max-width: 76rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.05rem; margin-top: 1.6rem; }
.verdict { border-left: .4rem solid var(--good); padding: .6rem 1rem; font-size: 1.1rem; }
.verdict.bad { border-color: var(--bad); }
table { border-collapse: collapse; width: 100%; } th, td { border-bottom: 1px solid var(--line); padding: .3rem .5rem; text-align: left; vertical-align: top; } td { overflow-wrap: anywhere; } td.number { white-space: nowrap; overflow-wrap: normal; }
th { font-weight: 600; } td:nth-child(n+3) { font-variant-numeric: tabular-nums; }
pre, code { font: 13px/1.4 ui-monospace, monospace; white-space: pre-wrap; } pre { margin: 0; }
section { margin-top: 2rem; } section > h1 { border-bottom: 2px solid var(--line); }
@media print { body { font-size: 10pt; max-width: none; margin: 0; } tr { break-inside: avoid; } }
@media (prefers-color-scheme: dark) { :root { --good: #3fb950; --bad: #f85149; } }
";

/// A page that is being written.
pub(super) struct Page {
    out: String,
    is_open: bool,
}

impl Page {
    pub(super) fn new(of: &str, verdict: &str, is_good: bool) -> Self {
        let of = escaped(of);
        let class = if is_good { "verdict" } else { "verdict bad" };
        let out = format!(
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
             <title>{of} on Postgres</title><style>{STYLE}</style></head><body>\n<h1>{of} on Postgres</h1>\n<p class=\"{class}\">{}</p>\n",
            escaped(verdict)
        );
        Self {
            out,
            is_open: false,
        }
    }

    pub(super) fn section(&mut self, title: &str) {
        if std::mem::replace(&mut self.is_open, true) {
            self.out.push_str("</section>\n");
        }
        self.out
            .push_str(&format!("<section><h1>{}</h1>\n", escaped(title)));
    }

    pub(super) fn heading(&mut self, title: &str) {
        self.out.push_str(&format!("<h2>{}</h2>\n", escaped(title)));
    }

    /// A paragraph, which is HTML already.
    pub(super) fn text(&mut self, html: &str) {
        self.out.push_str(&format!("<p>{html}</p>\n"));
    }

    pub(super) fn code(&mut self, text: &str) {
        self.out
            .push_str(&format!("<pre>{}</pre>\n", escaped(text)));
    }

    /// A table whose cells are HTML already.
    pub(super) fn table(&mut self, head: &[&str], rows: impl Iterator<Item = Vec<String>>) {
        let cells = |tag: &str, cells: &mut dyn Iterator<Item = String>| {
            let is_number = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit());
            let cell = |it: String| match is_number(&it) {
                true => format!("<{tag} class=\"number\">{it}</{tag}>"),
                false => format!("<{tag}>{it}</{tag}>"),
            };
            let cells: String = cells.map(cell).collect();
            format!("<tr>{cells}</tr>\n")
        };
        let head = cells("th", &mut head.iter().map(|it| escaped(it)));
        let rows: String = rows.map(|row| cells("td", &mut row.into_iter())).collect();
        self.out.push_str(&format!(
            "<table><thead>{head}</thead><tbody>\n{rows}</tbody></table>\n"
        ));
    }

    pub(super) fn end(mut self) -> String {
        if self.is_open {
            self.out.push_str("</section>\n");
        }
        self.out.push_str("</body></html>\n");
        self.out
    }
}

/// A text as HTML shows it.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for sign in text.chars() {
        match sign {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            sign if sign.is_control() && sign != '\n' && sign != '\t' => out.push('\u{fffd}'),
            sign => out.push(sign),
        }
    }
    out
}
