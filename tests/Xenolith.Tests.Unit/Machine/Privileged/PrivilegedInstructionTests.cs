using Xenolith.Engine;
using Xenolith.Machine.Traps;
using Xenolith.Tests.Unit.Machine.Mmu;

namespace Xenolith.Tests.Unit.Machine.Privileged;

/// <summary>Emulation of what a PV kernel executes and Xen intercepts, from its bytes.</summary>
public sealed class PrivilegedInstructionTests
{
    private const uint FsBase = 0xc000_0100, Efer = 0xc000_0080, ApicBase = 0x1b;

    private static GuestBed With(string hex, bool kernel = true)
    {
        var bed = new GuestBed();
        Assert.True(bed.Vcpu.TryWriteGuest(bed.Vcpu.Registers.Rip, Convert.FromHexString(hex)));
        bed.SetTrap(Exceptions.GeneralProtection, GuestBed.Handler);
        bed.SetTrap(Exceptions.InvalidOpcode, GuestBed.Handler + 0x40);
        bed.Vcpu.Registers.KernelMode = kernel ? (byte)1 : (byte)0;
        return bed;
    }

    private static ulong Run(GuestBed bed)
    {
        bed.Vcpu.HandleExit(ExitReason.Privileged);
        return bed.Vcpu.Registers.Rip - MmuBed.Address(GuestBed.CodePage);
    }

    private static bool WasRefused(GuestBed bed) => bed.Vcpu.Registers.Rip == GuestBed.Handler;

    [Fact]
    public void Wrmsr_of_a_base_writes_it_and_rdmsr_reads_it()
    {
        using var bed = With("0f300f32");
        ref var registers = ref bed.Vcpu.Registers;
        (registers.Rcx, registers.Rax, registers.Rdx) = (FsBase, 0x5678, 0x1234);

        Assert.Equal(2UL, Run(bed));
        Assert.Equal(0x1234_0000_5678UL, registers.FsBase);
        (registers.Rax, registers.Rdx) = (0, 0);
        Assert.Equal(4UL, Run(bed));
        Assert.Equal((0x5678UL, 0x1234UL), (registers.Rax, registers.Rdx));
    }

    /// <summary>Linux before 4.15 cannot take a refusal there: it has registered no traps yet.</summary>
    [Fact]
    public void Where_smm_memory_lies_can_be_read_on_amd_and_is_no_ram()
    {
        using var bed = With("0f32");
        bed.Vcpu.Registers.Rcx = 0xc001_0112;
        var isIntel = System.Runtime.Intrinsics.X86.X86Base.CpuId(0, 0).Ecx == 0x6c65_746e;

        Run(bed);

        Assert.Equal(isIntel, WasRefused(bed));
        Assert.True(isIntel || bed.Vcpu.Registers.Rdx == 0xffff, "it could be taken for RAM");
    }

    [Theory]
    [InlineData("0f30", FsBase, 0x8000_0000_0000UL)]
    [InlineData("0f30", Efer, 0UL)]
    [InlineData("0f30", 0x1234u, 0UL)]
    [InlineData("0f32", 0x1234u, 0UL)]
    public void A_bad_value_or_an_unknown_register_is_a_general_protection_fault(string hex, uint number, ulong value)
    {
        using var bed = With(hex);
        (bed.Vcpu.Registers.Rcx, bed.Vcpu.Registers.Rax, bed.Vcpu.Registers.Rdx) = (number, (uint)value, value >> 32);

        Run(bed);

        Assert.True(WasRefused(bed));
        Assert.Equal(MmuBed.Address(GuestBed.CodePage), bed.Words(bed.Vcpu.Registers.Rsp, 8)[3]);
    }

    [Fact]
    public void The_bootstrap_processor_is_the_first_vcpu()
    {
        using var bed = With("0f32");
        bed.Vcpu.Registers.Rcx = ApicBase;

        Run(bed);

        Assert.Equal(0xfee0_0900UL, bed.Vcpu.Registers.Rax);
    }

    [Theory]
    [InlineData("0f32")] // rdmsr
    [InlineData("0f20c0")] // mov rax, cr0
    [InlineData("0f06")] // clts
    [InlineData("0f09")] // wbinvd
    [InlineData("0f01d1")] // xsetbv
    [InlineData("f4")] // hlt
    [InlineData("fa")] // cli
    [InlineData("ec")] // in al, dx
    public void User_mode_may_nothing_of_it(string hex)
    {
        using var bed = With(hex, kernel: false);
        bed.Vcpu.Registers.Rcx = FsBase;

        Run(bed);

        Assert.True(WasRefused(bed));
    }

    [Theory]
    [InlineData("f4")] // hlt
    [InlineData("0f08")] // invd
    [InlineData("0f0138")] // invlpg [rax]
    [InlineData("0f0110")] // lgdt [rax]
    [InlineData("0f33")] // rdpmc
    [InlineData("0f01f8")] // swapgs
    public void What_xen_does_not_emulate_is_refused_in_the_kernel_too(string hex)
    {
        using var bed = With(hex);

        Run(bed);

        Assert.True(WasRefused(bed));
    }

    [Fact]
    public void Cr4_shows_what_the_guest_chose_and_xsetbv_needs_osxsave()
    {
        using var bed = With("0f22e00f20e30f01d1");
        ref var registers = ref bed.Vcpu.Registers;
        registers.Rax = (1 << 18) | (1 << 20) | 4;

        Assert.Equal(3UL, Run(bed));
        Assert.Equal(6UL, Run(bed));
        Assert.Equal(0x660UL | (1 << 18) | 4, registers.Rbx);
        (registers.Rax, registers.Rcx, registers.Rdx) = (3, 0, 0);
        Assert.Equal(9UL, Run(bed));
        Assert.Equal(3UL, registers.Xcr0);
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(2UL)]
    [InlineData(5UL)]
    [InlineData(0x201UL)]
    public void An_impossible_xcr0_is_refused(ulong value)
    {
        using var bed = With("0f01d1");
        bed.Vcpu.SetControl4(1 << 18);
        (bed.Vcpu.Registers.Rax, bed.Vcpu.Registers.Rcx, bed.Vcpu.Registers.Rdx) = (value, 0, 0);

        Run(bed);

        Assert.True(WasRefused(bed));
    }

    [Fact]
    public void Without_osxsave_xsetbv_does_not_exist()
    {
        using var bed = With("0f01d1");

        Run(bed);

        Assert.Equal(GuestBed.Handler + 0x40, bed.Vcpu.Registers.Rip);
    }

    [Fact]
    public void Ports_answer_with_ones_where_the_privilege_level_allows_them()
    {
        using var bed = With("e571ec");
        bed.Vcpu.Iopl = 1;
        (bed.Vcpu.Registers.Rax, bed.Vcpu.Registers.Rdx) = (0, 0x3f8);

        Assert.Equal(2UL, Run(bed));
        Assert.Equal(0xffff_ffffUL, bed.Vcpu.Registers.Rax);
        bed.Vcpu.Registers.Rax = 0x1100;
        Assert.Equal(3UL, Run(bed));
        Assert.Equal(0x11ffUL, bed.Vcpu.Registers.Rax);
    }

    [Fact]
    public void The_forced_prefix_asks_for_xens_cpuid_and_a_plain_ud2_is_the_guests()
    {
        using var bed = With("0f0b78656e0fa2");
        ref var registers = ref bed.Vcpu.Registers;
        registers.Rax = 0x4000_0000;
        registers.ExitVector = Exceptions.InvalidOpcode;

        bed.Vcpu.HandleExit(ExitReason.Exception);
        Assert.Equal(7UL, registers.Rip - MmuBed.Address(GuestBed.CodePage));
        Assert.Equal("XenVMMXenVMM"u8.ToArray(), new[] { registers.Rbx, registers.Rcx, registers.Rdx }.SelectMany(v => BitConverter.GetBytes((uint)v)).ToArray());

        registers.Rip -= 6;
        bed.Vcpu.HandleExit(ExitReason.Exception);
        Assert.Equal(GuestBed.Handler + 0x40, registers.Rip);
    }

    [Fact]
    public void An_instruction_that_cannot_be_fetched_is_a_page_fault()
    {
        using var bed = With("f4");
        bed.SetTrap(Exceptions.PageFault, GuestBed.Handler + 0x80);
        bed.Vcpu.Registers.Rip = 0x1000;

        bed.Vcpu.HandleExit(ExitReason.Privileged);

        Assert.Equal((GuestBed.Handler + 0x80, 0x1000UL), (bed.Vcpu.Registers.Rip, bed.Vcpu.Cr2));
    }

    [Theory]
    [InlineData("0f03c1", 0xe02bUL, true, 0xffff_ffffUL)] // lsl eax, cx
    [InlineData("0f02c1", 0xe02bUL, true, 0x00cf_f300UL)] // lar eax, cx
    [InlineData("0f03c1", 0x1238UL, false, 0x77UL)]
    [InlineData("0f00e1", 0xe033UL, true, 0x77UL)] // verr cx
    [InlineData("0f00e9", 0xe033UL, false, 0x77UL)] // verw cx
    public void Selector_tests_read_the_descriptor_tables(string hex, ulong selector, bool visible, ulong result)
    {
        using var bed = With(hex);
        (bed.Vcpu.Registers.Rax, bed.Vcpu.Registers.Rcx) = (0x77, selector);

        Assert.Equal(3UL, Run(bed));

        Assert.Equal(visible, (bed.Vcpu.Registers.Rflags & 0x40) != 0);
        Assert.Equal(result, bed.Vcpu.Registers.Rax);
    }

    [Fact]
    public void A_native_iretq_returns_within_its_mode()
    {
        using var bed = With("48cf");
        ref var registers = ref bed.Vcpu.Registers;
        ulong[] frame = [0x1234, 0xe033, 0x3246, 0x8000, 0xe02b];
        bed.Vcpu.TryWriteGuest(registers.Rsp, frame.SelectMany(BitConverter.GetBytes).ToArray());

        bed.Vcpu.HandleExit(ExitReason.Privileged);

        Assert.Equal((0x1234UL, 0x8000UL, 0x246UL, (byte)1), (registers.Rip, registers.Rsp, registers.Rflags, registers.KernelMode));
    }
}
