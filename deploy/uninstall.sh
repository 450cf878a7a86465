#!/bin/sh
# Removes what install.sh installed. Settings, credentials, resources and state stay, unless --purge is given.
# UniFi keeps what it holds: its schedules shut the doors by themselves when the fence begins.
set -eu

prefix=${PREFIX:-/usr/local}
purge=no
case ${1:-} in
  '') ;;
  --purge) purge=yes ;;
  *) echo "usage: uninstall.sh [--purge]" >&2 && exit 64 ;;
esac
[ "$(id -u)" = 0 ] || { echo 'uninstall.sh: run it as root' >&2 && exit 1; }
[ "$prefix" != /usr ] || { echo 'uninstall.sh: what the Debian package installed is removed with `apt remove sexton`' >&2 && exit 1; }

if [ -d /run/systemd/system ]; then
  for unit in sexton-pull.timer sexton-pull.service sexton.service; do
    [ ! -e "/etc/systemd/system/$unit" ] || systemctl disable --quiet --now "$unit"
  done
fi
rm -f /etc/systemd/system/sexton.service /etc/systemd/system/sexton-pull.service /etc/systemd/system/sexton-pull.timer
[ ! -d /run/systemd/system ] || systemctl daemon-reload
# This script may stand in there: it is read to its end first.
{
  rm -rf "$prefix/lib/sexton" "$prefix/lib/sexton.new" "$prefix/lib/sexton.old" "$prefix/bin/sexton"
  if [ "$purge" = yes ]; then
    rm -rf /etc/sexton /var/lib/sexton /var/log/sexton /run/sexton
    if getent passwd sexton >/dev/null; then userdel sexton; fi
    if getent group sexton >/dev/null; then groupdel sexton; fi
    echo 'Sexton, its settings, credentials, resources and state are gone.'
  else
    echo 'Sexton is gone. Its settings (/etc/sexton) and state (/var/lib/sexton) stay; `uninstall.sh --purge` removes them too.'
  fi
  exit 0
}
