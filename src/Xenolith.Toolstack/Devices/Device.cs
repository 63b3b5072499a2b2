using System.Runtime.InteropServices;
using Xenolith.Toolstack.Control;

namespace Xenolith.Toolstack.Devices;

/// <summary>
/// One device as its kind describes it to <see cref="AttachedDevice"/>, which does everything that all kinds share: nodes, watches, the xenbus
/// handshake, orders to the domain process, removal. Members are called in the order in which they stand here, never two at a time; those with
/// a <c>done</c> may call it later, from the loop, exactly once, with null or with what went wrong (whole sentences, naming the next step).
/// <para>Thread ownership: the monitor's thread. Disposing it closes and ends whatever it opened or started.</para>
/// </summary>
internal abstract class Device : IDisposable
{
    /// <summary>The xenbus name of its kind.</summary>
    public abstract string Kind { get; }

    /// <summary>The directory of its backend below <c>/local/domain/0/backend</c>; differs from the kind only where Xen has several backends for one.</summary>
    public virtual string BackendKind => Kind;

    /// <summary>Its number within the kind.</summary>
    public abstract int Id { get; }

    /// <summary>What people call it: <c>disk xvda</c>, <c>vif 0</c>.</summary>
    public abstract string Title { get; }

    /// <summary>Opens files, TAPs and sockets, starts helpers. Nothing of the device is in the store yet.</summary>
    public abstract void Prepare(DeviceSurroundings surroundings, Action<string?> done);

    /// <summary>What is written when the device is made.</summary>
    public abstract DeviceNodes Nodes(int domid);

    /// <summary>Its nodes stand, and nothing is opened yet: run the hotplug script that makes what is to be opened.</summary>
    public virtual void Provide(DeviceSurroundings surroundings, Action<string?> done)
    {
        ArgumentNullException.ThrowIfNull(done);
        done(null);
    }

    /// <summary>Completes the order <see cref="DeviceOrders.Open"/>; the descriptors are sent as copies and may be closed in <see cref="Opened"/>.</summary>
    public abstract void FillOpen(Message order, List<SafeHandle> descriptors);

    /// <summary>The domain process has opened it. Returns what the backend offers, written together with InitWait.</summary>
    public abstract IEnumerable<(string Name, string Value)> Opened(Message answer);

    /// <summary>The backend is in InitWait: run hotplug scripts. The frontend is not connected before this is done; nor is <c>xl create</c>.</summary>
    public virtual void Plug(DeviceSurroundings surroundings, Action<string?> done)
    {
        ArgumentNullException.ThrowIfNull(done);
        done(null);
    }

    /// <summary>The frontend is ready: reads its nodes (hostile input) into the order <see cref="DeviceOrders.Connect"/>. Returns what is wrong with them, or null.</summary>
    /// <param name="frontend">Reads a node of the frontend's directory; null if it does not exist.</param>
    /// <param name="order">The order.</param>
    public abstract string? FillConnect(Func<string, string?> frontend, Message order);

    /// <summary>The domain process serves it. Returns nodes of the backend that are written together with Connected.</summary>
    public virtual IEnumerable<(string Name, string Value)> Connected(Message answer) => [];

    /// <summary>Its other half in the domain process tells something while it serves. Returns nodes of the backend to write, at which the frontend is made to look.</summary>
    public virtual IEnumerable<(string Name, string Value)> Said(Message message) => [];

    /// <summary>
    /// The domain process has put this device's image, port, ... behind another one of the same kind and number, whose frontend stays connected.
    /// Returns nodes of the backend to remove and to write, at which the frontend is made to look. Asked only of kinds whose devices can be exchanged.
    /// </summary>
    public virtual (IEnumerable<string> Removed, IEnumerable<(string Name, string Value)> Written) Exchanged(Message answer) =>
        throw new NotSupportedException($"{Title} cannot be exchanged");

    /// <summary>The device is being removed, and its nodes still stand: run hotplug scripts. Called once after <see cref="Provide"/> was called. Cannot fail; log what goes wrong.</summary>
    public virtual void Unplug(DeviceSurroundings surroundings, Action done)
    {
        ArgumentNullException.ThrowIfNull(done);
        done();
    }

    /// <inheritdoc/>
    public virtual void Dispose() => GC.SuppressFinalize(this);
}
