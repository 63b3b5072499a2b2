using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Xenolith.Abi;
using Layout = Xenolith.Abi.VcpuGuestContextLayout;

namespace Xenolith.Machine.Scheduling;

/// <summary>Loads a vcpu_guest_context into a parked vCPU that was never initialised (VCPUOP_initialise).</summary>
internal static partial class VcpuContext
{
    private const ulong FrameMask = 0x000f_ffff_ffff_f000, RestoredFlags = 0x0025_4dd5;
    private const int GdtFrameCount = 16, EntriesPerFrame = 512;

    /// <summary>Offsets (in user_regs) of RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8 .. R15.</summary>
    private static ReadOnlySpan<byte> RegisterOffsets => [80, 88, 96, 40, 152, 32, 104, 112, 72, 64, 56, 48, 24, 16, 8, 0];

    /// <summary>Checks everything, then changes the vCPU. 0 or a positive error; then nothing of note changed.</summary>
    public static int Load(Vcpu vcpu, ReadOnlySpan<byte> context)
    {
        var flags = Word(context, Layout.Flags);
        var inKernel = (flags & Layout.InKernel) != 0;
        var userRoot = (Word(context, Layout.ControlRegisters + 8) & FrameMask) >> 12;
        var gdtEntries = Word(context, Layout.GdtEntries);
        var ldtEntries = Word(context, Layout.LdtBase + 8);
        if (!AddressesAreCanonical(context) || gdtEntries > GdtFrameCount * EntriesPerFrame || ldtEntries > 8192 || (!inKernel && userRoot == 0))
        {
            return XenErrno.EINVAL;
        }

        Span<ulong> frames = stackalloc ulong[GdtFrameCount];
        MemoryMarshal.Cast<byte, ulong>(context.Slice(Layout.GdtFrames, GdtFrameCount * 8)).CopyTo(frames);
        if (vcpu.Descriptors.SetGdt(frames, (int)gdtEntries) != 0 || vcpu.Descriptors.SetLdt(Word(context, Layout.LdtBase), (uint)ldtEntries) != 0)
        {
            return XenErrno.EINVAL;
        }

        var error = vcpu.SetInitialRoots((Word(context, Layout.ControlRegisters + 24) & FrameMask) >> 12, userRoot);
        if (error != 0)
        {
            vcpu.Descriptors.SetGdt([], 0);
            return XenErrno.EINVAL;
        }

        LoadRegisters(vcpu, context, inKernel);
        LoadTraps(vcpu, context, flags);
        vcpu.IsInitialised = true;
        return 0;
    }

    private static void LoadRegisters(Vcpu vcpu, ReadOnlySpan<byte> context, bool inKernel)
    {
        ref var registers = ref vcpu.Registers;
        var general = MemoryMarshal.CreateSpan(ref registers.Rax, 16);
        for (var i = 0; i < general.Length; i++)
        {
            general[i] = Word(context, Layout.Registers + RegisterOffsets[i]);
        }

        var rflags = Word(context, Layout.Rflags);
        registers.Rip = Word(context, Layout.Rip);
        registers.Rflags = (rflags & RestoredFlags) | 0x202;
        registers.Cs = (ushort)(Word(context, Layout.Cs) | 3);
        registers.Ss = (ushort)(Word(context, Layout.Ss) | 3);
        registers.Es = (ushort)Word(context, Layout.Es);
        registers.Ds = (ushort)Word(context, Layout.Es + 8);
        registers.Fs = (ushort)Word(context, Layout.Es + 16);
        registers.Gs = (ushort)Word(context, Layout.Es + 24);
        registers.FsBase = Word(context, Layout.FsBase);
        var (kernelGs, userGs) = (Word(context, Layout.FsBase + 8), Word(context, Layout.FsBase + 16));
        registers.GsBase = inKernel ? kernelGs : userGs;
        vcpu.OtherGsBase = inKernel ? userGs : kernelGs;
        registers.KernelMode = inKernel ? (byte)1 : (byte)0;
        registers.TaskSwitched = (Word(context, Layout.ControlRegisters) & 8) != 0 ? (byte)1 : (byte)0;
        registers.Xcr0 = 1;
        vcpu.Iopl = (int)(rflags >> 12) & 3;
        vcpu.KernelSs = (ushort)(Word(context, Layout.KernelSs) | 3);
        vcpu.KernelRsp = Word(context, Layout.KernelSs + 8);
        vcpu.SetControl4(Word(context, Layout.ControlRegisters + 32));
        ReadOnlySpan<int> debug = [0, 1, 2, 3, 6, 7];
        foreach (var register in debug)
        {
            // As on Xen: one that may not be set stays as it is.
            vcpu.TryWriteDebugRegister(register, Word(context, Layout.DebugRegisters + (8 * register)), out _);
        }

        if ((Word(context, Layout.Flags) & Layout.FpuValid) != 0)
        {
            vcpu.LoadLegacyExtendedState(context.Slice(Layout.Fpu, 512));
        }
    }

    private static void LoadTraps(Vcpu vcpu, ReadOnlySpan<byte> context, ulong flags)
    {
        MemoryMarshal.Cast<byte, TrapInfo>(context.Slice(Layout.Traps, 256 * 16)).CopyTo(vcpu.TrapTable);
        vcpu.EventCallback = new(Word(context, Layout.EventCallback));
        vcpu.FailsafeCallback = new(Word(context, Layout.EventCallback + 8), (flags & Layout.FailsafeMasksEvents) != 0);
        vcpu.SyscallCallback = new(Word(context, Layout.EventCallback + 16), (flags & Layout.SyscallMasksEvents) != 0);
    }

    private static bool AddressesAreCanonical(ReadOnlySpan<byte> context)
    {
        ReadOnlySpan<int> offsets =
        [
            Layout.Rip, Layout.Rsp, Layout.KernelSs + 8, Layout.LdtBase, Layout.EventCallback, Layout.EventCallback + 8, Layout.EventCallback + 16,
            Layout.FsBase, Layout.FsBase + 8, Layout.FsBase + 16,
        ];
        foreach (var offset in offsets)
        {
            if (!Vcpu.IsCanonical(Word(context, offset)))
            {
                return false;
            }
        }

        foreach (var trap in MemoryMarshal.Cast<byte, TrapInfo>(context.Slice(Layout.Traps, 256 * 16)))
        {
            if (!Vcpu.IsCanonical(trap.Address))
            {
                return false;
            }
        }

        return true;
    }

    private static ulong Word(ReadOnlySpan<byte> context, int offset) => BinaryPrimitives.ReadUInt64LittleEndian(context[offset..]);
}
