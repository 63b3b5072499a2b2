# Sourced by the benchmarks: how a kernel and an initramfs boot in Xenolith and in QEMU's TCG, with the same command line but for the console.
# Both print the guest's console to standard output and end when the guest powers off.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
scratch=$(mktemp -d)
export XENOLITH_RUNDIR=$scratch/host
mkdir -m 700 "$XENOLITH_RUNDIR"
PATH=$root/out/bin:$PATH
trap 'for d in $(xl list 2>/dev/null | awk "NR > 2 { print \$1 }"); do xl destroy "$d" 2>/dev/null || true; done; rm -rf "$scratch"' EXIT

# boot_xenolith KERNEL INITRAMFS MEMORY VCPUS EXTRA
boot_xenolith() {
    local name=bench-$RANDOM$RANDOM
    printf 'name="%s"\nkernel="%s"\nramdisk="%s"\nmemory=%s\nvcpus=%s\nextra="console=hvc0 quiet %s"\non_crash="destroy"\n' "$name" "$1" "$2" "$3" "$4" "$5" > "$scratch/$name.cfg"
    timeout 300 xl create -c "$scratch/$name.cfg" </dev/null 2>"$scratch/$name.err" || { cat "$scratch/$name.err" >&2; return 1; }
}

# boot_qemu: the same arguments
boot_qemu() {
    timeout 600 qemu-system-x86_64 -accel tcg -cpu max -m "$3" -smp "$4" -display none -serial stdio -monitor none -no-reboot \
        -kernel "$1" -initrd "$2" -append "console=ttyS0 quiet $5" </dev/null 2>/dev/null
}

median() { sort -n | awk '{ v[NR] = $1 } END { if (NR % 2) print v[(NR + 1) / 2]; else print (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }
