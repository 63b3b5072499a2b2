using System.Runtime.InteropServices;

namespace Xenolith.Host;

/// <summary>
/// Where a <em>host</em> lives: the directory with the state, locks and sockets of one user's Domain-0. Found in this order: the variable
/// <c>XENOLITH_RUNDIR</c>; for root <c>/run/xenolith</c>; <c>$XDG_RUNTIME_DIR/xenolith</c> if that directory is ours; else
/// <c>/tmp/xenolith-UID</c>, mode 0700, owner checked.
/// <para>Thread ownership: immutable; the directory handle is free for all threads until disposed.</para>
/// </summary>
public sealed partial class RunDirectory : IDisposable
{
    /// <summary>The variable that moves everything host-wide into one directory.</summary>
    public const string Variable = "XENOLITH_RUNDIR";

    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode Listable = Private | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private RunDirectory(DirectoryHandle root, bool isolated)
    {
        Root = root;
        IsIsolated = isolated;
    }

    /// <summary>Its path, for people.</summary>
    public string Path => Root.Path;

    /// <summary>The open directory; reach sockets in it through this.</summary>
    public DirectoryHandle Root { get; }

    /// <summary>Chosen by <see cref="Variable"/>: logs and everything else host-wide belong inside it.</summary>
    public bool IsIsolated { get; }

    /// <summary>Finds the current user's run directory, makes it if it is missing, and opens it.</summary>
    /// <exception cref="HostException">It cannot be made or opened, or belongs to somebody else.</exception>
    public static RunDirectory Open()
    {
        var uid = UserId();
        var (path, isolated) = Locate(Environment.GetEnvironmentVariable, uid, IsOwnedBy);
        return Open(path, uid, isolated);
    }

    /// <summary>Opens a given run directory as the given user's.</summary>
    public static RunDirectory Open(string path, uint uid, bool isolated)
    {
        // Ordinary users may see names of root's domains (an unknown domain that exists there says so); nobody sees into a user's directory.
        var mode = uid == 0 && !isolated ? Listable : Private;
        try
        {
            Directory.CreateDirectory(path, mode);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new HostException($"make the run directory {path}", NumberOf(e));
        }

        var root = DirectoryHandle.Open(path);
        var status = FileStatus.Of(root.Handle);
        if (status.Uid != uid)
        {
            root.Dispose();
            throw new HostException($"use the run directory {path}, which belongs to user id {status.Uid}", Errno.EPERM);
        }

        if ((status.Mode & 0x12) != 0)
        {
            root.Dispose();
            throw new HostException($"use the run directory {path}, which others may write to (mode {Convert.ToString(status.Mode & 0x1ff, 8)})", Errno.EPERM);
        }

        return new(root, isolated);
    }

    /// <summary>The path and whether the variable chose it, from an environment and an ownership test (given, so that tests can).</summary>
    internal static (string Path, bool Isolated) Locate(Func<string, string?> variable, uint uid, Func<string, uint, bool> isOwnedBy)
    {
        if (variable(Variable) is { Length: > 0 } given)
        {
            return (System.IO.Path.GetFullPath(given), true);
        }

        if (uid == 0)
        {
            return ("/run/xenolith", false);
        }

        return variable("XDG_RUNTIME_DIR") is { Length: > 0 } runtime && isOwnedBy(runtime, uid)
            ? (System.IO.Path.Combine(runtime, "xenolith"), false)
            : ($"/tmp/xenolith-{uid}", false);
    }

    /// <summary>Run directories of every user that this user may look into, the own one excepted (<c>xl list --all-users</c>).</summary>
    public IReadOnlyList<string> Others()
    {
        var candidates = new List<string> { "/run/xenolith" };
        candidates.AddRange(SubPaths("/run/user", "*").Select(d => System.IO.Path.Combine(d, "xenolith")));
        candidates.AddRange(SubPaths("/tmp", "xenolith-*"));
        return [.. candidates.Where(c => c != Path && Directory.Exists(c))];
    }

    /// <summary>The effective user id.</summary>
    [LibraryImport("libc", EntryPoint = "geteuid")]
    public static partial uint UserId();

    /// <inheritdoc/>
    public void Dispose() => Root.Dispose();

    // .NET keeps the kernel's number of an error in HResult where it has no exception of its own for it.
    private static int NumberOf(Exception e) => e switch
    {
        UnauthorizedAccessException => Errno.EACCES,
        // Directories above are made too, so one cannot be missing: it is something else.
        DirectoryNotFoundException => Errno.ENOTDIR,
        { HResult: > 0 and < 4096 } => e.HResult,
        _ => Errno.EIO,
    };

    private static string[] SubPaths(string parent, string pattern)
    {
        try
        {
            return Directory.GetDirectories(parent, pattern);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            return []; // what we may not list we cannot show
        }
    }

    private static bool IsOwnedBy(string path, uint uid)
    {
        try
        {
            using var directory = DirectoryHandle.Open(path);
            return FileStatus.Of(directory.Handle).Uid == uid;
        }
        catch (HostException)
        {
            return false; // missing, a link or not ours: the next place is tried
        }
    }
}
