#!/bin/sh
# Lets the user mitschnitt store so many bytes in all, from the next login on.
set -e
cd /etc/proftpd
OF='--type=limit --name=mitschnitt --quota-type=user'
if [ -e ftpquota.limittab ]; then
  ftpquota --update-record $OF --limit-type=hard --bytes-upload="$1"
else
  ftpquota --create-table --type=tally
  ftpquota --create-table --type=limit
  ftpquota --add-record $OF --limit-type=hard --bytes-upload="$1"
fi
