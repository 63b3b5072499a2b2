using System.Text;
using Xenolith.Abi;

namespace Xenolith.Tests.Unit.Machine.Hypercalls;

/// <summary>xen_version, vm_assist, console_io and physdev_op.</summary>
public sealed class VersionTests
{
    [Fact]
    public void Version_features_and_handle_are_those_of_xen_4_17_and_the_domain()
    {
        using var bed = new GuestBed();

        Assert.Equal(0x4_0011, bed.Call(HypercallNumber.XenVersion));
        Assert.Equal(0, bed.Call(HypercallNumber.XenVersion, 6, bed.Put(0UL)));
        Assert.Equal(0x0002_20f0UL, bed.Get<ulong>(bed.Data) >> 32);
        Assert.Equal(0, bed.Call(HypercallNumber.XenVersion, 8, bed.Data));
        Assert.Equal(bed.Domain.Uuid.ToString(), new Guid(bed.Words(bed.Data, 2).SelectMany(BitConverter.GetBytes).ToArray(), bigEndian: true).ToString());
        Assert.Equal(4096, bed.Call(HypercallNumber.XenVersion, 7));
        Assert.Equal(-XenErrno.EINVAL, bed.Call(HypercallNumber.XenVersion, 7, bed.Data));
    }

    [Fact]
    public void The_hypervisors_command_line_and_build_id_are_not_a_domus_business()
    {
        using var bed = new GuestBed();

        Assert.Equal(-XenErrno.EPERM, bed.Call(HypercallNumber.XenVersion, 10, bed.Data));
        Assert.Equal(0, bed.Call(HypercallNumber.XenVersion, 9, bed.Data));
        Assert.StartsWith("<denied>", Encoding.ASCII.GetString(bed.Words(bed.Data, 2).SelectMany(BitConverter.GetBytes).ToArray()), StringComparison.Ordinal);
        Assert.Equal(-XenErrno.EINVAL, bed.Call(HypercallNumber.XenVersion, 6, bed.Put(1UL)));
        Assert.Equal(-XenErrno.ENOSYS, bed.Call(HypercallNumber.XenVersion, 99, bed.Data));
        Assert.Equal(-XenErrno.EFAULT, bed.Call(HypercallNumber.XenVersion, 1, 0x1000));
    }

    [Theory]
    [InlineData(0u, 5u, 0)]
    [InlineData(0u, 32u, 0)]
    [InlineData(0u, 3u, XenErrno.EINVAL)]
    [InlineData(0u, 64u, XenErrno.EINVAL)]
    [InlineData(7u, 5u, XenErrno.ENOSYS)]
    public void Only_known_assists_can_be_switched(uint command, uint type, int error)
    {
        using var bed = new GuestBed();

        Assert.Equal(-error, bed.Call(HypercallNumber.VmAssist, command, type));
        Assert.Equal(error == 0, type < 64 && (bed.Domain.Assists & (1UL << (int)type)) != 0);
    }

    [Fact]
    public void Console_output_becomes_lines_of_the_log_across_writes()
    {
        using var bed = new GuestBed();
        bed.Vcpu.TryWriteGuest(bed.Data, "one\ntw"u8);
        Assert.Equal(0, bed.Call(HypercallNumber.ConsoleIo, 0, 6, bed.Data));
        bed.Vcpu.TryWriteGuest(bed.Data, "o\n"u8);
        Assert.Equal(0, bed.Call(HypercallNumber.ConsoleIo, 0, 2, bed.Data));

        Assert.Equal(["one", "two"], bed.Domain.Log.Lines());
        Assert.Equal(-XenErrno.EFAULT, bed.Call(HypercallNumber.ConsoleIo, 0, 5, 0x1000));
    }

    [Fact]
    public void The_log_of_a_flooding_guest_stays_bounded()
    {
        using var bed = new GuestBed();
        bed.Vcpu.TryWriteGuest(bed.Data, new byte[4096].Select((_, i) => (byte)(i % 2 == 0 ? 'x' : '\n')).ToArray());
        for (var i = 0; i < 4; i++)
        {
            bed.Call(HypercallNumber.ConsoleIo, 0, 4096, bed.Data);
        }

        Assert.True(bed.Domain.Log.Lines().Count <= 512);
    }

    [Fact]
    public void The_io_privilege_level_is_checked_and_kept()
    {
        using var bed = new GuestBed();

        Assert.Equal(0, bed.Call(HypercallNumber.PhysdevOp, 6, bed.Put(1u)));
        Assert.Equal(1, bed.Vcpu.Iopl);
        Assert.Equal(-XenErrno.EINVAL, bed.Call(HypercallNumber.PhysdevOp, 6, bed.Put(4u)));
        Assert.Equal(-XenErrno.EPERM, bed.Call(HypercallNumber.PhysdevOp, 13, bed.Data));
        Assert.Equal(-XenErrno.ENOSYS, bed.Call(HypercallNumber.PhysdevOp, 99, bed.Data));
    }
}
