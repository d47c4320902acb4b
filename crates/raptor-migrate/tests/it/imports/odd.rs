//! Projects that are not as the template makes them: where the URL comes from, what env.py does, and
//! scripts that fail half-way.

use super::project::{ENV, Made, proof, script, source};
use crate::fixture::Fixture;
use raptor_migrate::import::{NoteKind, Source, UrlBy};
use raptor_migrate::{Error, ErrorKind};

fn table(id: &str, down: &str) -> (String, String) {
    let values = format!("revision = '{id}'\ndown_revision = {down}");
    let up = format!("op.create_table('t_{id}', sa.Column('id', sa.Integer, primary_key=True))");
    (
        id.to_owned(),
        script(&values, &up, &format!("op.drop_table('t_{id}')")),
    )
}

/// A line of two tables.
fn made(env: &str) -> Made {
    with(env, &[table("a1", "None"), table("b2", "'a1'")])
}

fn with(env: &str, scripts: &[(String, String)]) -> Made {
    let scripts: Vec<(&str, &str)> = scripts
        .iter()
        .map(|it| (it.0.as_str(), it.1.as_str()))
        .collect();
    Made::new(env, &scripts)
}

async fn refused(made: &Made) -> Error {
    made.import(&[Source::sqlite()]).await.unwrap_err()
}

async fn holds(made: &Made, at: &Fixture) {
    let imported = made.import(&[source(at)]).await.unwrap();
    let proof = proof(made, at, &imported.chain().unwrap()).await;
    assert!(proof.holds(), "{proof}\n{imported}");
    assert!(imported.noted(NoteKind::Unproven).is_empty(), "{imported}");
}

const FROM_ELSEWHERE: &str = "import os\nfrom alembic import context\nfrom sqlalchemy import create_engine, pool\n\
    url = GIVEN\nprint('-- Running upgrade  -> zz', flush=True)\n\
    if context.is_offline_mode():\n    context.configure(url=url)\n    context.run_migrations()\n\
    else:\n    with create_engine(url, poolclass=pool.NullPool).connect() as connection:\n\
    \x20       context.configure(connection=connection)\n        with context.begin_transaction():\n            context.run_migrations()\n";

/// The URL by a variable, by `-x`, and by a place in the command.
#[tokio::test]
async fn a_url_from_elsewhere() {
    let ways = [
        ("os.environ['APP_DB']", UrlBy::Variable("APP_DB".to_owned())),
        (
            "context.get_x_argument(as_dictionary=True)['db']",
            UrlBy::Argument("db".to_owned()),
        ),
        ("os.environ['OTHER']", UrlBy::Command),
    ];
    for (given, by) in ways {
        let mut made = made(&FROM_ELSEWHERE.replace("GIVEN", given));
        if by == UrlBy::Command {
            made.project
                .command
                .splice(0..0, ["env".to_owned(), "OTHER={url}".to_owned()]);
        }
        made.project.url = by;
        let at = Fixture::sqlite().await;
        holds(&made, &at).await;
    }
}

/// A URL that does not reach env.py leads to another database, which stays as it is.
#[tokio::test]
async fn a_database_that_was_not_meant() {
    let mut made = made("");
    let elsewhere = made.path().join("production.db");
    let given = format!("'sqlite:///{}'", elsewhere.display());
    std::fs::write(
        made.path().join("migrations/env.py"),
        FROM_ELSEWHERE.replace("GIVEN", &given),
    )
    .unwrap();
    let error = refused(&made).await;
    assert!(
        error
            .to_string()
            .contains("about to migrate another database; nothing was run"),
        "{error}"
    );
    let size = std::fs::metadata(&elsewhere).map_or(0, |it| it.len());
    assert_eq!(size, 0, "nothing was written there");
    made.project.url = UrlBy::Variable("NOBODY_READS_IT".to_owned());
    let error = refused(&made).await;
    assert!(
        error.to_string().contains("did not reach env.py"),
        "{error}"
    );
}

#[tokio::test]
async fn a_database_that_is_not_empty() {
    let at = Fixture::postgres().await;
    at.run("CREATE TABLE keep_me (id integer)").await;
    let made = made(ENV);
    let error = made.import(&[source(&at)]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Database);
    assert!(
        error
            .to_string()
            .contains("not empty: it has raptor.keep_me"),
        "{error}"
    );
    assert_eq!(at.tables().await, ["keep_me"]);
}

/// env.py that prints a lot, and on both streams.
#[tokio::test]
async fn an_env_that_talks() {
    let env = format!(
        "import sys\nprint('CREATE TABLE x (y int);\\n' * 50000)\nprint('no' * 200000, file=sys.stderr)\n{ENV}"
    );
    holds(&made(&env), &Fixture::sqlite().await).await;
}

/// env.py whose own transaction ends with the process.
pub(crate) async fn an_outer_transaction(at: Fixture) {
    let env = ENV.replace("engine.connect()", "engine.begin()");
    assert_ne!(env, ENV);
    holds(&made(&env), &at).await;
}

/// Offline mode that fails as a whole: everything is recorded.
#[tokio::test]
async fn no_offline_mode() {
    let env = ENV.replace(
        "    context.configure(url=url, literal_binds=True)\n",
        "    raise SystemExit('not offline')\n",
    );
    let made = made(&env);
    let at = Fixture::sqlite().await;
    holds(&made, &at).await;
    let imported = made.import(&[Source::sqlite()]).await.unwrap();
    assert_eq!(imported.noted(NoteKind::Recorded).len(), 2, "{imported}");
    let error = made.import(&[Source::postgres(None)]).await.unwrap_err();
    assert!(error.to_string().contains("not offline"), "{error}");
}

#[tokio::test]
async fn processes_that_run_no_migrations() {
    let mut made = made(ENV);
    made.project.command = vec!["no-such-program".to_owned()];
    let error = refused(&made).await;
    assert!(
        error
            .to_string()
            .contains("no-such-program cannot be started"),
        "{error}"
    );
    assert!(
        error
            .to_string()
            .contains("--alembic \"poetry run alembic\""),
        "{error}"
    );
    made.project.command = vec!["true".to_owned()];
    let error = refused(&made).await;
    assert!(error.to_string().contains("asked for no step"), "{error}");
    made.project.command = vec![
        "sh".to_owned(),
        "-c".to_owned(),
        "echo 'it is broken' >&2; exit 3".to_owned(),
    ];
    let error = refused(&made).await;
    assert!(error.to_string().contains("it is broken"), "{error}");
    made.project.command = vec!["sleep".to_owned(), "60".to_owned(), ";".to_owned()];
    made.project.url = UrlBy::Command;
    made.project.command = vec!["sh".to_owned(), "-c".to_owned(), "sleep 60".to_owned()];
    made.project.patience = std::time::Duration::from_millis(300);
    let error = refused(&made).await;
    assert!(
        error.to_string().contains("said nothing for 300ms"),
        "{error}"
    );
}

#[tokio::test]
async fn scripts_that_python_cannot_read() {
    let broken = with(
        ENV,
        &[
            table("a1", "None"),
            (
                "b2".to_owned(),
                "revision = 'b2'\ndown_revision = 'a1'\ndef upgrade(:\n".to_owned(),
            ),
        ],
    );
    let error = refused(&broken).await;
    assert!(
        error.to_string().contains("SyntaxError") && error.to_string().contains("b2.py"),
        "{error}"
    );
    let missing = with(
        ENV,
        &[(
            "a1".to_owned(),
            "import no_such_module\nrevision = 'a1'\ndown_revision = None\n".to_owned(),
        )],
    );
    let error = refused(&missing).await;
    assert!(error.to_string().contains("no_such_module"), "{error}");
    let nothing = with(
        ENV,
        &[(
            "a1".to_owned(),
            "revision = 'a1'\ndown_revision = None\n".to_owned(),
        )],
    );
    let error = refused(&nothing).await;
    assert!(
        error.to_string().contains("a1.py up on sqlite") && error.to_string().contains("upgrade"),
        "{error}"
    );
}

#[tokio::test]
async fn scripts_that_make_no_graph() {
    let cases: [(Vec<(String, String)>, &str); 4] = [
        (
            vec![table("a1", "'b2'"), table("b2", "'a1'")],
            "it comes before itself",
        ),
        (
            vec![
                table("a1", "None"),
                ("copy".to_owned(), table("a1", "None").1),
            ],
            "has the same id",
        ),
        (
            vec![table("a1", "'gone'")],
            "a1.py: revision a1: it revises gone, which no file has",
        ),
        (vec![table(&"x".repeat(40), "None")], "has 40 characters"),
    ];
    for (scripts, said) in cases {
        let error = refused(&with(ENV, &scripts)).await;
        assert!(error.to_string().contains(said), "{error}");
    }
}

/// A downgrade that fails after half of it, and one that leaves something behind.
pub(crate) async fn downgrades_that_do_not_work(at: Fixture) {
    let half = script(
        "revision = 'b2'\ndown_revision = 'a1'",
        "op.create_table('two', sa.Column('id', sa.Integer, primary_key=True))\n\
         op.create_table('three', sa.Column('id', sa.Integer, primary_key=True))",
        "op.drop_table('two')\nop.drop_table('nowhere')",
    );
    let leaves = script(
        "revision = 'c3'\ndown_revision = 'b2'",
        "op.create_table('four', sa.Column('id', sa.Integer, primary_key=True))",
        "pass",
    );
    let none = "revision = 'd4'\ndown_revision = 'c3'\nfrom alembic import op\ndef upgrade():\n    op.execute('INSERT INTO four VALUES (1)')\n";
    let made = with(
        ENV,
        &[
            table("a1", "None"),
            ("b2".to_owned(), half),
            ("c3".to_owned(), leaves),
            ("d4".to_owned(), none.to_owned()),
            table("e5", "'d4'"),
        ],
    );
    let imported = made.import(&[source(&at)]).await.unwrap();
    let irreversible: Vec<&str> = imported.noted(NoteKind::Irreversible).into_iter().collect();
    assert_eq!(irreversible, ["b2", "d4"], "{imported}");
    let text = |id: &str| {
        let file = imported
            .files
            .iter()
            .find(|it| it.text.contains(&format!("id={id} ")));
        file.unwrap().text.clone()
    };
    assert!(
        text("b2").contains("down irreversible \"its downgrade() fails with"),
        "{}",
        text("b2")
    );
    assert!(
        text("d4").contains("down irreversible \"its script has no downgrade()\""),
        "{}",
        text("d4")
    );
    assert!(text("c3").ends_with("-- raptor:down\n"), "{}", text("c3"));
    let proof = proof(&made, &at, &imported.chain().unwrap()).await;
    assert!(proof.holds(), "{proof}");
    assert_eq!(proof.irreversible, ["b2", "d4"]);
    assert_eq!(proof.not_back, ["c3"]);
    assert!(proof.not_again.is_empty(), "{proof}");
}

/// An upgrade that fails on an empty database is taken from offline mode, and what follows too.
#[tokio::test]
async fn an_upgrade_that_does_not_work() {
    let fails = script(
        "revision = 'b2'\ndown_revision = 'a1'",
        "op.execute('INSERT INTO nowhere VALUES (1)')",
        "pass",
    );
    let made = with(
        ENV,
        &[
            table("a1", "None"),
            ("b2".to_owned(), fails),
            table("c3", "'b2'"),
        ],
    );
    let imported = made.import(&[Source::sqlite()]).await.unwrap();
    let unproven: Vec<&str> = imported.noted(NoteKind::Unproven).into_iter().collect();
    assert_eq!(unproven, ["b2", "c3"], "{imported}");
    let at = Fixture::sqlite().await;
    let proof = proof(&made, &at, &imported.chain().unwrap()).await;
    assert!(!proof.holds());
    assert!(proof.stopped.is_some(), "{proof}");
    assert!(
        proof.to_string().contains("Alembic fails") && proof.to_string().contains("ours fails"),
        "{proof}"
    );
}

/// A proof that does not hold says where.
#[tokio::test]
async fn a_difference_is_named() {
    let made = made(ENV);
    let at = Fixture::sqlite().await;
    let imported = made.import(&[Source::sqlite()]).await.unwrap();
    let files: Vec<(String, String)> = imported
        .files
        .iter()
        .map(|file| (file.name.clone(), file.text.replace("t_b2", "t_c3")))
        .collect();
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|it| (it.0.as_str(), it.1.as_str()))
        .collect();
    let chain = raptor_migrate::Chain::embedded(&files).unwrap();
    let proof = proof(&made, &at, &chain).await;
    assert!(!proof.holds());
    let first = proof
        .steps
        .iter()
        .find(|step| !step.differences.is_empty())
        .unwrap();
    assert_eq!(first.revision, "b2");
    assert_eq!(
        first.differences[..2],
        [
            "\"t_b2\" is there with Alembic alone",
            "\"t_c3\" is there with ours alone"
        ]
    );
}

#[tokio::test]
async fn several_databases_in_one_run() {
    let env = format!("{ENV}\n{ENV}");
    let error = refused(&made(&env)).await;
    assert!(
        error.to_string().contains("more than once in one run"),
        "{error}"
    );
}

/// The table of versions under another name.
#[tokio::test]
async fn another_version_table() {
    let env = ENV.replace(
        "connection=connection,",
        "connection=connection, version_table='shop_versions',",
    );
    let made = made(&env);
    let at = Fixture::sqlite().await;
    let imported = made.import(&[Source::sqlite()]).await.unwrap();
    assert!(
        imported
            .remarks
            .iter()
            .any(|it| it.contains("keeps its versions in shop_versions")),
        "{imported}"
    );
    let proof = proof(&made, &at, &imported.chain().unwrap()).await;
    let others = proof.steps.iter().flat_map(|step| &step.differences);
    let others: Vec<_> = others.filter(|it| !it.contains("version")).collect();
    assert!(others.is_empty(), "{others:?}");
}

/// Moves a script of a made-up project.
fn move_to(made: &Made, name: &str, to: &str) {
    let to = made.path().join(to);
    std::fs::create_dir_all(to.parent().unwrap()).unwrap();
    std::fs::rename(made.path().join("migrations").join(name), to).unwrap();
}

fn ini(made: &Made, text: &str) {
    let text = format!("[alembic]\nsqlalchemy.url = x\n{text}");
    std::fs::write(made.path().join("alembic.ini"), text).unwrap();
}

/// Scripts in several folders, in folders of folders, and a pyproject.toml.
#[tokio::test]
async fn scripts_elsewhere() {
    let made = made(ENV);
    let at = Fixture::sqlite().await;
    move_to(&made, "versions/b2.py", "more/deep/er/b2.py");
    ini(
        &made,
        "script_location = %(here)s/migrations\nversion_locations = %(here)s/migrations/versions:%(here)s/more\n\
         path_separator = os\nrecursive_version_locations = true\n",
    );
    holds(&made, &at).await;
    ini(
        &made,
        "script_location = %(here)s/migrations\nversion_locations = %(here)s/more\npath_separator = os\n",
    );
    let error = refused(&made).await;
    assert!(
        error.to_string().contains("there are no scripts in"),
        "{error}"
    );
    ini(&made, "");
    let toml = "[tool.alembic]\nscript_location = \"%(here)s/migrations\"\nrecursive_version_locations = true\n\
                version_locations = [\n  \"%(here)s/migrations/versions\",\n  \"%(here)s/more\",\n]\n";
    std::fs::write(made.path().join("pyproject.toml"), toml).unwrap();
    let mut project = made.project.clone();
    project.config = Some(made.path().join("pyproject.toml"));
    let imported = raptor_migrate::import::alembic(&project, &[Source::sqlite()])
        .await
        .unwrap();
    assert_eq!(imported.files.len(), 2);
    // What the .ini does not say, the other file may.
    holds(&made, &at).await;
}

/// Scripts in a package, which Python has to find.
#[tokio::test]
async fn scripts_in_a_package() {
    let made = made(ENV);
    for name in ["env.py", "versions/a1.py", "versions/b2.py"] {
        move_to(&made, name, &format!("shop/db/{name}"));
    }
    std::fs::write(made.path().join("shop/__init__.py"), "").unwrap();
    ini(&made, "script_location = shop:db\nprepend_sys_path = .\n");
    holds(&made, &Fixture::sqlite().await).await;
    let left: Vec<_> = std::fs::read_dir(made.path())
        .unwrap()
        .map(|it| it.unwrap().file_name())
        .collect();
    assert!(
        !left
            .iter()
            .any(|it| it.to_string_lossy().contains("raptor")),
        "{left:?}"
    );
}

/// Both engines in one chain.
#[tokio::test]
async fn both_engines_at_once() {
    let made = made(ENV);
    let at = Fixture::postgres().await;
    let imported = made.import(&[source(&at), Source::sqlite()]).await.unwrap();
    assert_eq!(imported.engines, ["postgres", "sqlite"]);
    let chain = imported.chain().unwrap();
    let text = &imported.files[0].text;
    assert!(
        text.contains("-- raptor:up postgres\nCREATE TABLE t_a1"),
        "{text}"
    );
    assert!(
        text.contains("-- raptor:up sqlite\nCREATE TABLE t_a1"),
        "{text}"
    );
    for at in [at, Fixture::sqlite().await] {
        let proof = proof(&made, &at, &chain).await;
        assert!(proof.holds(), "{proof}");
        assert_eq!(proof.engine, at.engine().as_str());
    }
    let error = made.import(&[]).await.unwrap_err();
    assert!(error.to_string().contains("name an engine"), "{error}");
    assert!(
        matches!(made.import(&[Source::postgres(None)]).await, Ok(offline) if offline.files.len() == 2)
    );
}
