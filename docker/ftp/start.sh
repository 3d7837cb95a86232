#!/bin/sh
# Starts vsftpd on the loopback network NET (default 127.0.0.) as .6, port 2121, for the user mitschnitt.
# TLS is none, explicit (and then demanded) or implicit.
set -e
NET=${NET:-127.0.0.}
TLS=${TLS:-none}
ADDRESS=${NET}6
CERTIFICATE=/etc/ssl/vsftpd.pem

# Made here and not in the image, since it has to name the address. It stays over a restart.
if [ ! -e "$CERTIFICATE" ]; then
  openssl req -x509 -newkey rsa:2048 -noenc -days 30 -subj "/CN=$ADDRESS" \
    -addext "subjectAltName=IP:$ADDRESS" -keyout /etc/ssl/vsftpd.key -out "$CERTIFICATE.new" 2>/dev/null
  mv "$CERTIFICATE.new" "$CERTIFICATE"
fi

cat > /etc/vsftpd.conf <<END
listen=YES
listen_address=$ADDRESS
listen_port=2121
background=NO
pasv_min_port=40000
pasv_max_port=40099
anonymous_enable=NO
local_enable=YES
write_enable=YES
chroot_local_user=YES
allow_writeable_chroot=YES
local_umask=000
file_open_mode=0666
utf8_filesystem=YES
seccomp_sandbox=NO
# A wrong password is refused at once (see below).
delay_failed_login=0
pam_service_name=vsftpd
log_ftp_protocol=YES
xferlog_enable=YES
xferlog_std_format=NO
vsftpd_log_file=/proc/1/fd/1
END

# Whoever guesses passwords is held up for 2 s, and it is no guessing that is tried.
sed -i 's/pam_unix.so nullok$/& nodelay/' /etc/pam.d/common-auth

case $TLS in
  none) echo 'ssl_enable=NO' ;;
  explicit | implicit)
    cat <<END
ssl_enable=YES
force_local_logins_ssl=YES
force_local_data_ssl=YES
require_ssl_reuse=YES
rsa_cert_file=$CERTIFICATE
rsa_private_key_file=/etc/ssl/vsftpd.key
END
    if [ "$TLS" = implicit ]; then echo 'implicit_ssl=YES'; fi ;;
  *) echo "TLS is '$TLS': allowed are none, explicit, implicit" >&2; exit 2 ;;
esac >> /etc/vsftpd.conf

chown mitschnitt /home/mitschnitt
chmod 0777 /home/mitschnitt
# Not as process 1: it would inherit sessions' children, and vsftpd crashes on a child that it does not know.
vsftpd /etc/vsftpd.conf &
trap 'kill $!' TERM INT
wait $!
