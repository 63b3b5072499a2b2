using Xenolith.Toolstack.Control;

namespace Xenolith.Toolstack.Devices;

/// <summary>
/// A node in the store whose value an attached device follows while it is attached. Whoever writes faster than the domain process obeys is seen at the
/// last value: one order at a time is under way, however often the node changes.
/// <para>Thread ownership: the monitor's thread.</para>
/// </summary>
internal sealed class LiveNode : IDisposable
{
    private readonly DeviceSurroundings _around;
    private readonly string _path;
    private readonly Func<string?, Message?> _order;
    private readonly IDisposable _watch;
    private string? _followed;
    private bool _underWay, _changed, _disposed;

    /// <summary>Begins to follow a node.</summary>
    /// <param name="around">The device's surroundings.</param>
    /// <param name="path">The node.</param>
    /// <param name="value">The value that the domain process knows already.</param>
    /// <param name="order">Makes the order for a new value; null for a value that changes nothing.</param>
    public LiveNode(DeviceSurroundings around, string path, string? value, Func<string?, Message?> order)
    {
        _around = around;
        _path = path;
        _followed = value;
        _order = order;
        _watch = around.Store.Watch(path, Look);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _disposed = true;
        _watch.Dispose();
    }

    private void Look()
    {
        _changed = true;
        if (_underWay || _disposed)
        {
            return;
        }

        _changed = false;
        var value = _around.Store.Do(s => s.Read(_path));
        if (value == _followed)
        {
            return;
        }

        _followed = value;
        if (_order(value) is { } order)
        {
            _underWay = true;
            _around.Order(order, null, answer =>
            {
                _underWay = false;
                if (answer is not null && _changed)
                {
                    Look();
                }
            });
        }
    }
}
