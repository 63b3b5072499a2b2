using Xenolith.Cli.Commands;
using Xenolith.Cli.Xl;
using Xenolith.Config;
using Xenolith.Config.Grammar;
using Xenolith.Toolstack;

namespace Xenolith.Cli.Autostart;

/// <summary>A domain to be started with the host.</summary>
/// <param name="File">Its configuration as it was named.</param>
/// <param name="Reading">What came of reading it; null when it could not be read.</param>
/// <param name="Problem">Why it cannot be started, or null.</param>
internal sealed record AutostartDomain(string File, ConfigReading? Reading, string? Problem)
{
    /// <summary>The domain's name, or the file's where the configuration gives none.</summary>
    public string Name => Reading?.Config?.Name ?? Path.GetFileName(File);

    /// <summary>All of them in order: the named ones, then the directory's by name, each configuration once.</summary>
    public static IReadOnlyList<AutostartDomain> All(AutostartSettings settings, Services services)
    {
        var files = settings.Domains.ToList();
        if (settings.Directory.Length > 0 && Directory.Exists(settings.Directory))
            files.AddRange(Directory.GetFiles(settings.Directory).Where(IsConfiguration).Order(StringComparer.Ordinal));
        var domains = new List<AutostartDomain>();
        foreach (var file in files)
        {
            var domain = Read(file, services);
            // A domain of the list often has its link in the directory too.
            if (!domains.Exists(other => other.Name == domain.Name))
                domains.Add(domain);
        }

        return domains;
    }

    private static AutostartDomain Read(string file, Services services)
    {
        try
        {
            var reading = ConfigFile.Read(file, [], services);
            var worst = reading.Diagnostics.FirstOrDefault(diagnostic => diagnostic.Severity >= Severity.Creation);
            return new(file, reading, worst?.ToString());
        }
        catch (ToolstackException e)
        {
            return new(file, null, e.Message);
        }
    }

    // What editors and package managers leave beside a file is not meant.
    private static bool IsConfiguration(string path) =>
        Path.GetFileName(path) is var name && name[0] != '.' && !name.EndsWith('~') && !name.Contains(".dpkg-", StringComparison.Ordinal);
}
