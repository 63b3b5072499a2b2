using Xenolith.Abi;
using Xenolith.Machine.Events;

namespace Xenolith.Tests.Unit.Machine.Events;

/// <summary>Event channels with the 2-level ABI, and Domain-0's side.</summary>
public sealed class EventChannelTests
{
    private const int Op = HypercallNumber.EventChannelOp;

    private static uint BindIpi(GuestBed bed, uint vcpu = 0)
    {
        Assert.Equal(0, bed.Call(Op, 7, bed.Put((vcpu, 0u))));
        return bed.Get<uint>(bed.Data + 4);
    }

    private static bool Pending(GuestBed bed, uint port) => bed.Domain.Events.IsPending(port);

    private static ulong Shared(GuestBed bed, int offset) => BitConverter.ToUInt64(bed.Domain.Frames.Read(bed.Domain.SharedInfoMfn)[offset..]);

    private static void Mask(GuestBed bed, uint port)
        => bed.Domain.Frames.Write(bed.Domain.SharedInfoMfn, SharedInfoLayout.EventMask + ((int)port / 64 * 8), BitConverter.GetBytes(1UL << (int)(port % 64)));

    [Fact]
    public void An_ipi_sets_pending_selector_and_upcall_in_the_bits_of_the_protocol()
    {
        using var bed = new GuestBed();
        var port = BindIpi(bed);

        Assert.Equal(0, bed.Call(Op, 4, bed.Put(port)));

        Assert.Equal(1UL << (int)port, Shared(bed, SharedInfoLayout.EventPending));
        Assert.Equal(1UL, Shared(bed, VcpuInfoLayout.PendingSelector));
        Assert.True(bed.Vcpu.UpcallPending);
    }

    [Fact]
    public void A_masked_port_waits_for_unmask()
    {
        using var bed = new GuestBed();
        var port = BindIpi(bed);
        Mask(bed, port);

        bed.Call(Op, 4, bed.Put(port));
        Assert.True(Pending(bed, port));
        Assert.False(bed.Vcpu.UpcallPending);

        Assert.Equal(0, bed.Call(Op, 9, bed.Put(port)));
        Assert.True(bed.Vcpu.UpcallPending);
    }

    [Theory]
    [InlineData(0u, 0u, 0)]
    [InlineData(0u, 9u, XenErrno.ENOENT)]
    [InlineData(2u, 1u, XenErrno.EINVAL)]
    [InlineData(24u, 0u, XenErrno.EINVAL)]
    public void A_virtual_interrupt_is_bound_once_and_only_where_it_exists(uint virq, uint vcpu, int error)
    {
        using var bed = new GuestBed(vcpus: 2);

        Assert.Equal(-error, bed.Call(Op, 1, bed.Put((virq, vcpu, 0u))));
        if (error == 0)
        {
            Assert.Equal(-XenErrno.EEXIST, bed.Call(Op, 1, bed.Put((virq, vcpu, 0u))));
            bed.Domain.Events.RaiseVirq(bed.Domain.Vcpus[(int)vcpu], (int)virq);
            Assert.True(bed.Domain.Vcpus[(int)vcpu].UpcallPending);
        }
    }

    [Fact]
    public void A_closed_port_is_given_out_again_without_its_old_event()
    {
        using var bed = new GuestBed();
        var port = BindIpi(bed);
        bed.Call(Op, 4, bed.Put(port));

        Assert.Equal(0, bed.Call(Op, 3, bed.Put(port)));
        Assert.False(Pending(bed, port));
        Assert.Equal(-XenErrno.EINVAL, bed.Call(Op, 4, bed.Put(port)));
        Assert.Equal(port, BindIpi(bed));
    }

    [Fact]
    public void A_backend_hears_the_guest_and_the_guest_hears_the_backend()
    {
        using var bed = new GuestBed();
        Assert.Equal(0, bed.Call(Op, 6, bed.Put((EventChannels.Self, (ushort)0, 0u))));
        Assert.Equal(0, bed.Call(Op, 6, bed.Put((0x7ff0u, 0u))));
        var port = bed.Get<uint>(bed.Data + 4);
        var heard = 0;

        Assert.True(bed.Domain.Events.TryBindHost(port, () => heard++, out var host));
        Assert.Equal(1, heard);
        Assert.False(bed.Domain.Events.TryBindHost(port, () => { }, out _));
        bed.Call(Op, 4, bed.Put(port));
        Assert.Equal(2, heard);
        host!.Notify();
        Assert.True(Pending(bed, port));

        host.Close();
        bed.Call(Op, 4, bed.Put(port));
        Assert.Equal(2, heard);
        Assert.True(bed.Domain.Events.TryBindHost(port, () => { }, out _));
    }

    [Fact]
    public void A_guest_that_closes_its_end_silences_the_backend()
    {
        using var bed = new GuestBed();
        var port = bed.Domain.Events.AllocateUnbound();
        Assert.True(bed.Domain.Events.TryBindHost(port, () => { }, out var host));

        Assert.Equal(0, bed.Call(Op, 3, bed.Put(port)));
        host!.Notify();

        Assert.True(host.Closed);
        Assert.False(Pending(bed, port));
    }

    [Fact]
    public void Status_tells_what_a_port_is()
    {
        using var bed = new GuestBed();
        var unbound = bed.Domain.Events.AllocateUnbound();
        var ipi = BindIpi(bed);

        Assert.Equal(0, bed.Call(Op, 5, bed.Put((0x7ff0u, unbound, 9u, 9u, 9u, 9u))));
        Assert.Equal(1u, bed.Get<uint>(bed.Data + 8));
        Assert.Equal(0, bed.Call(Op, 5, bed.Put((0x7ff0u, ipi, 9u, 9u, 9u, 9u))));
        Assert.Equal(5u, bed.Get<uint>(bed.Data + 8));
        Assert.Equal(-XenErrno.ESRCH, bed.Call(Op, 5, bed.Put((99u, ipi, 9u, 9u, 9u, 9u))));
    }

    [Fact]
    public void Ports_end_at_the_domains_limit()
    {
        using var bed = new GuestBed();
        bed.Domain.Events.MaximumPort = 3;

        Assert.Equal([1u, 2u, 3u], [BindIpi(bed), BindIpi(bed), BindIpi(bed)]);
        Assert.Equal(-XenErrno.ENOSPC, bed.Call(Op, 7, bed.Put((0u, 0u))));
    }

    [Fact]
    public void Two_ports_of_one_domain_can_be_joined()
    {
        using var bed = new GuestBed();
        Assert.Equal(0, bed.Call(Op, 6, bed.Put((0x7ff0_7ff0u, 0u))));
        var remote = bed.Get<uint>(bed.Data + 4);

        Assert.Equal(0, bed.Call(Op, 0, bed.Put((0x7ff0u, remote, 0u))));
        var local = bed.Get<uint>(bed.Data + 8);
        Assert.True(Pending(bed, local));
        bed.Call(Op, 4, bed.Put(local));
        Assert.True(Pending(bed, remote));
    }

    [Fact]
    public void A_domu_binds_no_physical_interrupts()
    {
        using var bed = new GuestBed();

        Assert.Equal(-XenErrno.EPERM, bed.Call(Op, 2, bed.Put((1u, 0u, 0u))));
        Assert.Equal(-XenErrno.ENOSYS, bed.Call(Op, 99, bed.Data));
        Assert.Equal(-XenErrno.EFAULT, bed.Call(Op, 4, 0x1000));
    }
}
