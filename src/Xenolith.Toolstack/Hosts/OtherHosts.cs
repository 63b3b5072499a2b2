using Xenolith.Host;

namespace Xenolith.Toolstack.Hosts;

/// <summary>Hosts of other users, as far as this user may look into their run directories.</summary>
internal static class OtherHosts
{
    /// <summary>The run directory of another host that has a domain of this name; null if none can be seen.</summary>
    public static string? Find(RunDirectory own, string name) =>
        own.Others().FirstOrDefault(path => DomainsOf(path).Exists(d => d.Name == name));

    /// <summary>The living domains of another host; empty if it may not be looked into.</summary>
    public static List<DomainRecord> DomainsOf(string runDirectory)
    {
        var records = new List<DomainRecord>();
        try
        {
            using var domains = DirectoryHandle.Open(Path.Combine(runDirectory, "domains"));
            foreach (var name in domains.Names())
            {
                using var directory = domains.TryOpen(name);
                if (directory is not null && FileLock.IsHeld(directory, HostState.LifeLock) && DomainRecord.Read(directory) is { } record)
                {
                    records.Add(record);
                }
            }
        }
        catch (Exception e) when (e is HostException or UnauthorizedAccessException or IOException)
        {
            return records; // not for our eyes, or no host
        }

        return records;
    }
}
