using Xenolith.Abi;

namespace Xenolith.Tests.PvKernels;

/// <summary>SCHEDOP_watchdog.</summary>
public sealed class WatchdogTests
{
    private const ulong Watchdog = 6;

    [Fact]
    public void One_that_nobody_feeds_ends_the_domain()
    {
        var kernel = new PvKernel();
        var hang = kernel.Asm.CreateLabel();
        kernel.Check("first", HypercallNumber.SchedOp, Watchdog, Arguments(kernel, id: 0, seconds: 1));
        kernel.Check("fed", HypercallNumber.SchedOp, Watchdog, Arguments(kernel, id: 1, seconds: 1));
        kernel.Asm.Label(ref hang);
        kernel.Asm.jmp(hang);

        using var run = KernelRun.Of(kernel);

        Assert.Equal(ShutdownReason.Watchdog, run.Reason);
        Assert.Equal((1UL, 0UL), (run["first"], run["fed"]));
    }

    [Fact]
    public void There_are_two_and_a_stopped_one_does_nothing()
    {
        var kernel = new PvKernel();
        kernel.Check("first", HypercallNumber.SchedOp, Watchdog, Arguments(kernel, id: 0, seconds: 600));
        kernel.Check("second", HypercallNumber.SchedOp, Watchdog, Arguments(kernel, id: 0, seconds: 600));
        kernel.Check("third", HypercallNumber.SchedOp, Watchdog, Arguments(kernel, id: 0, seconds: 600));
        kernel.Check("stop", HypercallNumber.SchedOp, Watchdog, Arguments(kernel, id: 1, seconds: 0));
        kernel.Check("stopped", HypercallNumber.SchedOp, Watchdog, Arguments(kernel, id: 1, seconds: 600));
        kernel.Check("none such", HypercallNumber.SchedOp, Watchdog, Arguments(kernel, id: 3, seconds: 600));
        kernel.Check("free again", HypercallNumber.SchedOp, Watchdog, Arguments(kernel, id: 0, seconds: 600));
        kernel.Shutdown();

        using var run = KernelRun.ToPoweroff(kernel);

        Assert.Equal((1UL, 2UL, 0UL, 1UL), (run["first"], run["second"], run["stop"], run["free again"]));
        Assert.Equal(-XenErrno.ENOSPC, (long)run["third"]);
        Assert.Equal((-XenErrno.EINVAL, -XenErrno.EINVAL), ((long)run["stopped"], (long)run["none such"]));
    }

    private static Iced.Intel.Label Arguments(PvKernel kernel, uint id, uint seconds) => kernel.Words(id | ((ulong)seconds << 32));
}
