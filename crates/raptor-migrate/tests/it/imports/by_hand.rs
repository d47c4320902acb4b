//! What an import leaves to a person, and what a person would not find out by reading alone.

use super::project::{ENV, Made, proof, script, source};
use crate::fixture::Fixture;
use raptor_migrate::import::{Imported, NoteKind, Project, Source, alembic};

fn made(scripts: &[(&str, String)]) -> Made {
    let scripts: Vec<(&str, &str)> = scripts
        .iter()
        .map(|(name, text)| (*name, text.as_str()))
        .collect();
    Made::new(ENV, &scripts)
}

fn users() -> (&'static str, String) {
    let text = script(
        "\"\"\"Users\"\"\"\nrevision = 'a1'\ndown_revision = None",
        "op.create_table('users', sa.Column('id', sa.Integer, primary_key=True), sa.Column('name', sa.String(20)))\n\
         op.create_table('notes', sa.Column('id', sa.Integer, primary_key=True),\n\
         \x20   sa.Column('author', sa.Integer, sa.ForeignKey('users.id', ondelete='CASCADE')))",
        "op.drop_table('notes')\nop.drop_table('users')",
    );
    ("a1", text)
}

fn text<'i>(imported: &'i Imported, id: &str) -> &'i str {
    let start = format!("-- raptor: id={id} ");
    let mut files = imported.files.iter();
    let file = files.find(|file| file.text.starts_with(&start));
    &file.unwrap().text
}

const IN_PYTHON: &str = "bind = op.get_bind()\n\
    for row in bind.execute(sa.text('SELECT id, name FROM users')).fetchall():\n\
    \x20   bind.execute(sa.text('UPDATE users SET name = :n WHERE id = :i'), {'n': row[1].title(), 'i': row[0]})";

/// What only a database with rows would show stands in the file.
#[tokio::test]
async fn it_is_written_into_the_files() {
    let titled = script(
        "\"\"\"Better names\"\"\"\nrevision = 'b2'\ndown_revision = 'a1'",
        IN_PYTHON,
        "pass",
    );
    let untitled = script("revision = 'c3'\ndown_revision = 'b2'", "pass", IN_PYTHON);
    let pragma = "op.execute('PRAGMA foreign_keys=OFF')\nop.execute('DELETE FROM users')\nop.execute('PRAGMA foreign_keys=ON')";
    let left_out = script("revision = 'd4'\ndown_revision = 'c3'", pragma, "pass");
    let made = made(&[users(), ("b2", titled), ("c3", untitled), ("d4", left_out)]);
    let imported = made.import(&[Source::sqlite()]).await.unwrap();
    let above = |id| {
        let (above, _) = text(&imported, id).split_once("-- raptor:up").unwrap();
        above.to_owned()
    };
    let read = "write what is missing in SQL or as a step: it looks at rows and decides in Python, of \
                which only what an empty database led to is here: SELECT id, name FROM users";
    assert_eq!(
        above("b2"),
        format!(
            "-- raptor: id=b2 revises=a1\n-- Better names\n-- To do by hand: on sqlite, up, {read}\n"
        )
    );
    assert_eq!(
        above("c3"),
        format!(
            "-- raptor: id=c3 revises=b2\n-- Taken over from Alembic.\n-- To do by hand: on sqlite, down, {read}\n"
        )
    );
    assert_eq!(
        above("d4").lines().nth(2),
        Some(
            "-- To do by hand: on sqlite, up, foreign keys hold here, look whether rows go with others, as this was left out: PRAGMA foreign_keys=OFF"
        )
    );
    assert_eq!(imported.unfinished(), 3);
    let said = imported.to_string();
    assert!(
        said.contains("\n3 files have lines `-- To do by hand: …`"),
        "{said}"
    );
    let chain = imported.chain().unwrap();
    assert_eq!(chain.revision("b2").unwrap().title(), Some("Better names"));
    assert_eq!(
        chain.revision("c3").unwrap().title(),
        Some("Taken over from Alembic.")
    );
    // What counts are revisions, and the lines below are more.
    let both = script(
        "revision = 'b2'\ndown_revision = 'a1'",
        IN_PYTHON,
        IN_PYTHON,
    );
    let imported = self::made(&[users(), ("b2", both)]);
    let imported = imported.import(&[Source::sqlite()]).await.unwrap();
    let said = imported.to_string();
    assert!(
        said.contains("looks at rows and decides in Python (1 revision, 2 lines):"),
        "{said}"
    );
    assert!(said.contains("\n1 file has lines"), "{said}");
}

/// What runs outside a transaction on Postgres does so on SQLite; its tables are built anew all the
/// same, and keep the rows that point at them.
#[tokio::test]
async fn a_batch_beside_an_autocommit_block() {
    let up = "if op.get_context().dialect.name == 'postgresql':\n\
        \x20   with op.get_context().autocommit_block():\n\
        \x20       op.create_index('ix_name', 'users', ['name'], postgresql_concurrently=True)\n\
        else:\n\
        \x20   op.create_index('ix_name', 'users', ['name'])\n\
        with op.batch_alter_table('users') as batch:\n\
        \x20   batch.alter_column('name', type_=sa.String(50), existing_type=sa.String(20))";
    let down = "with op.batch_alter_table('users') as batch:\n\
        \x20   batch.alter_column('name', type_=sa.String(20), existing_type=sa.String(50))\n\
        op.drop_index('ix_name', 'users')";
    let apart = script("revision = 'b2'\ndown_revision = 'a1'", up, down);
    let made = made(&[users(), ("b2", apart)]);
    let on_postgres = Fixture::postgres().await;
    let sources = [source(&on_postgres), Source::sqlite()];
    let imported = made.import(&sources).await.unwrap();
    let written = text(&imported, "b2");
    assert!(
        written.contains("tx=off") && !written.contains("_alembic_tmp_"),
        "{written}"
    );
    assert_eq!(
        written.matches("-- raptor:rebuild users\n").count(),
        2,
        "{written}"
    );
    assert!(imported.noted(NoteKind::ByHand).is_empty(), "{imported}");
    assert_eq!(imported.unfinished(), 0, "{imported}");
    let chain = imported.chain().unwrap();
    let at = Fixture::sqlite().await;
    at.upgrade(&chain, "a1").await.unwrap();
    at.run("INSERT INTO users VALUES (1, 'Ada'); INSERT INTO notes VALUES (1, 1), (2, 1)")
        .await;
    at.upgrade(&chain, "head").await.unwrap();
    at.downgrade(&chain, "a1").await.unwrap();
    at.upgrade(&chain, "head").await.unwrap();
    assert_eq!(
        at.column("SELECT count(*)::text FROM notes WHERE author = 1")
            .await,
        ["2"]
    );
    for at in [on_postgres, Fixture::sqlite().await] {
        let proof = proof(&made, &at, &chain).await;
        assert!(proof.holds(), "{proof}");
    }
}

/// Alembic's copy of a table loses its trigger: a downgrade does, and the upgrade after it finds none.
#[tokio::test]
async fn a_trigger_that_alembic_loses() {
    let trigger = script(
        "revision = 'b2'\ndown_revision = 'a1'",
        "op.execute('CREATE TRIGGER t AFTER INSERT ON users BEGIN DELETE FROM notes WHERE author = new.id; END')",
        "op.execute('DROP TRIGGER IF EXISTS t')",
    );
    let batch = |kind: &str| {
        format!(
            "with op.batch_alter_table('users') as batch:\n    batch.alter_column('name', type_=sa.{kind})"
        )
    };
    let loses = script(
        "revision = 'c3'\ndown_revision = 'b2'",
        &batch("Text"),
        &batch("String(20)"),
    );
    let made = made(&[users(), ("b2", trigger), ("c3", loses)]);
    let at = Fixture::sqlite().await;
    let imported = made.import(&[source(&at)]).await.unwrap();
    let proof = proof(&made, &at, &imported.chain().unwrap()).await;
    assert_eq!(proof.not_again, [], "{proof}");
    assert_eq!(proof.not_back, ["c3"]);
    assert!(proof.holds(), "{proof}");
}

/// A name that Python looks up, behind a downgrade that does nothing: Alembic finds the new one.
#[tokio::test]
async fn what_ours_alone_cannot_apply_again() {
    let looks = script(
        "revision = 'b2'\ndown_revision = 'a1'",
        "name = sa.inspect(op.get_bind()).get_indexes('users')[0]['name']\n\
         op.drop_index(name, 'users')\nop.create_index('second', 'users', ['name'])",
        "pass",
    );
    let (_, first) = users();
    let first = first.replace(
        "\n\ndef downgrade",
        "\n    op.create_index('first', 'users', ['name'])\n\ndef downgrade",
    );
    let made = made(&[("a1", first), ("b2", looks)]);
    let at = Fixture::sqlite().await;
    let imported = made.import(&[source(&at)]).await.unwrap();
    let proof = proof(&made, &at, &imported.chain().unwrap()).await;
    assert_eq!(
        (proof.differing(), proof.not_again.len()),
        (0, 1),
        "{proof}"
    );
    assert!(!proof.holds(), "{proof}");
    assert_eq!(
        (&proof.not_back[..], proof.unexplained()),
        (&["b2".to_owned()][..], 0),
        "{proof}"
    );
    let said = "After its downgrade, which does not lead back, b2 is applied again by one side alone: ours fails";
    assert!(proof.to_string().contains(said), "{proof}");
}

/// A folder that is no project.
#[tokio::test]
async fn a_folder_with_other_scripts() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("abx.py"), "print('hello')\n").unwrap();
    let error = alembic(&Project::at(folder.path()), &[Source::sqlite()])
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "abx.py:1:1: `revision` is not assigned; Python was to say what it is, and could not be asked: no alembic.ini or \
         pyproject.toml is there, by which Alembic would get the database's URL; name it instead of the folder, or say \
         how the project takes the URL (--url-variable, --url-argument)"
    );
}
