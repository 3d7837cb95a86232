#!/bin/sh
# Starts OpenStack Swift with its S3 interface on the loopback network NET (default 127.0.0.) as .9, port 8080 (TLS=yes:
# with TLS). Access keys: 'test:mitschnitt' with 's3-secret', which owns the account, and 'test:guest' with
# 'guest-secret', which may do nothing in it.
set -e
NET=${NET:-127.0.0.}
ADDRESS=${NET}9
DISKS=/srv/node
CERTIFICATE=/etc/ssl/s3.pem

mkdir -p $DISKS/disk
chown -R swift:swift $DISKS /etc/swift
# Made here and not in the image, since it has to name the address. It stays over a restart.
if [ "$TLS" = yes ] && [ ! -e $CERTIFICATE ]; then
  openssl req -x509 -newkey rsa:2048 -noenc -days 30 -subj "/CN=$ADDRESS" \
    -addext "subjectAltName=IP:$ADDRESS" -keyout /etc/ssl/s3.key -out $CERTIFICATE.new 2>/dev/null
  chmod 644 /etc/ssl/s3.key
  mv $CERTIFICATE.new $CERTIFICATE
fi

cat > /etc/swift/swift.conf <<END
[swift-hash]
swift_hash_path_suffix = tests
[swift-constraints]
# A gigabyte in one object, as S3 has it: 5 GB.
max_file_size = 5368709122
END

for part in account:6202 container:6201 object:6200; do
  server=${part%:*}
  cat > /etc/swift/$server-server.conf <<END
[DEFAULT]
bind_ip = $ADDRESS
bind_port = ${part#*:}
workers = 1
devices = $DISKS
mount_check = false
fallocate_reserve = 0
[pipeline:main]
pipeline = $server-server
[app:$server-server]
use = egg:swift#$server
END
done

# One device, one replica, one partition: all of it in this container. Not by swift-ring-builder: it would have to be
# started nine times.
[ -e /etc/swift/object.ring.gz ] || python3 - "$ADDRESS" 2>/dev/null <<'END'
import sys
from swift.common.ring import RingBuilder
for server, port in ('account', 6202), ('container', 6201), ('object', 6200):
    ring = RingBuilder(0, 1, 1)
    ring.add_dev(dict(region=1, zone=1, ip=sys.argv[1], port=port, device='disk', weight=1,
                      replication_ip=sys.argv[1], replication_port=port, meta=''))
    ring.rebalance()
    ring.get_ring().save(f'/etc/swift/{server}.ring.gz')
END

cat > /etc/swift/proxy-server.conf <<END
[DEFAULT]
bind_ip = $ADDRESS
bind_port = 8080
workers = 2
$([ "$TLS" = yes ] && printf 'cert_file = %s\nkey_file = /etc/ssl/s3.key\n' $CERTIFICATE)
[pipeline:main]
pipeline = catch_errors gatekeeper healthcheck proxy-logging cache listing_formats bulk s3api tempauth copy container-quotas account-quotas slo dlo versioned_writes symlink proxy-logging proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:tempauth]
use = egg:swift#tempauth
user_test_mitschnitt = s3-secret .admin
user_test_guest = guest-secret
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
s3_acl = false
[filter:healthcheck]
use = egg:swift#healthcheck
[filter:cache]
use = egg:swift#memcache
memcache_servers = $ADDRESS:11211
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:gatekeeper]
use = egg:swift#gatekeeper
[filter:proxy-logging]
use = egg:swift#proxy_logging
[filter:listing_formats]
use = egg:swift#listing_formats
[filter:bulk]
use = egg:swift#bulk
[filter:copy]
use = egg:swift#copy
[filter:container-quotas]
use = egg:swift#container_quotas
[filter:account-quotas]
use = egg:swift#account_quotas
[filter:slo]
use = egg:swift#slo
[filter:dlo]
use = egg:swift#dlo
[filter:versioned_writes]
use = egg:swift#versioned_writes
allow_versioned_writes = true
allow_object_versioning = true
[filter:symlink]
use = egg:swift#symlink
END

memcached -u nobody -l "$ADDRESS" -d
for server in account container object; do swift-$server-server /etc/swift/$server-server.conf & done
exec swift-proxy-server /etc/swift/proxy-server.conf
