using System.Globalization;
using System.Text;
using Xenolith.Store.Wire;

namespace Xenolith.Store.Requests;

/// <summary>What Domain-0 looks like to the store when it starts.</summary>
/// <param name="MemoryKib">Domain-0's memory, in KiB.</param>
/// <param name="Program">The store's program, for /tool/xenstored.</param>
public sealed record ControlDomain(long MemoryKib, string Program)
{
    private const long GibInKib = 1024 * 1024;

    /// <summary>Domain-0's memory unless it is configured: a tenth of the host's, at least 1 GiB and at most 8.</summary>
    public static long DefaultMemoryKib(long hostKib) => Math.Min(hostKib, Math.Clamp(hostKib / 10, GibInKib, 8 * GibInKib));
}

/// <summary>The nodes that are there before any domain: those of real Xen with Domain-0 alone (xenstored's own and xen-init-dom0's).</summary>
internal static class InitialNodes
{
    /// <summary>Writes them, through the journal.</summary>
    public static void Write(XenStore store, ControlDomain control)
    {
        var memory = control.MemoryKib.ToString(CultureInfo.InvariantCulture);
        (string Path, string Value)[] nodes =
        [
            ("/@introduceDomain", ""),
            ("/@releaseDomain", ""),
            ("/tool/xenstored", control.Program),
            ("/local/domain/0/domid", "0"),
            ("/local/domain/0/name", "Domain-0"),
            ("/local/domain/0/memory/static-max", memory),
            ("/local/domain/0/memory/target", memory),
            ("/local/domain/0/control/feature-poweroff", "1"),
            ("/local/domain/0/control/feature-reboot", "1"),
            ("/local/domain/0/control/feature-suspend", "1"),
            ("/local/pool/0/name", "Pool-0"),
        ];
        var connection = store.Connect(_ => { });
        foreach (var (path, value) in nodes)
        {
            var payload = Encoding.UTF8.GetBytes($"{path}\0{value}");
            store.Answer(connection, new(MessageType.Write, 0, 0, (uint)payload.Length), payload);
            connection.Output.Clear();
        }

        store.Disconnect(connection);
    }
}
