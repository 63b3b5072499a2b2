using Xenolith.Abi;
using Xenolith.Machine.Hypercalls;

namespace Xenolith.Tests.Unit.Machine.Hypercalls;

/// <summary>The table and its dispatch.</summary>
public sealed class HypercallTableTests
{
    [Fact]
    public void Every_row_is_found_by_its_number_and_has_a_handler_or_an_error()
    {
        Assert.All(HypercallTable.Rows, row =>
        {
            Assert.Same(row, HypercallTable.Find((ulong)row.Number));
            Assert.True(row.Handler is not null ^ row.Refusal != 0);
        });
        Assert.Null(HypercallTable.Find(11));
        Assert.Null(HypercallTable.Find(ulong.MaxValue));
    }

    [Theory]
    [InlineData(11UL)]
    [InlineData(63UL)]
    [InlineData(64UL)]
    [InlineData(ulong.MaxValue)]
    public void An_unknown_number_is_enosys_and_counted(ulong number)
    {
        using var bed = new GuestBed();

        Assert.Equal(-XenErrno.ENOSYS, HypercallDispatch.Call(bed.Vcpu, number, default));

        Assert.Contains(bed.Domain.HypercallCounters(), c => c is { Key: "unknown", Value: 1 });
    }

    [Theory]
    [InlineData(HypercallNumber.KexecOp, XenErrno.EPERM)]
    [InlineData(HypercallNumber.Mca, XenErrno.EPERM)]
    [InlineData(HypercallNumber.TmemOp, XenErrno.ENOSYS)]
    [InlineData(HypercallNumber.XsmOp, XenErrno.ENOSYS)]
    [InlineData(HypercallNumber.Sysctl, XenErrno.EFAULT)]
    public void The_control_domains_calls_are_refused(int number, int error)
    {
        using var bed = new GuestBed();

        Assert.Equal(-error, bed.Call(number, first: 0x10));
    }

    [Fact]
    public void A_hypercall_comes_back_with_the_flat_selectors_as_syscall_leaves_them()
    {
        using var bed = new GuestBed();
        ref var registers = ref bed.Vcpu.Registers;
        (registers.Cs, registers.Ss, registers.Rax) = (0x0123, 0x0133, HypercallNumber.XenVersion);

        bed.Vcpu.HandleExit(Xenolith.Engine.ExitReason.Hypercall);

        Assert.Equal((SegmentSelector.FlatCode64, SegmentSelector.FlatData), (registers.Cs, registers.Ss));
    }

    [Fact]
    public void A_control_call_of_another_interface_version_is_told_so_before_it_is_refused()
    {
        using var bed = new GuestBed();

        Assert.Equal(-XenErrno.EACCES, bed.Call(HypercallNumber.Sysctl, bed.Put((1u, 0x14u))));
        Assert.Equal(-XenErrno.EPERM, bed.Call(HypercallNumber.Sysctl, bed.Put((1u, 0x15u))));
    }

    [Fact]
    public void A_stub_of_the_hypercall_page_keeps_the_registers_that_syscall_destroys()
    {
        var page = new byte[4096];

        HypercallPage.Write(page);

        Assert.Equal(Convert.FromHexString("514153b81d0000000f05415b59c3"), page.AsSpan(29 * 32, 14).ToArray());
        Assert.Equal(Convert.FromHexString("51415350b8170000000f05"), page.AsSpan(23 * 32, 11).ToArray());
    }
}
