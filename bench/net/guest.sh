#!/bin/sh
# In the guest: net=ADDRESS on the kernel's command line (or net=dhcp), then the words of do= with commas for spaces.
for word in $(cat /proc/cmdline); do case $word in net=*) net=${word#net=} ;; do=*) order=${word#do=} ;; esac; done
for module in /modules/*; do insmod "$module"; done
i=0; while [ ! -e /sys/class/net/eth0 ] && [ $i -lt 200 ]; do sleep 0.05; i=$((i + 1)); done
ifconfig lo 127.0.0.1 up
if [ "$net" = dhcp ]; then
    ifconfig eth0 up
    udhcpc -i eth0 -n -q -t 10 -s /bench/udhcpc.sh || exit 1
else
    ifconfig eth0 "$net" netmask 255.255.255.0 up
fi
echo "NET-UP $(ifconfig eth0 | sed -n 's/.*inet addr:\([0-9.]*\).*/\1/p')"
sh -c "$(echo "$order" | tr ',' ' ')"
