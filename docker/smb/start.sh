#!/bin/sh
# Starts Samba on the loopback network NET (default 127.0.0.) as .7, port 445, for the user mitschnitt and the share
# mitschnitte. CONFIG: further lines of [global] in smb.conf; SHARE: further lines of the share.
set -e
NET=${NET:-127.0.0.}

{
  cat <<CONF
[global]
interfaces = ${NET}7/8
bind interfaces only = yes
disable netbios = yes
smb ports = 445
load printers = no
printing = bsd
disable spoolss = yes
log level = 1
CONF
  printf '%s\n' "$CONFIG"
  cat <<CONF
[mitschnitte]
path = /share
read only = no
create mask = 0666
directory mask = 0777
CONF
  printf '%s\n' "$SHARE"
} > /etc/samba/smb.conf

chmod 0777 /share
exec /usr/sbin/smbd --foreground --no-process-group --debug-stdout
