using System.Diagnostics;

namespace Xenolith.Tests.Unit.Devices.Net;

/// <summary>Waiting for what another thread or process does, generously.</summary>
internal static class Wait
{
    public static void Until(Func<bool> done)
    {
        var clock = Stopwatch.StartNew();
        while (!done())
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(60), "did not happen within a minute");
            Thread.Sleep(1);
        }
    }
}
