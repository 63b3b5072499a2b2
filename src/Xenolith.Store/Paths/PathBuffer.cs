using System.Buffers.Text;
using Xenolith.Store.Wire;

namespace Xenolith.Store.Paths;

/// <summary>
/// Turns the paths of requests into canonical ones, in a buffer that is used again for each request: the result of
/// <see cref="TryResolve"/> is good until the next call. One per store, used by the store's one thread.
/// </summary>
internal sealed class PathBuffer
{
    private readonly byte[] _bytes = new byte[WireLimits.AbsolutePath + WireLimits.Payload + 64];

    /// <summary>
    /// The canonical form of <paramref name="text"/>, or false where Xen answers EINVAL: a character that is not allowed, an empty
    /// path, "//", a trailing '/', a path that is too long, a special name where none is allowed.
    /// </summary>
    /// <param name="text">The path as the client sent it.</param>
    /// <param name="domid">Relative paths stand below /local/domain/N of this domain.</param>
    /// <param name="relativeLimit">Bytes allowed below /local/domain/N.</param>
    /// <param name="allowSpecial">Whether "@name" may be meant.</param>
    /// <param name="path">The canonical path.</param>
    /// <param name="prefixLength">Bytes that were put before a relative or special path; clients see paths without them.</param>
    public bool TryResolve(ReadOnlySpan<byte> text, ushort domid, int relativeLimit, bool allowSpecial, out StorePath path, out int prefixLength)
    {
        path = default;
        prefixLength = 0;
        if (text.IsEmpty || !PathCharacters.AreValid(text))
            return false;

        var canonical = text;
        if (text[0] == '@')
        {
            if (!allowSpecial)
                return false;
            _bytes[0] = (byte)'/';
            text.CopyTo(_bytes.AsSpan(1));
            prefixLength = 1;
            canonical = _bytes.AsSpan(0, text.Length + 1);
        }
        else if (text[0] != '/')
        {
            prefixLength = WriteDomainPath(_bytes, domid);
            _bytes[prefixLength++] = (byte)'/';
            text.CopyTo(_bytes.AsSpan(prefixLength));
            canonical = _bytes.AsSpan(0, prefixLength + text.Length);
        }

        if (canonical.Length > WireLimits.AbsolutePath || canonical.Length - DomainPrefixLength(canonical) > relativeLimit)
            return false;
        if (canonical.Length > 1 && (canonical[^1] == '/' || canonical.IndexOf("//"u8) >= 0))
            return false;
        path = new StorePath(canonical);
        return true;
    }

    /// <summary>Writes "/local/domain/N" and returns its length.</summary>
    public static int WriteDomainPath(Span<byte> to, ushort domid)
    {
        "/local/domain/"u8.CopyTo(to);
        Utf8Formatter.TryFormat((uint)domid, to[14..], out var digits);
        return 14 + digits;
    }

    /// <summary>The bytes of "/local/domain/N/" at the start, 0 if the path does not begin so: they do not count as a domain's own.</summary>
    private static int DomainPrefixLength(ReadOnlySpan<byte> path)
    {
        if (!path.StartsWith("/local/domain/"u8))
            return 0;
        var slash = path[14..].IndexOf((byte)'/');
        return slash is > 0 and <= 5 && !path.Slice(14, slash).ContainsAnyExceptInRange((byte)'0', (byte)'9') ? 14 + slash + 1 : 0;
    }
}
