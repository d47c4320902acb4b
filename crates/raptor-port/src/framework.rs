//! Tools that keep a table of what they migrated, by which an application's framework is known.

pub(crate) mod directus;

use crate::kind::{Epoch, Kind};
use crate::plan::Plan;
use crate::source::Source;
use serde::Serialize;

/// A tool that migrates, known by its table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Framework {
    /// `alembic_version`, which Raptor keeps too.
    Alembic,
    /// `django_migrations`.
    Django,
    /// `_prisma_migrations`.
    Prisma,
    /// `knex_migrations`.
    Knex,
    /// `directus_migrations`; it is built on Knex.
    Directus,
    /// `strapi_migrations`; it is built on Knex.
    Strapi,
    /// `SequelizeMeta`.
    Sequelize,
    /// `__drizzle_migrations`.
    Drizzle,
    /// `__diesel_schema_migrations`.
    Diesel,
    /// `_sqlx_migrations`.
    Sqlx,
    /// `flyway_schema_history`.
    Flyway,
    /// `goose_db_version`.
    Goose,
    /// `refinery_schema_history`.
    Refinery,
    /// `schema_migrations`: Rails, dbmate, golang-migrate and runners of one's own.
    SchemaMigrations,
    /// `migrations`: `TypeORM`, Laravel and others.
    Migrations,
}

/// What a [`Framework`] is known by, and how its own tool brings a database to its head.
#[derive(Debug, Clone, Copy)]
pub struct Sign {
    /// The framework.
    pub framework: Framework,
    /// The table that it keeps.
    pub table: &'static str,
    /// Where what was migrated stands in it.
    pub column: &'static str,
    /// Where it says of which part of the application that is, where it does.
    pub part: Option<&'static str>,
    /// The command that makes the schema on Postgres.
    pub command: &'static str,
}

const SIGNS: [Sign; 15] = [
    sign(
        Framework::Alembic,
        "alembic_version",
        "version_num",
        "alembic upgrade head",
    ),
    Sign {
        part: Some("app"),
        ..sign(
            Framework::Django,
            "django_migrations",
            "name",
            "python manage.py migrate",
        )
    },
    sign(
        Framework::Prisma,
        "_prisma_migrations",
        "migration_name",
        "npx prisma migrate deploy",
    ),
    sign(
        Framework::Knex,
        "knex_migrations",
        "name",
        "npx knex migrate:latest",
    ),
    sign(
        Framework::Directus,
        "directus_migrations",
        "version",
        "npx directus bootstrap",
    ),
    sign(
        Framework::Strapi,
        "strapi_migrations",
        "name",
        "npx strapi start",
    ),
    sign(
        Framework::Sequelize,
        "SequelizeMeta",
        "name",
        "npx sequelize-cli db:migrate",
    ),
    sign(
        Framework::Drizzle,
        "__drizzle_migrations",
        "hash",
        "npx drizzle-kit migrate",
    ),
    sign(
        Framework::Diesel,
        "__diesel_schema_migrations",
        "version",
        "diesel migration run",
    ),
    sign(
        Framework::Sqlx,
        "_sqlx_migrations",
        "version",
        "sqlx migrate run",
    ),
    sign(
        Framework::Flyway,
        "flyway_schema_history",
        "version",
        "flyway migrate",
    ),
    sign(
        Framework::Goose,
        "goose_db_version",
        "version_id",
        "goose up",
    ),
    sign(
        Framework::Refinery,
        "refinery_schema_history",
        "version",
        "refinery migrate",
    ),
    sign(
        Framework::SchemaMigrations,
        "schema_migrations",
        "version",
        "the application's own migrations",
    ),
    sign(
        Framework::Migrations,
        "migrations",
        "name",
        "the application's own migrations",
    ),
];

const fn sign(
    framework: Framework,
    table: &'static str,
    column: &'static str,
    command: &'static str,
) -> Sign {
    Sign {
        framework,
        table,
        column,
        part: None,
        command,
    }
}

impl Framework {
    /// The frameworks whose tables a file has, the surest first.
    pub fn found(source: &Source) -> Vec<Sign> {
        let is_there = |sign: &Sign| source.table(sign.table).is_some();
        SIGNS.into_iter().filter(is_there).collect()
    }

    /// The same of the file that a plan is of.
    pub fn among(plan: &Plan) -> Vec<Sign> {
        let is_there = |sign: &Sign| {
            let mut tables = plan.tables.iter();
            tables.any(|it| it.name.eq_ignore_ascii_case(sign.table))
        };
        SIGNS.into_iter().filter(is_there).collect()
    }

    /// How it counts time on SQLite, where it writes numbers.
    pub(crate) fn epoch(self) -> Option<Epoch> {
        match self {
            // The drivers of JavaScript write a Date as its milliseconds.
            Self::Prisma | Self::Knex | Self::Directus | Self::Strapi => Some(Epoch::Millis),
            _ => None,
        }
    }

    /// What it makes of a point in time on Postgres.
    pub(crate) fn moments(self) -> Option<Kind> {
        match self {
            Self::Django | Self::Knex | Self::Directus => Some(Kind::Timestamptz),
            // In UTC, without saying so.
            Self::Prisma | Self::Strapi => Some(Kind::Timestamp),
            _ => None,
        }
    }

    /// What it makes of a document on Postgres, where `JSON` is declared on SQLite.
    pub(crate) fn documents(self) -> Option<Kind> {
        match self {
            // SQLAlchemy's JSON is json there, too.
            Self::Alembic | Self::Knex | Self::Directus | Self::Sequelize => Some(Kind::Json),
            _ => None,
        }
    }
}
