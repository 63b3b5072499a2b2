using Microsoft.Win32.SafeHandles;
using Xenolith.Host;

namespace Xenolith.Toolstack.Monitors;

/// <summary>
/// A monitor's connection to the store, mended when the store is restarted: it connects again (starting the store if need be) and gives every
/// domain of this monitor a new connection of its own.
/// <para>Thread ownership: the monitor's thread.</para>
/// </summary>
internal sealed class StoreKeeper(EventLoop loop, IHostStoreFinder stores, MonitorLog log) : IDisposable
{
    private const int RetryMilliseconds = 500;

    private IHostStore? _store;
    private EventLoop.Source? _source;
    private EventLoop.Timer? _retry;

    /// <summary>Called after the store was found again.</summary>
    public Action? Mended { get; set; }

    /// <summary>Does something with the store; connects first if need be, and again, once, if the store is lost in the midst of it.</summary>
    /// <exception cref="StoreLostException">There is no store to be had.</exception>
    public T Do<T>(Func<IHostStore, T> action)
    {
        try
        {
            return action(Connect());
        }
        catch (StoreLostException)
        {
            Forget();
            var result = action(Connect());
            Mended?.Invoke();
            return result;
        }
    }

    /// <summary>The same without a result.</summary>
    public void Do(Action<IHostStore> action) => Do(store =>
    {
        action(store);
        return true;
    });

    /// <inheritdoc/>
    public void Dispose()
    {
        Forget();
        _retry?.Cancelled = true;
    }

    private IHostStore Connect()
    {
        if (_store is null)
        {
            _store = stores.Start();
            _source = loop.Add(_store.Descriptor, PollEvents.Readable, _ => Look());
        }

        return _store;
    }

    private void Forget()
    {
        _source?.Remove();
        _source = null;
        _store?.Dispose();
        _store = null;
    }

    private void Look()
    {
        if (_store is not null && _store.IsLost())
        {
            Forget();
            log.Write("The store is gone; starting it again.");
            Mend();
        }
    }

    private void Mend()
    {
        try
        {
            Connect();
            Mended?.Invoke();
        }
        catch (Exception e) when (StoreTrouble.Is(e))
        {
            log.Write($"The store cannot be reached: {e.Message}; trying again.");
            Forget();
            _retry = loop.After(RetryMilliseconds, Mend);
        }
    }
}
