using System.Globalization;
using Xenolith.Devices.Rings;
using Xenolith.Toolstack.Control;

namespace Xenolith.Toolstack.Devices.Disks;

/// <summary>Reads what a block frontend wrote when it became ready (xen/include/public/io/blkif.h, "Frontend XenBus Nodes"). The guest wrote it: anything may be there.</summary>
internal static class VbdFrontend
{
    /// <summary>Fills the order to connect; what is wrong with the nodes, or null.</summary>
    public static string? Read(Func<string, string?> node, Message order)
    {
        if ((node("multi-queue-num-queues") ?? "1") != "1")
        {
            return "it wants more queues than the one that was offered";
        }

        // Linux counts in orders, others (Windows, older blkfronts) in pages.
        var pages = Number(node("ring-page-order")) is { } order2 and <= 31 ? 1L << (int)order2 : Number(node("num-ring-pages")) ?? 1;
        if (pages is < 1 or > MappedRing.MaxPages)
        {
            return $"a ring of {pages} pages; at most {MappedRing.MaxPages} were offered";
        }

        var references = new List<uint>();
        for (var page = 0; page < pages; page++)
        {
            var name = page == 0 && node("ring-ref") is not null ? "ring-ref" : $"ring-ref{page}";
            if (Number(node(name)) is not { } reference)
            {
                return $"node {name} is missing or no number";
            }

            references.Add(reference);
        }

        if (Number(node("event-channel")) is not { } port)
        {
            return "node event-channel is missing or no number";
        }

        order.With("ring-refs", string.Join(',', references)).With("event-channel", port);
        if (node("protocol") is { Length: > 0 } protocol)
        {
            order.With("protocol", protocol);
        }

        return null;
    }

    private static uint? Number(string? text) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
