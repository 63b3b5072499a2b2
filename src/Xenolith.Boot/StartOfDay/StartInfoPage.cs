using System.Buffers.Binary;
using System.Text;
using Xenolith.Abi.Boot;

namespace Xenolith.Boot.StartOfDay;

/// <summary>Fills the start_info page.</summary>
internal static class StartInfoPage
{
    /// <summary>The page's bytes.</summary>
    /// <param name="layout">Where things lie.</param>
    /// <param name="image">What is started.</param>
    /// <param name="sharedInfoMfn">Frame of shared_info.</param>
    /// <param name="frameOf">The p2m.</param>
    public static byte[] Build(Layout layout, DomainImage image, ulong sharedInfoMfn, Func<ulong, ulong> frameOf)
    {
        var page = new byte[StartInfo64.Size];
        Encoding.ASCII.GetBytes(StartInfo64.MagicText, page.AsSpan(StartInfo64.Magic));
        Put(page, StartInfo64.NrPages, layout.TotalPages);
        Put(page, StartInfo64.SharedInfo, sharedInfoMfn << 12);
        Put(page, StartInfo64.StoreMfn, frameOf(layout.Xenstore));
        Put(page, StartInfo64.StoreEventChannel, image.StorePort);
        Put(page, StartInfo64.ConsoleMfn, frameOf(layout.Console));
        Put(page, StartInfo64.ConsoleEventChannel, image.ConsolePort);
        Put(page, StartInfo64.PageTableBase, layout.AddressOf(layout.PageTables.First));
        Put(page, StartInfo64.NrPageTableFrames, layout.PageTables.Count);
        Put(page, StartInfo64.MfnList, layout.P2MAddress);
        if (layout.P2MElsewhere)
        {
            Put(page, StartInfo64.FirstP2MPfn, layout.P2MList.First);
            Put(page, StartInfo64.NrP2MFrames, layout.P2MList.Count);
        }

        if (image.Ramdisk is { Length: > 0 } ramdisk)
        {
            // Xen gives whole pages as the length where it gives a frame number.
            Put(page, StartInfo64.Flags, layout.RamdiskUnmapped ? StartInfo64.FlagModStartPfn : 0UL);
            Put(page, StartInfo64.ModStart, layout.RamdiskUnmapped ? layout.Ramdisk.First : layout.AddressOf(layout.Ramdisk.First));
            Put(page, StartInfo64.ModLength, layout.RamdiskUnmapped ? layout.Ramdisk.Count << 12 : (ulong)ramdisk.Length);
        }

        Encoding.UTF8.GetBytes(image.CommandLine, page.AsSpan(StartInfo64.CommandLine, StartInfo64.CommandLineSize));
        return page;
    }

    /// <summary>Refuses a command line that would be cut off: half an option is worse than an error.</summary>
    public static void CheckCommandLine(string commandLine)
    {
        var length = Encoding.UTF8.GetByteCount(commandLine);
        if (length >= StartInfo64.CommandLineSize)
        {
            throw new BootException(
                "kernel command line",
                $"has {length} bytes, the Xen interface has room for {StartInfo64.CommandLineSize - 1}",
                "Shorten root, extra or cmdline in the configuration");
        }
    }

    private static void Put(byte[] page, int offset, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(page.AsSpan(offset), value);
}
