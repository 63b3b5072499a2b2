using System.Text;
using Xenolith.Store.Client;
using Xenolith.Store.Wire;

namespace Xenolith.Store.Commands;

/// <summary>xenstore-control: commands to the daemon itself, for instance <c>xenstore-control quota</c>.</summary>
internal static class ControlCommand
{
    /// <summary>Sends the command and prints what comes back.</summary>
    public static int Run(string program, IReadOnlyList<string> arguments, Func<StoreClient> connect, Stream output, TextWriter error)
    {
        if (arguments.Count == 0)
        {
            error.WriteLine($"Usage:\n{program} <command> [<arg>...]");
            return 2;
        }

        using var client = connect();
        var answer = client.TryAsk(MessageType.Control, 0, StoreClient.Terminated([.. arguments]), out var reply);
        if (answer == StoreError.None)
        {
            var text = Encoding.UTF8.GetString(reply).TrimEnd('\0');
            if (text.Length > 0)
                output.Write(Encoding.UTF8.GetBytes(text + "\n"));
            return 0;
        }

        if (answer != StoreError.EINVAL)
            error.WriteLine($"xenstored refused '{string.Join(' ', arguments)}': {ErrorText.Of(answer)} ({answer})");
        else
            error.WriteLine($"Command not supported. Valid commands are:\n{client.Control("help")}");
        return 3;
    }
}
