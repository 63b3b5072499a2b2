using System.Globalization;
using System.Text;

namespace Xenolith.Cli.Xl;

/// <summary>The part that <c>xl info -n</c> adds: CPUs, devices and NUMA nodes, of which guests are shown one.</summary>
internal static class Topology
{
    /// <summary>The text.</summary>
    /// <param name="cpus">How many CPUs.</param>
    /// <param name="facts">The other facts, for memory and cores.</param>
    public static string Text(int cpus, IReadOnlyList<(string Name, string Value)> facts)
    {
        var text = new StringBuilder("cpu_topology           :\ncpu:    core    socket     node\n");
        var perSocket = Math.Max(1, Number(facts, "cores_per_socket"));
        var perCore = Math.Max(1, Number(facts, "threads_per_core"));
        for (var cpu = 0; cpu < cpus; cpu++)
        {
            var core = cpu / perCore;
            text.Append(CultureInfo.InvariantCulture, $"{cpu,3}:    {core % perSocket,4}     {core / perSocket,4}     {0,4}\n");
        }

        text.Append("device topology        :\ndevice           node\nNo device topology data available\n");
        text.Append("numa_info              :\nnode:    memsize    memfree    distances\n");
        text.Append(CultureInfo.InvariantCulture, $"{0,4}:    {Number(facts, "total_memory"),6}     {Number(facts, "free_memory"),6}      10\n");
        return text.ToString();
    }

    private static int Number(IReadOnlyList<(string Name, string Value)> facts, string name) =>
        int.TryParse(facts.FirstOrDefault(fact => fact.Name == name).Value, CultureInfo.InvariantCulture, out var number) ? number : 0;
}
