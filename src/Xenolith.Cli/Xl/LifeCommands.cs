using Xenolith.Cli.Commands;
using Xenolith.Cli.Domains;
using Xenolith.Cli.Programs;
using Xenolith.Toolstack.Hosts;

namespace Xenolith.Cli.Xl;

/// <summary>Commands that change a domain's life.</summary>
internal static class LifeCommands
{
    public static Command Destroy { get; } = new("destroy", "[options] <Domain>", "End a domain at once")
    {
        Options = [new('f', null, "Accepted; Domain-0 is this host and cannot be destroyed")],
        Modifies = true,
        Least = 1,
        Run = use => OnGuest(use, "destroyed: it is this host itself", domain => use.Services.Host.Destroy(domain.Domid)),
    };

    public static Command Pause { get; } = new("pause", "<Domain>", "Stop a domain's vCPUs")
    {
        Modifies = true,
        Least = 1,
        Run = use => OnGuest(use, null, domain => use.Services.Host.Pause(domain.Domid)),
    };

    public static Command Unpause { get; } = new("unpause", "<Domain>", "Let a paused domain go on")
    {
        Modifies = true,
        Least = 1,
        Run = use => OnGuest(use, null, domain => use.Services.Host.Unpause(domain.Domid)),
    };

    public static Command Rename { get; } = new("rename", "<Domain> <NewDomainName>", "Give a domain another name")
    {
        Modifies = true,
        Least = 2,
        Run = use => OnGuest(use, "renamed: it is this host itself", domain => use.Services.Host.Rename(domain.Domid, use.Arguments[1])),
    };

    public static Command DumpCore { get; } = new("dump-core", "<Domain> <filename>", "Write a domain's memory and registers to a core file, without pausing it")
    {
        Modifies = true,
        Least = 2,
        Run = use => OnGuest(use, "dumped: it is this host itself", domain => use.Services.Host.DumpCore(domain.Domid, use.Arguments[1])),
    };

    public static Command Console { get; } = new("console", "[options] <Domain>", "Attach to a domain's console; ^] leaves it")
    {
        Options =
        [
            new('t', "type", "Type of console: pv", "TYPE"),
            new('n', "num", "Number of the console: 0", "NUM"),
            new('e', "escape", "The key that leaves, such as ^a; ^] unless given", "KEY"),
            new(null, "replay", "Begin with everything the console still remembers"),
        ],
        Least = 1,
        Run = use =>
        {
            if (use.Value("type") is { } type && type != "pv")
                return use.Fail($"console type `{type}': PV guests have only pv.", ExitCode.Usage);
            if (use.Value("num") is { } number && number != "0")
                return use.Fail($"console number `{number}': there is only console 0.");
            byte? leaveKey = null;
            if (use.Value("escape") is { } text && (leaveKey = Key(text)) is null)
                return use.Fail($"escape key `{text}': write ^ and a letter for Ctrl and that letter, such as ^a, or one character.", ExitCode.Usage);
            var domain = use.Services.Host.Find(use.Arguments[0]);
            if (domain.Domid == 0)
                return use.Fail("Domain-0 is this host itself; its console is the terminal you are at.", NoConsole);
            if (use.Services.Host.Console(domain.Domid, use.Has("replay"), leaveKey))
                use.Terminal.Error.Line(LeftConsole(domain.Name));
            return ExitCode.Success;
        },
    };

    public static Command Sysrq { get; } = new("sysrq", "<Domain> <letter>", "Send a magic sysrq to a domain")
    {
        Modifies = true,
        Least = 2,
        Run = use =>
        {
            var domain = use.Services.Host.Find(use.Arguments[0]);
            if (use.Arguments[1].Length != 1)
            {
                use.Terminal.Out.Write(Help.Of(use.Program, use.Command));
                return use.Fail($"Invalid sysrq: `{use.Arguments[1]}' is not one letter.");
            }

            if (domain.Domid == 0)
                return use.Fail("Domain-0 is this host itself; use its own /proc/sysrq-trigger.");
            use.Services.Host.Sysrq(domain.Domid, use.Arguments[1][0]);
            return ExitCode.Success;
        },
    };

    /// <summary>What is said to a person who left a console, below whatever the guest's line was.</summary>
    internal static string LeftConsole(string name) => $"\nThe console of {name} is left, the domain goes on; come back with: xl console {name}";

    // `^a' and `^]' as terminals write them; any other single character stands for itself.
    private static byte? Key(string text) => text switch
    {
        ['^', >= '?' and <= '_' or >= 'a' and <= 'z'] => (byte)(text[1] & 0x1f),
        [> '\0' and < '\x80'] => (byte)text[0],
        _ => null,
    };

    // EINVAL, which real xl gives for Domain-0 here.
    private const int NoConsole = 22;

    private static int OnGuest(Invocation use, string? refusalForHost, Action<DomainSummary> act)
    {
        var domain = use.Services.Host.Find(use.Arguments[0]);
        if (domain.Domid == 0)
        {
            // Real xl says that pausing Domain-0 failed, and exits 0.
            return refusalForHost is null
                ? use.Fail("Domain-0 is this host itself and stays as it is.", ExitCode.Success)
                : use.Fail($"Domain-0 cannot be {refusalForHost}.");
        }

        act(domain);
        return ExitCode.Success;
    }
}
