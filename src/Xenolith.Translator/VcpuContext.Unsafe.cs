using Xenolith.Engine;
using Xenolith.Host.Memory;
using Xenolith.Host.Signals;
using Xenolith.Translator.Analyse;
using Xenolith.Translator.Cache;
using Xenolith.Translator.Emit;

namespace Xenolith.Translator;

/// <summary>
/// The state of one vCPU that emitted code and the slow instructions share: registers and private slots in the state page, two address contexts,
/// and the queue of other vCPUs' requests.
/// <para>Thread ownership: the vCPU's own thread, except <see cref="Post"/>, <see cref="WaitFor"/> and <see cref="Kick"/>. Locks: the queue's lock is a leaf.</para>
/// </summary>
internal sealed unsafe partial class VcpuContext : IDisposable
{
    private const nint BadPollAddress = 16;
    private const int MostRequests = 64;
    private readonly TranslatorEngine _engine;
    private readonly CodeCache _cache;
    private readonly nint _poll;
    private readonly byte* _state;
    private readonly Lock _requestGate = new();
    private readonly ShootdownRequest[] _requests = new ShootdownRequest[MostRequests];
    private int _requestCount;
    private volatile bool _hasRequests;
    private volatile bool _inCode;
    private volatile bool _kicked;

    /// <summary>Makes a vCPU's state.</summary>
    public VcpuContext(TranslatorEngine engine, CodeCache cache, int id)
    {
        _engine = engine;
        _cache = cache;
        Id = id;
        _holdsWrites = HoldsWrites(id);
        var file = MappedMemory.CreateFile("xenolith-vcpu", 4096);
        Kernel = new AddressContext(file, engine.EmptyContext);
        User = new AddressContext(file, engine.EmptyContext);
        MappedMemory.CloseFile(file);
        _state = (byte*)Kernel.GsBase;
        Slot(State.KernelBase) = (ulong)Kernel.GsBase;
        Slot(State.UserBase) = (ulong)User.GsBase;
        _poll = MappedMemory.MapPrivateMemory(0, 4096, Protection.Read | Protection.Write);
        Slot(State.Poll) = (ulong)_poll;
        _returns = new ReturnStack(cache.Thunks.ReturnUnderflow);
        Slot(State.ReturnStackTop) = (ulong)_returns.Top;
        ForgetReturns();
        Mxcsr = 0x1f80;
    }

    private readonly ReturnStack _returns;

    // Outside emitted code.
    private void ForgetReturns() => Slot(State.ReturnStackPointer) = (ulong)_returns.Top;

    private readonly FrameFlags _holdsWrites;

    /// <summary>The flag of a frame that says that this vCPU, or another with the same number modulo 16, may hold a write translation.</summary>
    public static FrameFlags HoldsWrites(int id) => (FrameFlags)(1 << (16 + (id & 15)));

    /// <summary>The engine.</summary>
    public TranslatorEngine Engine => _engine;

    /// <summary>0-based number.</summary>
    public int Id { get; }

    /// <summary>Caches of kernel mode.</summary>
    public AddressContext Kernel { get; }

    /// <summary>Caches of user mode.</summary>
    public AddressContext User { get; }

    /// <summary>The context of the mode in force.</summary>
    public AddressContext Current => Registers.KernelMode != 0 ? Kernel : User;

    /// <summary>The registers, in the state page.</summary>
    public ref VcpuRegisters Registers => ref *(VcpuRegisters*)(_state + State.Registers);

    /// <summary>16 ymm registers of 32 bytes; valid outside emitted code.</summary>
    public Span<byte> Vectors => new(_state + State.Vectors, 512);

    /// <summary>The guest's MXCSR.</summary>
    public uint Mxcsr
    {
        get => *(uint*)(_state + State.GuestMxcsr);
        set => *(uint*)(_state + State.GuestMxcsr) = value;
    }

    /// <summary>A word of the state page.</summary>
    public ref ulong Slot(int displacement) => ref *(ulong*)(_state + displacement);

    /// <summary>Translates an address by the page tables for the slow instructions: the byte's host address, or false with the exit fields set.</summary>
    public bool TryTranslate(ulong linear, WalkAccess access, out nint host, out ulong mfn)
    {
        var write = (access & WalkAccess.Write) != 0;
        if (Current.TryLookUp(linear, write, out host, out mfn))
        {
            return true;
        }

        switch (TryFill(linear, write))
        {
            case FillOutcome.Filled:
                return Current.TryLookUp(linear, write, out host, out mfn);
            case FillOutcome.Faulted:
                return false;
            default:
                return TryTranslatePastTlb(linear, access, out host, out mfn);
        }
    }

    /// <summary>Fills the exit fields for a #PF.</summary>
    public void SetPageFault(ulong address, uint errorCode)
    {
        ref var registers = ref Registers;
        registers.ExitVector = 14;
        registers.ExitErrorCode = errorCode;
        registers.ExitAddress = address;
    }

    /// <summary>Opens this vCPU's place for a snippet: host code that runs once with the guest's state loaded.</summary>
    public HostCode BeginSnippet()
    {
        _cache.OpenSnippet(_snippet, Id);
        return _snippet;
    }

    /// <summary>Runs the snippet. False if it faulted: see <see cref="SnippetTrap"/>.</summary>
    public bool EndSnippet()
    {
        _snippet.Jump(_cache.Thunks.SnippetEnd);
        _cache.OpenSnippet(_snippetStart, Id);
        EnterCode(_snippetStart.Executable);
        TakeFlags(fromSlot: false);
        return ExitKind == Fault.ExitKind.SnippetEnd;
    }

    private readonly HostCode _snippet = new();
    private readonly HostCode _snippetStart = new();

    /// <summary>Trap number of the fault that ended a snippet.</summary>
    public int SnippetTrap => (int)Slot(State.FaultTrap);

    /// <summary>Error code of the fault that ended a snippet.</summary>
    public uint SnippetError => (uint)Slot(State.FaultError);

    /// <summary>Why emitted code came back last.</summary>
    public Fault.ExitKind ExitKind => (Fault.ExitKind)(uint)Slot(State.ExitKindSlot);

    /// <summary>Runs emitted code from an executable address until it leaves.</summary>
    public void EnterCode(nint target)
    {
        var gs = Current.GsBase;
        if (SegmentBase.InstructionsAllowed)
        {
            // SAFETY: the thunk follows the C calling convention and returns with all callee-saved state; the GC sees native mode.
            ((delegate* unmanaged<nint, nint, void>)(gs == _gsInForce ? _cache.Thunks.EnterSame : _cache.Thunks.Enter))(gs, target);
            // Emitted code changes between the modes by itself.
            _gsInForce = Current.GsBase;
            return;
        }

        if (gs != _gsInForce)
        {
            SegmentBase.SetGsBase(gs);
            _gsInForce = gs;
        }

        // SAFETY: as above.
        ((delegate* unmanaged<nint, nint, void>)_cache.Thunks.EnterSame)(gs, target);
    }

    private nint _gsInForce;

    /// <summary>Puts the arithmetic flags and DF of the last exit into the guest's RFLAGS.</summary>
    public void TakeFlags(bool fromSlot)
    {
        const ulong arithmetic = 0x8d5, direction = 0x400;
        var host = Slot(State.HostFlags);
        var saved = Slot(State.SavedFlags);
        var flags = fromSlot ? ((saved >> 8) & 0xd5) | ((saved & 1) << 11) : host & arithmetic;
        ref var registers = ref Registers;
        registers.Rflags = (registers.Rflags & ~(arithmetic | direction)) | flags | (host & direction);
    }

    /// <summary>Puts the guest's arithmetic flags into the slot, for code that expects them there.</summary>
    public void SetFlagSlot()
    {
        var flags = Registers.Rflags;
        Slot(State.SavedFlags) = ((flags & 0xd5) << 8) | ((flags >> 11) & 1);
    }

    // The block and the info word of the exit stub that was taken.
    private (int Block, uint Info) Site()
    {
        // SAFETY: the exit stub's call pushed the address of its two data words.
        var site = (int*)Slot(State.ExitSite);
        return (site[0], (uint)site[1]);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Kernel.Dispose();
        User.Dispose();
        MappedMemory.Release(_poll, 4096);
        _returns.Dispose();
    }
}
