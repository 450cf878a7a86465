#!/bin/sh
# User, group and directories of an installation; what is there already stays as it is. Run by install.sh and by the
# Debian package.
set -eu

getent group sexton >/dev/null || groupadd --system sexton
getent passwd sexton >/dev/null ||
  useradd --system --gid sexton --home-dir /var/lib/sexton --no-create-home --shell /usr/sbin/nologin --comment 'Sexton, the controller of the doors' sexton

# directory PATH MODE OWNER: also one that a link leads to counts as there.
directory() {
  [ -e "$1" ] || [ -L "$1" ] || install -d -m "$2" -o "$3" -g "$3" "$1"
}
directory /etc/sexton 0755 root
directory /etc/sexton/credentials 0700 root
# Declarations; members of group sexton write to generated/ only. New files keep the group.
if [ ! -e /etc/sexton/resources ] && [ ! -L /etc/sexton/resources ]; then
  directory /etc/sexton/resources 2755 sexton
  directory /etc/sexton/resources/generated 2775 sexton
fi
directory /var/lib/sexton 2750 sexton
directory /var/lib/sexton/approvals 2770 sexton
directory /var/log/sexton 0750 sexton
