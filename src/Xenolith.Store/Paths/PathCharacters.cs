using System.Buffers;

namespace Xenolith.Store.Paths;

/// <summary>Which bytes a path may hold (docs/misc/xenstore.txt): ASCII letters and digits, '-', '/', '_' and '@'.</summary>
internal static class PathCharacters
{
    private static readonly SearchValues<byte> Allowed =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-/_@"u8);

    /// <summary>Whether every byte is allowed.</summary>
    public static bool AreValid(ReadOnlySpan<byte> path) => !path.ContainsAnyExcept(Allowed);
}
