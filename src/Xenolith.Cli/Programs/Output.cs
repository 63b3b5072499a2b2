using System.Text;
using Microsoft.Win32.SafeHandles;
using Xenolith.Host;

namespace Xenolith.Cli.Programs;

/// <summary>
/// A text stream to one descriptor. <see cref="Console"/> costs more than a whole <c>xl list</c> may take, so commands write here.
/// What is written is gathered and goes out at <see cref="Flush"/> or when much has come together; used by one thread.
/// </summary>
public class Output
{
    private const int FlushAt = 32 * 1024;
    private readonly SafeFileHandle? _descriptor;
    private readonly bool _immediate;
    private readonly StringBuilder _pending = new();

    /// <summary>A stream to a descriptor number, which stays open.</summary>
    /// <param name="descriptor">Usually 1 or 2.</param>
    /// <param name="immediate">Whether each write goes out at once, as messages must.</param>
    public Output(int descriptor, bool immediate)
    {
        _descriptor = new SafeFileHandle(descriptor, ownsHandle: false);
        _immediate = immediate;
    }

    /// <summary>A stream that only gathers, for tests.</summary>
    public Output()
    {
    }

    /// <summary>What was written and has not gone out.</summary>
    public string Pending => _pending.ToString();

    /// <summary>Writes text.</summary>
    public void Write(string text)
    {
        _pending.Append(text);
        if (_immediate || _pending.Length >= FlushAt)
            Flush();
    }

    /// <summary>What each line begins with (the global option <c>-T</c>); null for nothing.</summary>
    public Func<string>? LinePrefix { get; set; }

    /// <summary>Writes text and a line end; a message without what a terminal would obey, since messages quote disks and guests.</summary>
    public void Line(string text = "") => Write($"{LinePrefix?.Invoke()}{(_immediate ? PrintableText.Lines(text) : text)}\n");

    /// <summary>Lets everything go out.</summary>
    /// <exception cref="HostException">The reader is gone, or the disk full.</exception>
    public void Flush()
    {
        if (_descriptor is null || _pending.Length == 0)
            return;
        var bytes = Encoding.UTF8.GetBytes(_pending.ToString());
        _pending.Clear();
        Descriptors.WriteAll(_descriptor, bytes);
    }
}
