//! The migration chain.
