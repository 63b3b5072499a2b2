using System.Text;
using Xenolith.Host;

namespace Xenolith.Toolstack.Hosts;

/// <summary>The host's lock, held: members that need it ask for this token.</summary>
internal sealed class HostLock(FileLock held) : IDisposable
{
    /// <summary>Lets the next one in.</summary>
    public void Dispose() => held.Dispose();
}

/// <summary>A domain that this process claimed and whose life lock it holds.</summary>
/// <param name="Record">Its state as written.</param>
/// <param name="Directory">Its directory in the run directory.</param>
/// <param name="Life">The lock that says it lives.</param>
internal sealed record ClaimedDomain(DomainRecord Record, DirectoryHandle Directory, FileLock Life) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        Life.Dispose();
        Directory.Dispose();
    }
}

/// <summary>
/// The files of a host: <c>lock</c>, <c>boot-id</c>, <c>ids</c> and one directory for each domain under <c>domains</c>, with its
/// <c>state</c>, <c>config</c>, its life's <c>lock</c> and its sockets. Whoever holds a domain's life lock (its monitor, and its domain process)
/// keeps it alive; nobody ever tests a process id.
/// <para>Thread ownership: one thread. Lock order: the host's lock, then a domain's life lock (which is only ever tried).</para>
/// </summary>
internal sealed class HostState : IDisposable
{
    /// <summary>The life lock's name in a domain's directory.</summary>
    public const string LifeLock = "lock";

    /// <summary>The configuration's name in a domain's directory.</summary>
    public const string ConfigFile = "config";

    private const string LockFile = "lock";
    private const string BootIdFile = "boot-id";

    private readonly DirectoryHandle _domains;

    private HostState(RunDirectory run, DirectoryHandle domains)
    {
        Run = run;
        _domains = domains;
    }

    /// <summary>Where it lives.</summary>
    public RunDirectory Run { get; }

    /// <summary>Opens the state of a run directory. State of an earlier boot is dropped: its processes and sockets cannot exist any more.</summary>
    /// <param name="run">The directory; disposed with this.</param>
    /// <param name="bootId">The machine's boot id.</param>
    public static HostState Open(RunDirectory run, string bootId)
    {
        var domains = run.Root.Create("domains", run.IsIsolated ? 0x1C0 : 0x1ED);
        var state = new HostState(run, domains);
        if (state.ReadText(run.Root, BootIdFile) != bootId)
        {
            using var held = state.Lock();
            if (state.ReadText(run.Root, BootIdFile) != bootId)
            {
                foreach (var name in domains.Names().ToList())
                {
                    state.RemoveFiles(name);
                }

                run.Root.Delete(DomainIds.FileName);
                state.WriteText(run.Root, BootIdFile, bootId);
            }
        }

        return state;
    }

    /// <summary>Takes the host's lock; waits for its holder, who does little.</summary>
    public HostLock Lock() => new(FileLock.Take(Run.Root, LockFile));

    /// <summary>The domains that live, by id. Dead ones are left out; <see cref="Sweep"/> removes them.</summary>
    /// <param name="dead">Is set if there are dead ones.</param>
    public List<DomainRecord> Living(out bool dead)
    {
        dead = false;
        var living = new List<DomainRecord>();
        foreach (var name in _domains.Names())
        {
            using var directory = _domains.TryOpen(name);
            if (directory is null)
            {
                continue; // removed since
            }

            if (!FileLock.IsHeld(directory, LifeLock))
            {
                dead = true;
            }
            else if (DomainRecord.Read(directory) is { } record)
            {
                living.Add(record);
            }
        }

        living.Sort((a, b) => a.Domid.CompareTo(b.Domid));
        return living;
    }

    /// <summary>Opens a domain's directory; null if there is none.</summary>
    public DirectoryHandle? Open(int domid) => _domains.TryOpen(Name(domid));

    /// <summary>Removes what domains left whose processes are all gone.</summary>
    /// <param name="held">The host's lock.</param>
    /// <param name="now">Milliseconds since boot.</param>
    /// <param name="removeElsewhere">Removes what the domain left outside the run directory (store nodes).</param>
    public void Sweep(HostLock held, long now, Action<DomainRecord> removeElsewhere)
    {
        ArgumentNullException.ThrowIfNull(held);
        foreach (var name in _domains.Names().ToList())
        {
            using var directory = _domains.TryOpen(name);
            if (directory is null || FileLock.IsHeld(directory, LifeLock))
            {
                continue;
            }

            if (DomainRecord.Read(directory) is { } record)
            {
                removeElsewhere(record);
            }

            RemoveFiles(name);
            if (int.TryParse(name, out var domid))
            {
                LetRest(domid, now);
            }
        }
    }

    /// <summary>
    /// Claims an id and a name in one step, before anything else of a domain is made. The caller has swept and decided about memory under the
    /// same lock.
    /// </summary>
    /// <param name="held">The host's lock.</param>
    /// <param name="now">Milliseconds since boot.</param>
    /// <param name="describe">Makes the domain's first record from its id.</param>
    /// <exception cref="ToolstackException">The name is in use, or no id is free.</exception>
    public ClaimedDomain Claim(HostLock held, long now, Func<int, DomainRecord> describe)
    {
        ArgumentNullException.ThrowIfNull(held);
        var living = Living(out _);
        int? id = null;
        UpdateIds(ids => id = ids.Take(living.Select(d => d.Domid).ToHashSet(), now));
        var record = describe(id ?? throw new ToolstackException(
            $"no domain id is free: all of 1 to {DomainIds.Last} are in use or were freed less than a minute ago. Destroy domains, or wait.", ToolstackException.CreationFailed));
        RequireFreeName(living, record.Name, null);
        var directory = _domains.Create(Name(record.Domid), Run.IsIsolated ? 0x1C0 : 0x1ED);
        FileLock? life = null;
        try
        {
            life = FileLock.TryTake(directory, LifeLock) ?? throw new HostException($"lock domain {record.Domid}", Errno.EAGAIN);
            record.Write(directory);
            return new(record, directory, life);
        }
        catch
        {
            life?.Dispose();
            directory.Dispose();
            RemoveFiles(Name(record.Domid));
            throw;
        }
    }

    /// <summary>Refuses a name that a living domain has; <paramref name="self"/> may keep its own.</summary>
    public static void RequireFreeName(IEnumerable<DomainRecord> living, string name, int? self)
    {
        if (name == XenHost.Domain0Name)
        {
            throw new ToolstackException($"the name \"{name}\" is the host's own. Choose another `name`.", ToolstackException.CreationFailed);
        }

        if (living.FirstOrDefault(d => d.Name == name && d.Domid != self) is { } other)
        {
            throw new ToolstackException(
                $"a domain named \"{name}\" exists already (domain id {other.Domid}). Choose another `name`, or end that one with: xl destroy {name}",
                ToolstackException.CreationFailed);
        }
    }

    /// <summary>Removes a claimed domain's files, starts its id's rest and lets its life lock go. The host's lock is taken for it.</summary>
    public void Release(ClaimedDomain claimed, long now)
    {
        ArgumentNullException.ThrowIfNull(claimed);
        using (Lock())
        {
            RemoveFiles(Name(claimed.Record.Domid));
            LetRest(claimed.Record.Domid, now);
        }

        claimed.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _domains.Dispose();
        Run.Dispose();
    }

    /// <summary>Reads a small text file of a directory; empty if it is missing.</summary>
    internal string ReadText(DirectoryHandle directory, string name)
    {
        using var file = directory.TryOpenFile(name, create: false, writable: false);
        if (file is null)
        {
            return string.Empty;
        }

        using var stream = new FileStream(file, FileAccess.Read, 0);
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    /// <summary>Replaces a small text file of a directory as a whole.</summary>
    internal void WriteText(DirectoryHandle directory, string name, string text) => directory.ReplaceFile(name, Encoding.UTF8.GetBytes(text));

    private static string Name(int domid) => domid.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private void UpdateIds(Action<DomainIds> change)
    {
        var ids = DomainIds.FromText(ReadText(Run.Root, DomainIds.FileName));
        change(ids);
        WriteText(Run.Root, DomainIds.FileName, ids.ToText());
    }

    /// <summary>Notes that an id was freed just now.</summary>
    private void LetRest(int domid, long now)
    {
        try
        {
            UpdateIds(ids => ids.Free(domid, now));
        }
        catch (HostException e) when (e.Errno is Errno.ENOSPC or Errno.EROFS)
        {
            // On a full disk an id may be used again before its time; a domain that cannot be removed would be worse.
        }
    }

    private void RemoveFiles(string name)
    {
        using (var directory = _domains.TryOpen(name))
        {
            foreach (var file in directory?.Names().ToList() ?? [])
            {
                directory!.Delete(file);
            }
        }

        _domains.DeleteDirectory(name);
    }
}
