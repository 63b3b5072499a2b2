using Microsoft.Win32.SafeHandles;
using Xenolith.Host;
using Xenolith.Store.Journal;
using Xenolith.Store.Requests;

namespace Xenolith.Store.Server;

/// <summary>
/// A store with the journal that keeps it. What was answered is in the journal; a journal that has grown well beyond what it says is begun anew.
/// </summary>
internal sealed class KeptStore : IDisposable
{
    private const string JournalName = "journal";
    private const string NewJournalName = "journal.new";

    /// <summary>Bytes of changes after which a journal may be begun anew.</summary>
    private const long Slack = 4 * 1024 * 1024;

    private readonly DirectoryHandle _state;
    private readonly IStoreLog _log;
    private readonly string _bootId;
    private readonly uint _run;
    private JournalWriter? _journal;
    private long _renewAt;

    private KeptStore(DirectoryHandle state, IStoreLog log, XenStore store, string bootId, uint run)
    {
        _state = state;
        _log = log;
        Store = store;
        _bootId = bootId;
        _run = run;
    }

    /// <summary>The store.</summary>
    public XenStore Store { get; }

    /// <summary>Opens what an earlier run in this boot left, or begins anew with Domain-0's nodes.</summary>
    public static KeptStore Open(DirectoryHandle state, IStoreLog log, ControlDomain control)
    {
        var bootId = HostMachine.BootId();
        using var file = state.TryOpenFile(JournalName, create: false);
        using var old = file is null ? null : Map(file);
        var isOurs = JournalFormat.TryReadHeader(old is null ? [] : old.Bytes, bootId, out var lastRun);
        var run = isOurs ? lastRun + 1 : 1;

        // Generations go on from a number that no earlier run reached.
        var store = new XenStore(log, TimeProvider.System, (ulong)run << 40);
        var kept = new KeptStore(state, log, store, bootId, run);
        if (isOurs)
            Replay(old!.Bytes[JournalFormat.HeaderSize..], store, log);
        if (!kept.Renew())
            throw new HostException($"write {state.Path}/{NewJournalName}", Errno.ENOSPC);
        if (!isOurs)
            InitialNodes.Write(store, control);
        return kept;
    }

    /// <summary>Begins the journal anew if it has grown.</summary>
    public void Upkeep()
    {
        if (_journal!.File.End > _renewAt && !Renew())
            _renewAt = _journal.File.End + Slack;
    }

    /// <inheritdoc/>
    public void Dispose() => _journal?.File.Dispose();

    /// <summary>Writes the store as it is into a new journal, which takes the old one's place when it is whole.</summary>
    private bool Renew()
    {
        _state.Delete(NewJournalName);
        var file = _state.TryOpenFile(NewJournalName, create: true)!;
        Span<byte> header = stackalloc byte[JournalFormat.HeaderSize];
        JournalFormat.WriteHeader(header, _run, _bootId);
        var journal = new JournalWriter(new JournalFile(file, JournalFormat.HeaderSize), _log);
        if (!TryWriteHeader(file, header) || !JournalSnapshot.Write(Store, journal))
        {
            journal.File.Dispose();
            _state.Delete(NewJournalName);
            return false;
        }

        _state.Rename(NewJournalName, JournalName);
        _journal?.File.Dispose();
        _journal = journal;
        _renewAt = journal.File.End * 3 + Slack;
        Store.RecordIn(journal, _run);
        return true;
    }

    private static bool TryWriteHeader(SafeFileHandle file, ReadOnlySpan<byte> header)
    {
        try
        {
            Descriptors.WriteAll(file, header);
            return true;
        }
        catch (HostException e) when (e.Errno == Errno.ENOSPC)
        {
            return false;
        }
    }

    private static FileWindow? Map(SafeFileHandle file)
    {
        var length = RandomAccess.GetLength(file);
        return length is > 0 and <= int.MaxValue ? FileWindow.Read(file, (int)length) : null;
    }

    private static void Replay(ReadOnlySpan<byte> records, XenStore store, IStoreLog log)
    {
        var replay = new JournalReplay(store);
        int count = 0, refused = 0;
        while (JournalFormat.TryRead(records, out var body, out var isTorn))
        {
            refused += replay.TryApply(body) ? 0 : 1;
            count++;
            records = records[Math.Min(records.Length, JournalFormat.SizeOf(body.Length))..];
        }

        log.Note($"read {count} records of the journal");
        if (refused > 0)
            log.Warn($"{refused} records of the journal made no sense and were left out");
    }
}
