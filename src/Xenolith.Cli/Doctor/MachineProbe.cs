namespace Xenolith.Cli.Doctor;

/// <summary>This machine.</summary>
internal sealed class MachineProbe : IHostProbe
{
    // Where administrators' programs are, which an ordinary user's PATH often leaves out.
    private static readonly string[] SystemDirectories = ["/usr/sbin", "/sbin", "/usr/local/sbin"];

    public string? Read(string path)
    {
        try
        {
            return File.Exists(path) ? File.ReadAllText(path) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // not for us is as good as missing
        }
    }

    public IReadOnlyList<string> Names(string directory)
    {
        try
        {
            return Directory.Exists(directory) ? [.. Directory.GetFileSystemEntries(directory).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)] : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return []; // the same
        }
    }

    public bool CanOpen(string path, out string why)
    {
        try
        {
            if (!File.Exists(path))
            {
                why = "it does not exist";
                return false;
            }

            using var handle = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            why = "";
            return true;
        }
        catch (UnauthorizedAccessException)
        {
            why = "this user may not open it";
            return false;
        }
        catch (IOException e)
        {
            why = e.Message;
            return false;
        }
    }

    public bool CanMakeDirectories(string path)
    {
        var trial = Path.Combine(path, $"xenolith-doctor-{Environment.ProcessId}");
        try
        {
            Directory.CreateDirectory(trial);
            Directory.Delete(trial);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    public string? FindProgram(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries).Concat(SystemDirectories)
            .Select(directory => Path.Combine(directory, name)).FirstOrDefault(File.Exists);
}
