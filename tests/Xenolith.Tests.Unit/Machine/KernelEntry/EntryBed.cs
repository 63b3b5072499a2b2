using System.Runtime.InteropServices;
using Xenolith.Abi;
using Xenolith.Engine;
using Xenolith.Machine;
using Xenolith.Tests.Unit.Machine.Mmu;
using Xenolith.Tests.Unit.Translator;
using Xenolith.Translator;
using Xenolith.Translator.Cache;

namespace Xenolith.Tests.Unit.Machine.KernelEntry;

/// <summary>
/// The real machine and the real translator with one vCPU, driven by the test's thread. User mode has one page with <c>syscall</c> and one
/// place to come back to; the kernel has an entry, an iret hypercall and two pages of stack. Every place that is arrived at is a <c>hlt</c>.
/// </summary>
internal sealed class EntryBed : IDisposable
{
    public const ulong User = 0x40_0000, UserTarget = User + 0x100;
    public const int StackPage = 20, KernelPage = 24, InfoPage = 26;
    public const ushort CodeSelector = 0x33, DataSelector = 0x2b;
    private const int UserL3 = 10, UserL2 = 11, UserL1 = 12, UserPage = 14, GdtPage = 16;
    private readonly MmuBed _mmu;

    public EntryBed()
    {
        _mmu = new MmuBed(1, memory => new TranslatorEngine(memory.Frames, memory.Walk));
        foreach (var table in (ReadOnlySpan<int>)[UserL3, UserL2, UserL1])
        {
            _mmu.Clear(table);
        }

        _mmu.SetWord(UserL1, 0, _mmu.Entry(UserPage, MmuBed.ReadWrite));
        _mmu.SetWord(UserL2, 2, _mmu.Entry(UserL1, MmuBed.ReadWrite));
        _mmu.SetWord(UserL3, 0, _mmu.Entry(UserL2, MmuBed.ReadWrite));
        _mmu.Protect(UserL1);
        _mmu.Protect(UserL2);
        _mmu.Protect(UserL3);
        Assert.Equal(0, _mmu.Update((_mmu.Pointer(MmuBed.L4, 0), _mmu.Entry(UserL3, MmuBed.ReadWrite))));
        Assert.Equal(0, Vcpu.SetInitialRoots(_mmu.Mfn(MmuBed.L4), _mmu.Mfn(MmuBed.L4)));
        SetDescriptors();

        _mmu.Put(UserPage, CodeHarness.Assemble(a => a.syscall()));
        _mmu.Put(UserPage, [(byte)0xf4], 0x100);
        _mmu.Put(KernelPage, [(byte)0xf4]);
        _mmu.Put(KernelPage, CodeHarness.Assemble(a => { a.mov(Iced.Intel.AssemblerRegisters.eax, HypercallNumber.Iret); a.syscall(); }), 0x100);
        _mmu.Put(KernelPage, CodeHarness.Assemble(a => { a.mov(Iced.Intel.AssemblerRegisters.rax, Iced.Intel.AssemblerRegisters.__qword_ptr[Iced.Intel.AssemblerRegisters.rbx]); a.mov(Iced.Intel.AssemblerRegisters.__qword_ptr[Iced.Intel.AssemblerRegisters.rbx], Iced.Intel.AssemblerRegisters.rax); a.hlt(); }), 0x200);
        Vcpu.SyscallCallback = new(Entry, MaskEvents: true);
        Vcpu.FailsafeCallback = new(Entry + 0x10);
        _mmu.Put(KernelPage, [(byte)0xf4], 0x10);
        Vcpu.EventCallback = new(Entry + 0x20);
        _mmu.Put(KernelPage, [(byte)0xf4], 0x20);
        ref var registers = ref Vcpu.Registers;
        registers.Cs = SegmentSelector.FlatCode64;
        registers.Ss = SegmentSelector.FlatData;
        registers.Xcr0 = 7;
        Vcpu.KernelRsp = Stack + 0x1f00;
        WarmStack();
    }

    public static ulong Stack => MmuBed.Address(StackPage);

    public static ulong Entry => MmuBed.Address(KernelPage);

    public static ulong IretCode => MmuBed.Address(KernelPage, 0x100);

    public Vcpu Vcpu => _mmu.Vcpu;

    public Domain Domain => _mmu.Domain;

    public MmuBed Mmu => _mmu;

    /// <summary>How often emitted code entered the kernel, and came back.</summary>
    public (long Entries, long Returns) Emitted
    {
        get
        {
            var context = ((TranslatorVcpu)Vcpu.Engine).Context;
            return ((long)context.Slot(State.EmittedEntries), (long)context.Slot(State.EmittedReturns));
        }
    }

    /// <summary>Lets emitted code do it, or not: the machine's own handlers do not look at this.</summary>
    public bool Emitting
    {
        set => Vcpu.Registers.Entry.IoplReady = value ? (byte)1 : (byte)0;
    }

    /// <summary>Writes a descriptor as update_descriptor does.</summary>
    public void SetDescriptor(int selector, ulong descriptor)
        => Assert.Equal(0, _mmu.Hypercall(HypercallNumber.UpdateDescriptor, new((_mmu.Mfn(GdtPage) << 12) + (ulong)(selector & ~7), descriptor)));

    public void PutStack(int offset, ulong[] words)
    {
        foreach (var word in words)
        {
            Assert.True(Vcpu.TryWriteGuest(Stack + (ulong)offset, MemoryMarshal.AsBytes(new ReadOnlySpan<ulong>(in word))));
            offset += 8;
        }
    }

    public byte[] StackBytes() => [.. _mmu.Memory.Frames.Read(_mmu.Mfn(StackPage)), .. _mmu.Memory.Frames.Read(_mmu.Mfn(StackPage + 1))];

    /// <summary>Runs until the guest halts, and steps nowhere.</summary>
    public void RunToHalt()
    {
        for (var exits = 0; exits < 20; exits++)
        {
            Assert.True(Vcpu.PrepareToRun());
            var reason = Vcpu.Engine.Run();
            if (reason == ExitReason.Privileged)
            {
                return;
            }

            Vcpu.HandleExit(reason);
            Assert.Null(Domain.CrashCause);
        }

        Assert.Fail("the guest does not halt");
    }

    /// <summary>Writes the stack pages from emitted code: the soft TLB has them then.</summary>
    public void WarmStack()
    {
        for (var page = 0; page < 2; page++)
        {
            ref var registers = ref Vcpu.Registers;
            registers.KernelMode = 1;
            registers.Rflags = 0x202;
            registers.Rbx = MmuBed.Address(StackPage + page);
            registers.Rip = Entry + 0x200;
            RunToHalt();
        }
    }

    private void SetDescriptors()
    {
        _mmu.Clear(GdtPage);
        _mmu.SetWord(GdtPage, CodeSelector >> 3, 0x00af_fb00_0000_ffff);
        _mmu.SetWord(GdtPage, DataSelector >> 3, 0x00cf_f300_0000_ffff);
        _mmu.Protect(GdtPage);
        _mmu.Put(MmuBed.ArgumentPage, [_mmu.Mfn(GdtPage)]);
        Assert.Equal(0, _mmu.Hypercall(HypercallNumber.SetGdt, new(MmuBed.Address(MmuBed.ArgumentPage), 16)));
    }

    public void Dispose() => _mmu.Dispose();
}
