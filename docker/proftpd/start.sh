#!/bin/sh
# Starts proftpd on the loopback network NET (default 127.0.0.) as .6, port 2121, for the user mitschnitt.
# TLS is none, explicit (and then demanded) or implicit. QUOTA: bytes that the user may store, if there is a limit.
set -e
NET=${NET:-127.0.0.}
TLS=${TLS:-none}
ADDRESS=${NET}6
CERTIFICATE=/etc/ssl/ftp.pem

# Made here and not in the image, since it has to name the address. It stays over a restart.
if [ ! -e "$CERTIFICATE" ]; then
  openssl req -x509 -newkey rsa:2048 -noenc -days 30 -subj "/CN=$ADDRESS" \
    -addext "subjectAltName=IP:$ADDRESS" -keyout /etc/ssl/ftp.key -out "$CERTIFICATE.new" 2>/dev/null
  mv "$CERTIFICATE.new" "$CERTIFICATE"
fi

cat > /etc/proftpd.conf <<END
LoadModule mod_ls.c
LoadModule mod_xfer.c
LoadModule mod_tls.c
LoadModule mod_quotatab.c
LoadModule mod_quotatab_file.c
ServerType standalone
DefaultServer on
UseIPv6 off
DefaultAddress $ADDRESS
SocketBindTight on
Port 2121
PassivePorts 40100 40199
User proftpd
Group nogroup
DefaultRoot ~
RequireValidShell off
AuthOrder mod_auth_unix.c
Umask 000
AllowOverwrite on
UseReverseDNS off
ScoreboardFile /run/proftpd.scoreboard
END

case $TLS in
  none) ;;
  explicit | implicit)
    # As vsftpd's require_ssl_reuse by default: data connections have to resume the session of the control connection.
    cat <<END
TLSEngine on
TLSRequired on
TLSRSACertificateFile $CERTIFICATE
TLSRSACertificateKeyFile /etc/ssl/ftp.key
END
    if [ "$TLS" = implicit ]; then echo 'TLSOptions UseImplicitSSL'; fi ;;
  *) echo "TLS is '$TLS': allowed are none, explicit, implicit" >&2; exit 2 ;;
esac >> /etc/proftpd.conf

if [ -n "$QUOTA" ]; then
  /quota.sh "$QUOTA"
  cat >> /etc/proftpd.conf <<END
QuotaEngine on
QuotaLimitTable file:/etc/proftpd/ftpquota.limittab
QuotaTallyTable file:/etc/proftpd/ftpquota.tallytab
END
fi

chown mitschnitt /home/mitschnitt
chmod 0777 /home/mitschnitt
exec proftpd --nodaemon --config /etc/proftpd.conf
