using System.Buffers.Text;
using System.Globalization;

namespace Xenolith.Store.Permissions;

/// <summary>
/// One entry of a node's permissions. The first entry names the owner, and its rights are those of every domain without an entry of its own.
/// </summary>
/// <param name="Domid">The domain meant.</param>
/// <param name="Rights">What it may do.</param>
public readonly record struct Permission(ushort Domid, AccessRights Rights)
{
    private static ReadOnlySpan<byte> Letters => "nrwb"u8;

    /// <summary>Reads an entry as the protocol writes it: a letter of n, r, w, b and a domain id.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out Permission permission)
    {
        permission = default;
        if (text.Length < 2)
            return false;
        var rights = Letters.IndexOf(text[0]);
        if (rights < 0 || !Utf8Parser.TryParse(text[1..], out uint domid, out var used) || used != text.Length - 1 || domid > ushort.MaxValue)
            return false;
        permission = new((ushort)domid, (AccessRights)rights);
        return true;
    }

    /// <summary>Writes the entry without a zero byte; returns the bytes written, at most 6.</summary>
    public int Format(Span<byte> to)
    {
        to[0] = Letters[(int)Rights & 3];
        Utf8Formatter.TryFormat((uint)Domid, to[1..], out var digits);
        return 1 + digits;
    }

    /// <summary>The entry as the protocol writes it, for instance "r7".</summary>
    public override string ToString() => $"{(char)Letters[(int)Rights & 3]}{Domid.ToString(CultureInfo.InvariantCulture)}";
}
