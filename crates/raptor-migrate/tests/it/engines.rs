//! What is one engine's own.

use crate::fixture::{Fixture, chain, line};
use raptor_db::Engine;
use raptor_migrate::{ErrorKind, Status, status};

mod postgres_only {
    use super::*;

    #[tokio::test]
    async fn a_schema_of_its_own_is_made_and_used() {
        let mut at = Fixture::postgres().await;
        at.options.schema = Some("Odd \"name".to_owned());
        at.upgrade(&line(), "head").await.unwrap();
        let query = "SELECT schemaname || '.' || tablename FROM pg_tables \
                     WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY tablename";
        let tables = [
            "alembic_version",
            "one",
            "raptor_migration_log",
            "three",
            "two",
        ]
        .map(|table| format!("Odd \"name.{table}"));
        assert_eq!(at.column(query).await, tables);
        assert_eq!(
            status(&at.db, &line(), &at.options).await.unwrap(),
            Status::AtHead
        );
        // Another schema is another chain's.
        at.options.schema = Some("raptor".to_owned());
        assert_eq!(
            status(&at.db, &line(), &at.options).await.unwrap(),
            Status::Empty
        );
    }

    #[tokio::test]
    async fn without_a_schema_the_logins_own_path_holds() {
        let mut at = Fixture::postgres().await;
        at.options.schema = None;
        at.upgrade(&line(), "head").await.unwrap();
        assert_eq!(at.tables().await, ["one", "three", "two"]);
    }

    #[tokio::test]
    async fn what_a_revision_sets_ends_with_it() {
        let at = Fixture::postgres().await;
        let chain = chain(&[
            "-- raptor: id=a\n-- raptor:up postgres\nCREATE TABLE t (id text);\n\
             SET search_path = pg_catalog;\nSET work_mem = '7MB';\n-- raptor:up sqlite\n",
            "-- raptor: id=b revises=a\n-- raptor:up postgres\n\
             INSERT INTO t VALUES (current_setting('work_mem'));\n-- raptor:up sqlite\n",
        ]);
        at.upgrade(&chain, "head").await.unwrap();
        assert_eq!(at.column("SELECT id FROM t").await, ["4MB"]);
    }

    #[tokio::test]
    async fn the_run_time_login_needs_to_read_alone() {
        let at = Fixture::postgres().await;
        at.upgrade(&line(), "head").await.unwrap();
        let app = at.app().await;
        at.run("REVOKE ALL ON raptor.alembic_version FROM raptor_app")
            .await;
        let error = status(&app, &line(), &at.options).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Database);
        assert!(error.to_string().contains("SELECT on it"), "{error}");
        at.run("GRANT USAGE ON SCHEMA raptor TO raptor_app; GRANT SELECT ON raptor.alembic_version TO raptor_app").await;
        assert_eq!(
            status(&app, &line(), &at.options).await.unwrap(),
            Status::AtHead
        );
    }
}

mod sqlite_only {
    use super::*;

    const FAMILY: &str = "-- raptor: id=a\n-- raptor:up\nCREATE TABLE p (id integer PRIMARY KEY);\n\
        CREATE TABLE c (id integer PRIMARY KEY, p integer REFERENCES p (id) ON DELETE CASCADE);\n\
        INSERT INTO p VALUES (1);\nINSERT INTO c VALUES (1, 1), (2, 1);\n";

    /// A table that is rebuilt by hand takes its children's rows along; that is stopped.
    #[tokio::test]
    async fn a_drop_does_not_take_other_tables_rows_along() {
        let at = Fixture::sqlite().await;
        let by_hand = "-- raptor: id=b revises=a\n-- raptor:up postgres\n-- raptor:up sqlite\n\
            CREATE TABLE new_p (id integer PRIMARY KEY, n text);\nINSERT INTO new_p SELECT id, '' FROM p;\n\
            DROP TABLE IF EXISTS main.\"P\";\nALTER TABLE new_p RENAME TO p;\n";
        let error = at
            .upgrade(&chain(&[FAMILY, by_hand]), "head")
            .await
            .unwrap_err();
        assert_eq!(
            (error.kind(), error.line()),
            (ErrorKind::Statement, Some(6)),
            "{error}"
        );
        assert!(error.to_string().contains("rows of c"), "{error}");
        assert_eq!(
            at.column("SELECT id::text FROM c ORDER BY id").await,
            ["1", "2"]
        );
        assert_eq!(at.versions().await, ["a"]);
        let children_first =
            "-- raptor: id=b revises=a\n-- raptor:up\nDROP TABLE c;\nDROP TABLE p;\n";
        at.upgrade(&chain(&[FAMILY, children_first]), "head")
            .await
            .unwrap();
        assert!(at.tables().await.is_empty());
    }

    #[tokio::test]
    async fn a_parameter_is_refused_and_not_null() {
        let at = Fixture::sqlite().await;
        for text in ["SELECT :a", "SELECT ?", "SELECT @a", "SELECT $1"] {
            let file =
                format!("-- raptor: id=a\n-- raptor:up postgres\n-- raptor:up sqlite\n{text};\n");
            let error = at.upgrade(&chain(&[&file]), "head").await.unwrap_err();
            assert_eq!(
                (error.kind(), error.line()),
                (ErrorKind::Format, Some(4)),
                "{text}"
            );
            assert!(error.to_string().contains("as a parameter"), "{error}");
        }
    }

    #[tokio::test]
    async fn what_sqlite_cannot_do_is_said_before_anything_is_touched() {
        let at = Fixture::sqlite().await;
        assert_eq!(at.engine(), Engine::Sqlite);
        let shared =
            "-- raptor: id=b revises=a\n-- raptor:up\nSELECT 1;\nSET lock_timeout = '1s';\n";
        let error = at
            .upgrade(&chain(&[FAMILY, shared]), "head")
            .await
            .unwrap_err();
        assert_eq!(
            (error.kind(), error.line()),
            (ErrorKind::Format, Some(4)),
            "{error}"
        );
        assert!(!at.has_version_table().await);
    }
}
