//! A database of an application, to which its declaration is applied.

use raptor_access::Declaration;
use raptor_db::{Config, Db};
use raptor_testkit::{Options, Server, Urls};

pub(crate) const SCHEMA: &str = "
CREATE SCHEMA app; SET search_path = app;
CREATE TABLE customers (id uuid PRIMARY KEY, email text NOT NULL UNIQUE);
CREATE TABLE sessions (id int PRIMARY KEY, customer_id uuid NOT NULL REFERENCES customers, token_hash bytea NOT NULL UNIQUE, ended_at timestamptz);
CREATE TABLE notes (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer_id uuid NOT NULL REFERENCES customers, body text NOT NULL);
CREATE INDEX ON notes (customer_id, id);
CREATE TABLE support_grants (staff text NOT NULL, customer_id uuid NOT NULL, PRIMARY KEY (staff, customer_id));
CREATE VIEW bodies AS SELECT body FROM notes;
INSERT INTO customers SELECT ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, n || '@a.example' FROM generate_series(1, 100) AS n;
INSERT INTO notes (customer_id, body) SELECT id, 'note ' || m FROM customers, generate_series(1, 100) AS m;
INSERT INTO sessions SELECT n, ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, sha256(sha256(convert_to('token ' || n, 'UTF8'))), NULL FROM generate_series(1, 3) AS n;
INSERT INTO support_grants SELECT 'ann', id FROM customers WHERE email IN ('1@a.example', '3@a.example');
ANALYZE;
";

pub(crate) const FILE: &str = r#"
version = 1
schema = "app"
[roles.app_owner]
is = "owner"
[roles.resolver]
is = "resolver"
[roles.web]
is = "app"
logins = ["web_a"]
settings = { search_path = "app, pg_catalog" }
[roles.help]
is = "support"
logins = ["help_a"]
settings = { search_path = "app, pg_catalog" }
[scopes.customer]
type = "uuid"
token = { table = "sessions", hash = "token_hash", gives = "customer_id", when = "ended_at IS NULL" }
[scopes.login]
type = "text"
[scopes.staff]
type = "text"
[scopes.supported]
type = "uuid"
query = { text = "SELECT customer_id FROM support_grants WHERE staff = raptor_access.staff()", reads.support_grants = ["customer_id", "staff"] }
[schemas.app]
grant.web = "usage"
grant.help = "usage"
[tables.customers]
tenant = "id"
rows.web = "customer, email = login"
grant.web = "select, insert"
[tables.sessions]
tenant = "customer_id"
rows.web = "customer"
grant.web = "select, update (ended_at)"
[tables.notes]
tenant = "customer_id"
rows.web = "customer"
rows.help = "supported"
grant.web = "select, insert (customer_id, body), update (body), delete"
grant.help = "select"
[tables.support_grants]
[views.bodies]
grant.web = "select"
"#;

pub(crate) struct Bed {
    _server: Server,
    /// A superuser's.
    pub(crate) admin: Db,
    /// Whoever applies and proves: the same, or an owner who is not superuser.
    pub(crate) owner: Db,
    urls: Urls,
    pub(crate) declared: Declaration,
}

/// A database to which the declaration is applied by a superuser.
pub(crate) async fn bed() -> Bed {
    made(FILE, false).await
}

/// The same on a host that lets nobody be superuser: the owner logs in, and makes the roles.
pub(crate) async fn hosted() -> Bed {
    let own = "[roles.raptor_owner]\nis = \"owner\"\nlogins = [\"raptor_owner\"]";
    made(
        &FILE.replace("[roles.app_owner]\nis = \"owner\"", own),
        true,
    )
    .await
}

/// The same where the service logs in as the testkit's own login, which its `PgBouncer` knows.
pub(crate) async fn pooled() -> Bed {
    made(&FILE.replace("\"web_a\"", "\"raptor_app\""), false).await
}

async fn made(file: &str, is_hosted: bool) -> Bed {
    let server = Server::start(Options::default()).unwrap();
    let urls = server.create_database("rows").unwrap();
    let at = async |url: &str| Db::open(Config::new(url).unwrap()).await.unwrap();
    let admin = at(urls.admin_url()).await;
    let owner = match is_hosted {
        true => at(urls.owner_url()).await,
        false => at(urls.admin_url()).await,
    };
    let session = owner.session().await.unwrap();
    session.execute_raw(SCHEMA).await.unwrap();
    let declared = Declaration::read(file).unwrap();
    let applied = declared.apply(&owner).await.unwrap();
    assert!(applied.not_closable.is_empty(), "{applied:#?}");
    let logins = declared.roles.values().flat_map(|it| &it.logins);
    for login in logins.filter(|it| !it.starts_with("raptor_")) {
        let password = format!("ALTER ROLE {login} PASSWORD '{login}'");
        session.execute_raw(&password).await.unwrap();
    }
    Bed {
        _server: server,
        admin,
        owner,
        urls,
        declared,
    }
}

impl Bed {
    pub(crate) fn url(&self, login: &str) -> String {
        match login {
            "raptor_owner" => return self.urls.owner_url().to_owned(),
            "raptor_app" => return self.urls.url().to_owned(),
            _ => {}
        }
        let (scheme, rest) = self.urls.admin_url().split_once("://").unwrap();
        let place = rest.split_once('@').unwrap().1;
        format!("{scheme}://{login}:{login}@{place}")
    }

    pub(crate) async fn at(&self, login: &str) -> Db {
        Db::open(Config::new(&self.url(login)).unwrap())
            .await
            .unwrap()
    }
}

/// What `raptor.token` holds for the session of a customer.
pub(crate) fn digits(number: u32) -> String {
    use sha2::{Digest, Sha256};
    let digest = Sha256::digest(format!("token {number}"));
    digest.iter().map(|it| format!("{it:02x}")).collect()
}
