#!/bin/sh
# Installs getmesh for one user, without root and without touching any shell profile.
#
# It makes a Python environment of its own below --prefix, checks every file that it downloads against the checksums
# written below, puts the command into --bin, and fetches the newest Istio build. It prints each step before it takes it.
# '--dry-run' prints the steps alone; '--uninstall' takes everything back.
set -eu

# Filled in for a release by tools/render_install.py; a copy without them needs --wheel and --sha256.
version=''
wheel_url=''
wheel_sha256=''
requirements_url=''
requirements_sha256=''

prefix=${GETMESH_PREFIX:-${HOME:?HOME is not set}/.getmesh}
bin=${GETMESH_BIN:-$HOME/.local/bin}
python=''
istio=latest
dry=''
action=install
purge=''

usage() {
  cat <<'TEXT'
usage: sh install.sh [options]
  --prefix DIR        where getmesh lives (default ~/.getmesh)
  --bin DIR           where the command 'getmesh' is put (default ~/.local/bin)
  --python FILE       Python 3.11 or later (default: the newest one found)
  --wheel FILE|URL    install this wheel; needs --sha256
  --sha256 HEX        its checksum
  --requirements FILE|URL    pinned dependencies with hashes; with a URL needs --requirements-sha256
  --requirements-sha256 HEX  its checksum
  --istio VERSION     the Istio build to fetch (default latest)
  --no-istio          fetch none
  --dry-run           say what would be done
  --uninstall         remove getmesh; fetched builds stay
  --purge             with --uninstall: remove fetched builds and settings too
TEXT
}

fail() {
  echo "install.sh: $1" >&2
  exit "${2:-1}"
}

say() { echo "==> $*"; }

run() { # prints a command, and runs it unless this is a dry run
  echo "    $*"
  [ -n "$dry" ] || "$@"
}

while [ $# -gt 0 ]; do
  case $1 in
    --prefix | --bin | --python | --wheel | --sha256 | --requirements | --requirements-sha256 | --istio)
      [ $# -gt 1 ] || fail "$1 needs a value" 2
      case $1 in
        --prefix) prefix=$2 ;;
        --bin) bin=$2 ;;
        --python) python=$2 ;;
        --wheel) wheel_url=$2 wheel_sha256='' version='' requirements_url='' requirements_sha256='' ;;
        --sha256) wheel_sha256=$2 ;;
        --requirements) requirements_url=$2 ;;
        --requirements-sha256) requirements_sha256=$2 ;;
        --istio) istio=$2 ;;
      esac
      shift
      ;;
    --no-istio) istio='' ;;
    --dry-run) dry=1 ;;
    --uninstall) action=uninstall ;;
    --purge) purge=1 ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; fail "unknown option $1" 2 ;;
  esac
  shift
done

case $prefix in /*) ;; *) prefix=$(pwd)/$prefix ;; esac
case $bin in /*) ;; *) bin=$(pwd)/$bin ;; esac
tool=$prefix/tool
command=$tool/bin/getmesh

uninstall() {
  say "removing the command"
  if [ -L "$bin/getmesh" ] && [ "$(readlink "$bin/getmesh")" = "$command" ]; then
    run rm -f "$bin/getmesh"
  else
    echo "    $bin/getmesh is not ours and stays"
  fi
  say "removing the Python environment"
  run rm -rf "$tool"
  if [ -n "$purge" ]; then
    say "removing builds, catalog and settings"
    for part in active blobs builds cache catalog crashes default-hub downloads locks staging; do
      run rm -rf "$prefix/$part"
    done
  else
    echo "    fetched builds and settings stay in $prefix; --purge removes them"
  fi
  [ -n "$dry" ] || rmdir "$prefix" 2>/dev/null || true
}

find_python() {
  for name in ${python:+"$python"} python3.14 python3.13 python3.12 python3.11 python3 python; do
    found=$(command -v "$name" 2>/dev/null) || continue
    if "$found" -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      python=$found
      return
    fi
  done
  fail "no Python 3.11 or later with the venv module was found; name one with --python" 4
}

digest() { "$python" -c 'import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest())' "$1"; }

obtain() { # SOURCE TARGET SHA256
  [ -n "$3" ] || fail "no checksum is known of $1; give it with --sha256" 2
  case $1 in
    https://*)
      if command -v curl >/dev/null 2>&1; then
        run curl --fail --silent --show-error --location --proto '=https' --output "$2" "$1" || fail "$1 could not be downloaded" 4
      elif command -v wget >/dev/null 2>&1; then
        run wget --quiet --https-only --output-document="$2" "$1" || fail "$1 could not be downloaded" 4
      else
        fail "neither curl nor wget was found" 4
      fi
      ;;
    *://*) fail "$1: only https is used" 2 ;;
    *) run cp "$1" "$2" ;;
  esac
  [ -n "$dry" ] || [ "$(digest "$2")" = "$3" ] || fail "$1 does not have the checksum $3; nothing was installed" 4
  echo "    checksum $3 holds"
}

install() {
  [ -n "$wheel_url" ] || fail "this copy names no release; give --wheel and --sha256, or use: pipx install getmesh" 2
  if [ -e "$bin/getmesh" ] && ! { [ -L "$bin/getmesh" ] && [ "$(readlink "$bin/getmesh")" = "$command" ]; }; then
    fail "$bin/getmesh exists and is not ours; remove it or choose another --bin"
  fi
  find_python
  say "Python: $python"
  scratch=$(mktemp -d)
  trap 'rm -rf "$scratch"' EXIT
  trap 'exit 130' INT TERM
  wheel=$scratch/${wheel_url##*/}
  say "getting getmesh ${version:-from $wheel_url}"
  obtain "$wheel_url" "$wheel" "$wheel_sha256"
  if [ -n "$requirements_url" ]; then
    say "getting the list of pinned dependencies"
    if [ -f "$requirements_url" ] && [ -z "$requirements_sha256" ]; then
      requirements_sha256=$(digest "$requirements_url")
    fi
    obtain "$requirements_url" "$scratch/requirements.txt" "$requirements_sha256"
  fi
  say "making the Python environment $tool"
  run rm -rf "$tool"
  run mkdir -p "$prefix" "$bin"
  run "$python" -m venv "$tool"
  run touch "$tool/made-by-install.sh"
  if [ -n "$requirements_url" ]; then
    say "installing the dependencies, each checked against its hash"
    run "$tool/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$scratch/requirements.txt"
    run "$tool/bin/python" -m pip install --quiet --disable-pip-version-check --no-index --no-deps "$wheel"
  else
    say "installing getmesh with dependencies from your package index"
    run "$tool/bin/python" -m pip install --quiet --disable-pip-version-check "$wheel"
  fi
  say "putting the command into $bin"
  run ln -sf "$command" "$bin/getmesh"
  say "writing completion files"
  run mkdir -p "$tool/completion"
  for shell in bash zsh fish; do
    echo "    $command completion $shell > $tool/completion/getmesh.$shell"
    [ -n "$dry" ] || "$command" completion "$shell" >"$tool/completion/getmesh.$shell"
  done
  if [ -n "$istio" ]; then
    say "fetching Istio $istio"
    run env GETMESH_HOME="$prefix" "$command" fetch "$istio" || fail "getmesh is installed, but no Istio build could be fetched; run: getmesh fetch $istio" 4
  fi
  finish
}

finish() {
  say "done; nothing else was changed"
  echo "    for completion, load the file of your shell: . \"$tool/completion/getmesh.bash\""
  case :${PATH:-}: in
    *:"$bin":*) ;;
    *) echo "    $bin is not in your PATH; add it with: export PATH=\"$bin:\$PATH\"" ;;
  esac
  if [ "$prefix" != "$HOME/.getmesh" ]; then
    echo "    tell getmesh where its home is: export GETMESH_HOME=\"$prefix\""
  fi
  echo "    to remove it all: sh install.sh --uninstall --purge --prefix \"$prefix\" --bin \"$bin\""
}

"$action"
