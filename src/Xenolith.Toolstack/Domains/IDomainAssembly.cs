using Microsoft.Win32.SafeHandles;
using Xenolith.Config;
using Xenolith.Toolstack.Control;

namespace Xenolith.Toolstack.Domains;

/// <summary>What a domain process was given; it opens nothing by name.</summary>
/// <param name="Domid">Domain id.</param>
/// <param name="Config">The configuration; its file names are for messages only.</param>
/// <param name="Kernel">The kernel image, open for reading.</param>
/// <param name="Ramdisk">The initial ram disk, open for reading; null if there is none.</param>
/// <param name="Console">A connected, non-blocking stream socket: the guest's output is written to it, what people type is read from it.</param>
/// <param name="Store">The store's connection, bound to this domain.</param>
public sealed record DomainResources(int Domid, DomainConfig Config, SafeFileHandle Kernel, SafeFileHandle? Ramdisk, SafeFileHandle Console, SafeFileHandle Store);

/// <summary>What a domain tells its process; callable from any thread, never blocks for long.</summary>
public interface IDomainEvents
{
    /// <summary>The guest has shut down; everything it wrote to its console is on its way.</summary>
    /// <param name="reason">SHUTDOWN_* (xen/include/public/sched.h).</param>
    /// <param name="cause">For a crash, why, if that is known.</param>
    void ShutDown(int reason, string? cause);

    /// <summary>A line for <c>xl dmesg</c>.</summary>
    void Log(string line);

    /// <summary>A device cannot go on; its domain does.</summary>
    /// <param name="kind">Its kind: vbd, vif.</param>
    /// <param name="id">Its number.</param>
    /// <param name="cause">Why, in words.</param>
    void DeviceFailed(string kind, int id, string cause);

    /// <summary>The guest has another amount of memory, or other vCPUs online, than before.</summary>
    void Changed(long memoryKib, IReadOnlyList<int> onlineVcpus);

    /// <summary>A device tells its other half in the monitor something: a <see cref="Verbs.DeviceSaid"/> with <c>kind</c> and <c>id</c>.</summary>
    void DeviceSaid(Message message);
}

/// <summary>Makes a domain from its resources.</summary>
public interface IDomainAssembly
{
    /// <summary>Builds a domain, paused.</summary>
    /// <exception cref="Xenolith.Boot.BootException">The kernel or the configuration does not allow it.</exception>
    IRunningDomain Build(DomainResources resources, IDomainEvents events);
}

/// <summary>A domain that was built. Thread ownership: all members are called from the domain process's main thread, one at a time.</summary>
public interface IRunningDomain : IDisposable
{
    /// <summary>Machine frame of the store ring.</summary>
    ulong StoreMfn { get; }

    /// <summary>Event channel of the store ring.</summary>
    uint StorePort { get; }

    /// <summary>Machine frame of the console ring.</summary>
    ulong ConsoleMfn { get; }

    /// <summary>Event channel of the console ring.</summary>
    uint ConsolePort { get; }

    /// <summary>Host thread ids of the vCPUs, in vCPU order; 0 for one whose thread does not exist yet.</summary>
    IReadOnlyList<int> VcpuThreads { get; }

    /// <summary>Lets the vCPUs run.</summary>
    void Unpause();

    /// <summary>Stops the vCPUs; on return none executes guest code.</summary>
    void Pause();

    /// <summary>The store was restarted: go on with this connection, bound to this domain.</summary>
    void ReplaceStore(SafeFileHandle store);

    /// <summary>Does something with a device (<see cref="DeviceOrders"/>); orders about one device are done in their order, those about different devices in any.</summary>
    /// <param name="order">The order.</param>
    /// <param name="descriptors">What came with it; owned from now on.</param>
    /// <param name="answer">Called once, from any thread.</param>
    void OrderDevice(Message order, IReadOnlyList<SafeFileHandle> descriptors, Action<Message> answer);

    /// <summary>Memory that the guest has now, in KiB.</summary>
    long MemoryKib { get; }

    /// <summary>vCPUs that are online now.</summary>
    IReadOnlyList<int> OnlineVcpus { get; }

    /// <summary>Sets the most memory the guest may have; false if its machine address space is too small for it.</summary>
    bool LimitMemory(long kib);

    /// <summary>Sends an NMI to a vCPU; false if there is no such vCPU.</summary>
    bool RaiseNmi(int vcpu);

    /// <summary>Writes a core file.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    void DumpCore(SafeFileHandle file);

    /// <summary>What a debug key prints of it.</summary>
    IEnumerable<string> DebugLines(char key);

    /// <summary>Named counters for <c>xl debug</c>.</summary>
    IReadOnlyList<KeyValuePair<string, long>> Counters();
}
