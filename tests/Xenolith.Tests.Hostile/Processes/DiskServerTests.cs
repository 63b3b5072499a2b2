using System.Runtime.InteropServices;
using Xenolith.Config;
using Xenolith.Config.Disks;
using Xenolith.Host;
using Xenolith.Toolstack.Devices;
using Xenolith.Toolstack.Devices.Disks;
using Xenolith.Toolstack.Hosts;
using Xenolith.Toolstack.Monitors;

namespace Xenolith.Tests.Hostile.Processes;

/// <summary>NBD servers that behave oddly, as their monitor meets them.</summary>
[Collection("host")]
public sealed class DiskServerTests : TestHost
{
    private const int Domid = 7, Generous = 60_000;

    [Fact]
    public void One_that_closes_its_output_and_serves_on_does_not_keep_the_monitor_awake()
    {
        var loop = new EventLoop();
        using var state = HostState.Open(RunDirectory.Open(), HostMachine.BootId());
        var programs = Directory.CreateDirectory(System.IO.Path.Combine(Path, "programs")).FullName;
        var path = Environment.GetEnvironmentVariable("PATH");
        var script = System.IO.Path.Combine(programs, "nbdkit");
        File.WriteAllText(script, $"#!/bin/sh\nPATH='{path}'; exec nbdkit \"$@\" >/dev/null 2>&1\n");
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        Directory.CreateDirectory(System.IO.Path.Combine(Path, "domains", $"{Domid}"));
        Environment.SetEnvironmentVariable("PATH", $"{programs}:{path}");
        try
        {
            Assert.True(DiskSpec.TryParse("format=raw,vdev=xvda,access=rw,target=nbdkit:memory 1M", out var disk, out var problem), problem);
            using var server = new NbdServer(disk!, Around(loop, state));
            var connected = false;
            server.Start((socket, error) =>
            {
                Assert.Null(error);
                socket!.Dispose();
                connected = true;
            });
            Assert.True(loop.RunUntil(() => connected, Generous));

            var turns = 0;
            loop.RunUntil(() => ++turns > 1000, 500);

            Assert.True(turns <= 1000, "the loop turns without end");
        }
        finally
        {
            Environment.SetEnvironmentVariable("PATH", path);
            Directory.Delete(System.IO.Path.Combine(Path, "domains", $"{Domid}"), recursive: true);
        }
    }

    private static DeviceSurroundings Around(EventLoop loop, HostState state)
    {
        var log = new MonitorLog(foreground: false, silent: true);
        var context = new MonitorContext
        {
            Loop = loop,
            State = state,
            Settings = HostSettings.Load(state.Run.Path),
            Stores = ScriptedParts.Value.Stores(state.Run),
            Log = log,
            Dmesg = new(state.Run),
        };
        return new()
        {
            Context = context,
            Store = new(loop, context.Stores, log),
            Address = new("vbd", Domid, 51712),
            DomainName = "guest",
            Config = ScriptedXl.Config("guest", string.Empty),
            Log = _ => { },
            Order = (_, _, _) => { },
            Fail = _ => { },
            WriteBackend = _ => { },
        };
    }
}
