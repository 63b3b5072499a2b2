using Xenolith.Abi;
using Xenolith.Machine.Memory;

namespace Xenolith.Machine.Mmu;

/// <summary>
/// A vCPU's GDT (frames that set_gdt named, typed as descriptors while they are in use), LDT (a linear address, whose frames are typed when
/// they are first used) and Xen's own flat descriptors behind them.
/// <para>Thread ownership: the vCPU's.</para>
/// </summary>
internal sealed class DescriptorTables(Vcpu vcpu)
{
    /// <summary>Most frames of a guest's GDT.</summary>
    public const int GdtFrames = SegmentSelector.FirstReservedEntry / EntriesPerFrame;

    private const int EntriesPerFrame = 512, LdtFrames = 16, MaximumLdtEntries = 8192;

    private readonly ulong[] _gdt = new ulong[GdtFrames];
    private readonly ulong[] _ldt = new ulong[LdtFrames];
    private int _gdtFrames;

    /// <summary>Entries of the GDT.</summary>
    public int GdtEntries { get; private set; }

    /// <summary>Linear address of the LDT.</summary>
    public ulong LdtBase { get; private set; }

    /// <summary>Entries of the LDT; 0: none.</summary>
    public int LdtEntries { get; private set; }

    private PageTypes Types => vcpu.Domain.Mmu.Types;

    /// <summary>Frames of the GDT in use.</summary>
    public ReadOnlySpan<ulong> Gdt => _gdt.AsSpan(0, _gdtFrames);

    /// <summary>Frames of the LDT that were used since its last change; 0 where none was.</summary>
    public ReadOnlySpan<ulong> Ldt => _ldt;

    /// <summary>set_gdt: takes new frames and drops the old ones. 0 or a negated error; then nothing changed.</summary>
    /// <param name="frames">At least as many as the entries need.</param>
    /// <param name="entries">Descriptors, at most <see cref="SegmentSelector.FirstReservedEntry"/>.</param>
    public int SetGdt(ReadOnlySpan<ulong> frames, int entries)
    {
        if (entries is < 0 or > SegmentSelector.FirstReservedEntry)
        {
            return -XenErrno.EINVAL;
        }

        var count = (entries + EntriesPerFrame - 1) / EntriesPerFrame;
        for (var i = 0; i < count; i++)
        {
            if (Types.GetTable(frames[i], FrameType.SegmentDescriptors) != 0)
            {
                while (i-- > 0)
                {
                    Types.PutTable(frames[i]);
                }

                return -XenErrno.EINVAL;
            }
        }

        foreach (var old in Gdt)
        {
            Types.PutTable(old);
        }

        frames[..count].CopyTo(_gdt);
        _gdtFrames = count;
        GdtEntries = entries;
        vcpu.ForgetReturnSelectors();
        return 0;
    }

    /// <summary>MMUEXT_SET_LDT. 0 or -EINVAL.</summary>
    public int SetLdt(ulong address, uint entries)
    {
        if (entries > MaximumLdtEntries || (entries != 0 && ((address & 0xfff) != 0 || !AddressSpace.IsGuestAddress(address))))
        {
            return -XenErrno.EINVAL;
        }

        ForgetLdtFrames();
        LdtBase = entries == 0 ? 0 : address;
        LdtEntries = (int)entries;
        return 0;
    }

    /// <summary>Drops the LDT's frames: at its change and at a change of address space. They are found anew when used.</summary>
    public void ForgetLdtFrames()
    {
        if (LdtEntries == 0)
        {
            return;
        }

        foreach (ref var frame in _ldt.AsSpan())
        {
            if (frame != 0)
            {
                Types.PutTable(frame);
                frame = 0;
            }
        }
    }

    /// <summary>Reads the descriptor of a selector; false if it names none (#GP with the selector, as on a real CPU).</summary>
    public bool TryRead(ushort selector, out ulong descriptor)
    {
        var index = selector >> 3;
        if ((selector & 4) == 0)
        {
            if (index >= SegmentSelector.FirstReservedEntry)
            {
                return TryReadXen(index - SegmentSelector.FirstReservedEntry, out descriptor);
            }

            descriptor = 0;
            return index < GdtEntries && TryReadFrom(_gdt[index / EntriesPerFrame], index, out descriptor);
        }

        descriptor = 0;
        return index < LdtEntries && TryFindLdtFrame(index / EntriesPerFrame, out var frame) && TryReadFrom(frame, index, out descriptor);
    }

    /// <summary>Xen's flat descriptors: 32-bit code, data, 64-bit code, all ring 3; the rest of its entries is not for guests.</summary>
    private static bool TryReadXen(int index, out ulong descriptor)
    {
        descriptor = index switch
        {
            4 => 0x00cffb000000ffff,
            5 => 0x00cff3000000ffff,
            6 => 0x00affb000000ffff,
            _ => 0,
        };
        return descriptor != 0;
    }

    private bool TryReadFrom(ulong frame, int index, out ulong descriptor)
    {
        descriptor = Volatile.Read(ref Types.Entry(frame, index % EntriesPerFrame));
        return true;
    }

    private bool TryFindLdtFrame(int page, out ulong frame)
    {
        frame = _ldt[page];
        if (frame != 0)
        {
            return true;
        }

        var found = vcpu.Domain.Walk.Walk(vcpu.KernelRootMfn, LdtBase + ((ulong)page << 12), Engine.WalkAccess.Read);
        if (!found.Ok || Types.GetTable(found.Mfn, FrameType.SegmentDescriptors) != 0)
        {
            return false;
        }

        frame = _ldt[page] = found.Mfn;
        return true;
    }
}
