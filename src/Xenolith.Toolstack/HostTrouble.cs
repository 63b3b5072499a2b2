using Xenolith.Host;

namespace Xenolith.Toolstack;

/// <summary>A failed system call in words for a person: the thing, the cause, the next step.</summary>
internal static class HostTrouble
{
    /// <summary>The whole sentence.</summary>
    public static string Explain(HostException e) => $"cannot {e.Message}.{NextStep(e)}";

    /// <summary>What to do about it, with a space before; empty if there is no better advice than the cause itself.</summary>
    public static string NextStep(Exception e) => (e as HostException ?? e.InnerException as HostException)?.Errno switch
    {
        Errno.EACCES or Errno.EPERM => $" Give the directory to this user, or choose another with {RunDirectory.Variable}.",
        Errno.EROFS => $" Choose a place that can be written to with {RunDirectory.Variable}.",
        Errno.ENOTDIR or Errno.EEXIST => $" It, or a part of its path, is no directory; choose another with {RunDirectory.Variable}.",
        Errno.EMFILE => " Allow more open files: ulimit -n 1024.",
        Errno.ENOSPC => " Free some space on that file system.",
        _ => string.Empty,
    };
}
