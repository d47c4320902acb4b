//! From an address to a connection that is known to be direct or pooled.

use super::address::Address;
use super::conn::Conn;
use super::credential::CredentialProvider;
use super::pooler::{Pooler, backend};
use super::socket::{AnnouncedPid, Socket, Watched, WatchedTls};
use super::tls;
use super::turn::Turn;
use crate::config::Config;
use crate::error::{Error, ErrorKind, Result, from_postgres};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::{mpsc, watch};
use tokio_postgres::config::Host;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{AsyncMessage, CancelToken};
use tokio_postgres_rustls::MakeRustlsConnect;

/// How often a credential that is refused is asked for again: once for each rotation that overtakes an attempt.
const ASKED: u32 = 8;

/// All that a new connection needs to know.
pub(crate) struct Connector {
    pub(crate) address: Address,
    pub(crate) config: Config,
    tls: Option<MakeRustlsConnect>,
    credentials: Option<Arc<dyn CredentialProvider>>,
    told_about_pooler: AtomicBool,
    /// How many cancel requests are under way.
    cancels: Arc<watch::Sender<usize>>,
}

/// One place where the server may be.
#[derive(Clone, Debug)]
struct Endpoint {
    host: Host,
    addr: Option<std::net::IpAddr>,
    port: u16,
}

/// Cancels what a connection is doing, over a connection of its own.
#[derive(Clone)]
pub(crate) struct Canceller {
    token: CancelToken,
    endpoint: Endpoint,
    tls: Option<MakeRustlsConnect>,
    under_way: Arc<watch::Sender<usize>>,
    /// Nothing of a cancel comes between what others send in one piece.
    pub(super) turn: Turn,
}

/// Counts one cancel request for as long as it lives.
struct UnderWay(Arc<watch::Sender<usize>>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

impl Connector {
    pub(crate) fn new(address: Address, config: Config) -> Result<Self> {
        let tls = tls::connector(&address)?;
        let credentials = config.credentials.clone();
        Ok(Self {
            address,
            config,
            tls,
            credentials,
            told_about_pooler: AtomicBool::new(false),
            cancels: Arc::new(watch::Sender::new(0)),
        })
    }

    /// Waits for the cancel requests that are under way. Who leaves them behind, by ending the
    /// process, leaves statements running, and PgBouncer 1.18 ends with a fatal error.
    pub(crate) async fn until_cancelled(&self) {
        let mut count = self.cancels.subscribe();
        let none = count.wait_for(|count| *count == 0);
        if tokio::time::timeout(CANCEL_PATIENCE, none).await.is_err() {
            tracing::warn!("statements that were given up still run on the Postgres server");
        }
    }

    /// The newest credential generation.
    pub(crate) fn generation(&self) -> u64 {
        self.credentials
            .as_ref()
            .map_or(0, |provider| provider.generation())
    }

    /// Opens a connection at the first host that answers.
    ///
    /// # Errors
    /// The last host's error: [`ErrorKind::Auth`], [`ErrorKind::ConnectionLost`],
    /// [`ErrorKind::Timeout`] or the credential provider's own.
    pub(crate) async fn connect(&self) -> Result<Conn> {
        let (raw, endpoint, generation) = self.connect_raw(None).await?;
        let canceller = Canceller {
            token: raw.client.cancel_token(),
            endpoint,
            tls: raw.cancel_tls,
            under_way: Arc::clone(&self.cancels),
            turn: Turn::default(),
        };
        let probe = Pooler::probe(&raw.client, raw.announced);
        let pooler = match tokio::time::timeout(self.config.connect_timeout, probe).await {
            Ok(pooler) => pooler?,
            Err(_) => {
                let message = format!(
                    "{} took the connection and did not answer within {:?}",
                    canceller.endpoint.describe(),
                    self.config.connect_timeout
                );
                return Err(Error::new(ErrorKind::Timeout, message));
            }
        };
        if pooler == Pooler::Untracked && !self.told_about_pooler.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                "a pooler that does not track prepared statements stands before Postgres: statements are sent whole, \
                 which costs about twice the time; PgBouncer 1.21 with max_prepared_statements tracks them"
            );
        }
        Ok(Conn::new(
            raw.client,
            canceller,
            generation,
            pooler,
            &self.config,
        ))
    }

    /// A connection for LISTEN alone; the receiver ends when the connection does.
    ///
    /// # Errors
    /// As [`Connector::connect`]; and [`ErrorKind::Unsupported`] behind a pooler, which gives the
    /// next statement another server, and with it the notifications to somebody else.
    pub(crate) async fn connect_listening(
        &self,
        notify: impl Fn(tokio_postgres::Notification) + Send + Sync + 'static,
    ) -> Result<(tokio_postgres::Client, mpsc::UnboundedReceiver<()>, u64)> {
        let (ending, ended) = mpsc::unbounded_channel();
        let notify: Notify = Arc::new(move |notification| {
            let _alive = &ending;
            notify(notification);
        });
        let (raw, _, generation) = self.connect_raw(Some(notify)).await?;
        if backend(&raw.client).await? != Some(raw.announced) {
            let message = "LISTEN does not work through a pooler: give the listener a URL that leads straight to Postgres";
            return Err(Error::new(ErrorKind::Unsupported, message));
        }
        Ok((raw.client, ended, generation))
    }

    async fn connect_raw(&self, notify: Option<Notify>) -> Result<(RawClient, Endpoint, u64)> {
        let mut driver = self.address.driver.clone();
        if driver.get_application_name().is_none() {
            driver.application_name(&self.config.application_name);
        }
        let mut asked = 0;
        loop {
            let mut generation = 0;
            if let Some(provider) = &self.credentials {
                let credential = provider.credential().await?;
                driver.user(credential.user);
                if let Some(password) = credential.password {
                    driver.password(password);
                }
                generation = credential.generation;
            }
            let error = match self.connect_as(&driver, notify.as_ref()).await {
                Ok((raw, endpoint)) => return Ok((raw, endpoint, generation)),
                Err(error) => error,
            };
            // Rotated under us: the credential is read again, and once more where it was rotated meanwhile.
            let is_refused = error.kind() == ErrorKind::Auth && asked < ASKED;
            match &self.credentials {
                Some(provider) if is_refused && provider.refused(generation).await => {
                    asked += 1;
                }
                _ => return Err(error),
            }
        }
    }

    /// At the first host that answers.
    async fn connect_as(
        &self,
        driver: &tokio_postgres::Config,
        notify: Option<&Notify>,
    ) -> Result<(RawClient, Endpoint)> {
        let mut last = Error::new(ErrorKind::Configuration, "the Postgres URL names no host");
        for endpoint in self.endpoints() {
            let attempt = self.connect_to(driver, &endpoint, notify.cloned());
            match tokio::time::timeout(self.config.connect_timeout, attempt).await {
                Ok(Ok(raw)) => return Ok((raw, endpoint)),
                Ok(Err(error)) => last = error,
                Err(_) => {
                    let message = format!(
                        "{} did not accept a connection within {:?}",
                        endpoint.describe(),
                        self.config.connect_timeout
                    );
                    last = Error::new(ErrorKind::Timeout, message);
                }
            }
        }
        Err(last)
    }

    fn endpoints(&self) -> Vec<Endpoint> {
        let (hosts, addrs, ports) = (
            self.address.driver.get_hosts(),
            self.address.driver.get_hostaddrs(),
            self.address.driver.get_ports(),
        );
        (0..hosts.len().max(addrs.len()))
            .map(|at| Endpoint {
                host: hosts
                    .get(at)
                    .cloned()
                    .unwrap_or_else(|| Host::Tcp(addrs[at].to_string())),
                addr: addrs.get(at).copied(),
                port: ports.get(at).or(ports.first()).copied().unwrap_or(5432),
            })
            .collect()
    }

    async fn connect_to(
        &self,
        driver: &tokio_postgres::Config,
        endpoint: &Endpoint,
        notify: Option<Notify>,
    ) -> Result<RawClient> {
        let socket = endpoint.open().await.map_err(|error| {
            Error::new(
                ErrorKind::ConnectionLost,
                format!("cannot reach Postgres at {}: {error}", endpoint.describe()),
            )
        })?;
        let mut driver = driver.clone();
        let (plain_pid, tls_pid) = (AnnouncedPid::default(), AnnouncedPid::default());
        let tls = self
            .tls
            .clone()
            .filter(|_| !matches!(endpoint.host, Host::Unix(_)));
        let Some(mut make) = tls else {
            // libpq, too, speaks plain text over a Unix socket whatever sslmode says.
            driver.ssl_mode(tokio_postgres::config::SslMode::Disable);
            let stream = Watched::new(socket, plain_pid.clone(), false);
            let (client, connection) = driver
                .connect_raw(stream, tokio_postgres::NoTls)
                .await
                .map_err(from_postgres)?;
            tokio::spawn(drive(connection, notify));
            return Ok(RawClient {
                client,
                cancel_tls: None,
                announced: plain_pid.get(),
            });
        };
        let connect = WatchedTls {
            inner: make_tls(&mut make, endpoint)?,
            pid: tls_pid.clone(),
            lingers: false,
        };
        let stream = Watched::new(socket, plain_pid.clone(), true);
        let (client, connection) = driver
            .connect_raw(stream, connect)
            .await
            .map_err(from_postgres)?;
        tokio::spawn(drive(connection, notify));
        let announced = if tls_pid.get() == 0 {
            plain_pid.get()
        } else {
            tls_pid.get()
        };
        Ok(RawClient {
            client,
            cancel_tls: Some(make),
            announced,
        })
    }
}

/// What is done with a notification.
type Notify = Arc<dyn Fn(tokio_postgres::Notification) + Send + Sync>;

/// A connection about which nothing is known yet.
struct RawClient {
    client: tokio_postgres::Client,
    cancel_tls: Option<MakeRustlsConnect>,
    /// The process id that the other side announced.
    announced: i32,
}

fn make_tls(
    make: &mut MakeRustlsConnect,
    endpoint: &Endpoint,
) -> Result<<MakeRustlsConnect as MakeTlsConnect<Watched<Socket>>>::TlsConnect> {
    let name = match &endpoint.host {
        Host::Tcp(name) => name.clone(),
        Host::Unix(path) => path.display().to_string(),
    };
    <MakeRustlsConnect as MakeTlsConnect<Watched<Socket>>>::make_tls_connect(make, &name).map_err(
        |error| {
            Error::new(
                ErrorKind::Configuration,
                format!("{name} cannot be a TLS server name: {error}"),
            )
        },
    )
}

/// Carries the connection's messages until either side closes it.
async fn drive<S, T>(mut connection: tokio_postgres::Connection<S, T>, notify: Option<Notify>)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
    T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    while let Some(message) = std::future::poll_fn(|cx| connection.poll_message(cx)).await {
        match (message, &notify) {
            (Ok(AsyncMessage::Notification(notification)), Some(notify)) => notify(notification),
            (Ok(AsyncMessage::Notice(notice)), _) => {
                tracing::debug!(notice = notice.message(), "Postgres says");
            }
            (Ok(_), _) => {}
            (Err(error), _) => {
                tracing::debug!(%error, "a Postgres connection ended");
                return;
            }
        }
    }
}

impl Endpoint {
    async fn open(&self) -> io::Result<Socket> {
        match (&self.host, self.addr) {
            (_, Some(addr)) => Self::tcp(TcpStream::connect((addr, self.port)).await?),
            (Host::Tcp(name), None) => {
                Self::tcp(TcpStream::connect((name.as_str(), self.port)).await?)
            }
            (Host::Unix(folder), None) => {
                UnixStream::connect(folder.join(format!(".s.PGSQL.{}", self.port)))
                    .await
                    .map(Socket::Unix)
            }
        }
    }

    fn tcp(stream: TcpStream) -> io::Result<Socket> {
        stream.set_nodelay(true)?;
        Ok(Socket::Tcp(stream))
    }

    fn describe(&self) -> String {
        match &self.host {
            Host::Tcp(name) => format!("{name}:{}", self.port),
            Host::Unix(folder) => format!("{}/.s.PGSQL.{}", folder.display(), self.port),
        }
    }
}

/// How long the other side may take to close a cancel request's connection.
const CANCEL_PATIENCE: Duration = Duration::from_secs(10);
/// How often a cancel is asked for at most, and after how long first; each time it is twice as long.
const CANCELS: u32 = 8;
const CANCEL_AGAIN: Duration = Duration::from_millis(200);

impl Canceller {
    /// Has the server end whatever `client` has under way; returns when it has ended.
    ///
    /// A cancel request that overtakes its statement has no effect, so it is repeated until the
    /// connection answers again, which it does in order.
    pub(crate) fn cancel(
        self,
        client: Arc<tokio_postgres::Client>,
    ) -> impl Future<Output = ()> + Send {
        // Counted from here on, not from its first poll.
        self.under_way.send_modify(|count| *count += 1);
        let counted = UnderWay(Arc::clone(&self.under_way));
        async move {
            let ended = std::pin::pin!(client.simple_query(""));
            let mut ended = std::pin::pin!(self.turn.in_one_piece(ended));
            let mut pause = CANCEL_AGAIN;
            for _ in 0..CANCELS {
                self.clone().ask().await;
                if tokio::time::timeout(pause, ended.as_mut()).await.is_ok() {
                    break;
                }
                pause *= 2;
            }
            drop(counted);
        }
    }

    async fn ask(self) {
        let Self {
            token,
            endpoint,
            tls,
            ..
        } = self;
        let Ok(socket) = endpoint.open().await else {
            return;
        };
        let socket = Watched::new(socket, AnnouncedPid::default(), false);
        let sent = async {
            match tls {
                None => {
                    let socket = socket.lingering();
                    token.cancel_query_raw(socket, tokio_postgres::NoTls).await
                }
                Some(mut make) => {
                    let Ok(inner) = make_tls(&mut make, &endpoint) else {
                        return Ok(());
                    };
                    let connect = WatchedTls {
                        inner,
                        pid: AnnouncedPid::default(),
                        lingers: true,
                    };
                    token.cancel_query_raw(socket, connect).await
                }
            }
        };
        match tokio::time::timeout(CANCEL_PATIENCE, sent).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(%error, "a cancel request was not delivered"),
            Err(_) => tracing::debug!("a cancel request was not taken in time"),
        }
    }
}
