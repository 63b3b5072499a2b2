using Xenolith.Abi;
using Xenolith.Engine.Cpuid;
using Xenolith.Machine.Privileged;
using static Iced.Intel.AssemblerRegisters;

namespace Xenolith.Tests.PvKernels;

/// <summary>What a guest finds on an Intel host and on an AMD one, whichever this one is: each must choose the cheap mitigations.</summary>
public sealed class VendorTests
{
    private const uint ArchCapabilities = 0x10a, SpecControl = 0x48, PredictionCommand = 0x49;
    private const ulong RdclNo = 1, IbrsAll = 2, RsbAlternate = 4, MdsNo = 0x20, TaaNo = 0x100, GdsNo = 1 << 26, RfdsNo = 1 << 27;
    private const ulong OfferedIbrs = 1 << 26, OfferedCapabilities = 1 << 29;

    [Fact]
    public void On_an_intel_host_the_capabilities_say_that_nothing_needs_a_workaround()
    {
        var kernel = Kernel();
        Read(kernel, ArchCapabilities, "capabilities");
        kernel.Asm.mov(ecx, SpecControl);
        kernel.Asm.mov(eax, 1);
        kernel.Asm.xor(edx, edx);
        kernel.Asm.wrmsr();
        Read(kernel, SpecControl, "control");
        kernel.Asm.mov(ecx, PredictionCommand);
        kernel.Asm.wrmsr();
        kernel.Asm.mov(eax, 1);
        kernel.Record("barrier").Shutdown();

        using var run = KernelRun.ToPoweroff(kernel, hostCpuid: (leaf, subleaf) => Named(leaf, subleaf, 0x756e_6547, 0x4965_6e69, 0x6c65_746e));

        Assert.Equal(OfferedIbrs | OfferedCapabilities, run["features"] & (OfferedIbrs | OfferedCapabilities));
        const ulong safe = RdclNo | IbrsAll | MdsNo | TaaNo | GdsNo | RfdsNo;
        Assert.Equal(safe, run["capabilities"] & (safe | RsbAlternate));
        Assert.Equal((1UL, 1UL), (run["control"], run["barrier"]));
    }

    [Fact]
    public void On_an_amd_host_there_are_none()
    {
        var kernel = Kernel();
        var handler = kernel.Asm.CreateLabel();
        kernel.Handle(13, handler);
        kernel.Asm.xor(ebx, ebx);
        kernel.Asm.mov(ecx, ArchCapabilities);
        kernel.Asm.rdmsr();
        kernel.Asm.mov(rax, rbx);
        kernel.Record("refused").Shutdown();
        kernel.Enter(handler);
        kernel.Asm.inc(ebx);
        kernel.Asm.add(rsp, 8); // the error code
        kernel.Asm.add(__qword_ptr[rsp], 2);
        kernel.Leave();

        using var run = KernelRun.ToPoweroff(kernel, hostCpuid: (leaf, subleaf) => Named(leaf, subleaf, 0x6874_7541, 0x6974_6e65, 0x444d_4163));

        Assert.Equal(0UL, run["features"] & (OfferedIbrs | OfferedCapabilities));
        Assert.Equal(1UL, run["refused"]);
    }

    private static PvKernel Kernel()
    {
        var kernel = new PvKernel();
        kernel.Asm.mov(eax, 7);
        kernel.Asm.xor(ecx, ecx);
        kernel.Asm.cpuid();
        kernel.Asm.mov(eax, edx);
        return kernel.Record("features");
    }

    private static void Read(PvKernel kernel, uint register, string name)
    {
        kernel.Asm.mov(ecx, register);
        kernel.Asm.rdmsr();
        kernel.Asm.shl(rdx, 32);
        kernel.Asm.or(rax, rdx);
        kernel.Record(name);
    }

    private static CpuidValues Named(uint leaf, uint subleaf, uint first, uint second, uint third)
    {
        var values = CpuidTable.AskProcessor(leaf, subleaf);
        return leaf == 0 ? values with { Ebx = first, Edx = second, Ecx = third } : values;
    }
}
