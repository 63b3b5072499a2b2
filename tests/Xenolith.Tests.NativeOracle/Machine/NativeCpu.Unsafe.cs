using System.Buffers.Binary;
using Xenolith.Host.Memory;
using Xenolith.Host.Signals;

namespace Xenolith.Tests.NativeOracle.Machine;

/// <summary>
/// The real CPU as the oracle: loads a whole machine state, jumps to the code, and takes the state at the first signal out of the kernel's own
/// signal frame. Every run ends in a signal: the code region is filled with breakpoints. One run at a time in a process.
/// </summary>
internal static unsafe class NativeCpu
{
    private static readonly Lock s_gate = new();
    private static nint s_block;
    private static nint s_run;

    /// <summary>Runs until the first exception. The image is changed in place; the outcome is returned.</summary>
    public static MachineState Run(MachineState input, MemoryImage memory)
    {
        lock (s_gate)
        {
            Prepare();
            CopyMemory(memory, toRegions: true);
            Load(input);
            FaultSignals.EnsureAlternateStack();
            // SAFETY: the thunk keeps the C ABI, and every way out of the code under test leads to its exit by the signal handler.
            ((delegate* unmanaged<void>)s_run)();
            CopyMemory(memory, toRegions: false);
            return Store(input);
        }
    }

    private static void Prepare()
    {
        if (s_block != 0)
        {
            return;
        }

        foreach (var region in AddressMap.Regions)
        {
            // Each region is a file mapped twice: the test fills it through an alias that is always writable.
            var protection = Protection.Read | (region.Writable ? Protection.Write : 0) | (region.Executable ? Protection.Execute : 0);
            var descriptor = MappedMemory.CreateFile("oracle-region", region.Size);
            NativeAliases.Add(region.Address, MappedMemory.MapFile(0, region.Size, Protection.Read | Protection.Write, descriptor, 0));
            MappedMemory.MapFile((nint)region.Address, region.Size, protection, descriptor, 0);
            MappedMemory.CloseFile(descriptor);
            for (var offset = 0; offset < region.Size; offset += AddressMap.Page)
            {
                // Touched once, so that a write to a read-only page finds it present.
                _ = Volatile.Read(ref *(byte*)(region.Address + (ulong)offset));
            }
        }

        var block = MappedMemory.MapPrivateMemory(0, 3 * AddressMap.Page, Protection.Read | Protection.Write | Protection.Execute);
        var code = block + (2 * AddressMap.Page);
        ReadOnlySpan<int> signals = [FaultSignals.Segmentation, FaultSignals.Bus, FaultSignals.IllegalInstruction, FaultSignals.FloatingPoint, FaultSignals.Trap];
        foreach (var signal in signals)
        {
            ((nint*)(block + NativeBlock.Chain))[signal] = FaultSignals.CurrentHandler(signal);
        }

        var thunks = NativeThunks.Assemble((ulong)block, (ulong)code);
        thunks.Bytes.CopyTo(new Span<byte>((void*)code, AddressMap.Page));
        s_run = (nint)thunks.Run;
        s_block = block;
        foreach (var signal in signals)
        {
            FaultSignals.Install(signal, (nint)thunks.Handler);
        }
    }

    private static void CopyMemory(MemoryImage image, bool toRegions)
    {
        foreach (var region in AddressMap.Regions)
        {
            var host = new Span<byte>((void*)NativeAliases.Of(region.Address), region.Size);
            var mine = image.At(region.Address, region.Size);
            if (toRegions)
            {
                mine.CopyTo(host);
            }
            else
            {
                host.CopyTo(mine);
            }
        }
    }

    private static void Load(MachineState state)
    {
        var block = new Span<byte>((void*)s_block, 2 * AddressMap.Page);
        for (var i = 0; i < 16; i++)
        {
            Put(block, NativeBlock.General + (8 * i), state.General[i]);
        }

        Put(block, NativeBlock.Rip, state.Rip);
        Put(block, NativeBlock.Rflags, state.Rflags);
        Put(block, NativeBlock.FsBase, state.FsBase);
        Put(block, NativeBlock.GsBase, state.GsBase);
        state.X87.CopyTo(block[NativeBlock.X87..]);
        BinaryPrimitives.WriteUInt32LittleEndian(block[(NativeBlock.X87 + 24)..], state.Mxcsr);
        state.Vectors.CopyTo(block[NativeBlock.Vectors..]);
    }

    private static MachineState Store(MachineState input)
    {
        // Order of the kernel's gregs: r8..r15, rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, efl, csgsfs, err, trapno, oldmask, cr2.
        ReadOnlySpan<byte> order = [8, 9, 10, 11, 12, 13, 14, 15, 7, 6, 5, 3, 2, 0, 1, 4];
        var block = new ReadOnlySpan<byte>((void*)s_block, 2 * AddressMap.Page);
        var registers = block[NativeBlock.OutRegisters..];
        var state = new MachineState { FsBase = input.FsBase, GsBase = input.GsBase };
        for (var i = 0; i < order.Length; i++)
        {
            state.General[order[i]] = Get(registers, 8 * i);
        }

        state.Rip = Get(registers, 8 * 16);
        state.Rflags = Get(registers, 8 * 17);
        state.ErrorCode = (uint)Get(registers, 8 * 19);
        state.Vector = (uint)Get(registers, 8 * 20);
        state.FaultAddress = state.Vector == 14 ? Get(registers, 8 * 22) : 0;
        state.ErrorCode = state.Vector is >= 10 and <= 14 or 17 ? state.ErrorCode : 0;

        ExtendedArea.Into(block[NativeBlock.OutExtended..], state);
        return state;
    }

    private static void Put(Span<byte> block, int offset, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(block[offset..], value);

    private static ulong Get(ReadOnlySpan<byte> block, int offset) => BinaryPrimitives.ReadUInt64LittleEndian(block[offset..]);
}
