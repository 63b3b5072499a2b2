using System.Collections.Immutable;
using System.Globalization;
using Xenolith.Config.Grammar;
using Xenolith.Config.Processors;

namespace Xenolith.Config.Reading;

/// <summary>Reads <c>vnuma = [ [ "pnode=0", "size=128", "vcpus=0", "vdistances=10,20" ], ... ]</c>.</summary>
internal static class NumaReading
{
    /// <summary>The virtual nodes; empty when none are given.</summary>
    public static ImmutableArray<NumaNode> Read(SettingReader reader, int maxVcpus)
    {
        if (reader.Value("vnuma") is not CfgList { Items.IsEmpty: false } list)
            return [];
        var nodes = ImmutableArray.CreateBuilder<NumaNode>();
        foreach (var item in list.Items)
        {
            if (item is CfgList words)
                nodes.Add(Node(reader, words, nodes.Count, list.Items.Length));
            else
                reader.Diagnostics.Error(item.Position, "each node of `vnuma' is a list of strings such as [ \"pnode=0\", \"size=128\" ]");
        }

        var vcpus = nodes.Sum(node => node.Vcpus.Length);
        if (!reader.Diagnostics.HasErrors && vcpus != maxVcpus)
            reader.Diagnostics.Error(list.Position, $"the nodes of `vnuma' have {vcpus} vCPUs together, the domain {maxVcpus}");
        return nodes.ToImmutable();
    }

    private static NumaNode Node(SettingReader reader, CfgList words, int index, int count)
    {
        // A node's distance to itself is 10 and to any other 20 unless it says otherwise.
        var node = new NumaNode(0, 0, [.. Enumerable.Range(0, count).Select(other => other == index ? 10 : 20)], []);
        foreach (var word in words.Items.OfType<CfgAtom>())
        {
            var (key, value) = word.Text.Split('=', 2, StringSplitOptions.TrimEntries) is [var k, var v] ? (k, v) : (word.Text, "");
            var numbers = Numbers(value);
            switch (key)
            {
                case "pnode" when numbers is [0]: break;
                case "pnode" when numbers is [_]:
                    reader.Diagnostics.Error(word.Position, $"`vnuma': the host has one NUMA node, 0; there is no node {value}");
                    break;
                case "size" when numbers is [var mib]: node = node with { MemoryKiB = mib * 1024L }; break;
                case "vcpus" when numbers is { Length: > 0 }: node = node with { Vcpus = [.. numbers] }; break;
                case "vdistances" when numbers is { Length: > 0 }: node = node with { Distances = [.. numbers] }; break;
                default:
                    reader.Diagnostics.Error(word.Position,
                        $"`vnuma': `{word.Text}' is none of pnode=N, size=MIB, vcpus=CPUS, vdistances=N,N,...");
                    break;
            }
        }

        return node;
    }

    private static int[]? Numbers(string text)
    {
        var numbers = new List<int>();
        foreach (var part in text.Split(','))
        {
            var ends = part.Split('-');
            if (ends.Length > 2 || !TryNumber(ends[0], out var first) || !TryNumber(ends[^1], out var last) || last - first is < 0 or > 4096)
                return null;
            numbers.AddRange(Enumerable.Range(first, last - first + 1));
        }

        return [.. numbers];
    }

    private static bool TryNumber(string text, out int number) =>
        int.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
