#!/bin/sh
# getmesh: starts istioctl without starting Python where that gives the same answer, and getmesh in all other cases.
# It decides nothing itself: it follows the active pointer or what getmesh resolved for this kubeconfig a moment ago.
python='@PYTHON@'

getmesh_home=${GETMESH_HOME:-${HOME:-}/.getmesh}

plain_call() {
  [ "${1:-}" = istioctl ] && [ -z "${GETMESH_ISTIO_VERSION:-}" ] && [ -n "${HOME:-}" ] || return 1
  for word in "$@"; do
    case $word in
      install | upgrade | manifest | -c* | -i* | --context* | --kubeconfig* | --istioNamespace*) return 1 ;;
    esac
  done
  folder=${PWD:-}
  case $folder in /*) ;; *) return 1 ;; esac
  while [ -n "$folder" ]; do
    [ ! -e "$folder/.istio-version" ] || return 1
    folder=${folder%/*}
  done
  [ ! -e /.istio-version ]
}

read_state() { # FILE KIND KEY: puts the value into $value
  value=
  [ -r "$1" ] || return 1
  {
    IFS= read -r line || return 1
    [ "$line" = "getmesh-$2: 1" ] || return 1
    while IFS= read -r line; do
      case $line in "$3: "*) value=${line#*: } ;; esac
    done
  } < "$1"
  [ -n "$value" ]
}

active_binary() {
  read_state "$getmesh_home/active" active platform || return 1
  case $value in windows/*) return 1 ;; esac
  read_state "$getmesh_home/active" active sha256 || return 1
  binary=$getmesh_home/blobs/$value/istioctl
}

resolved_binary() {
  memo=$getmesh_home/cache/launch
  read_state "$memo" launch kubeconfig && [ "$value" = "$kubeconfig" ] || return 1
  [ "$memo" -nt "$kubeconfig" ] && [ "$memo" -nt "$getmesh_home/active" ] && [ "$memo" -nt "$getmesh_home/builds" ] || return 1
  read_state "$memo" launch expires && [ "$(date +%s)" -lt "$value" ] || return 1
  read_state "$memo" launch path || return 1
  binary=$value
}

if plain_call "$@"; then
  kubeconfig=${KUBECONFIG:-$HOME/.kube/config}
  binary=
  if [ "${GETMESH_OFFLINE:-}" = 1 ] || [ ! -s "$kubeconfig" ]; then
    case $kubeconfig in *:*) ;; *) active_binary ;; esac
  else
    resolved_binary
  fi
  if [ -n "$binary" ] && [ -x "$binary" ]; then
    shift
    exec "$binary" "$@"
  fi
fi
exec "$python" -m getmesh "$@"
