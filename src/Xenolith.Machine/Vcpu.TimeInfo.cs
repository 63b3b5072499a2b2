using Xenolith.Abi;

namespace Xenolith.Machine;

/// <summary>
/// The pages in which a guest finds the parameters of system time. They never change while the domain runs (see <see cref="Time.SystemTime"/>), so they
/// are written when the vCPU starts and when a place for them is registered.
/// </summary>
public sealed partial class Vcpu
{
    /// <summary>Writes vcpu_info's time. On the vCPU's thread, or while it is parked.</summary>
    internal void WriteTimeInfo() => WriteTimeInfo(Info + VcpuInfoLayout.Time);

    /// <summary>Writes a vcpu_time_info somewhere else.</summary>
    internal void WriteTimeInfo(nint address)
    {
        var time = Domain.Time;
        var version = (SharedWord.Load32(address) | 1) + 2;
        SharedWord.Store32(address, version);
        SharedWord.Store64(address + 8, time.TscAtStart);
        SharedWord.Store64(address + 16, time.NanosecondsAtStart);
        SharedWord.Store32(address + 24, time.Multiplier);
        SharedWord.Store8(address + 28, (byte)time.Shift);
        SharedWord.Store8(address + 29, VcpuTimeInfo.TscStable);
        SharedWord.Store32(address, version + 1);
    }
}
