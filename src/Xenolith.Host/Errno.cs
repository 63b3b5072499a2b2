namespace Xenolith.Host;

/// <summary>Linux error numbers that our code distinguishes (asm-generic/errno.h); everything else is only described to people.</summary>
public static class Errno
{
    /// <summary>Operation not permitted.</summary>
    public const int EPERM = 1;

    /// <summary>No such file or directory.</summary>
    public const int ENOENT = 2;

    /// <summary>No such process.</summary>
    public const int ESRCH = 3;

    /// <summary>Interrupted by a signal: try again.</summary>
    public const int EINTR = 4;

    /// <summary>Input/output error; also what a pty master reads while nobody has its slave open.</summary>
    public const int EIO = 5;

    /// <summary>Would block.</summary>
    public const int EAGAIN = 11;

    /// <summary>Permission denied.</summary>
    public const int EACCES = 13;

    /// <summary>File exists.</summary>
    public const int EEXIST = 17;

    /// <summary>A part of a path is no directory.</summary>
    public const int ENOTDIR = 20;

    /// <summary>Invalid argument.</summary>
    public const int EINVAL = 22;

    /// <summary>Too many open files in this process.</summary>
    public const int EMFILE = 24;

    /// <summary>No space left on the device.</summary>
    public const int ENOSPC = 28;

    /// <summary>The file system is read-only.</summary>
    public const int EROFS = 30;

    /// <summary>The reader of a pipe or socket is gone.</summary>
    public const int EPIPE = 32;

    /// <summary>The peer dropped the connection.</summary>
    public const int ECONNRESET = 104;

    /// <summary>Nobody listens on the socket.</summary>
    public const int ECONNREFUSED = 111;
}
