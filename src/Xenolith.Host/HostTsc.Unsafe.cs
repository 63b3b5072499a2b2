using System.Runtime.InteropServices;

namespace Xenolith.Host;

/// <summary>The host's time stamp counter, which guests read natively. Any thread.</summary>
public static unsafe partial class HostTsc
{
    private const int Read = 1, Write = 2, Execute = 4, PrivateAnonymous = 0x22;
    private static readonly delegate* unmanaged[SuppressGCTransition]<ulong> Reader = MakeReader();

    /// <summary>The counter now, after all earlier loads.</summary>
    public static ulong Now() => Reader();

    private static delegate* unmanaged[SuppressGCTransition]<ulong> MakeReader()
    {
        // lfence; rdtsc; shl rdx,32; or rax,rdx; ret
        ReadOnlySpan<byte> code = [0x0f, 0xae, 0xe8, 0x0f, 0x31, 0x48, 0xc1, 0xe2, 0x20, 0x48, 0x09, 0xd0, 0xc3];
        var page = Map(0, 4096, Read | Write, PrivateAnonymous, -1, 0);
        if (page == -1)
        {
            throw new IOException($"no memory for the time stamp counter's reader: errno {Marshal.GetLastPInvokeError()}");
        }

        // SAFETY: a fresh page of 4096 bytes, never unmapped; writable before it is executable, never both.
        code.CopyTo(new Span<byte>((void*)page, code.Length));
        if (Protect(page, 4096, Read | Execute) != 0)
        {
            throw new IOException($"the host forbids executable memory (errno {Marshal.GetLastPInvokeError()}); a translator cannot run here");
        }

        return (delegate* unmanaged[SuppressGCTransition]<ulong>)page;
    }

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial nint Map(nint address, nuint length, int protection, int flags, int descriptor, long offset);

    [LibraryImport("libc", EntryPoint = "mprotect", SetLastError = true)]
    private static partial int Protect(nint address, nuint length, int protection);
}
