using System.Buffers.Text;

namespace Xenolith.Store.Wire;

/// <summary>Takes the zero-terminated strings of a payload one after the other.</summary>
internal ref struct PayloadStrings(ReadOnlySpan<byte> payload)
{
    /// <summary>What has not been taken yet.</summary>
    public ReadOnlySpan<byte> Rest { get; private set; } = payload;

    /// <summary>The next string without its zero byte; false when no further zero byte follows.</summary>
    public bool TryTake(out ReadOnlySpan<byte> text)
    {
        var end = Rest.IndexOf((byte)0);
        if (end < 0)
        {
            text = default;
            return false;
        }

        text = Rest[..end];
        Rest = Rest[(end + 1)..];
        return true;
    }

    /// <summary>The only string of a payload that must hold exactly one, terminated.</summary>
    public static bool TryOnly(ReadOnlySpan<byte> payload, out ReadOnlySpan<byte> text)
    {
        var end = payload.IndexOf((byte)0);
        var only = end >= 0 && end == payload.Length - 1;
        text = only ? payload[..end] : default;
        return only;
    }

    /// <summary>How many terminated strings the payload holds.</summary>
    public static int Count(ReadOnlySpan<byte> payload) => payload.Count((byte)0);

    /// <summary>A domain id as the protocol writes it: decimal, 0..65535.</summary>
    public static bool TryDomid(ReadOnlySpan<byte> text, out ushort domid)
    {
        domid = 0;
        if (!Utf8Parser.TryParse(text, out uint number, out var used) || used != text.Length || number > ushort.MaxValue)
            return false;
        domid = (ushort)number;
        return true;
    }

    /// <summary>A number at the start of the text, 0 if there is none: C's atoi, which clients of the protocol rely on.</summary>
    public static int LeadingNumber(ReadOnlySpan<byte> text)
    {
        text = text.TrimStart(" \t\n\v\f\r"u8);
        return Utf8Parser.TryParse(text, out int number, out _) ? number : 0;
    }
}
