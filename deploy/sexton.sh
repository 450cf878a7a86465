#!/bin/sh
# The command as installed. A person with the right to read them uses the credentials that systemd gives the unit.
self=$(readlink -f "$0")
if [ -z "${CREDENTIALS_DIRECTORY:-}" ] && [ -r /etc/sexton/credentials ] && [ -x /etc/sexton/credentials ]; then
  export CREDENTIALS_DIRECTORY=/etc/sexton/credentials
fi
exec node "${self%/*}/../lib/sexton/dist/sexton.js" "$@"
