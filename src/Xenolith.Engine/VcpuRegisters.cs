using System.Runtime.InteropServices;

namespace Xenolith.Engine;

/// <summary>
/// A vCPU's registers while it is outside <see cref="IVcpuEngine.Run"/>. The struct lives in memory that the engine owns
/// (the translator reaches it through GS), so its offsets are part of the contract with emitted code: add fields at the end only.
/// Owned by the vCPU's thread; other threads may touch it only while the vCPU is paused.
/// The x87, SSE and AVX state is not here: see <see cref="IVcpuEngine.SaveExtendedState"/>.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public struct VcpuRegisters
{
    /// <summary>General registers in the order of their encoding (offset 0, 8 bytes each).</summary>
    public ulong Rax, Rcx, Rdx, Rbx, Rsp, Rbp, Rsi, Rdi, R8, R9, R10, R11, R12, R13, R14, R15;

    /// <summary>Address of the next instruction (offset 128).</summary>
    public ulong Rip;

    /// <summary>
    /// RFLAGS as the guest's <c>pushf</c> would show them natively at CPL3: arithmetic flags, DF, TF, AC, ID, NT; RF as the last iret set it, until an instruction has run; IF always set, IOPL as the machine sets it (offset 136).
    /// </summary>
    public ulong Rflags;

    /// <summary>FS base (offset 144).</summary>
    public ulong FsBase;

    /// <summary>GS base in force in the current mode (offset 152). The machine swaps it with the other mode's at a change of mode.</summary>
    public ulong GsBase;

    /// <summary>Selectors as the guest would read them natively (offset 160, 2 bytes each).</summary>
    public ushort Cs, Ss, Ds, Es, Fs, Gs;

    /// <summary>1 while the guest's kernel runs, 0 in its user mode: chooses the root table and TLB context (offset 172).</summary>
    public byte KernelMode;

    /// <summary>CR0.TS: 1 makes x87, MMX, SSE and AVX instructions raise #NM (offset 173).</summary>
    public byte TaskSwitched;

    /// <summary>1 when the code segment is 32-bit (compatibility mode); the engine may refuse it with <see cref="ExitReason.Failed"/> (offset 174).</summary>
    public byte Compatibility;

    /// <summary>1 while the guest's CR4.FSGSBASE is clear: RDFSBASE, RDGSBASE, WRFSBASE and WRGSBASE raise #UD (offset 175).</summary>
    public byte BasesRefused;

    /// <summary>XCR0 as the guest set it; masks every XSAVE and XRSTOR (offset 176).</summary>
    public ulong Xcr0;

    /// <summary>What RDTSCP and RDPID return in ECX (offset 184).</summary>
    public ulong TscAux;

    /// <summary>Vector of an exception or software interrupt (offset 192).</summary>
    public uint ExitVector;

    /// <summary>Error code of an exception; 0 where the vector has none (offset 196). #PF's U bit follows <see cref="KernelMode"/>.</summary>
    public uint ExitErrorCode;

    /// <summary>Linear address of a #PF (offset 200).</summary>
    public ulong ExitAddress;

    /// <summary>Length in bytes of the instruction at RIP where the exit reason names it (offset 208).</summary>
    public uint ExitInstructionLength;

    /// <summary>Debug status bits of a #DB (DR6 form; BS is bit 14, B0 to B3 the hardware breakpoints) (offset 212).</summary>
    public uint ExitDebugStatus;

    /// <summary>What an engine may act on by itself when the guest enters and leaves its kernel (offset 216).</summary>
    public KernelEntry Entry;
}
