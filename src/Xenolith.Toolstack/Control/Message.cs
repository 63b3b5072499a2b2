using System.Globalization;
using System.Text;

namespace Xenolith.Toolstack.Control;

/// <summary>
/// One message between xl, monitor and domain process: a verb and named text fields. On the wire: the protocol's version (one byte), then the
/// verb and the alternating names and values, each ended by a zero byte, in UTF-8; at most <see cref="MaxBytes"/>. Descriptors travel beside it.
/// <para>Thread ownership: belongs to one thread while it is filled; unchanging afterwards.</para>
/// </summary>
public sealed class Message
{
    /// <summary>The protocol's version; both ends come from the same program, so another version means a program was replaced under a running domain.</summary>
    public const byte Version = 1;

    /// <summary>The longest message.</summary>
    public const int MaxBytes = 64 * 1024;

    private readonly Dictionary<string, string> _fields = new(StringComparer.Ordinal);

    /// <summary>A message without fields.</summary>
    /// <param name="verb">One of <see cref="Verbs"/>.</param>
    public Message(string verb) => Verb = verb;

    /// <summary>What it asks or says.</summary>
    public string Verb { get; }

    /// <summary>The fields by name.</summary>
    public IReadOnlyDictionary<string, string> Fields => _fields;

    /// <summary>Adds a field. Zero bytes cannot be carried and are dropped.</summary>
    public Message With(string name, string value)
    {
        _fields[name] = value.Replace("\0", string.Empty, StringComparison.Ordinal);
        return this;
    }

    /// <summary>Adds a number.</summary>
    public Message With(string name, long value) => With(name, value.ToString(CultureInfo.InvariantCulture));

    /// <summary>Adds a flag.</summary>
    public Message With(string name, bool value) => With(name, value ? "1" : "0");

    /// <summary>A field's text, empty if it is absent.</summary>
    public string Text(string name) => _fields.GetValueOrDefault(name, string.Empty);

    /// <summary>A field as a number; <paramref name="absent"/> if it is absent or no number.</summary>
    public long Number(string name, long absent = 0) =>
        long.TryParse(Text(name), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : absent;

    /// <summary>A field as a flag.</summary>
    public bool Flag(string name) => Text(name) == "1";

    /// <summary>The wire form. A message that is too long throws <see cref="InvalidDataException"/>.</summary>
    public byte[] ToBytes()
    {
        var text = new StringBuilder(Verb).Append('\0');
        foreach (var (name, value) in _fields)
        {
            text.Append(name).Append('\0').Append(value).Append('\0');
        }

        var bytes = new byte[1 + Encoding.UTF8.GetByteCount(text.ToString())];
        if (bytes.Length > MaxBytes)
        {
            throw new InvalidDataException($"message {Verb} is {bytes.Length} bytes long; at most {MaxBytes} are allowed");
        }

        bytes[0] = Version;
        Encoding.UTF8.GetBytes(text.ToString(), bytes.AsSpan(1));
        return bytes;
    }

    /// <summary>Reads the wire form; throws <see cref="InvalidDataException"/> if it is not one.</summary>
    public static Message FromBytes(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 2 || bytes[^1] != 0)
        {
            throw new InvalidDataException("a control message is malformed");
        }

        if (bytes[0] != Version)
        {
            throw new InvalidDataException($"a control message has version {bytes[0]}, this program speaks {Version}: the program was replaced while the domain ran");
        }

        var parts = Encoding.UTF8.GetString(bytes[1..^1]).Split('\0');
        if (parts.Length % 2 == 0)
        {
            throw new InvalidDataException("a control message is malformed");
        }

        var message = new Message(parts[0]);
        for (var i = 1; i < parts.Length; i += 2)
        {
            message._fields[parts[i]] = parts[i + 1];
        }

        return message;
    }

    /// <inheritdoc/>
    public override string ToString() => Verb;
}
