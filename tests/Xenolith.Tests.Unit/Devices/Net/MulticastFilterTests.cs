using Xenolith.Devices.Net.Frames;
using Xenolith.Devices.Net.Guest;

namespace Xenolith.Tests.Unit.Devices.Net;

public sealed class MulticastFilterTests
{
    [Fact]
    public void A_frontend_may_ask_for_the_filter_and_take_that_back_while_it_runs()
    {
        Assert.True(EthernetAddress.TryParse("01:00:5e:00:00:fb", out var group));
        Assert.True(EthernetAddress.TryParse("33:33:00:00:00:01", out var other));
        var filter = new MulticastFilter(active: false);
        Assert.True(filter.Change(group, add: true));
        Assert.True(filter.Passes(other));

        filter.Active = true;
        Assert.Equal((true, false, true), (filter.Passes(group), filter.Passes(other), filter.Passes(EthernetAddress.Broadcast)));

        filter.Active = false;
        Assert.True(filter.Passes(other));
    }
}
