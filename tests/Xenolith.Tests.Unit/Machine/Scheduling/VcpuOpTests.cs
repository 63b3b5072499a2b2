using Xenolith.Abi;
using Xenolith.Machine.Scheduling;

namespace Xenolith.Tests.Unit.Machine.Scheduling;

/// <summary>vcpu_op and sched_op as calls.</summary>
public sealed class VcpuOpTests
{
    private const int Op = HypercallNumber.VcpuOp;

    [Fact]
    public void A_second_vcpu_starts_with_the_context_it_was_given()
    {
        using var bed = new GuestBed(vcpus: 2);
        var context = new byte[VcpuGuestContextLayout.Size];
        Set(VcpuGuestContextLayout.Flags, VcpuGuestContextLayout.InKernel);
        Set(VcpuGuestContextLayout.Rip, 0xffff_ffff_8100_0000);
        Set(VcpuGuestContextLayout.Rsp, 0xffff_8800_0001_0000);
        Set(VcpuGuestContextLayout.Registers + 112, 0xd1);
        Set(VcpuGuestContextLayout.Cs, 0x10);
        Set(VcpuGuestContextLayout.ControlRegisters + 24, bed.Mfn(0) << 12);
        Set(VcpuGuestContextLayout.FsBase + 8, 0x4444);
        Assert.True(bed.Vcpu.TryWriteGuest(bed.Data, context));

        Assert.Equal(-XenErrno.EINVAL, bed.Call(Op, 1, 1));
        Assert.Equal(0, bed.Call(Op, 0, 1, bed.Data));
        Assert.Equal(-XenErrno.EEXIST, bed.Call(Op, 0, 1, bed.Data));
        Assert.Equal(0, bed.Call(Op, 3, 1));
        Assert.Equal(0, bed.Call(Op, 1, 1));
        Assert.Equal(1, bed.Call(Op, 3, 1));
        ref var registers = ref bed.Domain.Vcpus[1].Registers;
        Assert.Equal((0xffff_ffff_8100_0000UL, 0xd1UL, (ushort)0x13, 0x4444UL, (byte)1), (registers.Rip, registers.Rdi, registers.Cs, registers.GsBase, registers.KernelMode));
        Assert.Equal(bed.Mfn(0), bed.Domain.Vcpus[1].KernelRootMfn);

        void Set(int offset, ulong value) => BitConverter.TryWriteBytes(context.AsSpan(offset), value);
    }

    [Fact]
    public void A_context_with_wild_addresses_or_tables_is_refused()
    {
        using var bed = new GuestBed(vcpus: 2);
        var context = new byte[VcpuGuestContextLayout.Size];
        BitConverter.TryWriteBytes(context.AsSpan(VcpuGuestContextLayout.Flags), VcpuGuestContextLayout.InKernel);
        bed.Vcpu.TryWriteGuest(bed.Data, context);
        Assert.Equal(-XenErrno.EINVAL, bed.Call(Op, 0, 1, bed.Data));
        BitConverter.TryWriteBytes(context.AsSpan(VcpuGuestContextLayout.Rip), 0x1234_0000_0000_0000UL);
        bed.Vcpu.TryWriteGuest(bed.Data, context);
        Assert.Equal(-XenErrno.EINVAL, bed.Call(Op, 0, 1, bed.Data));
        Assert.False(bed.Domain.Vcpus[1].IsInitialised);
    }

    [Fact]
    public void A_moved_vcpu_info_keeps_its_contents_and_has_everything_pending()
    {
        using var bed = new GuestBed();
        bed.Vcpu.UpcallMask = true;

        Assert.Equal(0, bed.Call(Op, 10, 0, bed.Put((bed.Mfn(GuestBed.FreePage), 128u, 0u))));

        var page = bed.Domain.Frames.Read(bed.Mfn(GuestBed.FreePage));
        Assert.Equal((1, 1, ulong.MaxValue), (page[128], page[129], BitConverter.ToUInt64(page[(128 + VcpuInfoLayout.PendingSelector)..])));
        Assert.Equal(-XenErrno.EINVAL, bed.Call(Op, 10, 0, bed.Data));
    }

    [Theory]
    [InlineData(4064u)]
    [InlineData(4u)]
    public void A_vcpu_info_must_fit_its_page(uint offset)
    {
        using var bed = new GuestBed();

        Assert.Equal(-XenErrno.EINVAL, bed.Call(Op, 10, 0, bed.Put((bed.Mfn(GuestBed.FreePage), offset, 0u))));
    }

    [Fact]
    public void Runstates_add_up()
    {
        using var bed = new GuestBed();

        Assert.Equal(0, bed.Call(Op, 4, 0, bed.Data));

        var words = bed.Words(bed.Data, 6);
        Assert.Equal((ulong)Runstate.Offline, words[0]);
        Assert.Equal(0UL, words[2] + words[3] + words[4]);
    }

    [Fact]
    public void Timers_check_their_arguments()
    {
        using var bed = new GuestBed(vcpus: 2);

        Assert.Equal(-XenErrno.EINVAL, bed.Call(Op, 6, 0, bed.Put(999_999UL)));
        Assert.Equal(-XenErrno.ETIME, bed.Call(Op, 8, 0, bed.Put((1UL, 1u, 0u))));
        Assert.Equal(-XenErrno.EINVAL, bed.Call(Op, 8, 1, bed.Put((1UL, 0u, 0u))));
        Assert.Equal(-XenErrno.ENOENT, bed.Call(Op, 3, 2));
        Assert.Equal(-XenErrno.ENOSYS, bed.Call(Op, 77, 0));
        Assert.Equal(-XenErrno.EFAULT, bed.Call(Op, 5, 0, 0x1000));
    }

    [Fact]
    public void The_last_vcpu_that_goes_down_takes_the_domain_with_it()
    {
        using var bed = new GuestBed();
        bed.Vcpu.IsInitialised = true;
        bed.Vcpu.BringUp();

        Assert.Equal(0, bed.Call(Op, 2, 0));

        Assert.Equal(ShutdownReason.Poweroff, bed.Domain.Shutdown);
    }

    [Fact]
    public void Poll_checks_its_ports_and_returns_for_a_pending_one()
    {
        using var bed = new GuestBed();
        Assert.Equal(0, bed.Domain.Events.BindIpi(0, out var port));
        bed.Domain.Events.Send(port);
        bed.Put(port, 100);

        Assert.Equal(0, bed.Call(HypercallNumber.SchedOp, 3, bed.Put((bed.Data + 100, 1UL, 0UL))));
        bed.Put(5000u, 100);
        Assert.Equal(-XenErrno.EINVAL, bed.Call(HypercallNumber.SchedOp, 3, bed.Put((bed.Data + 100, 1UL, 0UL))));
        Assert.Equal(-XenErrno.EINVAL, bed.Call(HypercallNumber.SchedOp, 3, bed.Put((bed.Data + 100, 129UL, 0UL))));
        Assert.Equal(-XenErrno.ENOSYS, bed.Call(HypercallNumber.SchedOp, 99));
    }

    [Theory]
    [InlineData(0u, ShutdownReason.Poweroff)]
    [InlineData(1u, ShutdownReason.Reboot)]
    [InlineData(3u, ShutdownReason.Crash)]
    [InlineData(5u, ShutdownReason.SoftReset)]
    public void A_guest_shuts_down_with_its_reason(uint code, ShutdownReason reason)
    {
        using var bed = new GuestBed();

        Assert.Equal(0, bed.Call(HypercallNumber.SchedOp, 2, bed.Put(code)));

        Assert.Equal(reason, bed.Domain.Shutdown);
    }

    [Fact]
    public void A_preset_reason_wins()
    {
        using var bed = new GuestBed();
        Assert.Equal(0, bed.Call(HypercallNumber.SchedOp, 5, bed.Put(3u)));
        bed.Call(HypercallNumber.SchedOp, 2, bed.Put(0u));

        Assert.Equal(ShutdownReason.Crash, bed.Domain.Shutdown);
    }
}
