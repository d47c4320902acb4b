//! Stands in until the real one is here.
use crate::kind::Kind;
use crate::plan::{Answers, Plan, TablePlan};
use crate::source::{Source, Table};
pub(crate) struct Names;
impl Names {
    pub(crate) fn of_table(_: &Table, _: &TablePlan, _: &Answers) -> Self {
        Self
    }
    pub(crate) fn of_plan(_: &Source, _: &Plan) -> Self {
        Self
    }
}
pub(crate) struct Untranslated {
    pub(crate) reason: String,
}
impl Untranslated {
    pub(crate) fn new(reason: &str) -> Self {
        Self {
            reason: reason.to_owned(),
        }
    }
}
fn no() -> Result<String, Untranslated> {
    Err(Untranslated::new("not yet"))
}
pub(crate) fn default(_: &str, _: Kind) -> Result<String, Untranslated> {
    no()
}
pub(crate) fn condition(_: &str, _: &Names) -> Result<String, Untranslated> {
    no()
}
pub(crate) fn expression(_: &str, _: &Names, _: Option<Kind>) -> Result<String, Untranslated> {
    no()
}
pub(crate) fn view(_: &str, _: &Names, _: &str) -> Result<String, Untranslated> {
    no()
}
pub(crate) fn trigger(_: &str, _: &Names) -> Result<Vec<String>, Untranslated> {
    Err(Untranslated::new("not yet"))
}
