using System.Globalization;

namespace Xenolith.Toolstack.Hosts;

/// <summary>
/// The options of a Xen command line that mean something here: <c>dom0_mem</c>, <c>dom0_max_vcpus</c>, <c>dom0_vcpus_pin</c>. All others (consoles,
/// log levels) are kept for <c>xl info</c> and change nothing.
/// </summary>
public sealed record HypervisorOptions
{
    /// <summary>The whole command line, as <c>xl info</c> prints it.</summary>
    public string CommandLine { get; init; } = string.Empty;

    /// <summary>Domain-0's memory; null: not said.</summary>
    public Dom0Memory? Memory { get; init; }

    /// <summary>Domain-0's least vCPUs.</summary>
    public int LeastVcpus { get; init; } = 1;

    /// <summary>Domain-0's most vCPUs; null: as many as the host has CPUs.</summary>
    public int? MostVcpus { get; init; }

    /// <summary>Each of Domain-0's vCPUs is one host CPU.</summary>
    public bool PinVcpus { get; init; }

    /// <summary>Domain-0's vCPUs on a host: as many as it has CPUs, within the limits.</summary>
    public int VcpusOn(int hostCpus) => Math.Clamp(hostCpus, Math.Min(LeastVcpus, MostVcpus ?? hostCpus), Math.Max(1, MostVcpus ?? hostCpus));

    /// <summary>Reads a command line.</summary>
    /// <param name="line">Options with blanks between them.</param>
    /// <param name="place">Where it stands, for messages.</param>
    /// <exception cref="ToolstackException">One of the known options has a value that is none.</exception>
    public static HypervisorOptions Parse(string line, string place)
    {
        ArgumentNullException.ThrowIfNull(line);
        var options = new HypervisorOptions { CommandLine = line };
        foreach (var word in line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = word.IndexOf('=', StringComparison.Ordinal);
            options = options.With(equals < 0 ? word : word[..equals], equals < 0 ? null : word[(equals + 1)..], 1, place);
        }

        return options;
    }

    /// <summary>The options with one of them set; an unknown one changes nothing.</summary>
    internal HypervisorOptions With(string name, string? value, long bareUnitKib, string place)
    {
        ToolstackException Wrong(string problem) => new($"{place}: {name}: {problem}.");
        switch (name)
        {
            case "dom0_mem":
                return this with { Memory = Dom0Memory.TryParse(value ?? string.Empty, bareUnitKib, out var problem) ?? throw Wrong(problem) };
            case "dom0_max_vcpus":
                return TryRange(value ?? string.Empty, out var least, out var most)
                    ? this with { LeastVcpus = least, MostVcpus = most }
                    : throw Wrong($"\"{value}\" is no number of vCPUs such as 2, 1-4, or 2-");
            case "dom0_vcpus_pin":
                return this with { PinVcpus = value is null or "1" or "yes" or "on" or "true" or "enable" };
            case "no-dom0_vcpus_pin":
                return this with { PinVcpus = false };
            default:
                return this;
        }
    }

    private static bool TryRange(string text, out int least, out int? most)
    {
        (least, most) = (1, null);
        var dash = text.IndexOf('-', StringComparison.Ordinal);
        var (first, last) = dash < 0 ? (string.Empty, text) : (text[..dash], text[(dash + 1)..]);
        if (last.Length > 0)
        {
            if (!int.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number == 0)
            {
                return false;
            }

            most = number;
        }

        return first.Length == 0 ? last.Length > 0 : int.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out least) && least > 0;
    }
}
