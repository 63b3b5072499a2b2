#!/bin/sh
# What udhcpc calls with a lease.
[ "$1" = bound ] || [ "$1" = renew ] || exit 0
ifconfig "$interface" "$ip" netmask "$subnet"
[ -z "$router" ] || route add default gw "$router" 2>/dev/null
for server in $dns; do echo "nameserver $server"; done > /etc/resolv.conf
