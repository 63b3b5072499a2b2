using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Xenolith.Abi;
using Xenolith.Machine;
using Xenolith.Machine.Hypercalls;
using Xenolith.Tests.Unit.Machine.Mmu;

namespace Xenolith.Tests.Unit.Machine;

/// <summary>A domain with mapped memory whose hypercalls and exits a test makes by hand, on its own thread. Stacks and structures have pages of their own.</summary>
internal sealed class GuestBed : IDisposable
{
    public const int StackPage = 20, KernelStackPage = 22, DataPage = 24, CodePage = 26, FreePage = 40;
    public const ulong Handler = 0xffff_8800_0005_0000;
    private readonly MmuBed _mmu;

    public GuestBed(int vcpus = 1)
    {
        _mmu = new MmuBed(vcpus);
        ref var registers = ref Vcpu.Registers;
        registers.Rip = MmuBed.Address(CodePage);
        registers.Rsp = MmuBed.Address(StackPage, 0x800);
        registers.Cs = SegmentSelector.FlatCode64;
        registers.Ss = SegmentSelector.FlatData;
        Vcpu.KernelRsp = MmuBed.Address(KernelStackPage, 0x800);
        Assert.Equal(0, Vcpu.SetInitialRoots(_mmu.Mfn(MmuBed.L4), _mmu.Mfn(MmuBed.L4)));
    }

    public Domain Domain => _mmu.Domain;

    public Vcpu Vcpu => _mmu.Vcpu;

    /// <summary>Address of the page for structures.</summary>
    public ulong Data => MmuBed.Address(DataPage);

    public ulong Mfn(int page) => _mmu.Mfn(page);

    public long Call(int number, ulong first = 0, ulong second = 0, ulong third = 0, ulong fourth = 0)
        => HypercallDispatch.Call(Vcpu, (ulong)number, new(first, second, third, fourth));

    /// <summary>Puts a structure on the data page and returns its address. A tuple is laid out as C does: each field at a multiple of its size.</summary>
    public ulong Put<T>(T value, int offset = 0)
        where T : unmanaged
    {
        var bytes = value is ITuple fields ? Lay(fields) : MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)).ToArray();
        Assert.True(Vcpu.TryWriteGuest(Data + (ulong)offset, bytes));
        return Data + (ulong)offset;
    }

    public T Get<T>(ulong address)
        where T : unmanaged
    {
        Assert.True(Vcpu.TryReadGuest<T>(address, out var value));
        return value;
    }

    /// <summary>Words from an address on.</summary>
    public ulong[] Words(ulong address, int count)
    {
        var words = new ulong[count];
        Assert.True(Vcpu.TryReadGuest(address, MemoryMarshal.AsBytes(words.AsSpan())));
        return words;
    }

    public void SetTrap(int vector, ulong address, byte flags = 0)
        => Vcpu.TrapTable[vector] = new TrapInfo { Vector = (byte)vector, Flags = flags, CodeSelector = SegmentSelector.FlatCode64, Address = address };

    private static byte[] Lay(ITuple fields)
    {
        var bytes = new List<byte>();
        for (var i = 0; i < fields.Length; i++)
        {
            var field = fields[i] switch
            {
                ulong v => BitConverter.GetBytes(v),
                uint v => BitConverter.GetBytes(v),
                int v => BitConverter.GetBytes(v),
                ushort v => BitConverter.GetBytes(v),
                short v => BitConverter.GetBytes(v),
                var other => throw new ArgumentException($"a field of type {other?.GetType()}"),
            };
            while (bytes.Count % field.Length != 0)
            {
                bytes.Add(0);
            }

            bytes.AddRange(field);
        }

        return [.. bytes];
    }

    public void Dispose() => _mmu.Dispose();
}
