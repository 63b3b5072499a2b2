using System.Collections.Immutable;
using Xenolith.Config.Grammar;
using Xenolith.Config.Nics;

namespace Xenolith.Config.Reading;

/// <summary>Reads <c>vif</c>, and what its entries may not be together.</summary>
internal static class NicReading
{
    /// <summary>The interfaces of a domain, in order.</summary>
    public static ImmutableArray<NicConfig> Read(SettingReader reader, DomainType type)
    {
        var nics = ImmutableArray.CreateBuilder<NicConfig>();
        var numbers = new HashSet<int>();
        foreach (var atom in reader.Atoms("vif"))
        {
            if (!NicSpec.TryParse(atom.Text, Unused(numbers), out var nic, out var problem))
            {
                reader.Diagnostics.Error(atom.Position, problem!);
                continue;
            }

            Check(reader.Diagnostics, atom, nic, type);
            if (!numbers.Add(nic.DeviceId))
                reader.Diagnostics.Creation(atom.Position, $"vif `{atom.Text}': the domain already has a vif with devid {nic.DeviceId}");
            nics.Add(nic);
        }

        return nics.ToImmutable();
    }

    private static void Check(DiagnosticList diagnostics, CfgAtom atom, NicConfig nic, DomainType type)
    {
        if (nic.Type == "ioemu" && type != DomainType.Hvm)
            diagnostics.Creation(atom.Position, $"vif `{atom.Text}': type ioemu is an emulated card, which only HVM guests have; write type=vif or leave it out");
        if (nic.BackendDomain is not (null or "0" or "Domain-0"))
            diagnostics.Creation(atom.Position, $"vif `{atom.Text}': backend `{nic.BackendDomain}': only Domain-0 serves interfaces here; leave `backend' out");
        if (!nic.Forwards.IsEmpty && nic.Script is { } script)
            diagnostics.Creation(atom.Position, $"vif `{atom.Text}': `forward' is for passt and for switches with an uplink, not for the script `{script}'; the guest has an address of its own there");
    }

    private static int Unused(HashSet<int> numbers)
    {
        var number = 0;
        while (numbers.Contains(number))
            number++;
        return number;
    }
}
