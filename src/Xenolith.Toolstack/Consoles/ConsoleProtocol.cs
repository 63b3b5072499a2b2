namespace Xenolith.Toolstack.Consoles;

/// <summary>
/// The console socket's protocol: a viewer's first byte says how it attaches, the monitor answers <see cref="Attached"/>, and from then on both
/// directions are the console's bytes. The end of the stream is the end of the domain.
/// </summary>
internal static class ConsoleProtocol
{
    /// <summary>The socket's name in a domain's directory.</summary>
    public const string SocketName = "console";

    /// <summary>First byte of a viewer that wants new text (and what nobody has seen).</summary>
    public const byte New = (byte)'n';

    /// <summary>First byte of a viewer that wants the whole history.</summary>
    public const byte Replay = (byte)'r';

    /// <summary>The monitor's answer.</summary>
    public const byte Attached = (byte)'+';

    /// <summary>The key that leaves a console: ^].</summary>
    public const byte LeaveKey = 0x1d;
}
