using Xenolith.Devices.Block.Nbd;
using Xenolith.Host;
using Xenolith.Host.Files;

namespace Xenolith.Devices.Block.Images;

/// <summary>A disk served by an NBD server: qcow2, vhd and all other formats through <c>qemu-nbd</c>, remote disks through <c>nbdkit</c>.</summary>
public sealed class NbdImage : IDiskImage
{
    private const int MaxRequest = 32 << 20, NotSupported = 95;
    private readonly NbdClient _client;
    private readonly NbdExport _export;

    /// <summary>Negotiates an export over a connected stream and takes the stream over.</summary>
    /// <param name="stream">Connected to the server.</param>
    /// <param name="export">The export's name; empty for the server's default.</param>
    /// <param name="name">For messages.</param>
    /// <param name="lost">Told why, once, when the connection breaks; requests fail from then on.</param>
    /// <exception cref="NbdException">The server refused or does not speak the protocol.</exception>
    public NbdImage(Stream stream, string export, string name, Action<string> lost)
    {
        ArgumentNullException.ThrowIfNull(stream);
        Name = name;
        try
        {
            _export = NbdHandshake.Open(stream, export);
        }
        catch (EndOfStreamException)
        {
            throw new NbdException($"disk {name}: the NBD server closed the connection during negotiation; its own log says why");
        }

        _client = new NbdClient(stream, lost);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public long Bytes => _export.Bytes & ~511L;

    /// <inheritdoc/>
    public int SectorSize => _export.MinimumBlock > 512 ? 4096 : 512;

    /// <inheritdoc/>
    public bool CanDiscard => (_export.Flags & NbdFlags.SendTrim) != 0;

    /// <summary>True if the server allows no writes.</summary>
    public bool ReadOnly => (_export.Flags & NbdFlags.ReadOnly) != 0;

    /// <inheritdoc/>
    public int Read(long offset, Span<MemoryRun> runs, bool wait) => wait ? _client.Execute(NbdCommand.Read, offset, Total(runs), runs) : Errno.EAGAIN;

    /// <inheritdoc/>
    public int Write(long offset, Span<MemoryRun> runs, bool wait) => wait ? _client.Execute(NbdCommand.Write, offset, Total(runs), runs) : Errno.EAGAIN;

    /// <inheritdoc/>
    public int Flush() => (_export.Flags & NbdFlags.SendFlush) == 0 ? 0 : _client.Execute(NbdCommand.Flush, 0, 0, []);

    /// <inheritdoc/>
    public int Discard(long offset, long length)
    {
        if (!CanDiscard)
        {
            return NotSupported;
        }

        for (; length > 0; offset += MaxRequest, length -= MaxRequest)
        {
            if (_client.Execute(NbdCommand.Trim, offset, Math.Min(length, MaxRequest), []) is not 0 and var error)
            {
                return error;
            }
        }

        return 0;
    }

    /// <inheritdoc/>
    public bool Refresh() => false;

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    private static long Total(ReadOnlySpan<MemoryRun> runs)
    {
        long total = 0;
        foreach (var run in runs)
        {
            total += run.Length;
        }

        return total;
    }
}
