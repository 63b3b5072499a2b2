using Xenolith.Host;
using Xenolith.Toolstack.Control;
using Xenolith.Toolstack.Hosts;

namespace Xenolith.Toolstack.Monitors;

/// <summary>
/// Core files of domains. The monitor opens them (mode 0600: they hold all that the guest knew), the domain process writes. One that could not be written whole is
/// removed. Thread ownership: the monitor's thread.
/// </summary>
internal static class CoreFiles
{
    private const string RootDumps = "/var/lib/xen/dump";

    /// <summary>
    /// Where the core file of a crash goes, as under Xen named after the domain: <c>/var/lib/xen/dump</c> for root, else <c>dump</c> in the run directory.
    /// The directory is made if it is missing.
    /// </summary>
    public static string PathOf(RunDirectory run, string name)
    {
        var directory = !run.IsIsolated && RunDirectory.UserId() == 0 ? RootDumps : Path.Combine(run.Path, "dump");
        Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return Path.Combine(directory, HostLogs.Safe(name));
    }

    /// <summary>Writes one.</summary>
    /// <param name="domain">The domain; its process must be there.</param>
    /// <param name="path">The file, replaced if it exists.</param>
    /// <param name="answer">Gets Done, or Failed with the reason.</param>
    /// <exception cref="IOException">The file cannot be made.</exception>
    public static void Write(DomainInstance domain, string path, Action<Message> answer)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite };
        using var stream = Open(domain, path, options);
        domain.Ask(new Message(Verbs.DumpCore), [stream.SafeFileHandle], reply =>
        {
            if (reply is { Verb: Verbs.Done })
            {
                answer(reply);
                return;
            }

            var cause = reply?.Text("text") is { Length: > 0 } text ? text : domain.Unanswered;
            File.Delete(path);
            answer(new Message(Verbs.Failed).With("text", $"cannot write the core of domain {domain.Record.Name} to {path}: {cause}{(reply is null ? string.Empty : ". Choose a file system with room for its memory.")}"));
        });
    }

    private static FileStream Open(DomainInstance domain, string path, FileStreamOptions options)
    {
        try
        {
            return new FileStream(path, options);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"cannot write the core of domain {domain.Record.Name}: {e.Message} Name a file in a directory that this user may write to.", e);
        }
    }
}
