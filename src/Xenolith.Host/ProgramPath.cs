namespace Xenolith.Host;

/// <summary>Finds programs of the host by name.</summary>
public static class ProgramPath
{
    private static readonly string[] SystemDirectories = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

    /// <summary>The path of a program in PATH, or in the system's directories; null if it is not installed.</summary>
    public static string? Find(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(':', StringSplitOptions.RemoveEmptyEntries).Concat(SystemDirectories)
            .Select(directory => Path.Combine(directory, name)).FirstOrDefault(File.Exists);
}
