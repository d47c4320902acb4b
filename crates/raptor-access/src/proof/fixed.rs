//! Ways round rights that every login tries, whatever is declared: becoming somebody else, changing what guards
//! tables, reading the server's files and secrets, running others' SQL; and what no right can close.

use super::attempt::{Hand, LOCKED, Outcome};
use super::line::{Line, Proof, Verdict};
use super::matrix::roles_of;
use crate::declaration::{Declaration, Group};
use crate::error::{Error, Result};
use crate::facts::Facts;
use crate::text::{full, quoted};
use crate::wanted::Wanted;
use std::collections::BTreeSet;

/// What nobody may who serves; what the owner may is told.
const NEVER: [(&str, &str); 23] = [
    ("make a role", "CREATE ROLE raptor_access_probe"),
    (
        "read the hashes of passwords",
        "SELECT rolpassword FROM pg_authid WHERE false",
    ),
    (
        "read the statistics of all columns",
        "SELECT stavalues1 FROM pg_statistic WHERE false",
    ),
    (
        "read all large objects",
        "SELECT data FROM pg_largeobject WHERE false",
    ),
    (
        "read the server's files",
        "SELECT pg_read_file('PG_VERSION')",
    ),
    (
        "read the server's files as bytes",
        "SELECT pg_read_binary_file('PG_VERSION')",
    ),
    ("list the server's folders", "SELECT pg_ls_dir('.')"),
    (
        "look at the server's files",
        "SELECT pg_stat_file('PG_VERSION')",
    ),
    (
        "take a file in as a large object",
        "SELECT lo_import('/dev/null')",
    ),
    (
        "write a file from a large object",
        "SELECT lo_export(0, '/dev/null')",
    ),
    (
        "read the rules of logging in",
        "SELECT * FROM pg_hba_file_rules",
    ),
    (
        "read the files of settings",
        "SELECT * FROM pg_file_settings",
    ),
    (
        "copy from a file",
        "CREATE TEMPORARY TABLE p (a text); COPY p FROM '/dev/null'",
    ),
    ("copy to a file", "COPY (SELECT 1) TO '/dev/null'"),
    ("run a program", "COPY (SELECT 1) TO PROGRAM 'true'"),
    ("read the settings again", "SELECT pg_reload_conf()"),
    (
        "switch triggers and foreign keys off",
        "SET LOCAL session_replication_role = replica",
    ),
    ("switch the log off", "SET LOCAL log_statement = none"),
    (
        "install an extension that reaches other servers",
        "CREATE EXTENSION dblink",
    ),
    (
        "make a foreign-data wrapper",
        "CREATE FOREIGN DATA WRAPPER raptor_access_probe",
    ),
    (
        "make an event trigger",
        "CREATE EVENT TRIGGER raptor_access_probe ON ddl_command_end EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    ),
    ("publish changes", "CREATE PUBLICATION raptor_access_probe"),
    (
        "make a language",
        "CREATE LANGUAGE raptor_access_probe HANDLER plpgsql_call_handler",
    ),
];

/// What whoever owns a table may do to what guards it.
const TO_TABLES: [(&str, &str); 6] = [
    (
        "switch row-level security off on",
        "ALTER TABLE {} DISABLE ROW LEVEL SECURITY",
    ),
    (
        "add a policy to",
        "CREATE POLICY raptor_access_probe ON {} USING (true)",
    ),
    (
        "put a rule on",
        "CREATE RULE raptor_access_probe AS ON DELETE TO {} DO INSTEAD NOTHING",
    ),
    (
        "make an index on",
        "CREATE INDEX raptor_access_probe ON {} ((1))",
    ),
    ("comment on", "COMMENT ON TABLE {} IS 'x'"),
    ("drop", "DROP TABLE {}"),
];

/// What every login may on every server, and what is left to do about it.
const RESIDUAL: [(&str, &str, &str); 9] = [
    (
        "change its own password",
        "ALTER ROLE CURRENT_USER PASSWORD 'raptor-access-probe'",
        "whoever has the credential can lock its owner out; rotate",
    ),
    (
        "change its own settings for later",
        "ALTER ROLE CURRENT_USER SET work_mem = '64kB'",
        "`raptor access drift` sees it",
    ),
    (
        "lift its own timeouts",
        "SET LOCAL statement_timeout = 0",
        "a limit on connections, and a pooler's own timeout",
    ),
    (
        "take as much memory as it likes",
        "SET LOCAL work_mem = '1GB'",
        "a limit on connections",
    ),
    (
        "hear every channel",
        "LISTEN raptor_access_probe",
        "a NOTIFY carries nothing but a wake-up",
    ),
    (
        "read the text of what other sessions of the same login run",
        "SELECT query FROM pg_stat_activity LIMIT 0",
        "values, tokens too, go as parameters, which it does not show; `[catalog.statistics]` takes it back, where a superuser applies it",
    ),
    (
        "learn by EXPLAIN ANALYZE how many hidden rows an index finds",
        "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) SELECT 1",
        "what must not be guessed stands there as a keyed hash",
    ),
    (
        "wake every listener",
        "NOTIFY raptor_access_probe",
        "listeners look for work, and believe no payload",
    ),
    (
        "read the catalogs: names of tables, policies, functions",
        "SELECT count(*) FROM pg_policy",
        "no secret stands in a name or a policy",
    ),
];

/// Tries all of it with one login.
pub(super) async fn attempt(
    declared: &Declaration,
    wanted: &Wanted,
    there: &Facts,
    hand: &Hand,
    proof: &mut Proof,
) -> Result<()> {
    let mine = roles_of(wanted, &hand.login);
    let is_owner = mine.contains(declared.owner());
    // Where the host has the owner log in, it makes the roles, too.
    let makes_roles = there
        .roles
        .get(&hand.login)
        .is_some_and(|it| it.create_role);
    let of_roles = match is_owner && makes_roles {
        true => Verdict::Residual,
        false => Verdict::Hole,
    };
    others_roles(there, &mine, hand, of_roles, proof).await?;
    if of_roles == Verdict::Residual {
        makes_roles_of(there, hand, proof).await?;
    }
    for (what, sql) in NEVER {
        let works = match what {
            "make a role" => of_roles,
            "publish changes" if is_owner => Verdict::Allowed,
            _ => Verdict::Hole,
        };
        tried(hand, what, sql, works, proof).await?;
    }
    if !is_owner {
        of_tables(declared, there, hand, proof).await?;
    }
    for (what, sql, way_out) in RESIDUAL {
        let verdict = match hand.attempt(sql).await? {
            Outcome::Done | Outcome::Failed(..) => Verdict::Residual,
            Outcome::Denied(_) => Verdict::Denied,
        };
        proof.add(Line::new(&hand.login, what, verdict).why(way_out));
    }
    for group in Group::ALL {
        given(declared, there, &mine, hand, group, proof).await?;
    }
    others(hand, proof).await
}

/// Becomes every other role, and changes it.
async fn others_roles(
    there: &Facts,
    mine: &BTreeSet<String>,
    hand: &Hand,
    of_roles: Verdict,
    proof: &mut Proof,
) -> Result<()> {
    for role in there.roles.keys().filter(|it| **it != hand.login) {
        let name = quoted(role);
        let becomes = match mine.contains(role) {
            true => Verdict::Allowed,
            false => Verdict::Hole,
        };
        let sql = format!("SET LOCAL ROLE {name}");
        tried(hand, &format!("become {role}"), &sql, becomes, proof).await?;
        let sql = format!("SET LOCAL SESSION AUTHORIZATION {name}");
        let what = format!("log in again as {role}");
        tried(hand, &what, &sql, Verdict::Hole, proof).await?;
        let sql = format!("ALTER ROLE {name} SET work_mem = '64kB'");
        let what = format!("change the settings of {role}");
        tried(hand, &what, &sql, of_roles, proof).await?;
    }
    Ok(())
}

/// Takes other roles for itself, where the host has it make roles; before Postgres 16 it takes all that are no superuser's.
async fn makes_roles_of(there: &Facts, hand: &Hand, proof: &mut Proof) -> Result<()> {
    let me = quoted(&hand.login);
    let way_out =
        "whoever makes roles may: have a superuser make them, and take CREATEROLE from it";
    let others = there.roles.keys().filter(|it| **it != hand.login);
    let others: Vec<&String> = others.collect();
    let mut taken = Vec::new();
    let predefined = ["pg_execute_server_program", "pg_read_all_data"].map(str::to_owned);
    for role in others.into_iter().chain(&predefined) {
        let sql = format!("GRANT {} TO {me}", quoted(role));
        if hand.attempt(&sql).await? == Outcome::Done {
            taken.push(role.as_str());
        }
    }
    let line = match taken.is_empty() {
        true => Line::new(
            &hand.login,
            "make itself a member of any role",
            Verdict::Denied,
        ),
        false => {
            let what = format!("make itself a member of {}", taken.join(", "));
            Line::new(&hand.login, what, Verdict::Residual).why(way_out)
        }
    };
    proof.add(line);
    Ok(())
}

/// Does to every table what its owner may.
async fn of_tables(
    declared: &Declaration,
    there: &Facts,
    hand: &Hand,
    proof: &mut Proof,
) -> Result<()> {
    let tables = there.relations.iter();
    for (name, _) in tables.filter(|(_, it)| matches!(it.kind, 'r' | 'p')) {
        for (what, sql) in TO_TABLES {
            let sql = sql.replace("{}", &full(name));
            let what = format!("{what} {name}");
            // A lock is asked for before the right, and others may hold it for long.
            match hand.attempt(&sql).await? {
                Outcome::Failed(code, _) if code == LOCKED && !hand.owns(name).await? => {
                    let why =
                        "its owner alone may (asked of the server, as others hold a lock on it)";
                    proof.add(Line::new(&hand.login, what, Verdict::Denied).why(why));
                }
                outcome => judged(hand, &what, &sql, outcome, Verdict::Hole, proof),
            }
        }
    }
    let owner = quoted(declared.owner());
    let sql = format!("ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT SELECT ON TABLES TO PUBLIC");
    let what = "open to everybody what the owner is yet to make";
    tried(hand, what, &sql, Verdict::Hole, proof).await
}

/// What Postgres gives everybody, and a declaration may take back.
async fn given(
    declared: &Declaration,
    there: &Facts,
    mine: &BTreeSet<String>,
    hand: &Hand,
    group: Group,
    proof: &mut Proof,
) -> Result<()> {
    let grants = declared.catalog.get(&group);
    let is_granted = grants.is_some_and(|it| it.keys().any(|role| mine.contains(role)));
    let what = format!("use the {} of Postgres", group.as_str().replace('_', " "));
    let outcome = hand.attempt(group.tried()).await?;
    let is_denied = matches!(outcome, Outcome::Denied(_));
    let verdict = match (grants.is_some(), is_granted, is_denied) {
        (_, true, true) => Verdict::Broken,
        (_, true, false) => Verdict::Allowed,
        (_, false, true) => Verdict::Denied,
        (true, false, false) if there.here.superuser => Verdict::Hole,
        (true, false, false) => Verdict::NotClosable,
        (false, false, false) => Verdict::Residual,
    };
    let why = match verdict {
        Verdict::Residual => {
            format!("`[catalog.{group}]` takes it back, where a superuser applies it")
        }
        Verdict::NotClosable => "it takes a superuser to take it back".to_owned(),
        _ => group.tried().to_owned(),
    };
    proof.add(Line::new(&hand.login, what, verdict).why(why));
    Ok(())
}

/// Tries what is to be refused, and tells what it is where it works.
async fn tried(
    hand: &Hand,
    what: &str,
    sql: &str,
    works: Verdict,
    proof: &mut Proof,
) -> Result<()> {
    judged(hand, what, sql, hand.attempt(sql).await?, works, proof);
    Ok(())
}

fn judged(hand: &Hand, what: &str, sql: &str, outcome: Outcome, works: Verdict, proof: &mut Proof) {
    let (verdict, why) = match outcome {
        Outcome::Denied(why) => (Verdict::Denied, why),
        Outcome::Failed(code, why) if is_before(&code) => (Verdict::Denied, why),
        Outcome::Failed(code, _) if code == LOCKED => {
            let why = "others held a lock on it all the while: try once more";
            (Verdict::Untried, why.to_owned())
        }
        // It was not rights that it failed for, and so it is no proof that it is refused.
        Outcome::Failed(_, why) => (works, why),
        Outcome::Done => (works, sql.to_owned()),
    };
    proof.add(Line::new(&hand.login, what, verdict).why(why));
}

/// What is refused before rights are looked at: it is not there, or this kind of object has no such thing.
fn is_before(code: &str) -> bool {
    matches!(
        code,
        "42704" | "42883" | "42P01" | "58P01" | "42809" | "0A000" | "42601"
    )
}

/// The other databases of the cluster, which are not of this declaration.
async fn others(hand: &Hand, proof: &mut Proof) -> Result<()> {
    let rows = hand
        .ask(
            &[],
            "SELECT datname::text AS name FROM pg_database WHERE datallowconn AND datname <> current_database() AND has_database_privilege(datname, 'CONNECT') ORDER BY 1",
        )
        .await
        .map_err(|error| Error::database("the databases of the cluster cannot be listed", error))?;
    for row in rows {
        let name: String = row.get("name").unwrap_or_default();
        let line = Line::new(
            &hand.login,
            format!("connect to the database {name}"),
            Verdict::Residual,
        );
        proof.add(line.why(format!(
            "it is another's: REVOKE CONNECT ON DATABASE {} FROM PUBLIC",
            quoted(&name)
        )));
    }
    Ok(())
}
