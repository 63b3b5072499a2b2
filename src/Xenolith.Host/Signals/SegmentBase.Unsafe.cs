using System.Runtime.InteropServices;

namespace Xenolith.Host.Signals;

/// <summary>The calling thread's GS base, which Linux and .NET leave to the program on x86-64.</summary>
public static partial class SegmentBase
{
    private const ulong HardwareCapabilities2 = 26;
    private const int SetGs = 0x1001;

    /// <summary>True if the kernel lets programs run <c>wrgsbase</c> (HWCAP2 FSGSBASE).</summary>
    public static bool InstructionsAllowed { get; } = (GetAuxiliaryValue(HardwareCapabilities2) & 2) != 0;

    /// <summary>Sets the GS base by a system call, for kernels that forbid <c>wrgsbase</c>.</summary>
    public static void SetGsBase(nint address)
    {
        if (ArchPrctl(158, SetGs, address) != 0)
        {
            throw new InvalidOperationException($"arch_prctl(ARCH_SET_GS) failed: error {Marshal.GetLastPInvokeError()}");
        }
    }

    [LibraryImport("libc", EntryPoint = "getauxval")]
    private static partial ulong GetAuxiliaryValue(ulong type);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial long ArchPrctl(long number, long code, nint address);
}
