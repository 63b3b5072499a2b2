using System.Globalization;
using Xenolith.Devices.Block;
using Xenolith.Devices.Rings;
using Xenolith.Toolstack.Control;

namespace Xenolith.Toolstack.Devices.Disks;

/// <summary>Reads what a block frontend wrote when it became ready (xen/include/public/io/blkif.h, "Frontend XenBus Nodes"). The guest wrote it: anything may be there.</summary>
internal static class VbdFrontend
{
    /// <summary>Fields of the order to connect: the rings' grant references and the event channels, queue by queue.</summary>
    public const string RingsField = "ring-refs", ChannelsField = "event-channels";

    /// <summary>What stands between two queues, and between two pages of a ring, in those fields.</summary>
    public const char BetweenQueues = ';', BetweenPages = ',';

    /// <summary>Fills the order to connect; what is wrong with the nodes, or null.</summary>
    public static string? Read(Func<string, string?> node, Message order)
    {
        if ((node("multi-queue-num-queues") is { } wanted ? Number(wanted) ?? 0 : 1) is var queues && (queues < 1 || queues > BlockBackend.MaxQueues))
        {
            return $"it wants {node("multi-queue-num-queues")} queues; 1 to {BlockBackend.MaxQueues} were offered";
        }

        // Linux counts in orders, others (Windows, older blkfronts) in pages.
        var pages = Number(node("ring-page-order")) is { } order2 and <= 31 ? 1L << (int)order2 : Number(node("num-ring-pages")) ?? 1;
        if (pages is < 1 or > MappedRing.MaxPages)
        {
            return $"a ring of {pages} pages; at most {MappedRing.MaxPages} were offered";
        }

        var rings = new List<string>();
        var channels = new List<uint>();
        for (var queue = 0; queue < queues; queue++)
        {
            // With one queue the nodes lie in the device's own directory.
            var directory = queues == 1 ? string.Empty : string.Create(CultureInfo.InvariantCulture, $"queue-{queue}/");
            var references = new List<uint>();
            for (var page = 0; page < pages; page++)
            {
                var name = directory + (page == 0 && node(directory + "ring-ref") is not null ? "ring-ref" : string.Create(CultureInfo.InvariantCulture, $"ring-ref{page}"));
                if (Number(node(name)) is not { } reference)
                {
                    return $"node {name} is missing or no number";
                }

                references.Add(reference);
            }

            if (Number(node(directory + "event-channel")) is not { } port)
            {
                return $"node {directory}event-channel is missing or no number";
            }

            rings.Add(string.Join(BetweenPages, references));
            channels.Add(port);
        }

        order.With(RingsField, string.Join(BetweenQueues, rings)).With(ChannelsField, string.Join(BetweenQueues, channels));
        if (node("protocol") is { Length: > 0 } protocol)
        {
            order.With("protocol", protocol);
        }

        return null;
    }

    private static uint? Number(string? text) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
