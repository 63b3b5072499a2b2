namespace Xenolith.Tests.Guests;

/// <summary>The store's nodes of a paused PV domain are those of a Xen host, with their permissions.</summary>
[Collection("guests")]
public sealed class StoreNodesTests : GuestHost
{
    /// <summary>Of a domain 1 without disks and vifs, as real Xen 4.17 has them; values that differ from start to start are left out.</summary>
    private const string Expected =
        """
        /libxl/1 = ""   (n0)
        /libxl/1/device = ""   (n0)
        /libxl/1/device/console = ""   (n0)
        /libxl/1/device/console/0 = ""   (n0)
        /libxl/1/device/console/0/backend = "/local/domain/0/backend/console/1/0"   (n0)
        /libxl/1/device/console/0/frontend = "/local/domain/1/console"   (n0)
        /libxl/1/device/console/0/frontend-id = "1"   (n0)
        /libxl/1/device/console/0/online = "1"   (n0)
        /libxl/1/device/console/0/protocol = "vt100"   (n0)
        /libxl/1/device/console/0/state = "1"   (n0)
        /libxl/1/dm-version = "qemu_xen"   (n0)
        /libxl/1/type = "pv"   (n0)
        /local/domain/0/backend = ""   (n0)
        /local/domain/0/backend/console = ""   (n0)
        /local/domain/0/backend/console/1 = ""   (n0)
        /local/domain/0/backend/console/1/0 = ""   (n0,r1)
        /local/domain/0/backend/console/1/0/frontend = "/local/domain/1/console"   (n0,r1)
        /local/domain/0/backend/console/1/0/frontend-id = "1"   (n0,r1)
        /local/domain/0/backend/console/1/0/online = "1"   (n0,r1)
        /local/domain/0/backend/console/1/0/protocol = "vt100"   (n0,r1)
        /local/domain/0/backend/console/1/0/state = "1"   (n0,r1)
        /local/domain/1 = ""   (n0,r1)
        /local/domain/1/attr = ""   (n1)
        /local/domain/1/console = ""   (n0,r1)
        /local/domain/1/console/backend = "/local/domain/0/backend/console/1/0"   (n0,r1)
        /local/domain/1/console/backend-id = "0"   (n1,r0)
        /local/domain/1/console/limit = "1048576"   (n0,r1)
        /local/domain/1/console/output = "pty"   (n0,r1)
        /local/domain/1/console/port = "2"   (n0,r1)
        /local/domain/1/console/ring-ref   (n0,r1)
        /local/domain/1/console/tty   (n0,r1)
        /local/domain/1/console/type = "xenconsoled"   (n0,r1)
        /local/domain/1/control = ""   (n0,r1)
        /local/domain/1/control/feature-poweroff = ""   (n1)
        /local/domain/1/control/feature-reboot = ""   (n1)
        /local/domain/1/control/feature-suspend = ""   (n1)
        /local/domain/1/control/platform-feature-multiprocessor-suspend = "1"   (n0,r1)
        /local/domain/1/control/platform-feature-xs_reset_watches = "1"   (n0,r1)
        /local/domain/1/control/shutdown = ""   (n1)
        /local/domain/1/control/sysrq = ""   (n1)
        /local/domain/1/cpu = ""   (n0,r1)
        /local/domain/1/cpu/0 = ""   (n0,r1)
        /local/domain/1/cpu/0/availability = "online"   (n0,r1)
        /local/domain/1/data = ""   (n1)
        /local/domain/1/device = ""   (n0,r1)
        /local/domain/1/device/suspend = ""   (n0,r1)
        /local/domain/1/device/suspend/event-channel = ""   (n1)
        /local/domain/1/domid = "1"   (n0,r1)
        /local/domain/1/drivers = ""   (n1)
        /local/domain/1/error = ""   (n1)
        /local/domain/1/feature = ""   (n1)
        /local/domain/1/memory = ""   (n0,r1)
        /local/domain/1/memory/static-max = "131072"   (n0,r1)
        /local/domain/1/memory/target = "131072"   (n0,r1)
        /local/domain/1/memory/videoram = "0"   (n0,r1)
        /local/domain/1/name = "guest"   (n0,r1)
        /local/domain/1/store = ""   (n0,r1)
        /local/domain/1/store/port = "1"   (n0,r1)
        /local/domain/1/store/ring-ref   (n0,r1)
        /local/domain/1/vm = "/vm/81299b4e-5db4-460e-b859-6f96dc547573"   (n0,r1)
        /vm/81299b4e-5db4-460e-b859-6f96dc547573 = ""   (n0,r1)
        /vm/81299b4e-5db4-460e-b859-6f96dc547573/image = ""   (n0,r1)
        /vm/81299b4e-5db4-460e-b859-6f96dc547573/image/cmdline   (n0,r1)
        /vm/81299b4e-5db4-460e-b859-6f96dc547573/image/kernel   (n0,r1)
        /vm/81299b4e-5db4-460e-b859-6f96dc547573/image/ostype = "linux"   (n0,r1)
        /vm/81299b4e-5db4-460e-b859-6f96dc547573/image/ramdisk   (n0,r1)
        /vm/81299b4e-5db4-460e-b859-6f96dc547573/name = "guest"   (n0,r1)
        /vm/81299b4e-5db4-460e-b859-6f96dc547573/start_time   (n0,r1)
        /vm/81299b4e-5db4-460e-b859-6f96dc547573/uuid = "81299b4e-5db4-460e-b859-6f96dc547573"   (n0,r1)
        """;

    private static readonly string[] Varying = ["console/ring-ref", "console/tty", "store/ring-ref", "image/cmdline", "image/kernel", "image/ramdisk", "start_time"];

    [Fact]
    public void They_are_all_there_and_no_others()
    {
        XlOk("create", "-p", Config("guest", string.Empty, "uuid = \"81299b4e-5db4-460e-b859-6f96dc547573\""));

        var nodes = Run("xenstore-ls", "-fp").Output.Split('\n').Where(l => System.Text.RegularExpressions.Regex.IsMatch(l, "^/(libxl/|vm/|local/domain/0/backend|local/domain/1)"));
        Assert.Equal(Expected.Split('\n').Order(StringComparer.Ordinal), nodes.Select(WithoutVaryingValue).Order(StringComparer.Ordinal));
    }

    private static string WithoutVaryingValue(string line)
    {
        var path = line.Split(" = ")[0];
        return Array.Exists(Varying, v => path.EndsWith(v, StringComparison.Ordinal)) ? $"{path}   {line[line.LastIndexOf('(')..]}" : line;
    }
}
