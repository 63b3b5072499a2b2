using Xenolith.Abi;
using Xenolith.Abi.Boot;
using static Iced.Intel.AssemblerRegisters;

namespace Xenolith.Tests.PvKernels;

/// <summary>What a kernel finds at its first instruction.</summary>
public sealed class StartOfDayTests
{
    [Fact]
    public void start_info_names_frames_rings_tables_and_the_command_line()
    {
        var kernel = new PvKernel();
        void Field(string name, int offset)
        {
            kernel.Asm.mov(rax, __qword_ptr[rbp + offset]);
            kernel.Record(name);
        }

        Field("magic", StartInfo64.Magic);
        Field("pages", StartInfo64.NrPages);
        Field("shared info", StartInfo64.SharedInfo);
        Field("store", StartInfo64.StoreMfn);
        Field("console", StartInfo64.ConsoleMfn);
        Field("list", StartInfo64.MfnList);
        Field("tables", StartInfo64.PageTableBase);
        Field("command line", StartInfo64.CommandLine);
        kernel.Load(0x8000000000).Record("p2m of frame 0");
        kernel.Load(0x8000000000 + (8 * 100)).Record("p2m of frame 100");
        kernel.Load(0xffff800000000000 + (8 * PvKernel.Mfn(100))).Record("m2p of frame 100");
        kernel.Asm.mov(rax, rsp);
        kernel.Record("stack");
        kernel.Shutdown();

        using var run = KernelRun.ToPoweroff(kernel);

        Assert.Equal("xen-3.0-"u8.ToArray(), BitConverter.GetBytes(run["magic"]));
        Assert.Equal(32UL << 8, run["pages"]);
        Assert.Equal(run.Domain.SharedInfoMfn << 12, run["shared info"]);
        Assert.Equal(run.Built.StoreMfn, run["store"]);
        Assert.Equal(run.Built.ConsoleMfn, run["console"]);
        Assert.Equal(0x8000000000UL, run["list"]);
        Assert.Equal("a test"u8.ToArray(), BitConverter.GetBytes(run["command line"])[..6]);
        Assert.Equal(PvKernel.Mfn(0), run["p2m of frame 0"]);
        Assert.Equal(PvKernel.Mfn(100), run["p2m of frame 100"]);
        Assert.Equal(100UL, run["m2p of frame 100"]);
        Assert.Equal(0UL, run["stack"] & 0xfff);
        Assert.Equal(0UL, run["tables"] & 0xfff);
    }

    [Theory]
    [InlineData(ShutdownReason.Poweroff)]
    [InlineData(ShutdownReason.Reboot)]
    [InlineData(ShutdownReason.Crash)]
    public void The_reason_of_a_shutdown_arrives(ShutdownReason reason)
    {
        using var run = KernelRun.Of(new PvKernel().Shutdown(reason));
        Assert.Equal(reason, run.Reason);
    }

    [Fact]
    public void A_line_on_the_hypervisor_console_is_in_the_log()
    {
        using var run = KernelRun.ToPoweroff(new PvKernel().Print("hello from a guest").Shutdown());
        Assert.Contains("hello from a guest", string.Join('\n', run.Domain.Log.Lines()), StringComparison.Ordinal);
    }

    [Fact]
    public void A_fault_in_the_first_instructions_crashes_the_domain_with_words()
    {
        var kernel = new PvKernel();
        kernel.Asm.ud2();
        using var run = KernelRun.Of(kernel);
        Assert.Equal(ShutdownReason.Crash, run.Reason);
        Assert.False(string.IsNullOrEmpty(run.Domain.CrashCause));
    }

    [Fact]
    public void Unknown_hypercalls_are_refused_and_counted()
    {
        using var run = KernelRun.ToPoweroff(new PvKernel().Check("result", 63).Shutdown());
        Assert.Equal(-38, (long)run["result"]);
        Assert.Contains(run.Domain.HypercallCounters(), c => c.Value > 0 && c.Key.Contains("unknown", StringComparison.Ordinal));
    }
}
