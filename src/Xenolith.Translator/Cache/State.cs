using Xenolith.Engine;

namespace Xenolith.Translator.Cache;

/// <summary>
/// Layout of the memory that emitted code reaches through GS: one state page below the GS base, the soft TLB, the branch hash and the soft TLB's second level above it.
/// A vCPU has two such regions (kernel and user mode); their state pages are one page mapped twice. All constants are displacements from the GS base.
/// </summary>
internal static class State
{
    /// <summary>The state page's displacement.</summary>
    public const int Page = -4096;

    /// <summary>16 ymm registers, 32 bytes each.</summary>
    public const int Vectors = Page;

    /// <summary>The <see cref="VcpuRegisters"/>.</summary>
    public const int Registers = Page + 1024;

    /// <summary>Guest RIP in <see cref="VcpuRegisters"/>.</summary>
    public const int Rip = Registers + 128;

    /// <summary>Guest RFLAGS in <see cref="VcpuRegisters"/>.</summary>
    public const int Rflags = Registers + 136;

    /// <summary>Guest FS base.</summary>
    public const int FsBase = Registers + 144;

    /// <summary>Guest GS base.</summary>
    public const int GsBase = Registers + 152;

    private const int Private = Page + 2048;

    /// <summary>Pointer that loops read through; a bad address in it is a kick.</summary>
    public const int Poll = Private;

    /// <summary>Host RSP while emitted code runs.</summary>
    public const int HostStack = Private + 8;

    /// <summary>Where the entry thunk jumps to.</summary>
    public const int EnterTarget = Private + 16;

    /// <summary>RAX, RCX while a sequence borrows them for flags or compares.</summary>
    public const int SpillRax = Private + 24, SpillRcx = Private + 32;

    /// <summary>Values of borrowed registers, and of an instruction's intermediate value.</summary>
    public const int Spill = Private + 40, Temporary = Private + 56, Temporary2 = Private + 64;

    /// <summary>Arithmetic flags saved by <c>lahf; seto al</c> (AX).</summary>
    public const int SavedFlags = Private + 72;

    /// <summary>RFLAGS of the host at the last exit.</summary>
    public const int HostFlags = Private + 80;

    /// <summary>Return address of the exit stub's call: the stub's data.</summary>
    public const int ExitSite = Private + 88;

    /// <summary>An <see cref="Fault.ExitKind"/>.</summary>
    public const int ExitKindSlot = Private + 96;

    /// <summary>Linear address of a TLB miss, or an indirect branch's target.</summary>
    public const int ExitValue = Private + 104;

    /// <summary>Host and guest MXCSR, 4 bytes each.</summary>
    public const int HostMxcsr = Private + 112, GuestMxcsr = Private + 116;

    /// <summary>What the signal handler saw: RIP, signal number, si_code, si_addr, trap number, error code.</summary>
    public const int FaultRip = Private + 120, FaultSignal = Private + 128, FaultCode = Private + 136, FaultAddress = Private + 144,
        FaultTrap = Private + 152, FaultError = Private + 160;

    /// <summary>r10 and r11 of the host at the last exit.</summary>
    public const int ExitR10 = Private + 168, ExitR11 = Private + 176;

    /// <summary>Host x87 control word area used by the thunks that save and load the extended state.</summary>
    public const int Scratch = Private + 184;

    /// <summary>RDX while a sequence borrows it.</summary>
    public const int SpillRdx = Private + 704;

    /// <summary>GS bases of the two contexts, kernel and user mode.</summary>
    public const int KernelBase = Private + 712, UserBase = Private + 720;

    /// <summary>How often emitted code entered the guest's kernel, and came back, without C#.</summary>
    public const int EmittedEntries = Private + 728, EmittedReturns = Private + 736;

    /// <summary>RSP of emitted code at the last exit, in the <see cref="ReturnStack"/>, and that of an empty one.</summary>
    public const int ReturnStackPointer = Private + 744, ReturnStackTop = Private + 752;

    /// <summary>Host addresses of a block's runs of accesses, <see cref="Emit.AccessPlan.Slots"/> words. They mean something until the block is left.</summary>
    public const int RunSlots = Private + 760;

    /// <summary>RAX, RCX while the thunks of a miss look into the second level.</summary>
    public const int MissRax = RunSlots + (8 * Emit.AccessPlan.Slots), MissRcx = MissRax + 8;

    /// <summary>How often the second level of the soft TLB had what the first had not, without C#.</summary>
    public const int Refills = MissRax + 16;

    /// <summary>CS and SS in <see cref="VcpuRegisters"/>, and the byte that says which mode is in force.</summary>
    public const int Selectors = Registers + 160, KernelMode = Registers + 172;

    /// <summary>The byte that refuses the fs/gs-base instructions.</summary>
    public const int BasesRefused = Registers + 175;

    /// <summary>The <see cref="Engine.KernelEntry"/> in <see cref="VcpuRegisters"/>, and its fields.</summary>
    public const int Entry = Registers + 216, SyscallCallback = Entry, KernelStack = Entry + 8, OtherGsBase = Entry + 16, VcpuInfo = Entry + 24,
        EntryReady = Entry + 32, SyscallMasksEvents = Entry + 36, ReturnSelectors = Entry + 40;

    /// <summary>Guest general register <paramref name="number"/> in <see cref="VcpuRegisters"/>.</summary>
    public static int Reg(int number) => Registers + (8 * number);

    /// <summary>The TLB: <see cref="TlbEntries"/> entries of {read tag, write tag, host page, machine frame and flags}.</summary>
    public const int Tlb = 0;

    /// <summary>Entries of one TLB.</summary>
    public const int TlbEntries = 4096;

    /// <summary>Bytes of a TLB entry.</summary>
    public const int TlbEntrySize = 32;

    /// <summary>Branch hash: one host address for each value of RIP's low 16 bits.</summary>
    public const int Hash = TlbEntries * TlbEntrySize;

    /// <summary>An address's second place in the branch hash is the low 16 bits of RIP xor RIP shifted right by this: for when its first is taken.</summary>
    public const int SecondHashShift = 9;

    /// <summary>Where a landing's RIP stands, from its first instruction. (In front of <see cref="Emit.Thunks.Indirect"/>, the empty entry, stands something.)</summary>
    public const int LandingRip = -12;

    /// <summary>Entries of the branch hash.</summary>
    public const int HashEntries = 65536;

    /// <summary>Bytes of a branch hash.</summary>
    public const int HashBytes = HashEntries * 8;

    /// <summary>The second level of the soft TLB, a <see cref="SecondLevel"/>: entries like those of the first.</summary>
    public const int Second = Hash + HashBytes;

    /// <summary>Bits of an index of the second level.</summary>
    public const int SecondIndexBits = 11;

    /// <summary>A page's index in the second level is the top bits of its number times this (the golden ratio's fraction).</summary>
    public const ulong SecondMultiplier = 0x9e37_79b9_7f4a_7c15;

    /// <summary>Bytes of the second level.</summary>
    public const int SecondBytes = TlbEntrySize << SecondIndexBits;

    /// <summary>Bytes of a region, from the state page to the end of the second level.</summary>
    public const int RegionSize = 4096 + Second + SecondBytes;
}
