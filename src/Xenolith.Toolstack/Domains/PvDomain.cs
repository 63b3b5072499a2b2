using Microsoft.Win32.SafeHandles;
using Xenolith.Abi;
using Xenolith.Boot;
using Xenolith.Boot.Cache;
using Xenolith.Boot.Images;
using Xenolith.Boot.StartOfDay;
using Xenolith.Devices.Rings;
using Xenolith.Engine;
using Xenolith.Machine;
using Xenolith.Machine.Events;
using Xenolith.Machine.Memory;
using Xenolith.Store.Client;

namespace Xenolith.Toolstack.Domains;

/// <summary>
/// A PV domain in this process: memory, engine, machine, and the console and store rings. Made paused.
/// <para>Thread ownership: making and <see cref="Dispose"/> are for one thread; the rest is for any thread.</para>
/// </summary>
public sealed class PvDomain : IDisposable
{
    private const int ConsoleDrainMilliseconds = 5000;

    private readonly DomainMemory _memory;
    private readonly RingPump _console;
    private readonly RingPump _store;

    private PvDomain(DomainMemory memory, Domain machine, BuiltDomain built, uint consolePort, uint storePort, PvDomainParameters parameters)
    {
        _memory = memory;
        Machine = machine;
        Built = built;
        ConsolePort = consolePort;
        StorePort = storePort;
        _console = Pump("console", RingPair.OfConsole(machine.Frames.PageOf(built.ConsoleMfn)), consolePort, parameters.Console ?? Nowhere(), parameters.ConsoleInput && parameters.Console is not null);
        _store = Pump("store", RingPair.OfXenstore(machine.Frames.PageOf(built.StoreMfn)), storePort, parameters.Store, true, new StoreRingRelay());
        machine.ShutDown = (_, reason) => ThreadPool.UnsafeQueueUserWorkItem(_ => Finish(reason), null);
    }

    /// <summary>Called once when the guest has shut down and everything it wrote to its console is out.</summary>
    public Action<ShutdownReason>? ShutDown { get; set; }

    /// <summary>Called with a line about a device that cannot go on.</summary>
    public Action<string>? DeviceFailed { get; set; }

    /// <summary>The machine.</summary>
    public Domain Machine { get; }

    /// <summary>Where the rings are.</summary>
    public BuiltDomain Built { get; }

    /// <summary>Guest port of the console.</summary>
    public uint ConsolePort { get; }

    /// <summary>Guest port of the store.</summary>
    public uint StorePort { get; }

    /// <summary>Builds a domain, paused.</summary>
    /// <param name="parameters">What it is made of.</param>
    /// <param name="makeEngine">Makes the engine over the domain's memory.</param>
    /// <exception cref="BootException">The kernel or the memory does not allow it.</exception>
    public static PvDomain Build(PvDomainParameters parameters, Func<DomainMemory, IEngine> makeEngine)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentNullException.ThrowIfNull(makeEngine);
        var kernel = KernelFile.Load(parameters.Kernel, parameters.KernelName, parameters.KernelCache);
        try
        {
            using var ramdisk = parameters.Ramdisk is null
                ? null
                : RamdiskFile.Load(parameters.Ramdisk, parameters.RamdiskName, (ulong)parameters.MemoryKiB << 10);
            return Build(parameters, makeEngine, kernel, ramdisk);
        }
        finally
        {
            KernelCache.Keep(parameters.KernelCache, kernel);
        }
    }

    private static PvDomain Build(PvDomainParameters parameters, Func<DomainMemory, IEngine> makeEngine, ImageBuffer kernel, ImageBuffer? ramdisk)
    {

        var pages = (ulong)parameters.MemoryKiB >> 2;
        var memory = new DomainMemory(Math.Max(pages, (ulong)parameters.MaximumMemoryKiB >> 2), (ulong)parameters.RoomKiB >> 2);
        Domain? machine = null;
        try
        {
            machine = new Domain(new DomainParameters
            {
                Id = parameters.Id,
                Uuid = parameters.Uuid,
                VcpuCount = parameters.MaximumVcpus,
                Memory = memory,
                Engine = makeEngine(memory),
            });
            SetLimits(machine, parameters);
            memory.Map = [new MemoryMapEntry(0, memory.MaximumPages * MachineFrames.PageSize, MemoryMapEntry.Ram)];
            var storePort = machine.Events.AllocateUnbound();
            var consolePort = machine.Events.AllocateUnbound();
            var built = DomainBuilder.Build(machine, new DomainImage
            {
                Kernel = kernel,
                KernelName = $"kernel {parameters.KernelName}",
                Ramdisk = ramdisk,
                CommandLine = parameters.CommandLine,
                Pages = pages,
                StorePort = storePort,
                ConsolePort = consolePort,
            });
            return new PvDomain(memory, machine, built, consolePort, storePort, parameters);
        }
        catch
        {
            machine?.Dispose();
            memory.Dispose();
            throw;
        }
    }

    private static void SetLimits(Domain machine, PvDomainParameters parameters)
    {
        machine.Grants.MaximumFrames = parameters.MaximumGrantFrames ?? machine.Grants.MaximumFrames;
        machine.Grants.MaximumVersion = parameters.MaximumGrantVersion ?? machine.Grants.MaximumVersion;
        machine.Events.MaximumPort = (uint?)parameters.MaximumEventChannel ?? machine.Events.MaximumPort;
        machine.WallclockOffset = parameters.WallclockOffset;
    }

    /// <summary>Gives the domain another connection to the store.</summary>
    public void ReplaceStore(SafeFileHandle store) => _store.Replace(store);

    /// <summary>Lets the vCPUs run.</summary>
    public void Unpause() => Machine.Unpause();

    /// <summary>Stops the vCPUs.</summary>
    public void Pause() => Machine.Pause();

    /// <inheritdoc/>
    public void Dispose()
    {
        Machine.Dispose();
        _console.Stop(ConsoleDrainMilliseconds);
        _console.Dispose();
        _store.Stop(ConsoleDrainMilliseconds);
        _store.Dispose();
        _memory.Dispose();
    }

    private RingPump Pump(string name, RingPair rings, uint port, SafeFileHandle? descriptor, bool readable, StoreRingRelay? relay = null)
    {
        HostEventPort? bound = null;
        var pump = new RingPump($"{name} of domain {Machine.Id}", rings, () => bound?.Notify(), descriptor, readable)
        {
            Failed = cause => DeviceFailed?.Invoke(cause),
            Relay = relay,
        };
        if (!Machine.Events.TryBindHost(port, pump.GuestEvent, out bound))
        {
            throw new InvalidOperationException($"port {port} of the {name} is taken before the guest runs");
        }

        pump.Start();
        return pump;
    }

    private static SafeFileHandle Nowhere() => File.OpenHandle("/dev/null", FileMode.Open, FileAccess.Write);

    private void Finish(ShutdownReason reason)
    {
        _console.Stop(ConsoleDrainMilliseconds);
        ShutDown?.Invoke(reason);
    }
}
