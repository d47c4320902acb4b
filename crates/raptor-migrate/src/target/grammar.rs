//! How a target is written: `[BRANCH@][ANCHOR][+N|-N]`, as Alembic has it.
//!
//! It only cuts the text; what the words mean depends on the chain and the database.

use crate::error::{Error, ErrorKind, Result};

/// A target, cut into its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Target<'t> {
    /// As it was written.
    pub(crate) text: &'t str,
    /// What stands before `@`: a label or a revision that the branch is known by.
    pub(crate) branch: Option<&'t str>,
    pub(crate) anchor: Anchor<'t>,
    /// How many revisions further up, or down when negative; `None` without a sign.
    pub(crate) steps: Option<i64>,
}

/// What the steps are counted from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Anchor<'t> {
    /// Nothing is written: what the database has.
    Here,
    Head,
    Heads,
    Base,
    /// An id, the beginning of one, or a label.
    Name(&'t str),
}

impl<'t> Target<'t> {
    /// # Errors
    /// [`ErrorKind::Target`] for what follows no form.
    pub(crate) fn parse(text: &'t str) -> Result<Self> {
        let refuse = |why: &str| {
            let message = format!("{text:?} is no target: {why}");
            Err(Error::new(ErrorKind::Target, message))
        };
        let (branch, rest) = match text.split_once('@') {
            Some((branch, rest)) => (Some(branch), rest),
            None => (None, text),
        };
        if branch == Some("") {
            return refuse("a label or an id stands before the @");
        }
        if rest.contains('@') {
            return refuse("it has more than one @");
        }
        if text.contains(':') {
            return refuse("a range A:B is for `--sql` and for `history`");
        }
        let (anchor, steps) = match rest.find(['+', '-']) {
            Some(sign) => (&rest[..sign], Some(&rest[sign..])),
            None => (rest, None),
        };
        let steps = match steps {
            None => None,
            Some(steps)
                if steps[1..].bytes().all(|byte| byte.is_ascii_digit()) && steps.len() > 1 =>
            {
                match steps.parse::<i64>() {
                    Ok(steps) => Some(steps),
                    Err(_) => return refuse("the number of steps is too large"),
                }
            }
            Some(_) => return refuse("a whole number of steps follows the sign, as in +1 or -2"),
        };
        let anchor = match anchor {
            "" if steps.is_none() => {
                return refuse("write head, heads, base, an id, a label, LABEL@head or +N and -N");
            }
            "" => Anchor::Here,
            "head" => Anchor::Head,
            "heads" => Anchor::Heads,
            "base" => Anchor::Base,
            name => Anchor::Name(name),
        };
        Ok(Self {
            text,
            branch,
            anchor,
            steps,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Anchor, Target};
    use proptest::prelude::*;

    fn parts(text: &str) -> Option<(Option<&str>, Anchor<'_>, Option<i64>)> {
        let target = Target::parse(text).ok()?;
        Some((target.branch, target.anchor, target.steps))
    }

    #[test]
    fn every_form_is_cut() {
        use Anchor::{Base, Head, Heads, Here, Name};
        let forms = [
            ("head", (None, Head, None)),
            ("heads", (None, Heads, None)),
            ("base", (None, Base, None)),
            ("ab12", (None, Name("ab12"), None)),
            ("+2", (None, Here, Some(2))),
            ("-1", (None, Here, Some(-1))),
            ("ab12+1", (None, Name("ab12"), Some(1))),
            ("head-3", (None, Head, Some(-3))),
            ("audit@head", (Some("audit"), Head, None)),
            ("audit@base", (Some("audit"), Base, None)),
            ("audit@ab12", (Some("audit"), Name("ab12"), None)),
            ("audit@+1", (Some("audit"), Here, Some(1))),
            ("audit@head-1", (Some("audit"), Head, Some(-1))),
        ];
        for (text, expected) in forms {
            assert_eq!(parts(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_follows_no_form_is_refused() {
        for text in [
            "",
            "@head",
            "a@",
            "a@b@c",
            "a:b",
            "+",
            "a+",
            "+1+1",
            "a-x",
            "+99999999999999999999",
        ] {
            let error = Target::parse(text).unwrap_err().to_string();
            assert!(error.contains("is no target"), "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_fail_otherwise(text in ".*") {
            let _ = Target::parse(&text);
        }
    }
}
