#!/bin/sh
# Starts Apache with mod_dav on the loopback network NET (default 127.0.0.) as .10, port 8081 (TLS=yes: with TLS), for
# the user mitschnitt, who may only read in the folder closed. LOGIN is basic or digest.
set -e
NET=${NET:-127.0.0.}
ADDRESS=${NET}10
LOGIN=${LOGIN:-basic}
CERTIFICATE=/etc/ssl/webdav.pem

# Made here and not in the image, since it has to name the address. It stays over a restart.
if [ ! -e "$CERTIFICATE" ]; then
  openssl req -x509 -newkey rsa:2048 -noenc -days 30 -subj "/CN=$ADDRESS" \
    -addext "subjectAltName=IP:$ADDRESS" -keyout /etc/ssl/webdav.key -out "$CERTIFICATE.new" 2>/dev/null
  mv "$CERTIFICATE.new" "$CERTIFICATE"
fi
htpasswd -cb /etc/apache2/basic mitschnitt webdav-secret 2>/dev/null
printf 'mitschnitt:tests:%s\n' "$(printf mitschnitt:tests:webdav-secret | md5sum | cut -d ' ' -f 1)" > /etc/apache2/digest

echo "Listen $ADDRESS:8081" > /etc/apache2/ports.conf
cat > /etc/apache2/sites-enabled/dav.conf <<END
ServerName $ADDRESS
DavLockDB /var/lock/apache2/dav
<VirtualHost $ADDRESS:8081>
  DocumentRoot /srv/dav
  ErrorLog /proc/self/fd/2
  CustomLog /proc/self/fd/1 "%m %U %>s"
  $([ "$TLS" = yes ] && printf 'SSLEngine on\nSSLCertificateFile %s\nSSLCertificateKeyFile /etc/ssl/webdav.key\n' $CERTIFICATE)
  <Directory /srv/dav>
    Dav On
    AllowOverride None
    AuthType $LOGIN
    AuthName tests
    AuthUserFile /etc/apache2/$LOGIN
    Require valid-user
  </Directory>
  <Location /closed>
    <LimitExcept GET HEAD OPTIONS PROPFIND>
      Require all denied
    </LimitExcept>
  </Location>
</VirtualHost>
END

mkdir -p /srv/dav
chmod 0777 /srv/dav
# The files belong to an account that this machine does not know.
umask 0000
rm -f /run/apache2/apache2.pid
. /etc/apache2/envvars
mkdir -p "$APACHE_LOCK_DIR" "$APACHE_RUN_DIR"
chown www-data "$APACHE_LOCK_DIR"
exec apache2 -D FOREGROUND
