//! Every environment variable that this crate reads, in one place.
//!
//! Nothing else in the crate asks the environment; what is told in [`Options`](crate::Options)
//! wins over all of it.

use std::env;
use std::path::PathBuf;
use std::time::Duration;

/// How long a failing test's server stays after its process has ended, unless told otherwise.
const KEEP: Duration = Duration::from_mins(10);

/// `RAPTOR_PG_BIN`: the folder that holds `postgres` and `initdb`.
pub(crate) fn bin_dir() -> Option<PathBuf> {
    path("RAPTOR_PG_BIN")
}

/// The folders of `PATH`, in order.
pub(crate) fn search_path() -> Vec<PathBuf> {
    env::var_os("PATH").map_or_else(Vec::new, |all| env::split_paths(&all).collect())
}

/// What a program of Postgres needs to be found and to load its libraries, and nothing else: no
/// `PGOPTIONS`, `PGDATA` or `TZ` of ours reaches the server.
pub(crate) fn program_environment() -> Vec<(&'static str, std::ffi::OsString)> {
    let mut kept = vec![("LC_ALL", "C".into())];
    for name in ["PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"] {
        kept.extend(env::var_os(name).map(|value| (name, value)));
    }
    kept
}

/// `RAPTOR_TESTKIT_CACHE`, else the user's cache folder: `XDG_CACHE_HOME` or `HOME/.cache`.
pub(crate) fn cache_homes() -> Vec<PathBuf> {
    if let Some(told) = path("RAPTOR_TESTKIT_CACHE") {
        return vec![told];
    }
    let home = path("HOME").map(|home| home.join(".cache"));
    path("XDG_CACHE_HOME").into_iter().chain(home).collect()
}

/// `RAPTOR_TESTKIT_KEEP`: seconds for which a failing test's server stays; 0 keeps none.
pub(crate) fn keep() -> Duration {
    env::var("RAPTOR_TESTKIT_KEEP")
        .ok()
        .and_then(|seconds| seconds.parse().ok())
        .map_or(KEEP, Duration::from_secs)
}

fn path(name: &str) -> Option<PathBuf> {
    env::var_os(name)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
}
