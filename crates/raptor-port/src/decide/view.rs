//! Views whose rows depend on more than rows: on an order that nobody asks for, on the moment, on chance.

use crate::source::View;

/// What of a view's text may answer otherwise on the other side, though all rows are the same.
pub(crate) fn depends_on(view: &View) -> Option<&'static str> {
    const SIGNS: [(&[&str], &str); 4] = [
        (
            &[
                "group_concat",
                "string_agg",
                "json_group_array",
                "json_group_object",
            ],
            "the order in which rows are joined",
        ),
        (
            &[
                "row_number",
                "ntile",
                "first_value",
                "last_value",
                "nth_value",
                "lag",
                "lead",
            ],
            "the order of rows that are equal to its window",
        ),
        (&["limit"], "which of equal rows come first"),
        (
            &[
                "now",
                "current_timestamp",
                "current_date",
                "current_time",
                "random",
            ],
            "the moment that it is asked at",
        ),
    ];
    // Every other part stands in quotes of a text.
    let text = view.text.to_lowercase();
    let text: Vec<&str> = text.split('\'').step_by(2).collect();
    let text = text.join(" ");
    let words: Vec<&str> = text
        .split(|sign: char| !(sign.is_alphanumeric() || sign == '_'))
        .collect();
    let has = |names: &[&str]| words.iter().any(|word| names.contains(word));
    let found = SIGNS.iter().find(|(names, _)| has(names));
    found.map(|(_, what)| *what)
}
