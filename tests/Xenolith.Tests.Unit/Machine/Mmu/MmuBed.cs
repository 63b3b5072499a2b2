using System.Runtime.InteropServices;
using Xenolith.Abi;
using Xenolith.Engine;
using Xenolith.Machine;
using Xenolith.Machine.Hypercalls;
using Xenolith.Machine.Memory;

namespace Xenolith.Tests.Unit.Machine.Mmu;

/// <summary>
/// A domain with 512 pages mapped at <see cref="Base"/> by page tables of its own (guest frames 0 to 3 are L4, L3, L2, L1, mapped
/// read-only, the rest writable), and the hypercalls as a guest makes them, with lists in guest frame <see cref="ArgumentPage"/>.
/// </summary>
internal sealed class MmuBed : IDisposable
{
    public const ulong Base = 0xffff_8800_0000_0000;
    public const int L4 = 0, L3 = 1, L2 = 2, L1 = 3, FirstFree = 4, ArgumentPage = 500, ResultPage = 501, CodePage = 502, Pages = 512;
    public const uint Self = 0x7ff0;
    public const ulong ReadOnly = PageTableEntry.Present | PageTableEntry.Accessed | PageTableEntry.User;
    public const ulong ReadWrite = ReadOnly | PageTableEntry.Writable | PageTableEntry.Dirty;

    private readonly ulong _first;

    /// <param name="vcpus">How many.</param>
    /// <param name="makeEngine">Null: what the machine asks for is recorded in <see cref="Engine"/>.</param>
    public MmuBed(int vcpus = 1, Func<DomainMemory, IEngine>? makeEngine = null)
    {
        Memory = new DomainMemory(1024);
        Domain = new Domain(new DomainParameters { Id = 1, Uuid = Guid.NewGuid(), VcpuCount = vcpus, Memory = Memory, Engine = makeEngine?.Invoke(Memory) ?? Engine });
        Assert.True(Memory.TryAllocate(Pages, 512, out _first));
        for (ulong pfn = 0; pfn < Pages; pfn++)
        {
            Memory.MachineToPhys.Set(_first + pfn, pfn);
        }

        SetWord(L4, 272, Entry(L3, ReadWrite));
        SetWord(L3, 0, Entry(L2, ReadWrite));
        SetWord(L2, 0, Entry(L1, ReadWrite));
        for (var pfn = 0; pfn < Pages; pfn++)
        {
            SetWord(L1, pfn, Entry(pfn, pfn < FirstFree ? ReadOnly : ReadWrite) & ~PageTableEntry.User);
        }

        Domain.Mmu.PinInitialTables(Mfn(L4));
        Assert.Equal(0, Vcpu.SetInitialRoots(Mfn(L4)));
        Vcpu.Registers.KernelMode = 1;
        Vcpu.Registers.Rflags = 0x202;
        Assert.Equal(0, Hypercall(HypercallNumber.VmAssist, new(0, 2)));
        Engine.Calls.Clear();
    }

    public RecordingEngine Engine { get; } = new();

    public DomainMemory Memory { get; }

    public Domain Domain { get; }

    public Vcpu Vcpu => Domain.Vcpus[0];

    public ulong Mfn(int pfn) => _first + (ulong)pfn;

    public static ulong Address(int pfn, int offset = 0) => Base + ((ulong)pfn << 12) + (ulong)offset;

    public ulong Entry(int pfn, ulong flags) => (Mfn(pfn) << 12) | flags;

    /// <summary>Machine address of an entry, as mmu_update wants it.</summary>
    public ulong Pointer(int pfn, int index, int command = 0) => (Mfn(pfn) << 12) + ((ulong)index * 8) + (ulong)command;

    public ulong Word(int pfn, int index) => MemoryMarshal.Cast<byte, ulong>(Memory.Frames.Read(Mfn(pfn)))[index];

    /// <summary>Writes as the builder does, past the page tables.</summary>
    public void SetWord(int pfn, int index, ulong value) => Memory.Frames.Write(Mfn(pfn), index * 8, MemoryMarshal.AsBytes(new ReadOnlySpan<ulong>(in value)));

    public void Clear(int pfn) => Memory.Frames.Write(Mfn(pfn), 0, new byte[4096]);

    public FrameFlags Flags(int pfn) => Memory.Frames.FlagsOf(Mfn(pfn));

    internal FrameType Type(int pfn) => Domain.Mmu.Types.TypeAt(Mfn(pfn));

    public long Update(params (ulong Pointer, ulong Value)[] requests) => UpdateOf(Self, requests);

    public long UpdateOf(uint owners, params (ulong Pointer, ulong Value)[] requests)
    {
        Put(ArgumentPage, requests.Select(r => new MmuUpdate { Pointer = r.Pointer, Value = r.Value }).ToArray());
        SetWord(ResultPage, 0, 0);
        return Hypercall(HypercallNumber.MmuUpdate, new(Address(ArgumentPage), (ulong)requests.Length, Address(ResultPage), owners));
    }

    /// <summary>Makes a hypercall and goes on with it for as long as it gives way, as the guest would.</summary>
    public long Hypercall(int number, HypercallArguments arguments)
    {
        var result = HypercallDispatch.Call(Vcpu, (ulong)number, in arguments);
        while (Vcpu.TakeContinuation(out arguments))
        {
            result = HypercallDispatch.Call(Vcpu, (ulong)number, in arguments);
        }

        return result;
    }

    /// <summary>What the last list call wrote as the number done.</summary>
    public ulong Done => Word(ResultPage, 0);

    public long Extended(MmuextCommand command, ulong first = 0, ulong second = 0, uint owner = Self)
    {
        Put(ArgumentPage, [new MmuextOp { Command = (uint)command, Argument1 = first, Argument2 = second }]);
        SetWord(ResultPage, 0, 0);
        return Hypercall(HypercallNumber.MmuExtOp, new(Address(ArgumentPage), 1, Address(ResultPage), owner));
    }

    public long UpdateVa(ulong address, ulong entry, ulong flags = 0) =>
        Hypercall(HypercallNumber.UpdateVaMapping, new(address, entry, flags));

    public long MemoryCall<T>(int command, T argument)
        where T : unmanaged
    {
        Put(ArgumentPage, [argument]);
        return Hypercall(HypercallNumber.MemoryOp, new((ulong)command, Address(ArgumentPage)));
    }

    public T Argument<T>()
        where T : unmanaged =>
        MemoryMarshal.Read<T>(Memory.Frames.Read(Mfn(ArgumentPage)));

    public void Put<T>(int pfn, T[] values, int offset = 0)
        where T : unmanaged =>
        Memory.Frames.Write(Mfn(pfn), offset, MemoryMarshal.AsBytes(values.AsSpan()));

    /// <summary>Makes the kernel's mapping of a page read-only, as a guest must before the page can be a table.</summary>
    public void Protect(int pfn) => Assert.Equal(0, Update((Pointer(L1, pfn), Entry(pfn, ReadOnly))));

    /// <summary>Fills a page with entries and protects it.</summary>
    public void MakeTable(int pfn, params (int Index, ulong Entry)[] entries)
    {
        Clear(pfn);
        foreach (var (index, entry) in entries)
        {
            SetWord(pfn, index, entry);
        }

        Protect(pfn);
    }

    public void Dispose()
    {
        Domain.Dispose();
        Memory.Dispose();
    }
}
