#!/bin/sh
# Installs Sexton from this directory: an unpacked sexton-VERSION.tgz (no network needed) or a checkout.
# Run it again to upgrade or to repair. Configuration, credentials and state are never overwritten.
#
#   PREFIX=/usr/local    where the program goes
#   DESTDIR=/some/where  copies the files there and does nothing else, for packagers
set -eu

prefix=${PREFIX:-/usr/local}
destination=${DESTDIR:-}
source=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
case $prefix in
  /usr) units=/usr/lib/systemd/system ;;
  *) units=/etc/systemd/system ;;
esac

fail() {
  echo "install.sh: $1" >&2
  exit 1
}

if [ -z "$destination" ]; then
  [ "$(id -u)" = 0 ] || fail 'this writes to system directories: run it as root (sudo sh deploy/install.sh)'
  command -v node >/dev/null || fail 'Node.js is missing: install version 20.19 or newer (https://nodejs.org), for root too'
  node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' ||
    fail "Node.js $(node --version) is too old: version 20.19 or newer is needed"
  # systemd looks for programs in these places only.
  [ -n "$(PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin command -v node)" ] ||
    fail "$(command -v node) is out of systemd's sight: link it as /usr/local/bin/node"
  command -v git >/dev/null || echo 'install.sh: git is missing; without it there is no `sexton pull`' >&2
  [ ! -e /usr/lib/sexton ] || [ "$prefix" = /usr ] || fail 'the Debian package is installed: upgrade that one, or remove it first (apt remove sexton)'
fi

scratch=
trap '[ -z "$scratch" ] || rm -rf "$scratch"' EXIT
if [ -e "$source/.dev/package.mjs" ]; then
  # A checkout: what belongs to an installation is picked from it.
  scratch=$(mktemp -d)
  node "$source/.dev/package.mjs" tree --out "$scratch/sexton" >/dev/null
  source=$scratch/sexton
fi
[ -e "$source/dist/sexton.js" ] || fail "$source holds no built program: unpack the whole archive"

# The program is put together beside and then takes the place of the old one, so that no mixture ever starts.
program=$destination$prefix/lib/sexton
mkdir -p "$destination$prefix/lib" "$destination$prefix/bin"
rm -rf "$program.new" "$program.old"
mkdir -p "$program.new"
cp -R "$source/." "$program.new/"
chmod -R u=rwX,go=rX "$program.new"
[ -n "$destination" ] || chown -R root:root "$program.new"
[ ! -e "$program" ] || mv "$program" "$program.old"
mv "$program.new" "$program"
rm -rf "$program.old"
install -m 0755 "$program/deploy/sexton.sh" "$destination$prefix/bin/sexton"
mkdir -p "$destination$units"
for unit in sexton.service sexton-pull.service sexton-pull.timer; do
  install -m 0644 "$program/deploy/$unit" "$destination$units/$unit"
done

[ -z "$destination" ] || exit 0

sh "$program/deploy/setup.sh"
[ -e /etc/sexton/sexton.yaml ] || install -m 0644 "$program/deploy/sexton.yaml" /etc/sexton/sexton.yaml
if [ -d /run/systemd/system ]; then
  systemctl daemon-reload
  systemctl try-restart sexton.service
fi
echo "Sexton $("$prefix/bin/sexton" --version) is installed."
cat "$program/deploy/next-steps.txt"
