using System.Runtime.InteropServices;

namespace Xenolith.Engine;

/// <summary>
/// What the machine publishes of a vCPU so that an engine may by itself enter the guest's kernel for a SYSCALL of user mode, and come back
/// by the iret hypercall (design 4.2 rule 8). An engine that does must leave exactly the state that the machine's handlers would, and hands
/// over to them whenever something is unusual: it acts only while <see cref="Ready"/> is <see cref="AllReady"/>. The offsets are part of
/// the contract with emitted code.
/// <para>Owned by the vCPU's thread, except <see cref="IoplReady"/> and <see cref="ReturnSelectors"/>, which any thread may write as a whole.</para>
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 48)]
public struct KernelEntry
{
    /// <summary>The value of <see cref="Ready"/> at which nothing is in the way.</summary>
    public const uint AllReady = 0x0101_0101;

    /// <summary>CALLBACKTYPE_syscall.</summary>
    [FieldOffset(0)]
    public ulong SyscallCallback;

    /// <summary>Where the kernel's stack begins when it is entered from user mode (stack_switch).</summary>
    [FieldOffset(8)]
    public ulong KernelStack;

    /// <summary>GS base of the mode that is not in force; swapped with <see cref="VcpuRegisters.GsBase"/> at a change of mode.</summary>
    [FieldOffset(16)]
    public ulong OtherGsBase;

    /// <summary>Host address of the vcpu_info in force: the upcall's pending byte, then its mask byte.</summary>
    [FieldOffset(24)]
    public nint VcpuInfo;

    /// <summary>The four bytes below, each 0 or 1.</summary>
    [FieldOffset(32)]
    public uint Ready;

    /// <summary>1: a callback for SYSCALL is registered.</summary>
    [FieldOffset(32)]
    public byte SyscallReady;

    /// <summary>1: there are page tables for user mode.</summary>
    [FieldOffset(33)]
    public byte UserRootReady;

    /// <summary>1: no NMI is being handled, whose end an iret would be.</summary>
    [FieldOffset(34)]
    public byte NmiReady;

    /// <summary>1: RFLAGS has no IOPL to keep (VMASST_TYPE_architectural_iopl is off).</summary>
    [FieldOffset(35)]
    public byte IoplReady;

    /// <summary>1: the callback for SYSCALL is entered with events masked.</summary>
    [FieldOffset(36)]
    public byte SyscallMasksEvents;

    /// <summary>
    /// CS (low half) and SS, besides Xen's flat ones, that an iret may return to as 64-bit code: the descriptors were read and checked, and
    /// none has changed since. 0: none known.
    /// </summary>
    [FieldOffset(40)]
    public uint ReturnSelectors;
}
