using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Xenolith.Host;

/// <summary>
/// The master side of a pseudo-terminal whose slave other programs may open, with word when they do (inotify), so that nobody has to poll.
/// The slave is raw: bytes pass unchanged, nothing is echoed.
/// <para>Thread ownership: one thread.</para>
/// </summary>
public sealed partial class PseudoTerminal : IDisposable
{
    private const int ReadWrite = 2;
    private const int NoControllingTerminal = 0x100;
    private const int Cloexec = 0x80000;
    private const int Nonblock = 0x800;
    private const nuint SetLock = 0x40045431;
    private const nuint GetNumber = 0x80045430;
    private const nuint BytesReadable = 0x541B;
    private const uint InOpen = 0x20;
    private const uint InClose = 0x18;

    private readonly SafeFileHandle _changes;

    private PseudoTerminal(SafeFileHandle master, SafeFileHandle changes, string slavePath)
    {
        Master = master;
        _changes = changes;
        SlavePath = slavePath;
    }

    /// <summary>The master: non-blocking; what is written appears at the slave.</summary>
    public SafeFileHandle Master { get; }

    /// <summary>The slave's path, such as <c>/dev/pts/3</c>.</summary>
    public string SlavePath { get; }

    /// <summary>Readable when a program has opened or closed the slave; then call <see cref="HasReader"/>.</summary>
    public SafeFileHandle Changes => _changes;

    /// <summary>Makes a pseudo-terminal.</summary>
    public static PseudoTerminal Create()
    {
        var descriptor = OpenTerminal(ReadWrite | NoControllingTerminal | Cloexec | Nonblock);
        if (descriptor < 0)
        {
            throw HostException.Last("make a pseudo-terminal");
        }

        var master = Descriptors.Own(descriptor);
        int zero = 0, number = 0;
        if (Ioctl(descriptor, SetLock, ref zero) != 0 || Ioctl(descriptor, GetNumber, ref number) != 0)
        {
            throw HostException.Last("make a pseudo-terminal");
        }

        var path = $"/dev/pts/{number}";
        TerminalMode.MakeRaw(master);
        // One open and close of the slave sets the master's hung-up flag, which is how HasReader knows.
        using (OpenSlave(path))
        {
        }

        var changes = InotifyInit(Cloexec | Nonblock);
        if (changes < 0 || InotifyAddWatch(changes, path, InOpen | InClose) < 0)
        {
            throw HostException.Last($"watch {path}");
        }

        return new(master, Descriptors.Own(changes), path);
    }

    /// <summary>Does any program have the slave open now? Also takes the pending notices from <see cref="Changes"/>.</summary>
    public bool HasReader()
    {
        Span<byte> notices = stackalloc byte[512];
        while (Descriptors.Read(_changes, notices) > 0)
        {
        }

        var entry = new PollEntry { Descriptor = Descriptors.Number(Master), Wanted = PollEvents.None };
        Poller.Wait(new Span<PollEntry>(ref entry), 0);
        return (entry.Happened & PollEvents.HangUp) == 0;
    }

    /// <summary>Bytes written that no program has read yet; those are lost when the master closes.</summary>
    public int Unread()
    {
        using var slave = OpenSlave(SlavePath);
        var count = 0;
        return Ioctl(Descriptors.Number(slave), BytesReadable, ref count) == 0 ? count : 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Master.Dispose();
        _changes.Dispose();
    }

    private static SafeFileHandle OpenSlave(string path)
    {
        var slave = OpenCall(path, ReadWrite | NoControllingTerminal | Cloexec | Nonblock, 0);
        return slave >= 0 ? Descriptors.Own(slave) : throw HostException.Last($"open {path}");
    }

    [LibraryImport("libc", EntryPoint = "posix_openpt", SetLastError = true)]
    private static partial int OpenTerminal(int flags);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenCall(string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Ioctl(int descriptor, nuint request, ref int value);

    [LibraryImport("libc", EntryPoint = "inotify_init1", SetLastError = true)]
    private static partial int InotifyInit(int flags);

    [LibraryImport("libc", EntryPoint = "inotify_add_watch", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int InotifyAddWatch(int inotify, string path, uint events);
}
