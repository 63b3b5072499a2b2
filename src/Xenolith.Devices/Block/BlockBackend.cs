using Xenolith.Abi.Block;
using Xenolith.Devices.Block.Images;
using Xenolith.Devices.Rings;
using Xenolith.Machine;

namespace Xenolith.Devices.Block;

/// <summary>
/// The backend of one virtual disk in the domain's process: an image that lives as long as the disk is attached, and a connection that comes
/// and goes with the frontend. Thread ownership: the thread that performs orders about devices.
/// </summary>
public sealed class BlockBackend(string name, IDiskImage image, bool readOnly, Action<string> log) : IDisposable
{
    private readonly List<(MappedRing Ring, BlockQueue Queue)> _queues = [];

    /// <summary>Largest <c>max-ring-page-order</c> that we offer.</summary>
    public const int MaxRingOrder = 4;

    /// <summary>The <c>multi-queue-max-queues</c> that we offer: what Linux's blkfront takes at most unless it is told otherwise, one for each vCPU.</summary>
    public const int MaxQueues = 4;

    /// <summary>What is behind the disk.</summary>
    public IDiskImage Image => image;

    /// <summary>True if writes are refused.</summary>
    public bool ReadOnly => readOnly;

    /// <summary>Called, on the disk's thread, with the new size in bytes when the image was found to have another.</summary>
    public Action<long>? Resized { get; init; }

    /// <summary>True while a frontend is connected.</summary>
    public bool Connected => _queues.Count > 0;

    /// <summary>What was done since the disk was attached, over all connections, as Linux's blkback counts.</summary>
    public DiskCounters Counters { get; } = new();

    /// <summary>The rings' indices, for <c>xl inspect</c>, those of further queues with the queue's number before them; none without a connection. Any thread.</summary>
    public IEnumerable<KeyValuePair<string, long>> RingIndices()
    {
        (MappedRing Ring, BlockQueue Queue)[] queues;
        lock (_queues)
        {
            queues = [.. _queues];
        }

        return queues.SelectMany((q, number) => q.Queue.RingIndices().Select(i => number == 0 ? i : new($"queue-{number}/{i.Key}", i.Value)));
    }

    /// <summary>Connects to a frontend; an earlier connection ends first. False with the reason in words.</summary>
    /// <param name="domain">The frontend's domain.</param>
    /// <param name="frontend">What it wrote.</param>
    /// <param name="stopped">Called once, on the disk's thread, if the frontend breaks its ring later: the device is to be closed.</param>
    /// <param name="error">Why not.</param>
    public bool TryConnect(Domain domain, BlockFrontend frontend, Action<string> stopped, out string error)
    {
        ArgumentNullException.ThrowIfNull(frontend);
        Disconnect();
        if (BlkifLayout.Of(frontend.Protocol) is not { } layout)
        {
            error = $"unknown protocol '{frontend.Protocol}'";
            return false;
        }

        var stop = new StopOnce(stopped);
        foreach (var queue in frontend.Queues)
        {
            BlockQueue? connected = null;
            if (MappedRing.TryMap(domain, queue.RingReferences, queue.EventChannel, () => Volatile.Read(ref connected)?.Notify(), out error) is not { } mapped)
            {
                error = $"disk {name}: {error}";
                Disconnect();
                return false;
            }

            var pages = mapped.Addresses;
            var ring = new SharedRing(pages, layout.EntrySize, layout.Entries(pages.Length));
            connected = new(name, image, readOnly, layout, ring, new DomainGrants(domain), mapped.Notify, Counters, log, stop.Stop) { Resized = _queues.Count == 0 ? Resized : null };
            lock (_queues)
            {
                _queues.Add((mapped, connected));
            }

            // The frontend may have sent before the queue existed.
            Volatile.Read(ref connected).Notify();
        }

        error = string.Empty;
        return true;
    }

    /// <summary>Ends the connection after the requests in flight.</summary>
    public void Disconnect()
    {
        foreach (var (ring, queue) in _queues)
        {
            queue.Dispose();
            ring.Dispose();
        }

        lock (_queues)
        {
            _queues.Clear();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Disconnect();
        image.Dispose();
    }

    /// <summary>Several queues may find their rings broken; the device is closed once.</summary>
    private sealed class StopOnce(Action<string> stopped)
    {
        private int _done;

        public void Stop(string reason)
        {
            if (Interlocked.Exchange(ref _done, 1) == 0)
            {
                stopped(reason);
            }
        }
    }
}
