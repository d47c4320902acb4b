//! A SQL text with `:named` parameters, cut once.
pub mod lexer;
