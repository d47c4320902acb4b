//! `~`, `regexp_replace`, `regexp_match` and `substring(… from 'regexp')`.
//!
//! Patterns are Postgres's advanced regular expressions (manual, 9.7.3), translated by
//! [`pattern`]; what means something else there is refused. Whether a text matches is the same
//! question for both; *which* part matches is not, as Postgres takes the longest, so that the match
//! is searched with an automaton that does.

mod pattern;

use super::Registry;
use super::answer::{Answer, Out, fail};
use super::argument::text;
use hashlink::LruCache;
use regex::{Captures, Regex};
use regex_automata::hybrid::dfa::DFA;
use regex_automata::nfa::thompson::pikevm::PikeVM;
use regex_automata::{Anchored, Input, MatchKind};
use rusqlite::functions::Context;
use std::ops::Range;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

pub(super) fn register(to: &Registry<'_>) -> rusqlite::Result<()> {
    // SQLite hands the pattern over first.
    to.strict("regexp", 2, |ctx| {
        let compiled = compiled(text(ctx, 0)?, false)?;
        Ok(Out::Bool(compiled.regex.is_match(text(ctx, 1)?)))
    })?;
    to.strict("op_any_case", 1, |ctx| {
        Ok(Out::Text(format!("{ANY_CASE}{}", text(ctx, 0)?)))
    })?;
    to.strict("regexp_replace", 3, |ctx| replace(ctx, ""))?;
    to.strict("regexp_replace", 4, |ctx| replace(ctx, text(ctx, 3)?))?;
    to.strict("regexp_match", 2, |ctx| first_match(ctx, ""))?;
    to.strict("regexp_match", 3, |ctx| first_match(ctx, text(ctx, 2)?))
}

/// What the dialect puts before the pattern of `~*`.
const ANY_CASE: &str = "***i:";

struct Compiled {
    regex: Regex,
    longest: DFA,
    /// For word boundaries among letters that are not ASCII, which the automaton cannot see.
    slower: PikeVM,
}

/// The patterns in use, for the whole process: a program has few, and a row should not compile one.
static CACHE: LazyLock<Mutex<Patterns>> = LazyLock::new(|| Mutex::new(LruCache::new(128)));

/// By whether any case matches, and the pattern.
type Patterns = LruCache<(bool, String), Arc<Compiled>>;

fn compiled(source: &str, any_case: bool) -> Answer<Arc<Compiled>> {
    let (any_case, source) = match source.strip_prefix(ANY_CASE) {
        Some(rest) => (true, rest),
        None => (any_case, source),
    };
    let key = (any_case, source.to_owned());
    if let Some(known) = CACHE
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .get(&key)
    {
        return Ok(Arc::clone(known));
    }
    let translated = pattern::translate(source, any_case)?;
    let too_large = "invalid regular expression: it is too large for SQLite's stand-in";
    let regex = Regex::new(&translated).map_err(|_| too_large)?;
    let longest = DFA::builder()
        .configure(
            DFA::config()
                .match_kind(MatchKind::All)
                .unicode_word_boundary(true),
        )
        .build(&translated)
        .map_err(|_| too_large)?;
    let slower = PikeVM::builder()
        .configure(PikeVM::config().match_kind(MatchKind::All))
        .build(&translated)
        .map_err(|_| too_large)?;
    let compiled = Arc::new(Compiled {
        regex,
        longest,
        slower,
    });
    CACHE
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .insert(key, Arc::clone(&compiled));
    Ok(compiled)
}

impl Compiled {
    /// The leftmost match from `from` on, as long as it can be.
    fn longest(&self, text: &str, from: usize) -> Answer<Option<Range<usize>>> {
        let Some(first) = self.regex.find_at(text, from) else {
            return Ok(None);
        };
        let mut cache = self.longest.create_cache();
        let input = Input::new(text)
            .range(first.start()..)
            .anchored(Anchored::Yes);
        let end = match self.longest.try_search_fwd(&mut cache, &input) {
            Ok(end) => end.map(|end| end.offset()),
            Err(_) => {
                let mut cache = self.slower.create_cache();
                self.slower
                    .find_iter(&mut cache, input)
                    .next()
                    .map(|found| found.end())
            }
        };
        Ok(end.map(|end| first.start()..end))
    }

    /// The groups of a match that is `span`. Where the regex crate would match another part, its
    /// groups are not Postgres's either.
    fn groups<'t>(&self, text: &'t str, span: &Range<usize>) -> Answer<Captures<'t>> {
        match self.regex.captures_at(text, span.start) {
            Some(groups) if groups.get(0).is_some_and(|all| all.range() == *span) => Ok(groups),
            _ => fail(
                "this regular expression's groups differ between the engines; write it without alternatives of different lengths",
            ),
        }
    }

    fn has_groups(&self) -> bool {
        self.regex.captures_len() > 1
    }
}

/// `g` (all matches) and `i`.
fn flags(flags: &str) -> Answer<(bool, bool)> {
    let (mut all, mut any_case) = (false, false);
    for flag in flags.chars() {
        match flag {
            'g' => all = true,
            'i' => any_case = true,
            'c' => any_case = false,
            _ => {
                return fail(format!(
                    "the regular expression flag {flag:?} is not available on SQLite; g, i and c are"
                ));
            }
        }
    }
    Ok((all, any_case))
}

/// Groups that are told apart only by rules in which the engines differ.
fn refuse_choice(source: &str) -> Answer<()> {
    if pattern::has_lazy(source) {
        return fail(
            "a regular expression with a lazy quantifier is not available on SQLite where the matched part matters",
        );
    }
    Ok(())
}

fn replace(ctx: &Context<'_>, given: &str) -> Answer {
    let (text, source, with) = (text(ctx, 0)?, self::text(ctx, 1)?, self::text(ctx, 2)?);
    let (all, any_case) = flags(given)?;
    refuse_choice(source)?;
    let compiled = compiled(source, any_case)?;
    let uses_groups = with
        .as_bytes()
        .windows(2)
        .any(|pair| pair[0] == b'\\' && pair[1].is_ascii_digit());
    let mut out = String::with_capacity(text.len());
    let (mut copied, mut from) = (0, 0);
    while let Some(span) = compiled.longest(text, from)? {
        out.push_str(&text[copied..span.start]);
        let groups = if uses_groups {
            Some(compiled.groups(text, &span)?)
        } else {
            None
        };
        substitute(&mut out, with, &text[span.clone()], groups.as_ref());
        copied = span.end;
        // An empty match moves on by a character, which is copied.
        from = if span.is_empty() {
            match text[span.end..].chars().next() {
                Some(c) => span.end + c.len_utf8(),
                None => break,
            }
        } else {
            span.end
        };
        if !all {
            break;
        }
    }
    out.push_str(&text[copied..]);
    Ok(Out::Plain(out))
}

/// `\1` to `\9`, `\&` and `\\`.
fn substitute(out: &mut String, with: &str, whole: &str, groups: Option<&Captures<'_>>) {
    let mut chars = with.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('&') => out.push_str(whole),
            Some(digit @ '1'..='9') => {
                let number = usize::try_from(u32::from(digit) - u32::from('0')).unwrap_or(0);
                if let Some(group) = groups.and_then(|groups| groups.get(number)) {
                    out.push_str(group.as_str());
                }
            }
            Some('\\') | None => out.push('\\'),
            Some(other) => {
                out.push('\\');
                out.push(other);
            }
        }
    }
}

/// The groups of the first match, or the match itself where there are none.
fn first_match(ctx: &Context<'_>, given: &str) -> Answer {
    let (text, source) = (text(ctx, 0)?, self::text(ctx, 1)?);
    let (all, any_case) = flags(given)?;
    if all {
        return fail("regexp_match() does not support the \"global\" option");
    }
    refuse_choice(source)?;
    let compiled = compiled(source, any_case)?;
    let Some(span) = compiled.longest(text, 0)? else {
        return Ok(Out::Null);
    };
    let items: serde_json::Value = if compiled.has_groups() {
        let groups = compiled.groups(text, &span)?;
        groups
            .iter()
            .skip(1)
            .map(|group| group.map(|group| group.as_str()))
            .collect()
    } else {
        std::iter::once(&text[span]).collect()
    };
    Ok(Out::Text(items.to_string()))
}

/// `substring(text from 'regexp')`: the first group, or the match.
pub(super) fn substring(text: &str, source: &str) -> Answer {
    refuse_choice(source)?;
    let compiled = compiled(source, false)?;
    let Some(span) = compiled.longest(text, 0)? else {
        return Ok(Out::Null);
    };
    if !compiled.has_groups() {
        return Ok(Out::Plain(text[span].to_owned()));
    }
    let group = compiled
        .groups(text, &span)?
        .get(1)
        .map(|group| group.as_str().to_owned());
    Ok(group.map_or(Out::Null, Out::Plain))
}
