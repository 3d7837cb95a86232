#!/bin/sh
# Starts Ceph's S3 gateway on the loopback network NET (default 127.0.0.) as .9, port 8080, with the access key
# 'test:mitschnitt' and the secret 's3-secret'. It keeps its objects in a database of its own (dbstore) and needs no
# cluster. That backend is poor on purpose here: it ignores If-None-Match, keeps no metadata of an object that is
# stored at once, and lists no uploads in parts.
set -e
NET=${NET:-127.0.0.}
mkdir -p /data
cat > /etc/ceph/ceph.conf <<END
[global]
rgw_backend_store = dbstore
rgw_config_store = dbstore
dbstore_db_dir = /data
rgw_data = /data
run_dir = /data
[client.rgw.tests]
rgw_frontends = beast endpoint=${NET}9:8080
END

if [ ! -e /data/user ]; then
  radosgw-admin -n client.rgw.tests --no-mon-config user create --uid=mitschnitt --display-name=Mitschnitt \
    --access-key=test:mitschnitt --secret-key=s3-secret >/dev/null
  touch /data/user
fi
exec radosgw -n client.rgw.tests --no-mon-config -d
