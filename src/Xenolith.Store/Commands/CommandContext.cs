using System.Text;
using Xenolith.Store.Client;

namespace Xenolith.Store.Commands;

/// <summary>What a xenstore command works with.</summary>
internal sealed class CommandContext
{
    /// <summary>The name for messages.</summary>
    public required string Program { get; init; }

    /// <summary>The store.</summary>
    public required StoreClient Client { get; init; }

    /// <summary>The paths and values given.</summary>
    public required IReadOnlyList<string> Operands { get; init; }

    /// <summary>The options given, with their values.</summary>
    public required IReadOnlyDictionary<char, string> Options { get; init; }

    /// <summary>Where results go.</summary>
    public required Stream Output { get; init; }

    /// <summary>Where messages go.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>The transaction that the command runs in, or 0.</summary>
    public uint Transaction { get; set; }

    /// <summary>Whether an option was given.</summary>
    public bool Has(char option) => Options.ContainsKey(option);

    /// <summary>The number an option was given, or another if it was not.</summary>
    public int Number(char option, int otherwise) =>
        Options.TryGetValue(option, out var text) ? Wire.PayloadStrings.LeadingNumber(Encoding.UTF8.GetBytes(text)) : otherwise;

    /// <summary>Prints text.</summary>
    public void Print(string text) => Output.Write(Encoding.UTF8.GetBytes(text));

    /// <summary>Says what went wrong; returns the exit code for it.</summary>
    public int Fail(string message)
    {
        Error.WriteLine($"{Program}: {message}");
        return 1;
    }
}
