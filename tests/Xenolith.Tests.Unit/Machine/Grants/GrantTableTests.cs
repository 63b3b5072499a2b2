using CsCheck;
using Xenolith.Abi;
using Xenolith.Machine.Grants;

namespace Xenolith.Tests.Unit.Machine.Grants;

/// <summary>Grant tables: the guest's hypercalls and what backends do with the entries.</summary>
public sealed class GrantTableTests
{
    private const int Op = HypercallNumber.GrantTableOp;

    private static ulong Setup(GuestBed bed, uint frames = 1)
    {
        Assert.Equal(0, bed.Call(Op, 2, bed.Put((0x7ff0u, frames, 0UL, bed.Data + 512)), 1));
        Assert.Equal(0, bed.Get<short>(bed.Data + 8));
        return bed.Get<ulong>(bed.Data + 512);
    }

    private static void SetEntry(GuestBed bed, ulong frame, uint reference, ushort flags, ushort domain, ulong mfn)
        => bed.Domain.Frames.Write(frame, (int)reference * 8, BitConverter.GetBytes(flags | ((ulong)domain << 16) | (mfn << 32)));

    private static ushort Flags(GuestBed bed, ulong frame, uint reference) => BitConverter.ToUInt16(bed.Domain.Frames.Read(frame)[((int)reference * 8)..]);

    [Fact]
    public void Limits_of_the_configuration_hold()
    {
        using var bed = new GuestBed();
        bed.Domain.Grants.MaximumFrames = 2;
        bed.Domain.Grants.MaximumVersion = 1;

        Setup(bed, 2);
        Assert.Equal(0, bed.Call(Op, 2, bed.Put((0x7ff0u, 3u, 0UL, bed.Data + 512)), 1));
        Assert.Equal(GrantStatus.GeneralError, bed.Get<short>(bed.Data + 8));
        Assert.Equal(-XenErrno.ENOSYS, bed.Call(Op, 8, bed.Put(2u), 1));
        Assert.Equal(1u, bed.Get<uint>(bed.Data));
    }

    [Fact]
    public void The_largest_table_there_can_be_is_filled_in_both_versions_and_no_larger_one_can_be_set()
    {
        using var bed = new GuestBed();
        var grants = bed.Domain.Grants;
        Assert.Throws<ArgumentOutOfRangeException>(() => grants.MaximumFrames = GrantTable.FrameLimit + 1);
        Assert.Throws<ArgumentOutOfRangeException>(() => grants.MaximumFrames = 0);

        grants.MaximumFrames = GrantTable.FrameLimit;
        Assert.Equal(0, bed.Call(Op, 8, bed.Put(2u), 1));
        var last = (uint)(GrantTable.FrameLimit * 256) - 1;
        Assert.Equal(GrantStatus.BadReference, grants.Map(last, writable: false, out _));
        Span<ulong> frames = stackalloc ulong[GrantTable.FrameLimit];
        Assert.True(grants.TrySetup(frames.Length, frames));
        Assert.Equal(frames.Length, frames.ToArray().Distinct().Count());
        Assert.Equal(GrantStatus.GeneralError, grants.Map(last, writable: false, out _));
        Assert.Equal(GrantStatus.BadReference, grants.Map(last + 1, writable: false, out _));
        Assert.Equal(0, bed.Call(Op, 2, bed.Put((0x7ff0u, (uint)GrantTable.FrameLimit + 1, 0UL, bed.Data + 512)), 1));
        Assert.Equal(GrantStatus.GeneralError, bed.Get<short>(bed.Data + 8));
    }

    [Fact]
    public void A_mapped_grant_shows_in_use_until_it_is_given_back()
    {
        using var bed = new GuestBed();
        var frame = Setup(bed);
        SetEntry(bed, frame, 9, GrantFlags.PermitAccess, 0, bed.Mfn(GuestBed.FreePage));
        var grants = bed.Domain.Grants;

        Assert.Equal(GrantStatus.Okay, grants.Map(9, writable: true, out var mapping));
        Assert.Equal((bed.Mfn(GuestBed.FreePage), bed.Domain.Frames.PageOf(mapping.Mfn)), (mapping.Mfn, mapping.Page));
        Assert.Equal(GrantFlags.PermitAccess | GrantFlags.Reading | GrantFlags.Writing, Flags(bed, frame, 9));
        Assert.Equal(GrantStatus.Okay, grants.Map(9, writable: false, out var second));

        grants.Unmap(in mapping);
        Assert.Equal(GrantFlags.PermitAccess | GrantFlags.Reading, Flags(bed, frame, 9));
        grants.Unmap(in second);
        Assert.Equal(GrantFlags.PermitAccess, Flags(bed, frame, 9));
        Assert.Equal(0, grants.InUse);
    }

    [Theory]
    [InlineData(0, 0, GrantStatus.GeneralError)]
    [InlineData(GrantFlags.PermitAccess, 5, GrantStatus.GeneralError)]
    [InlineData(2, 0, GrantStatus.GeneralError)]
    [InlineData(GrantFlags.PermitAccess | GrantFlags.ReadOnly, 0, GrantStatus.GeneralError)]
    public void An_entry_that_does_not_allow_it_is_refused_and_left_alone(ushort flags, ushort domain, short status)
    {
        using var bed = new GuestBed();
        var frame = Setup(bed);
        SetEntry(bed, frame, 9, flags, domain, bed.Mfn(GuestBed.FreePage));

        Assert.Equal(status, bed.Domain.Grants.Map(9, writable: true, out _));
        Assert.Equal(flags, Flags(bed, frame, 9));
    }

    [Fact]
    public void A_frame_that_is_not_the_guests_or_is_a_page_table_is_a_bad_page()
    {
        using var bed = new GuestBed();
        var frame = Setup(bed);
        SetEntry(bed, frame, 8, GrantFlags.PermitAccess, 0, 3);
        SetEntry(bed, frame, 9, GrantFlags.PermitAccess, 0, bed.Mfn(0));

        Assert.Equal(GrantStatus.BadPage, bed.Domain.Grants.Map(8, writable: false, out _));
        Assert.Equal(GrantStatus.BadPage, bed.Domain.Grants.Map(9, writable: true, out _));
        Assert.Equal(GrantFlags.PermitAccess, Flags(bed, frame, 9));
    }

    [Fact]
    public void A_pinned_grant_keeps_its_frame_whatever_the_guest_writes()
    {
        using var bed = new GuestBed();
        var frame = Setup(bed);
        SetEntry(bed, frame, 9, GrantFlags.PermitAccess, 0, bed.Mfn(GuestBed.FreePage));
        bed.Domain.Grants.Map(9, writable: false, out var first);
        SetEntry(bed, frame, 9, GrantFlags.PermitAccess, 0, bed.Mfn(GuestBed.FreePage + 1));

        bed.Domain.Grants.Map(9, writable: false, out var second);

        Assert.Equal(first.Mfn, second.Mfn);
    }

    [Fact]
    public void Any_entry_and_reference_is_survived_and_every_pin_is_returned()
    {
        using var bed = new GuestBed();
        var frame = Setup(bed);
        Gen.Select(Gen.UInt[0, 700], Gen.ULong, Gen.Bool).Sample(
            (reference, entry, writable) =>
            {
                bed.Domain.Frames.Write(frame, (int)(reference % 512) * 8, BitConverter.GetBytes(entry));
                if (bed.Domain.Grants.Map(reference, writable, out var mapping) == GrantStatus.Okay)
                {
                    bed.Domain.Grants.Unmap(in mapping);
                }

                Assert.Equal(0, bed.Domain.Grants.InUse);
            },
            iter: 2000,
            threads: 1);
    }

    [Fact]
    public void Copies_stay_within_a_page()
    {
        using var bed = new GuestBed();
        var frame = Setup(bed);
        SetEntry(bed, frame, 9, GrantFlags.PermitAccess, 0, bed.Mfn(GuestBed.FreePage));

        Assert.Equal(GrantStatus.Okay, bed.Domain.Grants.CopyTo(9, 4094, [1, 2]));
        Assert.Equal(GrantStatus.BadCopyArgument, bed.Domain.Grants.CopyTo(9, 4095, [1, 2]));
        var back = new byte[2];
        Assert.Equal(GrantStatus.Okay, bed.Domain.Grants.CopyFrom(9, 4094, back));
        Assert.Equal([1, 2], back);
    }

    [Fact]
    public void The_size_grows_to_the_limit_and_no_further()
    {
        using var bed = new GuestBed();
        Setup(bed, 4);

        Assert.Equal(0, bed.Call(Op, 6, bed.Put((0x7ff0u, 0u, 0u, 0u)), 1));
        Assert.Equal((4u, 64u, (short)0), (bed.Get<uint>(bed.Data + 4), bed.Get<uint>(bed.Data + 8), bed.Get<short>(bed.Data + 12)));
        Assert.Equal(0, bed.Call(Op, 2, bed.Put((0x7ff0u, 65u, 0UL, bed.Data + 512)), 1));
        Assert.Equal(GrantStatus.GeneralError, bed.Get<short>(bed.Data + 8));
        Assert.Equal(-XenErrno.EINVAL, bed.Call(Op, 2, bed.Data, 2));
    }

    [Fact]
    public void The_second_version_keeps_the_reserved_entries_and_has_status_frames()
    {
        using var bed = new GuestBed();
        bed.Domain.Grants.SeedReserved(1, bed.Mfn(GuestBed.FreePage));
        Setup(bed);

        Assert.Equal(0, bed.Call(Op, 8, bed.Put(2u), 1));
        Assert.Equal(GrantStatus.Okay, bed.Domain.Grants.Map(1, writable: true, out var mapping));
        Assert.Equal(bed.Mfn(GuestBed.FreePage), mapping.Mfn);
        Assert.Equal(0, bed.Call(Op, 9, bed.Put((1u, 0x7ff0u, bed.Data + 512)), 1));
        var status = bed.Get<ulong>(bed.Data + 512);
        Assert.Equal(GrantFlags.Reading | GrantFlags.Writing, BitConverter.ToUInt16(bed.Domain.Frames.Read(status)[2..]));
        bed.Domain.Grants.Unmap(in mapping);
        Assert.Equal(0, BitConverter.ToUInt16(bed.Domain.Frames.Read(status)[2..]));
        Assert.Equal(-XenErrno.EINVAL, bed.Call(Op, 8, bed.Put(3u), 1));
    }

    [Fact]
    public void A_version_does_not_change_while_grants_are_in_use()
    {
        using var bed = new GuestBed();
        var frame = Setup(bed);
        SetEntry(bed, frame, 9, GrantFlags.PermitAccess, 0, bed.Mfn(GuestBed.FreePage));
        bed.Domain.Grants.Map(9, writable: false, out _);

        Assert.Equal(-XenErrno.EBUSY, bed.Call(Op, 8, bed.Put(2u), 1));
        Assert.Equal(1u, bed.Get<uint>(bed.Data));
    }

    [Fact]
    public void A_domu_maps_nothing_of_others()
    {
        using var bed = new GuestBed();

        Assert.Equal(0, bed.Call(Op, 0, bed.Put((0UL, 2u, 1u, 99u, 0u)), 1));
        Assert.Equal(GrantStatus.BadDomain, bed.Get<short>(bed.Data + 18));
        Assert.Equal(0, bed.Call(Op, 1, bed.Put((0UL, 0UL, 1u, 0u)), 1));
        Assert.Equal(GrantStatus.BadHandle, bed.Get<short>(bed.Data + 20));
        Assert.Equal(-XenErrno.ENOSYS, bed.Call(Op, 3, bed.Data, 1));
    }

    [Fact]
    public void A_copy_within_the_domain_copies()
    {
        using var bed = new GuestBed();
        bed.Domain.Frames.Write(bed.Mfn(GuestBed.FreePage), 10, [7, 8, 9]);
        bed.Put((bed.Mfn(GuestBed.FreePage), (ushort)0x7ff0, (ushort)10, 0));
        bed.Put((bed.Mfn(GuestBed.FreePage + 1), (ushort)0x7ff0, (ushort)20, 0), 16);
        bed.Put(((ushort)3, (ushort)0, (short)-1), 32);

        Assert.Equal(0, bed.Call(Op, 5, bed.Data, 1));

        Assert.Equal(GrantStatus.Okay, bed.Get<short>(bed.Data + 36));
        Assert.Equal([7, 8, 9], bed.Domain.Frames.Read(bed.Mfn(GuestBed.FreePage + 1)).Slice(20, 3).ToArray());
    }
}
