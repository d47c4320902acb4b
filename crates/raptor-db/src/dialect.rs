//! stub
use crate::statement::lexer::Token;
pub(crate) struct Refusal {
    pub what: String,
    pub at: usize,
}
pub(crate) fn to_sqlite(sql: &str, _tokens: &[Token]) -> Result<String, Refusal> {
    Ok(sql.to_owned())
}
pub(crate) fn jsonb_text(raw: &str) -> Result<String, String> {
    Ok(raw.to_owned())
}
