using System.Runtime.InteropServices;
using Xenolith.Toolstack.Control;

namespace Xenolith.Toolstack.Devices.Disks;

/// <summary>A drive without a medium.</summary>
internal sealed class EmptyDrive : DiskSource
{
    /// <inheritdoc/>
    public override void Start(DeviceSurroundings around, Action<string?> done) => done(null);

    /// <inheritdoc/>
    public override void FillOpen(Message order, List<SafeHandle> descriptors) => order.With("source", "empty");

    /// <inheritdoc/>
    public override void HandedOver()
    {
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
    }
}
