#!/bin/sh
# The tour: findings in an example mesh, one of them explained, the catalogue of distributions.
set -eu
getmesh=${1:-getmesh}
here=$(dirname "$0")

say() { printf '\n$ getmesh %s\n' "$*"; }

say "config-validate --offline $here/shop"
# The shop has faults on purpose, so exit code 1 is what we want to see here.
"$getmesh" config-validate --offline "$here/shop" || [ $? -eq 1 ]
say "explain KIA1102"
"$getmesh" explain KIA1102
say "list"
"$getmesh" list
