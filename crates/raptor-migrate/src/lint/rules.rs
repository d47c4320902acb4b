//! All rules, and which of them look at what.

use super::allow;
use super::postgres::{
    self, columns, constraints, guarantees, indexes, keys, kinds, long, partitions, policies,
    preferences, privileges, replaced, roles, routines, server, settings, storage, strict,
    transaction, triggers, types, unseen,
};
use super::rule::{Found, LintRule};
use super::scene::Scene;
use super::sqlite::{self, children, pragmas, rebuilds};
use super::step::Step;
use super::{catalog, data, drops, names, phase, shared, tables, unfinished};
use raptor_db::Engine;

/// Every rule, those of one matter together.
pub(super) const ALL: &[&LintRule] = &[
    &columns::REQUIRED,
    &columns::REWRITING,
    &columns::SET_NOT_NULL,
    &columns::DROP_NOT_NULL,
    &kinds::TYPE,
    &kinds::EXPRESSION,
    &constraints::CHECK,
    &constraints::FOREIGN_KEY,
    &constraints::VALIDATE,
    &constraints::EXCLUSION,
    &keys::UNIQUE,
    &keys::PRIMARY,
    &keys::NULLABLE,
    &guarantees::CONSTRAINT,
    &guarantees::DEFAULT,
    &guarantees::GENERATED,
    &guarantees::SEQUENCE,
    &guarantees::REPLICA,
    &guarantees::ATTRIBUTE,
    &indexes::CREATE,
    &indexes::DROP,
    &indexes::REINDEX,
    &indexes::ACCEPTS_INVALID,
    &tables::NO_INDEX,
    &tables::NO_KEY,
    &tables::UNDECLARED,
    &partitions::ATTACH,
    &partitions::DETACH,
    &partitions::CREATE,
    &partitions::DEFAULT,
    &triggers::CREATE,
    &triggers::RULE,
    &triggers::OFF,
    &storage::VACUUM_FULL,
    &storage::CLUSTER,
    &storage::LOCK_TABLE,
    &storage::STORE,
    &storage::REFRESH,
    &storage::UNLOGGED,
    &types::DOMAIN,
    &types::ALTER_DOMAIN,
    &types::ENUM_IN_USE,
    &types::ENUM_PLACE,
    &drops::TABLE,
    &drops::COLUMN,
    &drops::SCHEMA,
    &drops::DATABASE,
    &drops::TRUNCATE,
    &drops::CASCADE,
    &replaced::OBJECT,
    &replaced::TRIGGER,
    &names::TABLE,
    &names::COLUMN,
    &names::OBJECT,
    &long::LONG,
    &data::WHOLE,
    &data::LARGE,
    &data::TWICE,
    &transaction::NEEDS_OFF,
    &transaction::CONTROL,
    &transaction::PILE_UP,
    &transaction::WITH_DATA,
    &transaction::REPEATABLE,
    &settings::SESSION,
    &settings::RUNNER,
    &phase::CONTRADICTION,
    &shared::DIFFERS,
    &preferences::CHAR,
    &preferences::VARCHAR,
    &preferences::TIMESTAMP,
    &preferences::JSON,
    &preferences::MONEY,
    &preferences::SERIAL,
    &preferences::INTEGER_KEY,
    &preferences::INTEGER,
    &strict::COLUMN,
    &strict::DEMAND,
    &strict::ENUM,
    &strict::SET_DEFAULT,
    &strict::ROUTINE,
    &strict::POLICY,
    &strict::SETTINGS,
    &strict::ROWS,
    &strict::NAMES,
    &privileges::ALL,
    &privileges::PUBLIC,
    &privileges::OPTION,
    &privileges::DEFAULT_PUBLIC,
    &privileges::SERVER_ROLE,
    &privileges::OWNER,
    &server::REVOKE,
    &server::SETTING,
    &roles::POWERFUL,
    &roles::PASSWORD,
    &policies::DISABLED,
    &policies::NOT_FORCED,
    &policies::DROPPED,
    &policies::OPEN,
    &policies::WITHOUT,
    &routines::SEARCH_PATH,
    &routines::OPEN,
    &routines::VIEW,
    &sqlite::columns::REFUSED,
    &children::DROP,
    &children::REPLACE,
    &rebuilds::BY_HAND,
    &sqlite::tables::STRICT,
    &sqlite::tables::NULL_KEY,
    &sqlite::tables::NO_PARENT,
    &pragmas::PRAGMA,
    &sqlite::refused::REFUSES,
    &sqlite::syntax::SYNTAX,
    &catalog::CATALOG,
    &unseen::UNSEEN,
    &unfinished::UNFINISHED,
    &allow::REASON,
    &allow::UNUSED,
    &allow::UNREADABLE,
];

/// Looks at one statement.
pub(super) fn look(step: &Step<'_>, scene: &Scene<'_>, out: &mut Vec<Found>) {
    match scene.engine {
        Engine::Postgres => postgres::look(step, scene, out),
        Engine::Sqlite => sqlite::look(step, scene, out),
    }
    drops::look(step, scene, out);
    names::look(step, scene, out);
    data::look(step, scene, out);
    phase::look(step, scene, out);
    shared::look(step, scene, out);
}

/// Looks once more at each statement, when all have been read.
pub(super) fn look_back(step: &Step<'_>, scene: &Scene<'_>, out: &mut Vec<Found>) {
    tables::look_back(step, scene, out);
}
