#!/bin/sh
# Starts Asterisk on the loopback network NET (default 127.0.0.), so that several can run beside each other.
set -e
NET=${NET:-127.0.0.}
sed -i "s/127\.0\.0\.\([0-9]\)/${NET}\1/g" /etc/asterisk/pjsip.conf /etc/asterisk/http.conf
sed -i "s/^bindaddr = .*/bindaddr = ${NET}1/" /etc/asterisk/manager.conf
exec asterisk -f -n
