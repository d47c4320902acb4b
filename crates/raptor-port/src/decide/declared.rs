//! A declared type in its parts: any words, then numbers in brackets.

/// `VARCHAR(80)` is the words `varchar` and the number 80.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Declared {
    /// In lower case, with one blank between.
    pub(super) words: String,
    pub(super) numbers: Vec<u32>,
}

impl Declared {
    pub(super) fn of(text: &str) -> Self {
        let (before, rest) = text.split_once('(').unwrap_or((text, ""));
        let (inside, behind) = rest.split_once(')').unwrap_or((rest, ""));
        let words: Vec<String> = before
            .split_whitespace()
            .chain(behind.split_whitespace())
            .map(str::to_ascii_lowercase)
            .collect();
        let numbers = inside.split(',').filter_map(|it| it.trim().parse().ok());
        Self {
            words: words.join(" "),
            numbers: numbers.collect(),
        }
    }

    pub(super) fn is(&self, words: &[&str]) -> bool {
        words.contains(&self.words.as_str())
    }

    /// Whether one of the words is among these.
    pub(super) fn has(&self, words: &[&str]) -> bool {
        self.words.split(' ').any(|it| words.contains(&it))
    }

    /// Whether it says integers of 64 bits.
    pub(super) fn is_wide(&self) -> bool {
        self.has(&["bigint", "int8", "big"])
    }

    /// Whether it says points in time, or days with a time.
    pub(super) fn is_moment(&self) -> bool {
        self.has(&[
            "datetime",
            "timestamp",
            "timestamptz",
            "datetime2",
            "smalldatetime",
        ])
    }

    pub(super) fn length(&self) -> Option<u32> {
        self.numbers.first().copied().filter(|it| *it > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::Declared;

    #[test]
    fn any_words_are_read() {
        let of = |text| {
            let Declared { words, numbers } = Declared::of(text);
            (words, numbers)
        };
        assert_eq!(of("VARCHAR(80)"), ("varchar".to_owned(), vec![80]));
        assert_eq!(
            of("Unsigned  BIG int (10)"),
            ("unsigned big int".to_owned(), vec![10])
        );
        assert_eq!(
            of("decimal( 10 , 2 ) unsigned"),
            ("decimal unsigned".to_owned(), vec![10, 2])
        );
        assert_eq!(of("nvarchar(max)"), ("nvarchar".to_owned(), vec![]));
        assert_eq!(of(""), (String::new(), vec![]));
    }
}
