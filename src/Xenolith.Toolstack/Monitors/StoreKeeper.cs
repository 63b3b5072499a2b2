using System.Globalization;
using Xenolith.Host;

namespace Xenolith.Toolstack.Monitors;

/// <summary>
/// A monitor's connection to the store, mended when the store is restarted: it connects again (starting the store if need be), sets its watches
/// again and gives every domain of this monitor a new connection of its own.
/// <para>Thread ownership: the monitor's thread. A watch's handler is called from the loop, never in the midst of another call.</para>
/// </summary>
internal sealed class StoreKeeper(EventLoop loop, IHostStoreFinder stores, MonitorLog log) : IDisposable
{
    private const int RetryMilliseconds = 500;

    private readonly Dictionary<string, StoreWatch> _watches = [];
    private readonly List<string> _fired = [];
    private IHostStore? _store;
    private EventLoop.Source? _source;
    private EventLoop.Timer? _retry;
    private EventLoop.Timer? _look;
    private long _lastToken;

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
        finally
        {
            LookSoon();
        }
    }

    /// <summary>The same without a result.</summary>
    public void Do(Action<IHostStore> action) => Do(store =>
    {
        action(store);
        return true;
    });

    /// <summary>Watches a path and what lies below it until the result is disposed. The handler is called once at first, and after a restart of the store.</summary>
    /// <exception cref="StoreLostException">There is no store to be had.</exception>
    public IDisposable Watch(string path, Action changed)
    {
        var watch = new StoreWatch(this, path, (++_lastToken).ToString(CultureInfo.InvariantCulture), changed);
        Do(store => store.Watch(path, watch.Token));
        _watches.Add(watch.Token, watch);
        LookSoon();
        return watch;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Forget();
        _retry?.Cancelled = true;
        _look?.Cancelled = true;
    }

    private IHostStore Connect()
    {
        if (_store is null)
        {
            _store = stores.Start();
            _source = loop.Add(_store.Descriptor, PollEvents.Readable, _ => Look());
            foreach (var watch in _watches.Values)
            {
                _store.Watch(watch.Path, watch.Token);
            }
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

    /// <summary>Events that came while a reply was awaited no longer make the descriptor readable.</summary>
    private void LookSoon()
    {
        if (_look is null && _watches.Count > 0)
        {
            _look = loop.After(0, () =>
            {
                _look = null;
                Look();
            });
        }
    }

    private void Look()
    {
        if (_store is null)
        {
            return;
        }

        var lost = _store.IsLost(_fired);
        if (lost)
        {
            Forget();
            log.Write("The store is gone; starting it again.");
            Mend();
            loop.After(RetryMilliseconds, ChildProcess.ReapForgotten); // it may have been our child
        }

        var fired = _fired.Distinct().ToList();
        _fired.Clear();
        foreach (var token in fired)
        {
            // A handler may have ended another's watch.
            if (_watches.TryGetValue(token, out var watch))
            {
                Tell(watch);
            }
        }
    }

    private void Tell(StoreWatch watch)
    {
        try
        {
            watch.Changed();
        }
        catch (Exception e) when (StoreTrouble.Is(e))
        {
            // Its watch fires again when the store is back.
            log.Write($"A change of {watch.Path} could not be followed: {e.Message}");
        }
    }

    private void Mend()
    {
        try
        {
            Connect();
            LookSoon();
            Mended?.Invoke();
        }
        catch (Exception e) when (StoreTrouble.Is(e))
        {
            log.Write($"The store cannot be reached: {e.Message}; trying again.");
            Forget();
            _retry = loop.After(RetryMilliseconds, Mend);
        }
    }

    /// <summary>One watch of this monitor.</summary>
    private sealed class StoreWatch(StoreKeeper keeper, string path, string token, Action changed) : IDisposable
    {
        public string Path => path;

        public string Token => token;

        public Action Changed => changed;

        public void Dispose()
        {
            if (!keeper._watches.Remove(token) || keeper._store is null)
            {
                return;
            }

            try
            {
                keeper._store.Unwatch(path, token);
            }
            catch (Exception e) when (StoreTrouble.Is(e))
            {
                // The connection, and with it the watch, is gone: the next look finds that out and mends it.
                keeper.LookSoon();
            }
        }
    }
}
