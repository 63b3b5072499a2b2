using Microsoft.Win32.SafeHandles;
using Xenolith.Machine;
using Xenolith.Toolstack.Control;

namespace Xenolith.Toolstack.Domains.Backends;

/// <summary>
/// A device in the domain process: what is behind it stays open as long as it is attached; a connection to a frontend comes and goes.
/// <para>Thread ownership: orders to one device never overlap; each may come on another thread. They may block without harm to others.</para>
/// </summary>
internal interface IDeviceBackend : IDisposable
{
    /// <summary>Maps the frontend's rings and serves it; an earlier connection ends first.</summary>
    /// <param name="order">What the monitor read of the frontend; the numbers in it are the guest's and may be anything.</param>
    /// <param name="answer">To be completed.</param>
    /// <exception cref="DeviceException">It cannot be.</exception>
    void Connect(Message order, Message answer);

    /// <summary>Answers what is in flight and unmaps; nothing happens without a connection.</summary>
    void Disconnect();

    /// <summary>Does what only this kind knows.</summary>
    /// <exception cref="DeviceException">It cannot be.</exception>
    void Perform(Message order, IReadOnlyList<SafeFileHandle> descriptors, Message answer);

    /// <summary>What it did so far, for <c>xl debug</c>.</summary>
    IEnumerable<KeyValuePair<string, long>> Counters();
}

/// <summary>How devices of one kind are opened in the domain process. One row of <see cref="BackendKinds"/>.</summary>
internal interface IBackendKind
{
    /// <summary>The xenbus name.</summary>
    string Name { get; }

    /// <summary>Opens a device.</summary>
    /// <param name="domain">The domain.</param>
    /// <param name="order">What the monitor's device put into it.</param>
    /// <param name="descriptors">In the monitor's order; owned by the device from now on, also if this fails.</param>
    /// <param name="answer">To be completed.</param>
    /// <param name="events">Where the device tells of its life.</param>
    /// <exception cref="DeviceException">It cannot be opened.</exception>
    IDeviceBackend Open(Domain domain, Message order, IReadOnlyList<SafeFileHandle> descriptors, Message answer, BackendEvents events);
}

/// <summary>What a device tells, from any thread.</summary>
/// <param name="Log">A line for <c>xl dmesg</c>, with the device named in it.</param>
/// <param name="Failed">The device cannot go on (a frontend broke its ring, a helper is lost), with the cause; its backend is closed.</param>
/// <param name="Said">Something that only the device's kind in the monitor understands: a <see cref="Verbs.DeviceSaid"/>.</param>
internal sealed record BackendEvents(Action<string> Log, Action<string> Failed, Action<Message> Said);

/// <summary>An order to a device cannot be performed; the message is shown to a person.</summary>
internal sealed class DeviceException(string message) : Exception(message);
