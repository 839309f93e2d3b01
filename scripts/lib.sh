# Shared by scripts/run and scripts/test: what both need installed. Sourced, not run; written for bash 3.2, which macOS has.
# shellcheck shell=bash

say() { printf '%s\n' "$*" >&2; }

# What is missing cannot be had without the user: say it in one line. 69 is sysexits.h's "unavailable".
missing() {
    say "$*"
    exit 69
}

# Runs a command as root, but never asks for a password.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo -n "$@"; fi
}

can_be_root() { [ "$(id -u)" -eq 0 ] || { command -v sudo && sudo -n true; } >/dev/null 2>&1; }

# The oldest Rust is Cargo.toml's rust-version.
need_cargo() {
    local wanted minor
    # Where rustup puts it; a shell that was open before does not know yet.
    command -v cargo >/dev/null || PATH="$PATH:${CARGO_HOME:-$HOME/.cargo}/bin"
    wanted=$(sed -n 's/^rust-version = "1\.\([0-9]*\).*/\1/p' Cargo.toml)
    command -v cargo >/dev/null || missing "Rust 1.$wanted or newer is needed; install it with rustup: https://rustup.rs"
    minor=$(cargo --version | sed -n 's/^cargo 1\.\([0-9]*\).*/\1/p')
    [ "${minor:-0}" -ge "$wanted" ] || missing "Rust 1.$wanted or newer is needed, this is $(cargo --version); update it with: rustup update stable"
}

has_compiler() {
    # macOS has a `cc` that only asks to install the real one.
    if [ "$(uname)" = Darwin ]; then xcode-select -p >/dev/null 2>&1; else command -v cc >/dev/null; fi
}

# Looks where src/embedded looks. A directory named by a variable is the program's to judge: it says what is wrong with it.
has_postgres() {
    [ -z "${MEDICALPRO_PG_BINDIR:-}${PG_BINDIR:-}" ] || return 0
    local bindir version
    for bindir in "$(pg_config --bindir 2>/dev/null || true)" /usr/lib/postgresql/*/bin /usr/pgsql-*/bin \
        /opt/homebrew/opt/postgresql@*/bin /usr/local/opt/postgresql@*/bin /home/linuxbrew/.linuxbrew/opt/postgresql@*/bin; do
        [ -x "$bindir/initdb" ] && [ -x "$bindir/postgres" ] || continue
        version=$("$bindir/postgres" --version | sed -n 's/.*(PostgreSQL) \([0-9]*\).*/\1/p')
        [ "${version:-0}" -lt 15 ] || return 0
    done
    return 1
}

# Installs packages; a new PostgreSQL neither makes a cluster of the system's own nor starts one. What keeps it from that
# is in place for the duration only, and never replaces a file that is there.
install_debian() (
    can_be_root || missing "These packages are needed; install them with: sudo apt-get install $*"
    made=()
    # shellcheck disable=SC2329 # the trap calls it
    undo() {
        local path
        for path in "${made[@]+"${made[@]}"}"; do
            if [ -d "$path" ]; then as_root rmdir "$path" 2>/dev/null || true; else as_root rm -f "$path"; fi
        done
    }
    trap undo EXIT
    trap 'exit 130' INT TERM HUP
    put() { # path mode text
        [ ! -e "$1" ] || return 0
        # Newest first, so that a directory is emptied before it is removed.
        made=("$1" "${made[@]+"${made[@]}"}")
        printf '%s\n' "$3" | as_root tee "$1" >/dev/null
        as_root chmod "$2" "$1"
    }
    etc=/etc/postgresql-common
    for directory in "$etc" "$etc/createcluster.d"; do
        [ -d "$directory" ] || { made=("$directory" "${made[@]+"${made[@]}"}"); as_root mkdir "$directory"; }
    done
    put "$etc/createcluster.d/medicalpro.conf" 644 "create_main_cluster = false"
    put /usr/sbin/policy-rc.d 755 "#!/bin/sh
exit 101"
    say "installing: $*"
    as_root apt-get update -q >&2 || say "going on with the package lists of before"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@" >&2 ||
        missing "apt-get could not install what is needed (its reason is above): $*"
)

# The C compiler builds the cryptography, the PostgreSQL server is run by the program itself.
need_packages() {
    local packages=()
    if [ "$(uname)" = Darwin ]; then
        has_compiler || missing "A C compiler is needed; install it with: xcode-select --install"
        has_postgres && return
        command -v brew >/dev/null || missing "PostgreSQL 15 or newer is needed; install Homebrew (https://brew.sh), then: brew install postgresql@17"
        say "installing: postgresql@17"
        brew install postgresql@17 >&2
    elif command -v apt-get >/dev/null; then
        has_compiler || packages+=(gcc libc6-dev)
        has_postgres || packages+=(postgresql)
        [ ${#packages[@]} -eq 0 ] || install_debian "${packages[@]}"
    fi
    has_compiler || missing "A C compiler is needed; install gcc or clang"
    has_postgres || missing "PostgreSQL 15 or newer is needed; install its server package (older Debian and Ubuntu: https://wiki.postgresql.org/wiki/Apt)"
}

# For the tests that go through a pooler: the program, which a test starts for itself, and not its service.
need_pgbouncer() {
    # Debian keeps it where only root looks.
    PATH="$PATH:/usr/sbin" command -v pgbouncer >/dev/null && return
    if [ "$(uname)" = Darwin ]; then
        say "installing: pgbouncer"
        brew install pgbouncer >&2
    elif command -v apt-get >/dev/null; then
        install_debian pgbouncer
        # It was not started, and is not to start with the machine either.
        ! command -v systemctl >/dev/null || as_root systemctl --quiet disable pgbouncer.service >&2
    fi
}

# need_venv <package> <version>: in a Python environment of its own below the build's directory.
need_venv() {
    local venv="${CARGO_TARGET_DIR:-target}/$1"
    [ "$("$venv/bin/python3" -c "from importlib.metadata import version; print(version('$1'))" 2>/dev/null)" != "$2" ] || return 0
    # Debian's Python comes without what makes environments.
    if ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
        if [ "$(uname)" = Darwin ]; then
            brew install python >&2
        elif command -v apt-get >/dev/null; then
            install_debian python3-venv
        fi
    fi
    say "installing: $1 $2, for Python"
    python3 -m venv "$venv" && "$venv/bin/python3" -m pip install --quiet --disable-pip-version-check "$1==$2" >&2
}

# For the tests of calendars: a parser that others wrote.
need_icalendar() { need_venv icalendar 6.3.2; }

# For scripts/fuzz.
need_schemathesis() { need_venv schemathesis 4.32.5; }

# For scripts/security: Python and nothing else.
need_python() {
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && return
    if [ "$(uname)" = Darwin ]; then
        command -v brew >/dev/null || missing "Python 3.11 or newer is needed; install Homebrew (https://brew.sh), then: brew install python"
        brew install python >&2
    elif command -v apt-get >/dev/null && ! command -v python3 >/dev/null; then
        install_debian python3
    fi
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || missing "Python 3.11 or newer is needed"
}

# For scripts/bench: the load, the peer's runtime, and PostgreSQL's own programs.
need_bench() {
    local program packages=()
    # What Homebrew keeps off the path.
    [ "$(uname)" != Darwin ] || PATH="$PATH:$(brew --prefix postgresql@17)/bin"
    for program in wrk python3 node npm psql pgbench; do
        command -v $program >/dev/null && continue
        case $program in
        node) packages+=(nodejs) ;;
        psql | pgbench) packages+=(postgresql) ;;
        *) packages+=($program) ;;
        esac
    done
    [ ${#packages[@]} -gt 0 ] || return 0
    if [ "$(uname)" = Darwin ]; then
        brew install wrk python node >&2
    elif command -v apt-get >/dev/null; then
        install_debian "${packages[@]}"
    else
        missing "These programs are needed: ${packages[*]}"
    fi
}
