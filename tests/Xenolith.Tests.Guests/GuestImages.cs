using System.Diagnostics;

namespace Xenolith.Tests.Guests;

/// <summary>
/// What guests boot from: Debian's cloud kernel, fetched at run time into a cache outside the repository, and a busybox initramfs made on the spot.
/// </summary>
internal static class GuestImages
{
    private static readonly Lazy<string> LazyKernel = new(() => Run("examples/fetch-kernel", "linux-image-cloud-amd64").Trim());
    private static readonly Lazy<string> LazyDebian = new(() => Run("examples/debian-image").Trim());
    private static readonly Lazy<string> LazyInitramfs = new(() => MakeInitramfs());
    private static readonly Lazy<string> LazyDiskInitramfs = new(MakeDiskInitramfs);
    private static readonly Lazy<string> LazyNetInitramfs = new(MakeNetInitramfs);

    /// <summary>The repository's root.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The programs under test.</summary>
    public static string Programs => Path.Combine(Root, "out/bin");

    /// <summary>Path of the kernel.</summary>
    public static string Kernel => LazyKernel.Value;

    /// <summary>Path of the initramfs.</summary>
    public static string Initramfs => LazyInitramfs.Value;

    /// <summary>
    /// Path of an initramfs with netfront: <c>run=/net,10.0.0.1/24,COMMAND</c> gives eth0 the address and runs the rest, <c>run=/net,dhcp,COMMAND</c>
    /// asks for one.
    /// </summary>
    public static string NetInitramfs => LazyNetInitramfs.Value;

    /// <summary>Path of an initramfs with blkfront, which is loaded, and waited for <c>xvda</c>, by <c>run=/disk,COMMAND</c>.</summary>
    public static string DiskInitramfs => LazyDiskInitramfs.Value;

    /// <summary>Path of an image with a whole Debian system, to be copied.</summary>
    public static string Debian => LazyDebian.Value;

    private static string FindRoot()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "Xenolith.slnx")))
        {
            directory = directory.Parent;
        }

        return directory?.FullName ?? throw new InvalidOperationException("the tests run outside the repository");
    }

    private static string MakeDiskInitramfs()
    {
        var cache = Path.GetDirectoryName(Kernel)!;
        var version = Path.GetFileName(Kernel)["vmlinuz-".Length..];
        return MakeInitramfs(("disk", DiskScript), ($"{cache}/modules/{version}/kernel/drivers/block/xen-blkfront.ko", null));
    }

    // Commands cannot have commas of their own on the kernel's command line: the script has the longer ones.
    private const string DiskScript =
        """
        #!/bin/busybox sh
        mkdir -p /mnt
        insmod /xen-blkfront.ko $(tr ' ' '\n' < /proc/cmdline | sed -n 's/^xen_blkfront\.//p') # as modprobe does
        case $1 in
        stay) echo DISK-READY; while :; do sleep 1; done ;;
        parts) # two partitions and no disk, as xen-create-image makes them
            until [ -b /dev/xvda1 ] && [ -b /dev/xvda2 ]; do sleep 0.1; done
            mount -t ext4 /dev/xvda2 /mnt && cat /mnt/greeting && mkswap /dev/xvda1 >/dev/null && swapon /dev/xvda1 && echo "PARTS $(cat /sys/block/*/xvda1/size /sys/block/xvda1/size 2>/dev/null) $(cut -d' ' -f1 /proc/swaps | tail -n 1)"
            sleep 100000 ;;
        esac
        while ! [ -b /dev/xvda ]; do sleep 0.1; done
        case $1 in
        use) # mounts every disk, reads what is there, writes and syncs
            for disk in /dev/xvd?; do
                mount -t ext4 $disk /mnt && cat /mnt/greeting && dd if=/dev/zero of=/mnt/zeros bs=1M count=4 conv=fsync && umount /mnt && echo "USED $disk with sectors of $(cat /sys/block/${disk#/dev/}/queue/logical_block_size)"
            done ;;
        write) # numbered files, each told once it is durable
            mount -t ext4 /dev/xvda /mnt
            n=0
            while :; do
                n=$((n + 1)); { echo "file $n"; head -c 20000 /dev/urandom; } > /mnt/$n.new; md5sum < /mnt/$n.new > /mnt/$n.sum; sync; mv /mnt/$n.new /mnt/$n; sync
                echo "DURABLE $n"
            done ;;
        fill) # more than the host has room for
            dd if=/dev/urandom of=/dev/xvda bs=64k conv=fsync; echo "FILLED $?"
            dd if=/dev/xvda of=/dev/null bs=64k count=1 && echo "STILL-READS"; sleep 100000 ;;
        rewrite) # the same 4 MiB again and again, past all caches of its own, and never flushed
            for round in $(seq 10); do head -c 4194304 /dev/urandom > /tmp/data; dd if=/tmp/data of=/dev/xvda bs=1M oflag=direct conv=notrunc 2>/dev/null; done
            echo "SUM $(sha256sum < /tmp/data)"; echo REWRITTEN; sleep 100000 ;;
        refill) # 2 MiB rewritten until no call writes them; then the host's room is used up; then their first half loses its own
            rewrite() { head -c 2097152 /dev/urandom > /tmp/data; dd if=/tmp/data of=/dev/xvda bs=1M oflag=direct conv=notrunc 2>/dev/null; }
            fill() { dd if=/dev/zero of=/dev/xvda bs=64k seek=$1 oflag=direct conv=notrunc 2>/dev/null; echo "FILLED $?"; }
            same() { dd if=/dev/xvda bs=1M $1 count=1 iflag=direct 2>/dev/null | cmp - /tmp/part && echo SAME; }
            for round in $(seq 10); do rewrite; done; fill 32
            rewrite; echo "REWRITTEN $?"; dd if=/tmp/data of=/tmp/part bs=1M skip=1 2>/dev/null; same skip=1
            blkdiscard -o 0 -l 1048576 /dev/xvda; echo "TRIMMED $?"; fill 48
            dd if=/tmp/data of=/dev/xvda bs=1M count=1 oflag=direct conv=notrunc 2>/dev/null; echo "AGAIN $?"
            same skip=1; echo REFILLED; sleep 100000 ;;
        far) # a sector beyond 2 TiB
            echo "SIZE $(cat /sys/block/xvda/size)"; head -c 512 /dev/urandom > /tmp/one
            dd if=/tmp/one of=/dev/xvda bs=512 seek=4294967300 oflag=direct conv=notrunc 2>/dev/null
            dd if=/dev/xvda bs=512 skip=4294967300 count=1 iflag=direct 2>/dev/null | cmp - /tmp/one && echo FAR-GOOD; sleep 100000 ;;
        rings) # a file from each of two vCPUs, read again from the disk
            mount -t ext4 /dev/xvda /mnt
            for mask in 1 2; do taskset $mask sh -c "head -c 4000000 /dev/urandom > /mnt/$mask; md5sum < /mnt/$mask > /mnt/$mask.sum; sync" & done; wait
            umount /mnt; mount -t ext4 /dev/xvda /mnt
            for mask in 1 2; do [ "$(taskset $mask md5sum < /mnt/$mask)" = "$(cat /mnt/$mask.sum)" ] && echo "RING-GOOD $mask"; done; sleep 100000 ;;
        medium) # tells of every medium in the drive xvdc
            last=
            while :; do
                now="$(cat /sys/block/xvdc/size) $(head -c 8 /dev/xvdc 2>/dev/null)"
                [ "$now" = "$last" ] || { last=$now; echo "MEDIUM $now."; }
                sleep 0.1
            done ;;
        trim) # writes, deletes, and gives the room back
            mount -t ext4 -o nodiscard /dev/xvda /mnt
            dd if=/dev/urandom of=/mnt/big bs=1M count=16 conv=fsync 2>/dev/null;
            rm /mnt/big; sync; fstrim /mnt && echo TRIMMED; sleep 100000 ;;
        keep) # writes what nobody else may change and reads it again, past all caches
            head -c 8388608 /dev/urandom > /tmp/data; echo "SUM $(sha256sum < /tmp/data)"
            for round in 1 2 3; do
                dd if=/tmp/data of=/dev/xvda bs=256k oflag=direct conv=notrunc 2>/dev/null; sync
                dd if=/dev/xvda bs=256k count=32 iflag=direct 2>/dev/null | cmp - /tmp/data && echo "KEPT $round"
            done; sleep 100000 ;;
        size) # waits for another size
            first=$(cat /sys/block/xvda/size); echo "SIZE $first"
            while [ "$(cat /sys/block/xvda/size)" = "$first" ]; do dd if=/dev/xvda of=/dev/null bs=4k count=1 iflag=direct 2>/dev/null; sleep 0.1; done
            echo "SIZE $(cat /sys/block/xvda/size)"; sleep 100000 ;;
        read) # until it fails
            echo DISK-READY; while dd if=/dev/xvda of=/dev/null bs=64k iflag=direct 2>/dev/null; do sleep 0.1; done; echo "READ-FAILED"; sleep 100000 ;;
        esac

        """;

    private static string MakeNetInitramfs()
    {
        var cache = Path.GetDirectoryName(Kernel)!;
        var version = Path.GetFileName(Kernel)["vmlinuz-".Length..];
        return MakeInitramfs(
            ("net", NetScript),
            ("lease", "#!/bin/busybox sh\n[ $1 = bound ] || exit 0\nip addr add $ip/$mask dev $interface\nip route add default via $router\necho LEASE $ip ROUTER $router DNS $dns\n"),
            ($"{cache}/modules/{version}/kernel/drivers/net/xen-netfront.ko", null));
    }

    // The interface appears some time after the module.
    private const string NetScript =
        """
        #!/bin/busybox sh
        address=$1; shift
        insmod /xen-netfront.ko || exit 1
        while ! [ -e /sys/class/net/eth0 ]; do sleep 0.1; done
        echo 0 > /proc/sys/net/ipv6/conf/eth0/accept_dad # an address is good at once
        ip link set lo up; ip link set eth0 up
        while [ "$(cat /sys/class/net/eth0/operstate)" != up ]; do sleep 0.1; done
        if [ "$address" = dhcp ]; then udhcpc -q -n -t 20 -T 2 -i eth0 -s /lease || exit 1; else ip addr add "$address" dev eth0; fi
        echo NETWORK-UP
        "$@"

        """;

    private static string MakeInitramfs(params (string Name, string? Text)[] more)
    {
        var folder = Directory.CreateTempSubdirectory("xenolith-guest-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        foreach (var (name, text) in more.Where(file => file.Text is not null))
        {
            File.WriteAllText(Path.Combine(folder, name), text);
        }

        var output = Path.Combine(folder, "initramfs.gz");
        Run(
            "examples/make-initramfs",
            [output, .. more.Select(file => $"{Path.Combine(folder, file.Name)}=/{Path.GetFileName(file.Name)}")]);
        return output;
    }

    private static string Run(string script, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(Path.Combine(Root, script), arguments) { RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{script} failed with code {process.ExitCode}");
    }
}
