using Xenolith.Host;
using Xenolith.Store.Client;

namespace Xenolith.Store.Commands;

/// <summary>
/// The programs <c>xenstore-ls</c>, <c>-read</c>, <c>-write</c>, <c>-list</c>, <c>-rm</c>, <c>-exists</c>, <c>-chmod</c>, <c>-watch</c>,
/// <c>-control</c>, and <c>xenstore MODE</c>: options, output and exit codes are those of Xen's.
/// </summary>
public static class XenstoreCommand
{
    private const string Prefix = "xenstore-";

    private static readonly (string Name, char Letter)[] LongOptions =
    [
        ("help", 'h'), ("flat", 'f'), ("prefix", 'p'), ("tidy", 't'), ("upto", 'u'), ("recurse", 'r'), ("number", 'n'), ("raw", 'R'), ("depth", 'd'),
    ];

    /// <summary>The names under which this command is known.</summary>
    public static IReadOnlyList<string> Names { get; } = ["xenstore", .. CommandMode.All.Select(mode => Prefix + mode.Name), "xenstore-control"];

    /// <summary>Runs the command; returns the exit code.</summary>
    /// <param name="program">The name it was called by, without a directory.</param>
    /// <param name="arguments">The arguments.</param>
    /// <param name="output">Standard output: values are bytes.</param>
    /// <param name="error">Standard error.</param>
    public static int Run(string program, IReadOnlyList<string> arguments, Stream output, TextWriter error) =>
        Run(program, arguments, StoreAddress.Connect, output, error);

    /// <summary>Runs the command on a store that is reached in another way: tests.</summary>
    internal static int Run(string program, IReadOnlyList<string> arguments, Func<StoreClient> connect, Stream output, TextWriter error)
    {
        try
        {
            if (program == "xenstore-control")
                return ControlCommand.Run(program, arguments, connect, output, error);
            var isPrefixed = program.StartsWith(Prefix, StringComparison.Ordinal);
            if (!isPrefixed && arguments.Count == 0)
            {
                error.WriteLine($"{program}: Usage: {program} <mode> [-h] [...]");
                return 1;
            }

            var name = isPrefixed ? program[Prefix.Length..] : arguments[0];
            var mode = CommandMode.All.FirstOrDefault(m => m.Name == name);
            if (mode is null)
            {
                error.WriteLine($"{program}: unknown mode {name}\n");
                return 1;
            }

            return Run(mode, program, isPrefixed, isPrefixed ? arguments : [.. arguments.Skip(1)], connect, output, error);
        }
        catch (Exception e) when (e is HostException or IOException or StoreException or InvalidDataException)
        {
            error.WriteLine($"{program}: {e.Message}");
            return 1;
        }
    }

    private static int Run(CommandMode mode, string program, bool isPrefixed, IReadOnlyList<string> arguments, Func<StoreClient> connect, Stream output, TextWriter error)
    {
        // Debian's programs exit with 1 after -h too.
        int Usage()
        {
            error.WriteLine($"{program}: Usage: {program} {(isPrefixed ? "" : mode.Name + " ")}{mode.Usage}");
            return 1;
        }

        var scan = new OptionScan(program, "hfspturn:Rd:", LongOptions, arguments, error);
        foreach (var (letter, _) in scan.Options)
        {
            if (letter != 's' && !mode.Letters.Contains(letter, StringComparison.Ordinal))
                return Usage();
        }

        if (mode.Name == "write" && scan.Operands.Count % 2 == 1)
            return Usage();
        if (mode.Name != "ls" && scan.Operands.Count == 0)
            return Usage();

        using var client = connect();
        var isTransaction = mode.Name switch
        {
            "read" => scan.Operands.Count > 1,
            "write" => scan.Operands.Count > 2,
            "ls" or "watch" => false,
            _ => true,
        };
        var options = scan.Options.GroupBy(o => o.Letter).ToDictionary(g => g.Key, g => g.Last().Value);
        while (true)
        {
            // Within a transaction the output waits for the commit, for the whole may have to be done again.
            using var buffered = isTransaction ? new MemoryStream() : null;
            var direct = new BufferedStream(output, 16 * 1024);
            var context = new CommandContext
            {
                Program = program,
                Client = client,
                Operands = scan.Operands,
                Options = options,
                Output = buffered ?? (Stream)direct,
                Error = error,
                Transaction = isTransaction ? client.StartTransaction() : 0,
            };
            var code = mode.Run(context);
            if (isTransaction && !client.EndTransaction(context.Transaction, commit: code == 0))
                continue;
            buffered?.WriteTo(direct);
            direct.Flush();
            return code;
        }
    }
}
