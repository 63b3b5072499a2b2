using Xenolith.Abi;
using Xenolith.Engine;
using Xenolith.Machine.Grants;

namespace Xenolith.Tests.Unit.Machine.Grants;

/// <summary>Grants of a backend's request, mapped and given back together, in both layouts of the table.</summary>
public sealed class GrantRequestTests : IDisposable
{
    private const int Op = HypercallNumber.GrantTableOp, Count = 6;
    private const uint First = 40;
    private const ushort InUse = GrantFlags.Reading | GrantFlags.Writing;

    private readonly GuestBed _bed = new();
    private readonly uint[] _references = [.. Enumerable.Range((int)First, Count).Select(r => (uint)r)];
    private ulong _table, _status;

    private GrantTable Grants => _bed.Domain.Grants;

    public void Dispose() => _bed.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void All_pages_of_a_request_show_in_use_until_they_are_given_back(int version)
    {
        Grant(version);
        var mappings = new GrantMapping[Count];

        Assert.Equal(Count, Grants.Map(_references, writable: true, mappings));

        Assert.Equal(Count, Grants.InUse);
        for (var i = 0; i < Count; i++)
        {
            Assert.Equal((_references[i], Mfn(i), _bed.Domain.Frames.PageOf(Mfn(i)), true), (mappings[i].Reference, mappings[i].Mfn, mappings[i].Page, mappings[i].Writable));
            Assert.Equal(InUse, Used(version, i));
        }

        Grants.Unmap(mappings);
        Assert.Equal(0, Grants.InUse);
        Assert.All(Enumerable.Range(0, Count), i => Assert.Equal((0, (uint)GrantFlags.PermitAccess), (Used(version, i), Header(version, i) & ~(uint)InUse)));
    }

    [Theory]
    [InlineData(1, GrantFlags.PermitAccess | GrantFlags.ReadOnly)]
    [InlineData(2, GrantFlags.PermitAccess | GrantFlags.ReadOnly)]
    [InlineData(2, GrantFlags.PermitAccess | GrantFlags.SubPage)]
    [InlineData(1, GrantFlags.PermitAccess | (5 << 16))]
    [InlineData(2, GrantFlags.PermitAccess | (5 << 16))]
    [InlineData(1, 0)]
    [InlineData(2, 2)]
    public void A_request_with_a_page_that_is_refused_pins_only_those_before_it(int version, uint refused)
    {
        Grant(version);
        SetEntry(version, 3, refused, Mfn(3));
        var mappings = new GrantMapping[Count];

        Assert.Equal(3, Grants.Map(_references, writable: true, mappings));

        Assert.Equal(3, Grants.InUse);
        Assert.Equal([InUse, InUse, InUse, 0, 0, 0], Enumerable.Range(0, Count).Select(i => Used(version, i)));
        Assert.Equal(refused, Header(version, 3));
        Grants.Unmap(mappings.AsSpan(0, 3));
        Assert.All(Enumerable.Range(0, Count), i => Assert.Equal(0, Used(version, i)));
        Assert.Equal(0, Grants.InUse);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_request_with_a_page_that_cannot_be_written_leaves_the_entry_as_it_was(int version)
    {
        Grant(version);
        SetEntry(version, 2, GrantFlags.PermitAccess, _bed.Mfn(0)); // a page table
        var mappings = new GrantMapping[Count];

        Assert.Equal(2, Grants.Map(_references, writable: true, mappings));

        Assert.Equal((0, (uint)GrantFlags.PermitAccess), (Used(version, 2), Header(version, 2)));
        Assert.Equal((2, default), (Grants.InUse, mappings[2]));
        Grants.Unmap(mappings.AsSpan(0, 2));
        Assert.Equal(0, Grants.InUse);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_page_named_twice_is_in_use_until_it_was_given_back_twice(int version)
    {
        Grant(version);
        var mappings = new GrantMapping[3];
        Assert.Equal(3, Grants.Map([First, First + 1, First], writable: true, mappings));
        Assert.Equal(1, Grants.Map([First], writable: false, mappings.AsSpan(1, 1)));
        var (twice, read) = (mappings[0], mappings[1]);

        Grants.Unmap(in twice);
        Assert.Equal(InUse, Used(version, 0));
        Grants.Unmap(in twice);
        Assert.Equal(GrantFlags.Reading, Used(version, 0));
        Grants.Unmap(in read);
        Assert.Equal(0, Used(version, 0));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_guest_that_changes_its_entries_all_the_time_gets_at_no_page_that_is_not_its_own_and_every_pin_is_returned(int version)
    {
        Grant(version);
        var own = Enumerable.Range(0, Count).Select(Mfn).ToHashSet();
        var ending = false;
        var guest = new Thread(() =>
        {
            // By halves, as a guest does: the frame, then what permits it.
            uint[] headers = [GrantFlags.PermitAccess, 0, GrantFlags.PermitAccess | GrantFlags.ReadOnly, GrantFlags.PermitAccess | (7 << 16), 2];
            ulong[] frames = [3, _bed.Mfn(0), Mfn(0), Mfn(1), uint.MaxValue, _bed.Domain.SharedInfoMfn];
            for (var i = 0; !Volatile.Read(ref ending); i++)
            {
                SetEntry(version, i % Count, headers[i % headers.Length], frames[i / 7 % frames.Length]);
            }
        });
        guest.Start();
        var mappings = new GrantMapping[Count];
        try
        {
            for (var i = 0; i < 20_000; i++)
            {
                var mapped = mappings.AsSpan(0, Grants.Map(_references, writable: true, mappings));
                foreach (var mapping in mapped)
                {
                    Assert.Contains(mapping.Mfn, own);
                    Assert.Equal(_bed.Domain.Frames.PageOf(mapping.Mfn), mapping.Page);
                }

                Assert.Equal(mapped.Length, Grants.InUse);
                Grants.Unmap(mapped);
                Assert.Equal(0, Grants.InUse);
            }
        }
        finally
        {
            Volatile.Write(ref ending, true);
            guest.Join();
        }

        Grant(version, setUp: false);
        Assert.Equal(Count, Grants.Map(_references, writable: true, mappings));
        Grants.Unmap(mappings);
        Assert.All(Enumerable.Range(0, Count), i => Assert.Equal(0, Used(version, i)));
    }

    [Fact]
    public void Writes_to_pages_with_code_are_told_and_to_others_are_not()
    {
        Grant(1);
        var watcher = new Watcher();
        _bed.Domain.Frames.CodeWatcher = watcher;
        _bed.Domain.Frames.ChangeFlags(Mfn(2), FrameFlags.Code, FrameFlags.None);
        var mappings = new GrantMapping[Count];
        Assert.Equal(Count, Grants.Map(_references, writable: true, mappings));

        Grants.NoteWrites(mappings);

        Assert.Equal([(Mfn(2), 0, 4096)], watcher.Told);
        Grants.Unmap(mappings);
    }

    [Fact]
    public void A_request_longer_than_the_room_for_its_mappings_is_the_callers_mistake_and_pins_nothing()
    {
        Grant(1);

        Assert.Throws<ArgumentOutOfRangeException>(() => Grants.Map(_references, writable: true, new GrantMapping[Count - 1]));

        Assert.Equal(0, Grants.InUse);
    }

    private ulong Mfn(int i) => _bed.Mfn(GuestBed.FreePage + i);

    private void Grant(int version, bool setUp = true)
    {
        if (setUp)
        {
            Assert.Equal(0, _bed.Call(Op, 2, _bed.Put((0x7ff0u, 2u, 0UL, _bed.Data + 512)), 1));
            _table = _bed.Get<ulong>(_bed.Data + 512);
            if (version == 2)
            {
                Assert.Equal(0, _bed.Call(Op, 8, _bed.Put(2u), 1));
                Assert.Equal(0, _bed.Call(Op, 9, _bed.Put((1u, 0x7ff0u, _bed.Data + 512)), 1));
                _status = _bed.Get<ulong>(_bed.Data + 512);
            }
        }

        for (var i = 0; i < Count; i++)
        {
            SetEntry(version, i, GrantFlags.PermitAccess, Mfn(i));
        }
    }

    private void SetEntry(int version, int i, uint header, ulong mfn)
    {
        var offset = (int)(First + (uint)i) * (version == 1 ? 8 : 16);
        _bed.Domain.Frames.Write(_table, offset + (version == 1 ? 4 : 8), BitConverter.GetBytes(mfn).AsSpan(0, version == 1 ? 4 : 8));
        _bed.Domain.Frames.Write(_table, offset, BitConverter.GetBytes(header));
    }

    private uint Header(int version, int i) => BitConverter.ToUInt32(_bed.Domain.Frames.Read(_table)[((int)(First + (uint)i) * (version == 1 ? 8 : 16))..]);

    private int Used(int version, int i)
        => version == 1 ? (int)Header(1, i) & InUse : BitConverter.ToUInt16(_bed.Domain.Frames.Read(_status)[((int)(First + (uint)i) * 2)..]);

    private sealed class Watcher : ICodeWatcher
    {
        public List<(ulong Mfn, int Offset, int Length)> Told { get; } = [];

        public void CodeWritten(ulong mfn, int offset, int length) => Told.Add((mfn, offset, length));
    }
}
