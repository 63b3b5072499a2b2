using CsCheck;
using Xenolith.Abi;
using Xenolith.Machine.Memory;
using Xenolith.Tests.Unit.Machine.Mmu;

namespace Xenolith.Tests.Unit.Machine.Grants;

/// <summary>A guest maps what it granted to itself.</summary>
public sealed class GrantMapTests
{
    private const int Op = HypercallNumber.GrantTableOp, Lent = GuestBed.FreePage, Window = GuestBed.FreePage + 1, Other = GuestBed.FreePage + 2;
    private const uint Reference = 9, Device = 1, Host = 2, ReadOnly = 4, ContainsEntry = 16;

    private static ulong Grant(GuestBed bed, ushort flags = GrantFlags.PermitAccess, uint reference = Reference, int page = Lent)
    {
        Assert.Equal(0, bed.Call(Op, 2, bed.Put((0x7ff0u, 1u, 0UL, bed.Data + 512)), 1));
        var frame = bed.Get<ulong>(bed.Data + 512);
        bed.Domain.Frames.Write(frame, (int)reference * 8, BitConverter.GetBytes(flags | ((ulong)bed.Domain.Id << 16) | (bed.Mfn(page) << 32)));
        return frame;
    }

    private static (short Status, uint Handle) Map(GuestBed bed, ulong address, uint flags, uint reference = Reference)
    {
        Assert.Equal(0, bed.Call(Op, 0, bed.Put((address, flags, reference, (ulong)bed.Domain.Id, 0UL)), 1));
        return (bed.Get<short>(bed.Data + 18), bed.Get<uint>(bed.Data + 20));
    }

    private static short Unmap(GuestBed bed, ulong address, ulong busAddress, uint handle)
    {
        Assert.Equal(0, bed.Call(Op, 1, bed.Put((address, busAddress, handle, 0u)), 1));
        return bed.Get<short>(bed.Data + 20);
    }

    private static ulong EntryOf(GuestBed bed, int page) => BitConverter.ToUInt64(bed.Domain.Frames.Read(bed.Mfn(MmuBed.L1))[(page * 8)..]);

    [Fact]
    public void A_mapping_shows_the_page_until_it_is_taken_down()
    {
        using var bed = new GuestBed();
        Grant(bed);
        var before = EntryOf(bed, Window);

        var (status, handle) = Map(bed, MmuBed.Address(Window), Host);

        Assert.Equal(GrantStatus.Okay, status);
        Assert.Equal(bed.Mfn(Lent) << 12, bed.Get<ulong>(bed.Data + 24));
        Assert.Equal(bed.Mfn(Lent), PageTableEntry.FrameOf(EntryOf(bed, Window)));
        Assert.Equal(1, bed.Domain.Grants.InUse);
        Assert.NotEqual(before, EntryOf(bed, Window));
        Assert.True(bed.Vcpu.TryWriteGuest(MmuBed.Address(Window, 8), [1, 2, 3]));
        Assert.Equal([1, 2, 3], bed.Domain.Frames.Read(bed.Mfn(Lent)).Slice(8, 3).ToArray());

        Assert.Equal(GrantStatus.Okay, Unmap(bed, MmuBed.Address(Window), 0, handle));
        Assert.Equal((0UL, 0), (EntryOf(bed, Window), bed.Domain.Grants.InUse));
        Assert.Equal(GrantStatus.BadHandle, Unmap(bed, MmuBed.Address(Window), 0, handle));
    }

    [Fact]
    public void Both_parts_of_a_mapping_go_one_by_one()
    {
        using var bed = new GuestBed();
        Grant(bed);
        var (status, handle) = Map(bed, MmuBed.Address(Window), Host | Device);
        Assert.Equal(GrantStatus.Okay, status);

        Assert.Equal(GrantStatus.Okay, Unmap(bed, MmuBed.Address(Window), 0, handle));
        Assert.Equal(1, bed.Domain.Grants.InUse);
        Assert.Equal(GrantStatus.BadDeviceAddress, Unmap(bed, 0, 0x1000, handle));
        Assert.Equal(GrantStatus.Okay, Unmap(bed, 0, bed.Mfn(Lent) << 12, handle));
        Assert.Equal(0, bed.Domain.Grants.InUse);
        Assert.Equal(GrantStatus.BadHandle, Unmap(bed, 0, bed.Mfn(Lent) << 12, handle));
    }

    [Fact]
    public void A_read_only_mapping_of_an_entry_by_machine_address_does_not_write()
    {
        using var bed = new GuestBed();
        Grant(bed, GrantFlags.PermitAccess | GrantFlags.ReadOnly);
        var pointer = (bed.Mfn(MmuBed.L1) << 12) + (Window * 8);

        Assert.Equal(GrantStatus.GeneralError, Map(bed, pointer, Host | ContainsEntry).Status);
        Assert.Equal(GrantStatus.GeneralError, Map(bed, pointer + 1, Host | ContainsEntry | ReadOnly).Status);
        Assert.Equal(0, bed.Domain.Grants.InUse);
        var (status, handle) = Map(bed, pointer, Host | ContainsEntry | ReadOnly);

        Assert.Equal(GrantStatus.Okay, status);
        Assert.Equal(0UL, EntryOf(bed, Window) & PageTableEntry.Writable);
        Assert.Equal(GrantStatus.Okay, Unmap(bed, pointer, 0, handle));
        Assert.Equal(0, bed.Domain.Grants.InUse);
    }

    [Fact]
    public void A_replacement_moves_the_entry_of_another_address()
    {
        using var bed = new GuestBed();
        Grant(bed);
        var moved = EntryOf(bed, Other);
        var (_, handle) = Map(bed, MmuBed.Address(Window), Host);

        Assert.Equal(0, bed.Call(Op, 7, bed.Put((MmuBed.Address(Window), MmuBed.Address(Other), handle, 0u)), 1));

        Assert.Equal(GrantStatus.Okay, bed.Get<short>(bed.Data + 20));
        Assert.Equal((moved, 0UL, 0), (EntryOf(bed, Window), EntryOf(bed, Other), bed.Domain.Grants.InUse));
    }

    [Fact]
    public void An_entry_that_was_changed_meanwhile_is_left_alone_and_the_grant_stays_in_use()
    {
        using var bed = new GuestBed();
        Grant(bed);
        var (_, handle) = Map(bed, MmuBed.Address(Window), Host);
        var instead = (bed.Mfn(Other) << 12) | MmuBed.ReadOnly;
        Assert.Equal(0, bed.Call(HypercallNumber.UpdateVaMapping, MmuBed.Address(Window), instead));

        Assert.Equal(GrantStatus.GeneralError, Unmap(bed, MmuBed.Address(Window), 0, handle));

        Assert.Equal(bed.Mfn(Other), PageTableEntry.FrameOf(EntryOf(bed, Window)));
        Assert.Equal(1, bed.Domain.Grants.InUse);
    }

    [Fact]
    public void Status_frames_that_are_mapped_keep_the_version()
    {
        using var bed = new GuestBed();
        Grant(bed);
        Assert.Equal(0, bed.Call(Op, 8, bed.Put(2u), 1));
        Assert.Equal(0, bed.Call(Op, 9, bed.Put((1u, 0x7ff0u, bed.Data + 512)), 1));
        var status = bed.Get<ulong>(bed.Data + 512);
        Assert.Equal(0, bed.Call(HypercallNumber.UpdateVaMapping, MmuBed.Address(Window), (status << 12) | MmuBed.ReadOnly));

        Assert.Equal(-XenErrno.EBUSY, bed.Call(Op, 8, bed.Put(1u), 1));
        Assert.Equal(2u, bed.Get<uint>(bed.Data));
        Assert.Equal(0, bed.Call(HypercallNumber.UpdateVaMapping, MmuBed.Address(Window), 0));
        Assert.Equal(0, bed.Call(Op, 8, bed.Put(1u), 1));
        Assert.Equal(1u, bed.Get<uint>(bed.Data));
    }

    [Fact]
    public void Any_request_is_survived_and_leaves_types_right()
    {
        using var bed = new GuestBed();
        Grant(bed);
        Gen.Select(Gen.UInt[0, 31], Gen.UInt[0, 20], Gen.Int[Window, Window + 4], Gen.Bool).Sample(
            (flags, reference, page, byEntry) =>
            {
                var address = byEntry ? (bed.Mfn(MmuBed.L1) << 12) + ((ulong)page * 8) : MmuBed.Address(page);
                var (status, handle) = Map(bed, address, flags, reference);
                if (status == GrantStatus.Okay)
                {
                    Assert.Equal(GrantStatus.Okay, Unmap(bed, (flags & Host) != 0 ? address : 0, (flags & Device) != 0 ? bed.Mfn(Lent) << 12 : 0, handle));
                }

                Assert.Equal(0, bed.Domain.Grants.InUse);
            },
            iter: 2000,
            threads: 1);
        Assert.Equal(FrameType.Writable, bed.Domain.Mmu.Types.TypeAt(bed.Mfn(Lent)));
    }
}
