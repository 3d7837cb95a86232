#!/bin/sh
# Puts the message on standard input into the maildir /mail/$1, for everybody to read.
umask 000
mkdir -p "/mail/$1/tmp" "/mail/$1/new"
name="$(date +%s.%N).$$"
cat > "/mail/$1/tmp/$name" && mv "/mail/$1/tmp/$name" "/mail/$1/new/$name" || exit 75
