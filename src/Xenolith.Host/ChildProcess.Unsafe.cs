using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Xenolith.Host;

/// <summary>What a child process gets, exactly; nothing else of ours reaches it but the environment.</summary>
public sealed class ChildProcessStart
{
    /// <summary>The program; by default this one.</summary>
    public string Program { get; init; } = "/proc/self/exe";

    /// <summary>All arguments, the name it calls itself (argv[0]) first.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>Standard output and standard error; null for /dev/null. Standard input is always /dev/null.</summary>
    public SafeHandle? Output { get; init; }

    /// <summary>Descriptors that become 3, 4, ... in the child. Everything above them is closed.</summary>
    public IReadOnlyList<SafeHandle> Descriptors { get; init; } = [];

    /// <summary>Variables that are added to our environment, or replace ours of the same name.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Nobody will reap it: its zombie is taken away when the next child is spawned.</summary>
    public bool Forget { get; init; }

    /// <summary>Become the leader of a new session, away from our terminal and its ^C.</summary>
    public bool NewSession { get; init; } = true;
}

/// <summary>
/// Starting programs with exact control of their descriptors: posix_spawn, because .NET has no fork and its Process class hands nothing over.
/// <para>Thread ownership: PR_SET_PDEATHSIG, which children set themselves, fires when the spawning <em>thread</em> ends; so spawn from a
/// thread that lives as long as the child may.</para>
/// </summary>
public static unsafe partial class ChildProcess
{
    private const int FirstDescriptor = 3;
    private const short SetSigDef = 0x04;
    private const short SetSigMask = 0x08;
    private const short SetSid = 0x80;
    private const int ReadOnly = 0;
    private const int WriteOnly = 1;

    // Sizes of glibc's opaque types on x86-64, rounded up.
    private const int ActionsBytes = 128;
    private const int AttributesBytes = 512;
    private const int SignalSetBytes = 128;

    /// <summary>Takes away the zombies of children that were started to be forgotten; so does the next start.</summary>
    public static void ReapForgotten() => Forgotten.Reap();

    /// <summary>Starts a program. Throws <see cref="HostException"/> if it cannot be executed.</summary>
    /// <returns>The child; dispose it to forget it, which does not end it.</returns>
    public static ProcessHandle Spawn(ChildProcessStart start)
    {
        ArgumentNullException.ThrowIfNull(start);
        Forgotten.Reap();
        var actions = stackalloc byte[ActionsBytes];
        var attributes = stackalloc byte[AttributesBytes];
        var signals = stackalloc byte[SignalSetBytes];
        var copies = new List<SafeFileHandle>();
        using var program = new NativeStrings([start.Program]);
        using var arguments = new NativeStrings(start.Arguments);
        using var environment = new NativeStrings(EnvironmentWith(start.Environment));
        using var devNull = new NativeStrings(["/dev/null"]);
        Check(FileActionsInit(actions), "prepare a process");
        Check(AttributesInit(attributes), "prepare a process");
        try
        {
            // Sources are copied above every target first: a dup2 onto a number must not destroy a later source.
            var top = FirstDescriptor + start.Descriptors.Count;
            Check(AddOpen(actions, 0, devNull.First, ReadOnly, 0), "prepare a process");
            if (start.Output is null)
            {
                Check(AddOpen(actions, 1, devNull.First, WriteOnly, 0), "prepare a process");
            }
            else
            {
                copies.Add(Descriptors.Duplicate(start.Output, top));
                Check(AddDup2(actions, Descriptors.Number(copies[^1]), 1), "prepare a process");
            }

            Check(AddDup2(actions, 1, 2), "prepare a process");
            for (var i = 0; i < start.Descriptors.Count; i++)
            {
                copies.Add(Descriptors.Duplicate(start.Descriptors[i], top));
                Check(AddDup2(actions, Descriptors.Number(copies[^1]), FirstDescriptor + i), "prepare a process");
            }

            Check(AddCloseFrom(actions, top), "prepare a process");
            SigFillSet(signals);
            Check(SetSignalDefaults(attributes, signals), "prepare a process");
            SigEmptySet(signals);
            Check(SetSignalMask(attributes, signals), "prepare a process");
            Check(SetFlags(attributes, (short)(SetSigDef | SetSigMask | (start.NewSession ? SetSid : 0))), "prepare a process");
            // SAFETY: all pointers are to live locals and to NativeStrings disposed after the call; posix_spawn keeps none of them.
            Check(PosixSpawn(out var pid, program.First, actions, attributes, arguments.Table, environment.Table), $"start {start.Program}");
            if (start.Forget)
            {
                Forgotten.Add(pid);
            }

            return ProcessHandle.OfChild(pid);
        }
        finally
        {
            FileActionsDestroy(actions);
            AttributesDestroy(attributes);
            copies.ForEach(c => c.Dispose());
        }
    }

    private static List<string> EnvironmentWith(IReadOnlyDictionary<string, string> additions)
    {
        var list = new List<string>();
        foreach (System.Collections.DictionaryEntry entry in Environment.GetEnvironmentVariables())
        {
            if (!additions.ContainsKey((string)entry.Key))
            {
                list.Add($"{entry.Key}={entry.Value}");
            }
        }

        list.AddRange(additions.Select(variable => $"{variable.Key}={variable.Value}"));
        return list;
    }

    private static void Check(int errno, string operation)
    {
        if (errno != 0)
        {
            throw new HostException(operation, errno);
        }
    }

    [LibraryImport("libc", EntryPoint = "posix_spawn")]
    private static partial int PosixSpawn(out int pid, byte* path, byte* actions, byte* attributes, byte** arguments, byte** environment);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_init")]
    private static partial int FileActionsInit(byte* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_destroy")]
    private static partial int FileActionsDestroy(byte* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_addopen")]
    private static partial int AddOpen(byte* actions, int descriptor, byte* path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_adddup2")]
    private static partial int AddDup2(byte* actions, int descriptor, int target);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_addclosefrom_np")]
    private static partial int AddCloseFrom(byte* actions, int from);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_init")]
    private static partial int AttributesInit(byte* attributes);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_destroy")]
    private static partial int AttributesDestroy(byte* attributes);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setflags")]
    private static partial int SetFlags(byte* attributes, short flags);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setsigdefault")]
    private static partial int SetSignalDefaults(byte* attributes, byte* signals);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setsigmask")]
    private static partial int SetSignalMask(byte* attributes, byte* signals);

    [LibraryImport("libc", EntryPoint = "sigfillset")]
    private static partial int SigFillSet(byte* signals);

    [LibraryImport("libc", EntryPoint = "sigemptyset")]
    private static partial int SigEmptySet(byte* signals);

    /// <summary>Strings as a null-ended table of C strings.</summary>
    private sealed class NativeStrings : IDisposable
    {
        public NativeStrings(IReadOnlyList<string> strings)
        {
            var bytes = strings.Select(Encoding.UTF8.GetBytes).ToArray();
            var tableBytes = (strings.Count + 1) * sizeof(byte*);
            // SAFETY: one block holds the table and then every string with its zero; offsets are sums of the lengths just measured.
            var block = (byte*)NativeMemory.AllocZeroed((nuint)(tableBytes + bytes.Sum(b => b.Length + 1)));
            Table = (byte**)block;
            var next = block + tableBytes;
            for (var i = 0; i < bytes.Length; i++)
            {
                Table[i] = next;
                bytes[i].CopyTo(new Span<byte>(next, bytes[i].Length));
                next += bytes[i].Length + 1;
            }
        }

        public byte** Table { get; }

        public byte* First => Table[0];

        public void Dispose() => NativeMemory.Free(Table);
    }
}
