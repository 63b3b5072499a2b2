using System.Globalization;
using Xenolith.Cli.Commands;
using Xenolith.Cli.Programs;

namespace Xenolith.Cli.Xl;

/// <summary>Commands about the store's quotas.</summary>
internal static class StoreCommands
{
    public static Command QuotaGet { get; } = new("xenstore-quota-get", "<Domain>|-g", "Print store quotas")
    {
        Options = [Global],
        Run = use =>
        {
            if (!TryDomain(use, out var domid, out _))
                return ExitCode.Failure;
            use.Terminal.Out.Write("Quota name           Quota value\n--------------------------------\n");
            foreach (var (name, value) in use.Services.Host.StoreQuotas(domid))
                use.Terminal.Out.Write($"{name,-20} {value,8}\n");
            return ExitCode.Success;
        },
    };

    public static Command QuotaSet { get; } = new("xenstore-quota-set", "<Domain>|-g <quota>=<val>...", "Set store quotas")
    {
        Options = [Global],
        Modifies = true,
        Run = use =>
        {
            if (!TryDomain(use, out var domid, out var settings))
                return ExitCode.Failure;
            if (settings.Count == 0)
                return use.Fail("Not enough parameters: name a quota and its value, such as nodes=2000.");
            foreach (var setting in settings)
            {
                if (setting.Split('=') is not [{ Length: > 0 } name, var text] || !uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value))
                    return use.Fail($"`{setting}' is not of the form quota=number.");
                use.Services.Host.SetStoreQuota(domid, name, value);
            }

            return ExitCode.Success;
        },
    };

    private static Option Global => new('g', "global", "The quotas that hold for all domains");

    private static bool TryDomain(Invocation use, out int? domid, out IReadOnlyList<string> rest)
    {
        (domid, rest) = (null, use.Arguments);
        if (use.Has("global"))
            return true;
        if (use.Arguments.Count == 0)
        {
            use.Fail("Domain or \"-g\" must be specified.");
            return false;
        }

        domid = use.Services.Host.Find(use.Arguments[0]).Domid;
        rest = [.. use.Arguments.Skip(1)];
        return true;
    }
}
