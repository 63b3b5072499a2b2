using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Layout = Xenolith.Abi.VcpuGuestContextLayout;

namespace Xenolith.Machine.Scheduling;

/// <summary>The way back: the state of a vCPU that stands, as XEN_DOMCTL_getvcpucontext gives it.</summary>
internal static partial class VcpuContext
{
    private const ulong Online = 32;

    /// <summary>Writes a parked vCPU's state.</summary>
    /// <param name="vcpu">The vCPU; one that was never initialised gives zeros.</param>
    /// <param name="context"><see cref="Layout.Size"/> bytes.</param>
    public static void Save(Vcpu vcpu, Span<byte> context)
    {
        context.Clear();
        if (!vcpu.IsInitialised)
        {
            return;
        }

        Span<byte> area = new byte[vcpu.Engine.ExtendedStateSize];
        vcpu.Engine.SaveExtendedState(area);
        area[..512].CopyTo(context[Layout.Fpu..]);
        SaveRegisters(vcpu, context);
        MemoryMarshal.AsBytes(vcpu.TrapTable.AsSpan()).CopyTo(context[Layout.Traps..]);
        Put(context, Layout.Flags, Layout.FpuValid | (vcpu.InKernel ? Layout.InKernel : 0) | (vcpu.IsDown ? 0 : Online)
            | (vcpu.FailsafeCallback.MaskEvents ? Layout.FailsafeMasksEvents : 0) | (vcpu.SyscallCallback.MaskEvents ? Layout.SyscallMasksEvents : 0));
        Put(context, Layout.EventCallback, vcpu.EventCallback.Address);
        Put(context, Layout.EventCallback + 8, vcpu.FailsafeCallback.Address);
        Put(context, Layout.EventCallback + 16, vcpu.SyscallCallback.Address);
    }

    private static void SaveRegisters(Vcpu vcpu, Span<byte> context)
    {
        ref var registers = ref vcpu.Registers;
        var general = MemoryMarshal.CreateSpan(ref registers.Rax, 16);
        for (var i = 0; i < general.Length; i++)
        {
            Put(context, Layout.Registers + RegisterOffsets[i], general[i]);
        }

        Put(context, Layout.Rip, registers.Rip);
        Put(context, Layout.Cs, registers.Cs);
        Put(context, Layout.Rflags, registers.Rflags | ((ulong)vcpu.Iopl << 12));
        Put(context, Layout.Rsp, registers.Rsp);
        Put(context, Layout.Ss, registers.Ss);
        Put(context, Layout.Es, registers.Es);
        Put(context, Layout.Es + 8, registers.Ds);
        Put(context, Layout.Es + 16, registers.Fs);
        Put(context, Layout.Es + 24, registers.Gs);
        Put(context, Layout.FsBase, registers.FsBase);
        Put(context, Layout.FsBase + 8, vcpu.InKernel ? registers.GsBase : vcpu.OtherGsBase);
        Put(context, Layout.FsBase + 16, vcpu.InKernel ? vcpu.OtherGsBase : registers.GsBase);
        Put(context, Layout.KernelSs, vcpu.KernelSs);
        Put(context, Layout.KernelSs + 8, vcpu.KernelRsp);
        Put(context, Layout.LdtBase, vcpu.Descriptors.LdtBase);
        Put(context, Layout.LdtBase + 8, (ulong)vcpu.Descriptors.LdtEntries);
        Put(context, Layout.GdtEntries, (ulong)vcpu.Descriptors.GdtEntries);
        for (var i = 0; i < vcpu.Descriptors.Gdt.Length; i++)
        {
            Put(context, Layout.GdtFrames + (8 * i), vcpu.Descriptors.Gdt[i]);
        }

        for (var i = 0; i < vcpu.DebugAddresses.Length; i++)
        {
            Put(context, Layout.DebugRegisters + (8 * i), vcpu.DebugAddresses[i]);
        }

        Put(context, Layout.DebugRegisters + (8 * 6), vcpu.DebugStatus);
        Put(context, Layout.DebugRegisters + (8 * 7), vcpu.DebugControl);
        Put(context, Layout.ControlRegisters + 8, vcpu.UserRootMfn << 12);
        Put(context, Layout.ControlRegisters + 16, vcpu.GuestCr2);
        Put(context, Layout.ControlRegisters + 24, vcpu.KernelRootMfn << 12);
        Put(context, Layout.ControlRegisters + 32, vcpu.GuestCr4);
    }

    private static void Put(Span<byte> context, int offset, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(context[offset..], value);
}
