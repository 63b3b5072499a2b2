using System.Runtime.InteropServices;
using Xenolith.Engine;
using Xenolith.Translator;

namespace Xenolith.Tests.NativeOracle.Machine;

/// <summary>
/// The translator as the machine under test: a domain's memory with page tables that give <see cref="AddressMap"/> the same linear addresses that the
/// native side has, one vCPU, and its exits as outcomes.
/// </summary>
internal sealed unsafe class GuestMachine : IDisposable
{
    private const ulong FirstMfn = 0x1000, Present = 1, Writable = 2, User = 4, NoExecute = 1UL << 63;
    private const int Frames = 64, Root = 0, FirstData = 5;
    private readonly nint _memory, _flags;
    private readonly MachineFrames _frames = new();
    private readonly TranslatorEngine _engine;
    private readonly IVcpuEngine _vcpu;
    private readonly List<string> _log = [];

    public GuestMachine()
    {
        _memory = (nint)NativeMemory.AlignedAlloc(Frames * AddressMap.Page, AddressMap.Page);
        _flags = (nint)NativeMemory.AllocZeroed(Frames * sizeof(uint));
        NativeMemory.Clear((void*)_memory, Frames * AddressMap.Page);
        _frames.Add(new MachineFrames.Window(FirstMfn, Frames, _memory, _flags));
        BuildTables();
        _engine = new TranslatorEngine(_frames, new PageWalk(_frames), _log.Add, codeSize: 4 << 20);
        _vcpu = _engine.CreateVcpu(0);
        _vcpu.LoadRoots(FirstMfn + Root, FirstMfn + Root);
    }

    /// <summary>The vCPU, for directed tests.</summary>
    public IVcpuEngine Vcpu => _vcpu;

    /// <summary>Why the last run ended.</summary>
    public ExitReason Reason { get; private set; }

    /// <summary>Runs until the first exit; the image is changed in place.</summary>
    public MachineState Run(MachineState input, MemoryImage memory)
    {
        CopyMemory(memory, toFrames: true);
        for (var mfn = FirstMfn; mfn < FirstMfn + Frames; mfn++)
        {
            _frames.NoteWrite(mfn, 0, AddressMap.Page);
        }

        Load(input);
        _log.Clear();
        do
        {
            Reason = _vcpu.Run();
        }
        while (Reason == ExitReason.Interrupted);

        CopyMemory(memory, toFrames: false);
        return Store();
    }

    /// <summary>What the engine said, for messages.</summary>
    public string Log => string.Join("; ", _log);

    /// <summary>What the engine counts under a name.</summary>
    public long Counter(string name) => _engine.Counters().Single(counter => counter.Key == name).Value;

    /// <summary>Sets or clears bits of the leaf entry that maps an address.</summary>
    public void ChangeEntry(ulong address, ulong set, ulong clear)
    {
        ref var entry = ref LeafTable(address)[(int)(address >> 12) & 511];
        entry = (entry | set) & ~clear;
        _vcpu.FlushTlb(null);
    }

    public void Dispose()
    {
        _vcpu.Dispose();
        _engine.Dispose();
        NativeMemory.AlignedFree((void*)_memory);
        NativeMemory.Free((void*)_flags);
    }

    // SAFETY: the memory has Frames pages, and no caller names another; it lives until this is disposed.
    private byte* Page(int index) => (byte*)_memory + (index * AddressMap.Page);

    private void BuildTables()
    {
        // All regions lie in two blocks of 2 MiB: two tables of the last level, and one of each other.
        var address = AddressMap.Code;
        ((ulong*)Page(Root))[(int)(address >> 39) & 511] = Entry(1) | Present | Writable | User;
        ((ulong*)Page(1))[(int)(address >> 30) & 511] = Entry(2) | Present | Writable | User;
        ((ulong*)Page(2))[(int)(address >> 21) & 511] = Entry(3) | Present | Writable | User;
        ((ulong*)Page(2))[(int)(AddressMap.FarData >> 21) & 511] = Entry(4) | Present | Writable | User;
        var frame = FirstData;
        foreach (var region in AddressMap.Regions)
        {
            for (var offset = 0; offset < region.Size; offset += AddressMap.Page)
            {
                LeafTable(region.Address)[(int)((region.Address + (ulong)offset) >> 12) & 511] =
                    Entry(frame++) | Present | User | (region.Writable ? Writable : 0) | (region.Executable ? 0 : NoExecute);
            }
        }
    }

    // SAFETY: as for Page.
    private ulong* LeafTable(ulong address) => (ulong*)Page(address >> 21 == AddressMap.FarData >> 21 ? 4 : 3);

    private static ulong Entry(int index) => (FirstMfn + (ulong)index) << 12;

    private void CopyMemory(MemoryImage image, bool toFrames)
    {
        var frames = new Span<byte>(Page(FirstData), image.Bytes.Length);
        if (toFrames)
        {
            image.Bytes.CopyTo(frames);
        }
        else
        {
            frames.CopyTo(image.Bytes);
        }
    }

    private void Load(MachineState state)
    {
        ref var registers = ref _vcpu.Registers;
        state.General.CopyTo(General(ref registers));
        registers.Rip = state.Rip;
        registers.Rflags = state.Rflags;
        registers.FsBase = state.FsBase;
        registers.GsBase = state.GsBase;
        registers.Cs = 0xE033;
        registers.Ss = 0xE02B;
        registers.KernelMode = 0;
        registers.TaskSwitched = state.TaskSwitched ? (byte)1 : (byte)0;
        registers.Xcr0 = 7;
        registers.ExitVector = registers.ExitErrorCode = 0;
        registers.ExitAddress = 0;
        _vcpu.LoadExtendedState(ExtendedArea.From(state, _vcpu.ExtendedStateSize));
    }

    private MachineState Store()
    {
        ref var registers = ref _vcpu.Registers;
        var state = new MachineState
        {
            Rip = registers.Rip,
            Rflags = registers.Rflags,
            FsBase = registers.FsBase,
            GsBase = registers.GsBase,
            Vector = Reason == ExitReason.Exception ? registers.ExitVector : 0x1000u + (uint)Reason,
            ErrorCode = registers.ExitErrorCode,
            FaultAddress = registers.ExitVector == 14 ? registers.ExitAddress : 0,
        };
        General(ref registers).CopyTo(state.General);
        var area = new byte[_vcpu.ExtendedStateSize];
        _vcpu.SaveExtendedState(area);
        ExtendedArea.Into(area, state);
        return state;
    }

    private static Span<ulong> General(ref VcpuRegisters registers) => MemoryMarshal.CreateSpan(ref registers.Rax, 16);
}
