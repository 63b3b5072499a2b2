using Xenolith.Config;
using Xenolith.Host;
using Xenolith.Toolstack.Control;
using Xenolith.Toolstack.Hosts;
using Xenolith.Toolstack.Resources;

namespace Xenolith.Toolstack.Monitors;

/// <summary>
/// A monitor: makes a domain, serves its control socket, and does what the configuration says at the end of its life. A restart is a new domain
/// in the same monitor; a kept one stays beside it. The monitor ends with its last domain.
/// <para>Thread ownership: one thread, the monitor's.</para>
/// </summary>
internal sealed class DomainMonitor : IDisposable
{
    private const int LeastMillisecondsBetweenRestarts = 1000;

    private readonly MonitorContext _context;
    private readonly CreateOptions _options;
    private readonly StoreKeeper _store;
    private readonly List<DomainInstance> _domains = [];
    private long _lastStart;
    private bool _restarting;

    /// <summary>Makes a monitor without a domain yet.</summary>
    public DomainMonitor(MonitorContext context, CreateOptions options)
    {
        _context = context;
        _options = options;
        _store = new(context.Loop, context.Stores, context.Log) { Mended = Rebind };
    }

    /// <summary>Makes the domain, paused.</summary>
    /// <exception cref="ToolstackException">It cannot be made; nothing is left of it.</exception>
    public DomainInstance Create(DomainConfig config, Func<bool> abandoned)
    {
        _lastStart = Environment.TickCount64;
        var domain = DomainInstance.Build(_context, _store, config, abandoned, Serve);
        domain.ShutDown = ShutDown;
        _domains.Add(domain);
        if (!_options.NoMonitor)
        {
            _context.Log.Write($"Waiting for domain {config.Name} (domid {domain.Record.Domid}) to die [pid {Environment.ProcessId}]");
        }

        return domain;
    }

    /// <summary>There is a domain to serve, or one about to be restarted.</summary>
    public bool HasDomains => _domains.Count > 0 || _restarting;

    /// <summary>Removes all its domains: the host is going down, or nobody wants them.</summary>
    public void Dispose()
    {
        foreach (var domain in _domains.ToList())
        {
            Remove(domain);
        }

        _store.Dispose();
    }

    private void Serve(DomainInstance domain, Message request, Action<Message> answer)
    {
        switch (request.Verb)
        {
            case Verbs.Wait:
                domain.Wait(answer);
                break;
            case Verbs.Destroy:
                domain.Wait(m =>
                {
                    if (m.Verb == Verbs.Destroyed)
                    {
                        answer(new Message(Verbs.Done));
                    }
                });
                _context.Log.Write($"Domain {domain.Record.Domid} has been destroyed.");
                domain.Abandon();
                Remove(domain);
                break;
            case var verb when !domain.IsBuilt:
                answer(new Message(Verbs.Failed).With("text", $"domain {domain.Record.Name} is still being built; \"{verb}\" has to wait. Try again in a moment."));
                break;
            case Verbs.Pause:
                domain.Pause(answer);
                break;
            case Verbs.Unpause:
                domain.Unpause(answer);
                break;
            case Verbs.Counters:
                domain.Counters(answer);
                break;
            case Verbs.Rename:
                answer(Rename(domain, request.Text("name")));
                break;
            case Verbs.DeviceAttach or Verbs.DeviceDetach or Verbs.DeviceExchange when domain.IsDeaf:
                answer(domain.Failure());
                break;
            case Verbs.DeviceAttach or Verbs.DeviceDetach or Verbs.DeviceExchange:
                domain.ServeDevices(request, answer);
                break;
            case var verb when !DomainOrders.TryServe(domain, request, answer):
                answer(new Message(Verbs.Failed).With("text", $"the monitor of domain {domain.Record.Name} does not know the order \"{verb}\""));
                break;
        }
    }

    private Message Rename(DomainInstance domain, string name)
    {
        try
        {
            using var held = _context.State.Lock();
            HostState.RequireFreeName(_context.State.Living(out _), name, domain.Record.Domid);
            domain.Rename(name, domain.Record.Uuid);
            return new(Verbs.Done);
        }
        catch (Exception e) when (StoreTrouble.Is(e))
        {
            return new Message(Verbs.Failed).With("text", e.Message);
        }
    }

    private void ShutDown(DomainInstance domain, int reason, string? cause)
    {
        var domid = domain.Record.Domid;
        if (reason < 0)
        {
            _context.Log.Write($"Domain {domid} is lost: {cause}");
            Remove(domain);
            return;
        }

        if (cause is not null)
        {
            _context.Log.Write($"Domain {domid}: {cause}");
        }

        if (_options.NoMonitor)
        {
            if (!domain.HasMemory)
            {
                Remove(domain);
            }

            return;
        }

        _context.Log.Write($"Domain {domid} has shut down, reason code {reason} 0x{reason:x}");
        var step = LifecyclePolicy.Steps(LifecyclePolicy.ActionFor(reason, domain.Config.Actions), domain.HasMemory);
        _context.Log.Write($"Action for shutdown reason code {reason} is {ShutdownActions.CfgName(step.Action)}");
        if (step.Note is not null)
        {
            _context.Log.Write($"Domain {domid}: {step.Note}.");
        }

        // Not in the midst of the event that told of the end: the removal turns the loop itself.
        _context.Loop.After(0, () => DumpAndAct(domain, step));
    }

    private void DumpAndAct(DomainInstance domain, LifecycleStep step)
    {
        if (!step.DumpsCore || !_domains.Contains(domain))
        {
            Act(domain, step);
            return;
        }

        DomainOrders.Guard(Dumped, () =>
        {
            var path = CoreFiles.PathOf(_context.State.Run, domain.Config.Name);
            _context.Log.Write($"dumping core to {path}");
            CoreFiles.Write(domain, path, Dumped);
            return null;
        });

        void Dumped(Message answer)
        {
            if (answer.Verb == Verbs.Failed)
            {
                _context.Log.Write($"core dump failed: {answer.Text("text")}");
            }

            _context.Loop.After(0, () => Act(domain, step));
        }
    }

    private void Act(DomainInstance domain, LifecycleStep step)
    {
        if (!_domains.Contains(domain))
        {
            return; // destroyed by hand meanwhile
        }

        _restarting = step.Restarts;
        try
        {
            if (!step.Restarts || AwaitRestart(domain))
            {
                Perform(domain, step);
            }
        }
        finally
        {
            _restarting = false;
        }
    }

    /// <summary>
    /// Holds back a restart: a guest that crashes at once must not spin the host. What has ended stays listed meanwhile, so that a person can
    /// destroy it. False if one did.
    /// </summary>
    private bool AwaitRestart(DomainInstance domain)
    {
        var wait = LeastMillisecondsBetweenRestarts - (int)Math.Min(Environment.TickCount64 - _lastStart, LeastMillisecondsBetweenRestarts);
        if (wait > 0)
        {
            _context.Loop.RunUntil(() => !_domains.Contains(domain), wait);
        }

        return _domains.Contains(domain);
    }

    private void Perform(DomainInstance domain, LifecycleStep step)
    {
        var config = domain.NextConfig ?? domain.Config;
        if (step.Renames)
        {
            using var held = _context.State.Lock();
            var names = _context.State.Living(out _).Select(d => d.Name).ToHashSet();
            domain.Rename(LifecyclePolicy.KeptName(config.Name, names.Contains), Guid.NewGuid());
        }

        if (step is { Keeps: true, Restarts: true })
        {
            domain.ReleaseDevices();
        }

        if (!step.Keeps)
        {
            _context.Log.Write($"Domain {domain.Record.Domid} needs to be cleaned up: destroying the domain");
            Remove(domain);
        }

        if (!step.Restarts)
        {
            _context.Log.Write("Done. Exiting now");
            return;
        }

        _context.Log.Write("Done. Rebooting now");
        try
        {
            Create(config, () => false).Unpause();
            _context.TakeRemarks(); // nobody waits for them; the log has them
        }
        catch (ToolstackException e)
        {
            _context.Log.Write($"The restart failed: {e.Message}");
        }
    }

    private void Rebind()
    {
        foreach (var domain in _domains)
        {
            try
            {
                domain.RebindStore();
            }
            catch (Exception e) when (StoreTrouble.Is(e))
            {
                _context.Log.Write($"Domain {domain.Record.Domid} has no store: {e.Message}");
            }
        }
    }

    private void Remove(DomainInstance domain)
    {
        if (_domains.Remove(domain))
        {
            domain.Dispose();
        }
    }
}
