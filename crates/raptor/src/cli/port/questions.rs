//! `raptor port plan` at a terminal: what evidence cannot decide is asked, each once.

use crate::cli::terminal;
use anyhow::{Context, Result};
use raptor_port::{Plan, Question, counted};
use std::io::{BufRead, IsTerminal};

/// How many columns are shown of those that ask the same.
const SHOWN: usize = 6;

/// Whether somebody is there to be asked.
pub(super) fn can_be_asked() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Asks what is open. Answers whether something was asked, so that the plan is to be made with it.
///
/// # Errors
/// When the terminal cannot be read.
pub(super) fn ask(plan: &mut Plan) -> Result<bool> {
    let questions = plan.open_questions();
    if questions.is_empty() {
        return Ok(false);
    }
    let count = counted(questions.len() as u64, "question");
    terminal::note(format_args!(
        "{count} that the file does not answer. Enter takes the first choice, Ctrl-D all that is likely."
    ));
    let mut lines = std::io::stdin().lock().lines();
    for question in &questions {
        if plan.still_asks(question) && !answered(plan, question, &mut lines)? {
            break;
        }
    }
    Ok(true)
}

/// Asks until there is an answer; answers false when nobody says anything any more.
fn answered(
    plan: &mut Plan,
    question: &Question,
    lines: &mut impl Iterator<Item = std::io::Result<String>>,
) -> Result<bool> {
    terminal::note(text(question));
    loop {
        let Some(line) = lines.next() else {
            terminal::note("");
            return Ok(false);
        };
        let line = line.context("the terminal cannot be read")?;
        match plan.answer(question, chosen(question, line.trim())) {
            Ok(understood) => {
                if understood != line.trim() {
                    terminal::note(format_args!("  {understood}"));
                }
                return Ok(true);
            }
            Err(error) => terminal::note(error),
        }
    }
}

/// The choice that is meant: by its number, by its words, or the first.
fn chosen<'a>(question: &'a Question, line: &'a str) -> &'a str {
    // `+1` and `01` are offsets of a zone.
    let is_number = line.bytes().all(|it| it.is_ascii_digit()) && !line.starts_with('0');
    let number = match line {
        "" => Some(1),
        line => line.parse::<usize>().ok().filter(|_| is_number),
    };
    let by_number = number.and_then(|it| question.choices.get(it.checked_sub(1)?));
    by_number.map_or(line, String::as_str)
}

fn text(question: &Question) -> String {
    let mut text = format!("\n{}\n", question.text);
    for of in question.of.iter().take(SHOWN) {
        text.push_str(&format!("    {of}\n"));
    }
    if let Some(more) = question.of.len().checked_sub(SHOWN).filter(|it| *it > 0) {
        text.push_str(&format!("    and {more} more\n"));
    }
    let choices = (1..).zip(&question.choices);
    let choices: Vec<String> = choices
        .map(|(number, it)| format!("  {number}) {it}"))
        .collect();
    text.push_str(&choices.join("\n"));
    text
}
