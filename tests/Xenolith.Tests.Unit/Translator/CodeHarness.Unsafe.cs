using System.Runtime.InteropServices;
using Xenolith.Engine;
using Xenolith.Translator;

namespace Xenolith.Tests.Unit.Translator;

/// <summary>
/// A small machine for translator tests: a few megabytes of frames, page tables made on demand, one engine. The guest sees only what a test maps.
/// </summary>
public sealed unsafe class CodeHarness : IDisposable
{
    public const ulong Code = 0x40_0000, Data = 0x50_0000, Stack = 0x7f_ffff_0000;
    private const ulong FirstMfn = 0x100, Frames = 1024;
    private const ulong Present = 1, Writable = 2, User = 4, NoExecute = 1UL << 63;
    // SAFETY: the memory has Frames pages; frames and addresses come from Map.
    private readonly byte* _memory;
    private readonly uint* _flags;
    private ulong _next = FirstMfn + 1;

    public CodeHarness(int codeSize = 4 << 20, int vcpus = 1)
    {
        _memory = (byte*)NativeMemory.AlignedAlloc((nuint)(Frames * 4096), 4096);
        new Span<byte>(_memory, (int)(Frames * 4096)).Clear();
        _flags = (uint*)NativeMemory.AllocZeroed((nuint)Frames * 4);
        MachineFrames = new MachineFrames();
        MachineFrames.Add(new MachineFrames.Window(FirstMfn, Frames, (nint)_memory, (nint)_flags));
        Engine = new TranslatorEngine(MachineFrames, new PageWalk(MachineFrames), Log.Add, vcpus, codeSize);
        Vcpus = [.. Enumerable.Range(0, vcpus).Select(Engine.CreateVcpu)];
        for (var i = 0; i < vcpus; i++)
        {
            Vcpus[i].LoadRoots(FirstMfn, FirstMfn);
            ref var registers = ref Vcpus[i].Registers;
            registers.KernelMode = 1;
            registers.Rflags = 0x202;
            registers.Xcr0 = 7;
            registers.Rip = Code;
            registers.Rsp = Stack + 0x1000 - (ulong)(i * 0x1000);
            Map(Stack - (ulong)(i * 0x1000));
        }

        Map(Code);
        Map(Data);
    }

    public List<string> Log { get; } = [];

    public MachineFrames MachineFrames { get; }

    public TranslatorEngine Engine { get; }

    public IVcpuEngine[] Vcpus { get; }

    public IVcpuEngine Vcpu => Vcpus[0];

    public ref VcpuRegisters Registers => ref Vcpu.Registers;

    /// <summary>Maps a fresh zeroed frame (or a given one) at an address; returns the frame.</summary>
    public ulong Map(ulong address, bool writable = true, bool executable = true, ulong? mfn = null)
    {
        var frame = mfn ?? _next++;
        *EntryOf(address) = (frame << 12) | Present | User | (writable ? Writable : 0) | (executable ? 0 : NoExecute);
        return frame;
    }

    /// <summary>A root of its own whose entries are those of the first as they are now; <see cref="Map"/> goes on with the root it returns until the next.</summary>
    public ulong CopyRoot()
    {
        var copy = _next++;
        new Span<byte>(Page(Root), 4096).CopyTo(new Span<byte>(Page(copy), 4096));
        return Root = copy;
    }

    /// <summary>The root that <see cref="Map"/> changes.</summary>
    public ulong Root { get; set; } = FirstMfn;

    /// <summary>Empties an entry of the root table: what is mapped there next has tables of its own.</summary>
    public void ClearSlot(ulong address) => ((ulong*)Page(Root))[(address >> 39) & 511] = 0;

    public void Unmap(ulong address) => *EntryOf(address) = 0;

    public ulong* EntryOf(ulong address)
    {
        var table = Root;
        for (var level = 4; level > 1; level--)
        {
            var entry = (ulong*)Page(table) + ((address >> (12 + (9 * (level - 1)))) & 511);
            if (*entry == 0)
            {
                *entry = (_next++ << 12) | Present | Writable | User;
            }

            table = (*entry & 0xf_ffff_ffff_f000) >> 12;
        }

        return (ulong*)Page(table) + ((address >> 12) & 511);
    }

    public ulong ReadEntry(ulong address) => *EntryOf(address);

    public ulong FrameOf(ulong address) => (*EntryOf(address) & 0xf_ffff_ffff_f000) >> 12;

    public ulong VolatileWord(ulong address) => Volatile.Read(ref *(ulong*)(Page(FrameOf(address)) + (address & 4095)));

    /// <summary>The machine frame of the L1 table of an address.</summary>
    public ulong LeafTableOf(ulong address) => FirstMfn + (ulong)(((byte*)EntryOf(address) - _memory) >> 12);

    /// <summary>Marks the tables below the root on the way to an address as the machine marks those of the kernel half.</summary>
    public void MarkKernelTables(ulong address) => MachineFrames.ChangeFlags(LeafTableOf(address), FrameFlags.KernelHalf, FrameFlags.None);

    public byte* Page(ulong mfn) => _memory + ((mfn - FirstMfn) * 4096);

    /// <summary>The bytes behind an address, to the end of its page.</summary>
    public Span<byte> At(ulong address)
    {
        var frame = (*EntryOf(address) & 0xf_ffff_ffff_f000) >> 12;
        return new Span<byte>(Page(frame) + (address & 4095), (int)(4096 - (address & 4095)));
    }

    public ulong Word(ulong address) => MemoryMarshal.Read<ulong>(At(address));

    /// <summary>Puts code at <see cref="Code"/> and runs until the first exit.</summary>
    public ExitReason Run(ReadOnlySpan<byte> code)
    {
        code.CopyTo(At(Code));
        Registers.Rip = Code;
        return Vcpu.Run();
    }

    /// <summary>Assembles with Iced.</summary>
    public static byte[] Assemble(Action<Iced.Intel.Assembler> write, ulong rip = Code)
    {
        var assembler = new Iced.Intel.Assembler(64);
        write(assembler);
        using var stream = new MemoryStream();
        assembler.Assemble(new Iced.Intel.StreamCodeWriter(stream), rip);
        return stream.ToArray();
    }

    public void Dispose()
    {
        foreach (var vcpu in Vcpus)
        {
            vcpu.Dispose();
        }

        Engine.Dispose();
        NativeMemory.AlignedFree(_memory);
        NativeMemory.Free(_flags);
    }
}
