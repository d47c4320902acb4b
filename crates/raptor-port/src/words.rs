//! Numbers in sentences.

/// A count with what is counted, in the number that it has.
///
/// ```
/// use raptor_port::counted;
/// assert_eq!(counted(1, "row"), "1 row");
/// assert_eq!(counted(0, "table"), "0 tables");
/// ```
pub fn counted(count: u64, one: &str) -> String {
    match count {
        1 => format!("1 {one}"),
        several => format!("{several} {one}s"),
    }
}

/// The same with what became of it: `2 rows were`.
pub(crate) fn were(count: u64, one: &str) -> String {
    let verb = if count == 1 { "was" } else { "were" };
    format!("{} {verb}", counted(count, one))
}

/// The length of a list, as it is counted.
pub(crate) fn length<T>(list: &[T]) -> u64 {
    u64::try_from(list.len()).unwrap_or(u64::MAX)
}

/// The first names of a list, and how many more there are.
///
/// ```
/// use raptor_port::few;
/// let names = ["a", "b", "c", "d", "e", "f"].map(String::from);
/// assert_eq!(few(&names[..2]), "a, b");
/// assert_eq!(few(&names), "a, b, c, d and 2 more");
/// ```
pub fn few(names: &[String]) -> String {
    const SHOWN: usize = 4;
    match names.split_at_checked(SHOWN) {
        Some((first, rest)) if !rest.is_empty() => {
            format!("{} and {} more", first.join(", "), rest.len())
        }
        _ => names.join(", "),
    }
}
