namespace Xenolith.Abi.Boot;

/// <summary>
/// Byte offsets of <c>struct start_info</c> on x86-64 (xen/include/public/xen.h, "Start-of-day memory layout"). The page is filled
/// once by the domain builder.
/// </summary>
public static class StartInfo64
{
    /// <summary>32 bytes: <see cref="MagicText"/>, zero-terminated.</summary>
    public const int Magic = 0;

    /// <summary>u64: frames the domain has.</summary>
    public const int NrPages = 32;

    /// <summary>u64: machine address of the shared_info page.</summary>
    public const int SharedInfo = 40;

    /// <summary>u32: SIF_ flags.</summary>
    public const int Flags = 48;

    /// <summary>u64: machine frame of the xenstore ring.</summary>
    public const int StoreMfn = 56;

    /// <summary>u32: event channel of the xenstore ring.</summary>
    public const int StoreEventChannel = 64;

    /// <summary>u64: machine frame of the console ring.</summary>
    public const int ConsoleMfn = 72;

    /// <summary>u32: event channel of the console ring.</summary>
    public const int ConsoleEventChannel = 80;

    /// <summary>u64: virtual address of the L4 table.</summary>
    public const int PageTableBase = 88;

    /// <summary>u64: frames of the boot page tables.</summary>
    public const int NrPageTableFrames = 96;

    /// <summary>u64: virtual address of the p2m list.</summary>
    public const int MfnList = 104;

    /// <summary>u64: virtual address of the ramdisk, or its frame with <see cref="FlagModStartPfn"/>.</summary>
    public const int ModStart = 112;

    /// <summary>u64: bytes of the ramdisk.</summary>
    public const int ModLength = 120;

    /// <summary>The command line, zero-terminated.</summary>
    public const int CommandLine = 128;

    /// <summary>Room for the command line, its zero included.</summary>
    public const int CommandLineSize = 1024;

    /// <summary>u64: first frame of a p2m list outside the initial mapping.</summary>
    public const int FirstP2MPfn = 1152;

    /// <summary>u64: frames of it, its page tables included.</summary>
    public const int NrP2MFrames = 1160;

    /// <summary>Bytes of the whole structure.</summary>
    public const int Size = 1168;

    /// <summary>What <see cref="Magic"/> says for 64-bit PV guests.</summary>
    public const string MagicText = "xen-3.0-x86_64";

    /// <summary>SIF_MOD_START_PFN: <see cref="ModStart"/> is a frame number.</summary>
    public const uint FlagModStartPfn = 8;
}
