using System.Runtime.InteropServices;

namespace Xenolith.Host.Signals;

/// <summary>
/// Installs machine-code handlers for the synchronous signals, in front of the runtime's own, and gives threads alternate signal stacks.
/// </summary>
public static unsafe partial class FaultSignals
{
    /// <summary>SIGILL.</summary>
    public const int IllegalInstruction = 4;

    /// <summary>SIGTRAP.</summary>
    public const int Trap = 5;

    /// <summary>SIGBUS.</summary>
    public const int Bus = 7;

    /// <summary>SIGFPE.</summary>
    public const int FloatingPoint = 8;

    /// <summary>SIGSEGV.</summary>
    public const int Segmentation = 11;

    private const int WithInfo = 4, OnAlternateStack = 0x08000000, NoDefer = 0x40000000;
    private const nint AlternateStackSize = 65536;

    [StructLayout(LayoutKind.Sequential)]
    private struct Action
    {
        public nint Handler;
        public fixed ulong Mask[16];
        public int Flags;
        public nint Restorer;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct AlternateStack
    {
        public nint Address;
        public int Flags;
        public nint Size;
    }

    /// <summary>The handler address now in force for a signal: 0 is the default action, 1 is "ignore".</summary>
    public static nint CurrentHandler(int signal)
    {
        Action old;
        // SAFETY: glibc fills the structure.
        return SetAction(signal, null, &old) == 0 ? old.Handler : 0;
    }

    /// <summary>Installs a handler with siginfo, on the alternate stack; returns the one it replaces. It stays for the life of the process.</summary>
    /// <param name="signal">Signal number.</param>
    /// <param name="handler">Address of machine code with the C signature <c>void (int, siginfo_t *, void *)</c>.</param>
    public static nint Install(int signal, nint handler)
    {
        Action old;
        var action = new Action { Handler = handler, Flags = WithInfo | OnAlternateStack | NoDefer };
        // SAFETY: glibc reads the one structure, supplying the restorer, and fills the other.
        if (SetAction(signal, &action, &old) != 0)
        {
            throw new InvalidOperationException($"cannot install a handler for signal {signal}: error {Marshal.GetLastPInvokeError()}; is the program run under a filter that forbids rt_sigaction?");
        }

        return old.Handler;
    }

    /// <summary>Gives the calling thread an alternate signal stack if it has none. The stack is never freed: one a vCPU thread.</summary>
    public static void EnsureAlternateStack()
    {
        AlternateStack now;
        const int disabled = 2;
        // SAFETY: both structures live on this stack; the new stack is fresh memory that outlives the thread.
        if (SetAlternateStack(null, &now) == 0 && (now.Flags & disabled) == 0)
        {
            return;
        }

        var stack = new AlternateStack
        {
            Address = Memory.MappedMemory.MapPrivateMemory(0, AlternateStackSize, Memory.Protection.Read | Memory.Protection.Write),
            Size = AlternateStackSize,
        };
        if (SetAlternateStack(&stack, null) != 0)
        {
            throw new InvalidOperationException($"cannot set an alternate signal stack: error {Marshal.GetLastPInvokeError()}");
        }
    }

    [LibraryImport("libc", EntryPoint = "sigaction", SetLastError = true)]
    private static partial int SetAction(int signal, Action* action, Action* old);

    [LibraryImport("libc", EntryPoint = "sigaltstack", SetLastError = true)]
    private static partial int SetAlternateStack(AlternateStack* stack, AlternateStack* old);
}
