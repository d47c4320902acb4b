# Finds the programs that the tests run, and installs what is missing. Sourced by the scripts beside it.

die() {
  echo "$0: $*" >&2
  exit 2
}

# Whether a program is at hand, in PATH or where Postgres's packages put it.
has() {
  local folder
  command -v "$1" >/dev/null && return
  [ "$1" = postgres ] && [ -n "${RAPTOR_PG_BIN:-}" ] && [ -x "$RAPTOR_PG_BIN/postgres" ] && return
  for folder in /usr/sbin /usr/lib/postgresql/*/bin /opt/homebrew/opt/postgresql*/bin /usr/local/opt/postgresql*/bin /usr/local/pgsql/bin; do
    [ -x "$folder/$1" ] && return
  done
  return 1
}

# need PROGRAM DEBIAN_PACKAGE BREW_FORMULA
need() {
  has "$1" && return
  echo "$0: $1 is missing; installing it" >&2
  if command -v apt-get >/dev/null; then
    local sudo=()
    if [ "$(id -u)" != 0 ]; then
      command -v sudo >/dev/null || die "$1 is missing and installing it takes root: run 'apt-get install $2' as root, then $0 again"
      sudo=(sudo)
    fi
    "${sudo[@]}" apt-get update -qq || die "apt-get update failed; install the package $2 by hand, then run $0 again"
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$2" >&2 ||
      die "apt-get could not install $2; install it by hand, then run $0 again"
  elif command -v brew >/dev/null; then
    brew install "$3" >&2 || die "brew could not install $3; install it by hand, then run $0 again"
  else
    die "$1 is missing and neither apt-get nor brew is here: install it (for Postgres any version from 13 on, and set RAPTOR_PG_BIN to its bin folder if it is not in PATH), then run $0 again"
  fi
  has "$1" || die "$1 is still missing after its installation"
}

# set_up NAME: an application of $applications into $real, what its lists say, when it is missing or was made for other
# versions.
set_up() {
  local folder=$real/$1 from=$applications/$1 wanted headers
  wanted="$(cat "$from"/requirements.txt "$from"/package-lock.json 2>/dev/null || true) in $folder"
  [ "$(cat "$folder/made-for" 2>/dev/null)" = "$wanted" ] && return
  echo "== installing $1" >&2
  rm -rf "$folder"
  mkdir -p "$folder"
  if [ -f "$from/requirements.txt" ]; then
    python3 -m venv "$folder/venv" || die "python3 makes no virtual environment (Debian: apt-get install python3-venv)"
    "$folder/venv/bin/pip" install -q --disable-pip-version-check --no-deps -r "$from/requirements.txt" >&2 ||
      die "$1 could not be installed"
  fi
  if [ -f "$from/package.json" ]; then
    need node nodejs node
    need npm npm node
    cp "$from/package.json" "$from/package-lock.json" "$folder/"
    # The headers that came with node, for what is compiled: npm would look for them elsewhere.
    headers=$(dirname "$(dirname "$(node -p process.execPath)")")
    [ -f "$headers/include/node/node.h" ] && export npm_config_nodedir=$headers
    (cd "$folder" && npm ci --no-audit --no-fund --loglevel=error >&2) || die "$1 could not be installed"
  fi
  echo "$wanted" >"$folder/made-for"
}
