using System.Text;
using Microsoft.Win32.SafeHandles;
using Xenolith.Boot;
using Xenolith.Config.Json;
using Xenolith.Host;
using Xenolith.Host.Memory;
using Xenolith.Toolstack.Control;

namespace Xenolith.Toolstack.Domains;

/// <summary>
/// The process that is a domain: takes descriptors and configuration from its monitor, builds the domain and obeys until it is killed.
/// It ends when its monitor does, however that ends.
/// <para>Thread ownership: the main thread receives orders; vCPU and backend threads send events through <see cref="IDomainEvents"/>.</para>
/// </summary>
internal sealed class DomainProcess : IDomainEvents
{
    /// <summary>The argument that makes this program a domain process; the next is the monitor's process id.</summary>
    public const string Argument = "domain-process";

    /// <summary>The descriptor of the connection to the monitor.</summary>
    public const int ChannelDescriptor = 3;

    /// <summary>
    /// How the runtime's collector is set in this process (hexadecimal bytes): collect after 512 KiB instead of the size of the host's caches, and never have
    /// more than 256 MiB. A domain allocates little while it runs, so what the building of it left would stay for ever.
    /// </summary>
    public static IReadOnlyDictionary<string, string> RuntimeSettings { get; } = new Dictionary<string, string>
    {
        ["DOTNET_GCgen0size"] = "80000",
        ["DOTNET_GCHeapHardLimit"] = "10000000",
    };

    private readonly MessageChannel _monitor;
    private IRunningDomain? _domain;
    private bool _gaveBack;

    private DomainProcess(MessageChannel monitor) => _monitor = monitor;

    /// <summary>Runs the domain process; returns its exit code.</summary>
    public static int Run(int monitorPid, IDomainAssembly assembly)
    {
        if (!CurrentProcess.DieWithParent(monitorPid))
        {
            return 1;
        }

        using var channel = new MessageChannel(Descriptors.Own(ChannelDescriptor));
        return new DomainProcess(channel).Obey(assembly);
    }

    /// <inheritdoc/>
    public void ShutDown(int reason, string? cause) => _monitor.TrySend(new Message(Verbs.ShutDown).With("reason", reason).With("cause", cause ?? string.Empty));

    /// <inheritdoc/>
    public void Log(string line) => _monitor.TrySend(new Message(Verbs.Log).With("text", line.Length > 1000 ? line[..1000] : line), wait: false);

    /// <inheritdoc/>
    public void Changed(long memoryKib, IReadOnlyList<int> onlineVcpus) =>
        _monitor.TrySend(new Message(Verbs.Changed).With("memory", memoryKib).With("online", string.Join(',', onlineVcpus)));

    private int Obey(IDomainAssembly assembly)
    {
        var received = new List<SafeFileHandle>();
        while (_monitor.Receive(received) is { } order)
        {
            switch (order.Verb)
            {
                case Verbs.Build when _domain is null:
                    if (!Build(order, received, assembly))
                    {
                        return 1;
                    }

                    break;
                case Verbs.Pause:
                    _domain?.Pause();
                    _monitor.TrySend(new Message(Verbs.Done));
                    break;
                case Verbs.Unpause:
                    _domain?.Unpause();
                    _monitor.TrySend(new Message(Verbs.Unpause).With("threads", string.Join(',', _domain?.VcpuThreads ?? [])));
                    GiveBack();
                    break;
                case Verbs.Store when received.Count == 1:
                    _domain?.ReplaceStore(received[0]);
                    break;
                case Verbs.Device when _domain is not null:
                    _domain.OrderDevice(order, [.. received], answer => _monitor.TrySend(answer));
                    break;
                case Verbs.Counters:
                    _monitor.TrySend(Counters());
                    break;
                case Verbs.LimitMemory:
                    Answer(_domain?.LimitMemory(order.Number("limit")) is true);
                    break;
                case Verbs.Nmi:
                    Answer(_domain?.RaiseNmi((int)order.Number("vcpu")) is true);
                    break;
                case Verbs.DumpCore when received.Count == 1:
                    DumpCore(received[0]);
                    break;
                case Verbs.DebugKey:
                    Dump(order.Text("key"));
                    break;
                default:
                    received.ForEach(d => d.Dispose());
                    break;
            }

            received.Clear();
        }

        return 0;
    }

    /// <inheritdoc/>
    public void DeviceFailed(string kind, int id, string cause) =>
        _monitor.TrySend(new Message(Verbs.DeviceFailed).With("kind", kind).With("id", id).With("text", cause.Length > 1000 ? cause[..1000] : cause));

    private void Answer(bool done) => _monitor.TrySend(new Message(done ? Verbs.Done : Verbs.Failed));

    // Other orders wait meanwhile: replies are told apart by their order only.
    private void DumpCore(SafeFileHandle file)
    {
        using (file)
        {
            try
            {
                _domain?.DumpCore(file);
                Answer(_domain is not null);
            }
            catch (Exception e) when (e is IOException or OutOfMemoryException)
            {
                _monitor.TrySend(new Message(Verbs.Failed).With("text", e.Message));
            }
        }
    }

    private void Dump(string key)
    {
        foreach (var line in key.Length == 1 && _domain is not null ? _domain.DebugLines(key[0]) : [])
        {
            _monitor.TrySend(new Message(Verbs.Log).With("text", line).With("bare", true));
        }

        Answer(true);
    }

    // What building the domain needed, once; vCPUs run meanwhile.
    private void GiveBack()
    {
        if (!_gaveBack)
        {
            _gaveBack = true;
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            ProgramPages.ForgetUnchanged();
        }
    }

    /// <inheritdoc/>
    public void DeviceSaid(Message message) => _monitor.TrySend(message);

    private bool Build(Message order, List<SafeFileHandle> received, IDomainAssembly assembly)
    {
        try
        {
            var config = DomainConfigSerializer.Deserialize(Encoding.UTF8.GetBytes(order.Text("config")));
            var ramdisk = received.Count > (int)DomainDescriptor.Ramdisk ? received[(int)DomainDescriptor.Ramdisk] : null;
            using var kernel = received[(int)DomainDescriptor.Kernel];
            using (ramdisk)
            {
                _domain = assembly.Build(
                    new((int)order.Number("domid"), config, kernel, ramdisk, received[(int)DomainDescriptor.Console], received[(int)DomainDescriptor.Store]), this);
            }

            _monitor.TrySend(new Message(Verbs.Built)
                .With("store-mfn", (long)_domain.StoreMfn).With("store-port", _domain.StorePort)
                .With("console-mfn", (long)_domain.ConsoleMfn).With("console-port", _domain.ConsolePort)
                .With("threads", string.Join(',', _domain.VcpuThreads))
                .With("memory", _domain.MemoryKib).With("online", string.Join(',', _domain.OnlineVcpus)));
            return true;
        }
        catch (BootException e)
        {
            _monitor.TrySend(new Message(Verbs.Failed).With("text", e.Message));
            return false;
        }
        catch (Exception e)
        {
            // Whatever the builder did not foresee (a file that shrank, a host without memory or AVX2) has words of its own; the stack goes to the log.
            Console.Error.WriteLine(e);
            _monitor.TrySend(new Message(Verbs.Failed).With("text", $"domain {order.Text("name")} could not be built: {e.Message}"));
            return false;
        }
    }

    private Message Counters()
    {
        var message = new Message(Verbs.Counters);
        foreach (var (name, value) in _domain?.Counters() ?? [])
        {
            message.With(name, value);
        }

        return message;
    }
}
