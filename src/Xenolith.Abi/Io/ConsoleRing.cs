namespace Xenolith.Abi.Io;

/// <summary>
/// Byte offsets of <c>struct xencons_interface</c> (xen/include/public/io/console.h): one page, two byte rings with free-running 32-bit
/// indices. "In" is towards the guest, "out" is from it.
/// </summary>
public static class ConsoleRing
{
    /// <summary>Bytes of the ring towards the guest.</summary>
    public const int InSize = 1024;

    /// <summary>Bytes of the ring from the guest.</summary>
    public const int OutSize = 2048;

    /// <summary>The ring towards the guest.</summary>
    public const int In = 0;

    /// <summary>The ring from the guest.</summary>
    public const int Out = 1024;

    /// <summary>u32: next byte the guest reads.</summary>
    public const int InConsumer = 3072;

    /// <summary>u32: next byte the host writes.</summary>
    public const int InProducer = 3076;

    /// <summary>u32: next byte the host reads.</summary>
    public const int OutConsumer = 3080;

    /// <summary>u32: next byte the guest writes.</summary>
    public const int OutProducer = 3084;
}
