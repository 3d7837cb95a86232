#!/bin/sh
# Starts OpenSSH on the loopback network NET (default 127.0.0.) as .8, port 2222, for the user mitschnitt.
# LOGIN is password, keyboard (keyboard-interactive only) or key (only the keys in /keys, which are made here:
# client without and client-protected with the passphrase 'ssh-passphrase'). CONFIG: further lines of sshd_config.
set -e
NET=${NET:-127.0.0.}
LOGIN=${LOGIN:-password}

# Made here and not in the image, so that no two servers have the same. They stay over a restart.
if [ ! -e /keys/authorized ]; then
  ssh-keygen -A >/dev/null
  ssh-keygen -q -t ed25519 -N '' -C tests -f /keys/client
  ssh-keygen -q -t rsa -m PEM -N ssh-passphrase -C tests -f /keys/client-protected
  cat /keys/client.pub /keys/client-protected.pub > /keys/authorized.new
  mv /keys/authorized.new /keys/authorized
fi

cat > /etc/ssh/sshd_config <<END
ListenAddress ${NET}8
Port 2222
AuthorizedKeysFile /keys/authorized
StrictModes no
# Tests log in often, and with wrong passwords.
PerSourcePenalties no
MaxStartups 100
# The files belong to an account that this machine does not know.
Subsystem sftp internal-sftp -u 0000
LogLevel INFO
END

# Whoever guesses passwords is held up for 2 s, and it is no guessing that is tried.
sed -i 's/pam_unix.so nullok$/& nodelay/' /etc/pam.d/common-auth

case $LOGIN in
  password) printf 'UsePAM no\nPasswordAuthentication yes\nKbdInteractiveAuthentication no\n' ;;
  keyboard) printf 'UsePAM yes\nPasswordAuthentication no\nKbdInteractiveAuthentication yes\n' ;;
  key) printf 'UsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n' ;;
  *) echo "LOGIN is '$LOGIN': allowed are password, keyboard, key" >&2; exit 2 ;;
esac >> /etc/ssh/sshd_config
printf '%s\n' "$CONFIG" >> /etc/ssh/sshd_config

chown mitschnitt /home/mitschnitt
chmod 0777 /home/mitschnitt
exec /usr/sbin/sshd -D -e
