using Microsoft.Win32.SafeHandles;
using Xenolith.Boot;
using Xenolith.Boot.Loader;
using Xenolith.Boot.Loader.Disks;
using Xenolith.Host;
using Xenolith.Host.Confinement;
using Xenolith.Toolstack.Control;

namespace Xenolith.Toolstack.Loaders;

/// <summary>
/// The process that reads a tenant's disk to find the kernel on it. It gets the open disk and two empty memory files, gives up every right it
/// has, and only then looks at the first block. One thread.
/// </summary>
internal static class LoaderProcess
{
    /// <summary>The argument that makes this program a boot loader; the next is the monitor's process id.</summary>
    public const string Argument = "boot-loader";

    private const int ChannelDescriptor = 3, Nobody = 65534;
    private const long CpuSeconds = 30, HeapBytes = 128L << 20, DataBytes = 512L << 20;

    /// <summary>Runs the process; returns its exit code.</summary>
    public static int Run(int monitorPid)
    {
        using var channel = new MessageChannel(Descriptors.Own(ChannelDescriptor));
        var received = new List<SafeFileHandle>();
        if (channel.Receive(received) is not { Verb: Verbs.Load } order || received.Count != (int)LoaderDescriptor.Count)
        {
            return 1;
        }

        var limit = order.Number("domain-bytes");
        try
        {
            using var disk = received[(int)LoaderDescriptor.Disk];
            // A server's greeting is not the tenant's: it is heard before the rights are given up.
            BlockSource blocks = order.Flag("nbd") ? new NbdBlocks(new(new SocketStream(disk))) : new FileBlocks(disk, order.Number("disk-bytes"));
            Confine((int)order.Number("user", Nobody), limit, monitorPid);
            using var kernel = received[(int)LoaderDescriptor.Kernel];
            using var ramdisk = received[(int)LoaderDescriptor.Ramdisk];
            var found = BootLoader.Find(blocks, order.Text("disk"), Options(order), limit);
            found.WriteKernel((at, piece) => RandomAccess.Write(kernel, piece, at));
            found.WriteRamdisk((at, piece) => RandomAccess.Write(ramdisk, piece, at));
            channel.TrySend(new Message(Verbs.Loaded)
                .With("title", found.Title).With("kernel", found.KernelPath).With("ramdisk", found.RamdiskPath).With("arguments", found.Arguments));
            return 0;
        }
        catch (Exception e) when (e is BootException or ImageException or HostException or IOException or OutOfMemoryException or InvalidDataException)
        {
            var text = e is BootException ? e.Message : $"{order.Text("disk")}: the boot loader failed: {e.Message}.";
            channel.TrySend(new Message(Verbs.Failed).With("text", text.Length > 4000 ? $"{text[..4000]}..." : text));
            return 1;
        }
    }

    /// <summary>Adds what a configuration asks for to an order.</summary>
    public static Message With(Message order, LoaderOptions options)
    {
        order.With("arguments", options.Arguments);
        foreach (var (name, value) in new[] { ("kernel", options.Kernel), ("ramdisk", options.Ramdisk), ("entry", options.Entry) })
        {
            if (value is not null)
            {
                order.With(name, value);
            }
        }

        return options.Offset is { } offset ? order.With("offset", offset) : order;
    }

    private static LoaderOptions Options(Message order) => new()
    {
        Kernel = order.Fields.GetValueOrDefault("kernel"),
        Ramdisk = order.Fields.GetValueOrDefault("ramdisk"),
        Entry = order.Fields.GetValueOrDefault("entry"),
        Arguments = order.Text("arguments"),
        Offset = order.Fields.ContainsKey("offset") ? order.Number("offset") : null,
    };

    private static void Confine(int user, long fileBytes, int monitorPid)
    {
        // A development build, compiled while it runs, cannot open its assemblies in here; the published program has nothing to open.
        var published = AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES") is null;
        if (published)
        {
            AppContext.SetData("GCHeapHardLimit", (ulong)HeapBytes);
            GC.RefreshMemoryLimit();
            ProcessRights.BecomeUser(user);
            ProcessRights.ForbidNewPrivileges();
            CurrentProcess.HideMemory();
        }

        // Only now: a change of the user cancels it.
        if (!CurrentProcess.DieWithParent(monitorPid))
        {
            throw new IOException("the monitor has ended");
        }

        if (published)
        {
            ProcessRights.LowerLimits(CpuSeconds, DataBytes, fileBytes);
        }

        if (published && !SystemCallFilter.TryApply())
        {
            Console.Error.WriteLine("The kernel has no seccomp filters; the boot loader runs without one.");
        }
    }
}
