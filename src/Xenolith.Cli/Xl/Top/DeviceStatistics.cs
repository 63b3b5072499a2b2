using System.Globalization;

namespace Xenolith.Cli.Xl.Top;

/// <summary>What a virtual disk has done.</summary>
/// <param name="Device">Its number, as in <c>xl block-list</c>.</param>
/// <param name="OutOfRequests">How often a request found no free slot.</param>
/// <param name="Reads">Read requests.</param>
/// <param name="Writes">Write requests.</param>
/// <param name="SectorsRead">512-byte sectors read.</param>
/// <param name="SectorsWritten">512-byte sectors written.</param>
internal sealed record VbdStatistics(int Device, long OutOfRequests, long Reads, long Writes, long SectorsRead, long SectorsWritten);

/// <summary>What one direction of an interface has carried, as the guest sees it.</summary>
internal readonly record struct Traffic(long Bytes, long Packets, long Errors, long Drops);

/// <summary>What a virtual interface has carried.</summary>
/// <param name="Device">Its number.</param>
/// <param name="Received">To the guest.</param>
/// <param name="Sent">From the guest.</param>
internal sealed record VifStatistics(int Device, Traffic Received, Traffic Sent);

/// <summary>Statistics of a domain's devices, from the counters <c>vbd/DEVICE/...</c> and <c>vif/DEVICE/...</c> of its process.</summary>
internal sealed record DeviceStatistics(IReadOnlyList<VbdStatistics> Vbds, IReadOnlyList<VifStatistics> Vifs)
{
    /// <summary>A domain without devices.</summary>
    public static DeviceStatistics None { get; } = new([], []);

    /// <summary>A domain that could not be asked.</summary>
    public static DeviceStatistics Unknown { get; } = new([], []) { IsKnown = false };

    /// <summary>False if nothing is known; devices that no frontend has connected to yet have no row, and have done nothing.</summary>
    public bool IsKnown { get; private init; } = true;

    /// <summary>Finds the devices among a domain's counters.</summary>
    public static DeviceStatistics Of(IEnumerable<(string Name, string Value)> counters)
    {
        var vbds = new SortedDictionary<int, Dictionary<string, long>>();
        var vifs = new SortedDictionary<int, Dictionary<string, long>>();
        foreach (var (name, text) in counters)
        {
            if (name.Split('/') is not [var kind, var number, var what]
                || !int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var device)
                || !long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value))
                continue;
            var devices = kind switch { "vbd" => vbds, "vif" => vifs, _ => null };
            if (devices is null)
                continue;
            if (!devices.TryGetValue(device, out var values))
                devices[device] = values = new(StringComparer.Ordinal);
            values[what] = value;
        }

        return new(
            [.. vbds.Select(row => new VbdStatistics(row.Key, Value(row.Value, "oo"), Value(row.Value, "rd"), Value(row.Value, "wr"),
                Value(row.Value, "rsect"), Value(row.Value, "wsect")))],
            [.. vifs.Select(row => new VifStatistics(row.Key, Direction(row.Value, "rx"), Direction(row.Value, "tx")))]);
    }

    private static Traffic Direction(Dictionary<string, long> values, string direction) =>
        new(Value(values, direction + "_bytes"), Value(values, direction + "_packets"), Value(values, direction + "_errors"), Value(values, direction + "_drops"));

    private static long Value(Dictionary<string, long> values, string name) => values.GetValueOrDefault(name);
}
