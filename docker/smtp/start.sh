#!/bin/sh
# Starts Postfix on the loopback network NET (default 127.0.0.) as .11, for the user mitschnitt@example.test:
#   2587 with STARTTLS and 2465 with TLS from the first byte, both demanding it and a login; 2525 with neither.
# SIZE: the largest message in bytes, 0 for any. What comes for archive@, second@ or admin@example.test is kept in /mail;
# other recipients are refused: full@ (no room), busy@ (greylisted), anybody else (unknown); so is the sender refused@.
set -e
NET=${NET:-127.0.0.}
ADDRESS=${NET}11
CERTIFICATE=/etc/ssl/smtp.pem

# Made here and not in the image, since it has to name the address. It stays over a restart.
if [ ! -e "$CERTIFICATE" ]; then
  openssl req -x509 -newkey rsa:2048 -noenc -days 30 -subj "/CN=$ADDRESS" \
    -addext "subjectAltName=IP:$ADDRESS" -keyout /etc/ssl/smtp.key -out "$CERTIFICATE.new" 2>/dev/null
  mv "$CERTIFICATE.new" "$CERTIFICATE"
fi

cat > /etc/postfix/main.cf <<END
compatibility_level = 3.11
maillog_file = /dev/stdout
inet_protocols = ipv4
myhostname = mail.example.test
mydestination =
local_recipient_maps =
virtual_mailbox_domains = example.test
virtual_mailbox_maps = inline:{ {archive@example.test=1} {second@example.test=1} {admin@example.test=1} }
virtual_transport = keep
keep_destination_recipient_limit = 1
message_size_limit = ${SIZE:-0}
virtual_mailbox_limit = 0
mailbox_size_limit = 0
smtpd_tls_cert_file = $CERTIFICATE
smtpd_tls_key_file = /etc/ssl/smtp.key
smtpd_sender_restrictions = check_sender_access inline:{ {refused@example.test = 553 5.7.1 not owned by user} }
smtpd_recipient_restrictions =
  check_recipient_access inline:{ {full@example.test = 452 4.2.2 Mailbox full} {busy@example.test = 451 4.7.1 Greylisted, come again} }
  reject_unauth_destination
# Tests make many mistakes in one session.
smtpd_error_sleep_time = 0
smtpd_soft_error_limit = 1000
smtpd_hard_error_limit = 1000
smtpd_client_connection_count_limit = 0
END

postconf -M -X smtp/inet 2>/dev/null || true
postconf -M "$ADDRESS:2525/inet=$ADDRESS:2525 inet n - n - - smtpd"
postconf -M "$ADDRESS:2587/inet=$ADDRESS:2587 inet n - n - - smtpd -o smtpd_tls_security_level=encrypt -o smtpd_sasl_auth_enable=yes -o smtpd_client_restrictions=permit_sasl_authenticated,reject"
postconf -M "$ADDRESS:2465/inet=$ADDRESS:2465 inet n - n - - smtpd -o smtpd_tls_wrappermode=yes -o smtpd_sasl_auth_enable=yes -o smtpd_client_restrictions=permit_sasl_authenticated,reject"
postconf -M 'keep/unix=keep unix - n n - 10 pipe user=nobody argv=/keep.sh ${mailbox}'
mkdir -p /mail
chmod 0777 /mail
exec postfix start-fg
