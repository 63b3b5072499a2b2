using Xenolith.Config;
using Xenolith.Toolstack.Monitors;

namespace Xenolith.Tests.Unit.Toolstack;

/// <summary>The table from a shutdown to what is done.</summary>
public sealed class LifecyclePolicyTests
{
    private static readonly ShutdownActions Actions = new()
    {
        OnPoweroff = ShutdownAction.Preserve,
        OnReboot = ShutdownAction.Restart,
        OnCrash = ShutdownAction.RenameRestart,
        OnWatchdog = ShutdownAction.CoredumpDestroy,
        OnSoftReset = ShutdownAction.SoftReset,
    };

    [Theory]
    [InlineData(0, ShutdownAction.Preserve)]
    [InlineData(1, ShutdownAction.Restart)]
    [InlineData(2, ShutdownAction.Destroy)]
    [InlineData(3, ShutdownAction.RenameRestart)]
    [InlineData(4, ShutdownAction.CoredumpDestroy)]
    [InlineData(5, ShutdownAction.SoftReset)]
    [InlineData(77, ShutdownAction.Destroy)]
    [InlineData(-1, ShutdownAction.Destroy)]
    public void Each_reason_has_its_action(int reason, ShutdownAction action) => Assert.Equal(action, LifecyclePolicy.ActionFor(reason, Actions));

    [Fact]
    public void Every_action_has_steps_with_and_without_memory()
    {
        foreach (var action in Enum.GetValues<ShutdownAction>())
        {
            Assert.Equal(action, LifecyclePolicy.Steps(action, true).Action);
            Assert.False(LifecyclePolicy.Steps(action, false).Keeps);
        }
    }

    [Theory]
    [InlineData(ShutdownAction.Destroy, false, false, false)]
    [InlineData(ShutdownAction.Restart, false, false, true)]
    [InlineData(ShutdownAction.Preserve, true, false, false)]
    [InlineData(ShutdownAction.RenameRestart, true, true, true)]
    public void Steps_are_xls(ShutdownAction action, bool keeps, bool renames, bool restarts)
    {
        var step = LifecyclePolicy.Steps(action, memoryIsThere: true);

        Assert.Equal((keeps, renames, restarts, null), (step.Keeps, step.Renames, step.Restarts, step.Note));
    }

    [Theory]
    [InlineData(ShutdownAction.CoredumpDestroy, false)]
    [InlineData(ShutdownAction.CoredumpRestart, true)]
    public void A_core_is_dumped_while_there_is_memory(ShutdownAction action, bool restarts)
    {
        var (with, without) = (LifecyclePolicy.Steps(action, memoryIsThere: true), LifecyclePolicy.Steps(action, memoryIsThere: false));

        Assert.Equal((true, restarts, null), (with.DumpsCore, with.Restarts, with.Note));
        Assert.Equal((false, restarts), (without.DumpsCore, without.Restarts));
        Assert.Contains("without a core file", without.Note);
    }

    [Fact]
    public void What_cannot_be_done_as_named_says_so() => Assert.Contains("not supported", LifecyclePolicy.Steps(ShutdownAction.SoftReset, true).Note);

    [Fact]
    public void A_kept_domain_gets_the_first_free_name() =>
        Assert.Equal("guest-3", LifecyclePolicy.KeptName("guest", ((string[])["guest", "guest-1", "guest-2"]).Contains));
}
