#!/bin/sh
# See that the programs which the tests start are there: sh tools/system_packages.sh chromium …
# Installs what is missing where it may (root or password-less sudo, with apt-get). Where it may
# not, it says which tests are left out and how to get the program; with CI=true that is a failure.
set -eu

# program → the names it goes by, its Debian package, what tests it
names_of() { case $1 in
    chromium) echo "chromium chromium-browser google-chrome google-chrome-stable" ;;
    postgresql) echo "initdb /usr/lib/postgresql/*/bin/initdb" ;; # Debian's is not on the PATH
    redis-server) echo "valkey-server redis-server" ;;
    *) echo "$1" ;;
esac; }
package_of() { case $1 in
    varnishd) echo "varnish varnish-modules" ;;
    *) echo "$1" ;;
esac; }
tests_of() { case $1 in
    chromium) echo "tests/e2e/test_playground.py" ;;
    nginx | varnishd) echo "tests/caches/test_proxies.py" ;;
    openssl) echo "tests/client/test_tls.py" ;;
    postgresql) echo "tests/issuer/test_store.py, on PostgreSQL," ;;
    prometheus) echo "tests/observe/test_prometheus_server.py" ;;
    redis-server) echo "tests/server/test_redis_store.py" ;;
esac; }

is_there() {
    for name in $(names_of "$1"); do
        command -v "$name" >/dev/null 2>&1 && return 0
    done
    return 1
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo -n "$@"; fi
}

install() {
    command -v apt-get >/dev/null 2>&1 || return 1
    [ "$(id -u)" -eq 0 ] || sudo -n true 2>/dev/null || return 1
    echo "Installing $1 with apt-get …"
    as_root apt-get update -qq >/dev/null &&
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $1 >/dev/null 2>&1
}

left_out=0
for program in "$@"; do
    is_there "$program" && continue
    install "$(package_of "$program")" && is_there "$program" && continue
    echo "No $program: $(tests_of "$program") is left out. Install $(package_of "$program")." >&2
    left_out=1
done
[ "$left_out" -eq 0 ] || [ "${CI:-}" != true ]
