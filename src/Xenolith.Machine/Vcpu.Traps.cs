using Xenolith.Abi;

namespace Xenolith.Machine;

/// <summary>What the guest registered to be called at: trap table, callbacks, kernel stack; and the state that entering and leaving its kernel needs.</summary>
public sealed partial class Vcpu
{
    private Callback _syscallCallback;

    /// <summary>set_trap_table, by vector; Address 0 means none.</summary>
    internal TrapInfo[] TrapTable { get; } = new TrapInfo[256];

    /// <summary>CALLBACKTYPE_event.</summary>
    public Callback EventCallback { get; set; }

    /// <summary>CALLBACKTYPE_failsafe.</summary>
    public Callback FailsafeCallback { get; set; }

    /// <summary>CALLBACKTYPE_syscall.</summary>
    public Callback SyscallCallback
    {
        get => _syscallCallback;
        set
        {
            _syscallCallback = value;
            Registers.Entry.SyscallCallback = value.Address;
            Registers.Entry.SyscallReady = Published(value.Address != 0);
            Registers.Entry.SyscallMasksEvents = Published(value.MaskEvents);
        }
    }

    /// <summary>CALLBACKTYPE_syscall32.</summary>
    public Callback Syscall32Callback { get; set; }

    /// <summary>CALLBACKTYPE_sysenter.</summary>
    public Callback SysenterCallback { get; set; }

    /// <summary>stack_switch: SS of the kernel stack.</summary>
    public ushort KernelSs { get; set; }

    /// <summary>stack_switch: where the kernel's stack begins when it is entered from user mode.</summary>
    public ulong KernelRsp
    {
        get => Registers.Entry.KernelStack;
        set => Registers.Entry.KernelStack = value;
    }

    /// <summary>GS base of the mode that is not current (what swapgs would bring).</summary>
    public ulong OtherGsBase
    {
        get => Registers.Entry.OtherGsBase;
        set => Registers.Entry.OtherGsBase = value;
    }

    /// <summary>The guest's I/O privilege level, 0..3.</summary>
    public int Iopl { get; set; }

    /// <summary>One registered entry point.</summary>
    /// <param name="Address">0: none.</param>
    /// <param name="MaskEvents">Set the upcall mask on entry.</param>
    /// <param name="CodeSelector">Its CS, in 32-bit guests.</param>
    public readonly record struct Callback(ulong Address, bool MaskEvents = false, ushort CodeSelector = 0);

    private static byte Published(bool ready) => ready ? (byte)1 : (byte)0;

    /// <summary>Changes between the guest's kernel and user mode: root table and GS base follow.</summary>
    internal void ToggleMode()
    {
        ref var registers = ref Registers;
        registers.KernelMode ^= 1;
        (registers.GsBase, OtherGsBase) = (OtherGsBase, registers.GsBase);
    }
}
