//! TLS against a real server, with certificates made on the spot.

use crate::backend::{SYSTEM, block_on};
use raptor_db::{Config, Db, ErrorKind, Result, Scope, params, sql};
use raptor_testkit::{Options, Server, Urls};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair,
};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex};

struct Authority {
    certificate: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap().pem();
        Self {
            certificate,
            issuer: Issuer::new(params, key),
        }
    }
}

/// A server with a certificate for `localhost`, one without, and who may vouch for the first.
struct Servers {
    secure: Server,
    plain: Server,
    right: PathBuf,
    wrong: PathBuf,
    _folder: tempfile::TempDir,
}

static SERVERS: LazyLock<Servers> = LazyLock::new(|| {
    let plain = Server::start(Options {
        tcp: true,
        ..Options::default()
    })
    .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (right, wrong) = (Authority::new("right"), Authority::new("wrong"));
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &right.issuer).unwrap().pem();
    let place = |name: &str| folder.path().join(name);
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(folder.path(), mode).unwrap();
    std::fs::write(place("right.pem"), &right.certificate).unwrap();
    std::fs::write(place("wrong.pem"), &wrong.certificate).unwrap();
    std::fs::write(place("server.pem"), certificate).unwrap();
    secret(
        &place("server.key"),
        &key.serialize_pem(),
        plain.socket_dir(),
    );
    let file = |name: &str| place(name).display().to_string();
    let secure = Server::start(Options {
        tcp: true,
        settings: vec![
            ("ssl".to_owned(), "on".to_owned()),
            ("ssl_cert_file".to_owned(), file("server.pem")),
            ("ssl_key_file".to_owned(), file("server.key")),
        ],
        ..Options::default()
    })
    .unwrap();
    for server in [&secure, &plain] {
        server.create_database("secrets").unwrap();
    }
    Servers {
        secure,
        plain,
        right: place("right.pem"),
        wrong: place("wrong.pem"),
        _folder: folder,
    }
});

/// A key that only the server may read, which runs as the owner of `like`.
fn secret(path: &Path, text: &str, like: &Path) {
    let mut file = std::fs::File::create(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
    let owner = std::fs::metadata(like).unwrap();
    if owner.uid() != file.metadata().unwrap().uid() {
        std::os::unix::fs::chown(path, Some(owner.uid()), Some(owner.gid())).unwrap();
    }
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

fn url(urls: &Urls, host: &str, query: &str) -> String {
    let url = urls.url().replace("127.0.0.1", host);
    let separator = if url.contains('?') { '&' } else { '?' };
    format!("{url}{separator}{query}")
}

/// Whether the connection is encrypted.
async fn connect(url: &str) -> Result<bool> {
    let mut config = Config::new(url)?;
    config.pool_size = 1;
    let db = Db::open(config).await?;
    // A cancel must find its way through the same encryption.
    let pause = std::time::Duration::from_millis(50);
    let slow = db.query(&SYSTEM, sql!("SELECT pg_sleep(60)::text"), params! {});
    assert!(tokio::time::timeout(pause, slow).await.is_err());
    // So must a scope that shares its end with the statement it is for.
    let tenant = sql!("SELECT current_setting('raptor.tenant', true)");
    for id in ["a", "b", "c"] {
        let row = db.query_one(&Scope::tenant(id), tenant, params! {}).await?;
        assert_eq!(row.get::<String>(0)?, id);
    }
    let encrypted = sql!("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()");
    let row = db.query_one(&SYSTEM, encrypted, params! {}).await?;
    let running = sql!(
        "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' AND pid <> pg_backend_pid() AND state = 'active'"
    );
    crate::backend::eventually("the sleep is cancelled", || async {
        let row = db.query_one(&SYSTEM, running, params! {}).await.unwrap();
        row.get::<i64>(0).unwrap() == 0
    })
    .await;
    row.get(0)
}

#[test]
#[expect(clippy::too_many_lines, reason = "one story, told in order")]
fn every_mode_does_what_libpq_says() {
    let servers = &*SERVERS;
    let secure = servers.secure.tcp_urls("secrets").unwrap();
    let plain = servers.plain.tcp_urls("secrets").unwrap();
    let (right, wrong) = (servers.right.display(), servers.wrong.display());
    let trusting = |mode: &str| format!("sslmode={mode}&sslrootcert={right}");
    block_on(async {
        for (urls, host, query, wanted) in [
            (
                &secure,
                "localhost",
                "sslmode=disable".to_owned(),
                Some(false),
            ),
            (
                &secure,
                "localhost",
                "sslmode=prefer".to_owned(),
                Some(true),
            ),
            (
                &plain,
                "localhost",
                "sslmode=prefer".to_owned(),
                Some(false),
            ),
            (
                &plain,
                "localhost",
                "application_name=x".to_owned(),
                Some(false),
            ),
            (
                &secure,
                "localhost",
                "sslmode=require".to_owned(),
                Some(true),
            ),
            (&plain, "localhost", "sslmode=require".to_owned(), None),
            (&plain, "localhost", trusting("verify-full"), None),
            (&secure, "localhost", trusting("verify-ca"), Some(true)),
            (&secure, "127.0.0.1", trusting("verify-ca"), Some(true)),
            (&secure, "localhost", trusting("verify-full"), Some(true)),
            (&secure, "127.0.0.1", trusting("verify-full"), None),
            // `require` beside a root certificate means verify-ca.
            (&secure, "127.0.0.1", trusting("require"), Some(true)),
            (
                &secure,
                "localhost",
                format!("sslmode=require&sslrootcert={wrong}"),
                None,
            ),
            (
                &secure,
                "localhost",
                format!("sslmode=verify-ca&sslrootcert={wrong}"),
                None,
            ),
            (
                &secure,
                "localhost",
                format!("sslmode=verify-full&sslrootcert={wrong}"),
                None,
            ),
            (
                &secure,
                "127.0.0.1",
                format!("sslmode=verify-ca&sslrootcert={wrong}"),
                None,
            ),
        ] {
            let answer = connect(&url(urls, host, &query)).await;
            match (answer, wanted) {
                (Ok(encrypted), Some(wanted)) => assert_eq!(encrypted, wanted, "{host} {query}"),
                (Err(error), None) => {
                    let kind = error.kind();
                    let fits = matches!(kind, ErrorKind::ConnectionLost | ErrorKind::Configuration);
                    assert!(fits, "{host} {query}: {error:?}");
                }
                (answer, _) => panic!("{host} {query}: {answer:?}"),
            }
        }
        let missing = url(
            &secure,
            "localhost",
            "sslmode=verify-ca&sslrootcert=/no/such/file.pem",
        );
        let error = connect(&missing).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(error.to_string().contains("/no/such/file.pem"), "{error}");
    });
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What is logged while a database is opened and used by three connections.
fn logged(url: &str) -> String {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_writer(move || writer.clone())
        .with_ansi(false)
        .finish();
    tracing::subscriber::with_default(subscriber, || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let db = Db::open(Config::new(url).unwrap()).await.unwrap();
            let three =
                (0..3).map(|_| db.query(&SYSTEM, sql!("SELECT pg_sleep(0.05)::text"), params! {}));
            futures_util::future::join_all(three).await;
        });
    });
    let bytes = log.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn a_server_that_is_not_verified_is_mentioned_once() {
    let servers = &*SERVERS;
    let secure = servers.secure.tcp_urls("secrets").unwrap();
    for mode in ["disable", "prefer", "require", "verify-ca"] {
        let root = match mode {
            "verify-ca" => format!("&sslrootcert={}", servers.right.display()),
            _ => String::new(),
        };
        let log = logged(&url(&secure, "localhost", &format!("sslmode={mode}{root}")));
        assert_eq!(log.matches("not verified").count(), 1, "{log}");
        assert!(log.contains(mode), "{log}");
    }
    let root = servers.right.display();
    let full = url(
        &secure,
        "localhost",
        &format!("sslmode=verify-full&sslrootcert={root}"),
    );
    assert!(!logged(&full).contains("not verified"));
}
