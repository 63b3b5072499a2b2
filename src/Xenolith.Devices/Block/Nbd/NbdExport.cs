namespace Xenolith.Devices.Block.Nbd;

/// <summary>What an NBD server said of an export when it was opened.</summary>
/// <param name="Bytes">Size.</param>
/// <param name="Flags">Transmission flags.</param>
/// <param name="MinimumBlock">Smallest request in bytes; 1 if the server did not say.</param>
public sealed record NbdExport(long Bytes, NbdFlags Flags, int MinimumBlock);

/// <summary>Transmission flags (NBD protocol, "Transmission flags").</summary>
[Flags]
public enum NbdFlags
{
    /// <summary>NBD_FLAG_HAS_FLAGS.</summary>
    HasFlags = 1,

    /// <summary>NBD_FLAG_READ_ONLY.</summary>
    ReadOnly = 2,

    /// <summary>NBD_FLAG_SEND_FLUSH: the flush command works.</summary>
    SendFlush = 4,

    /// <summary>NBD_FLAG_SEND_FUA.</summary>
    SendFua = 8,

    /// <summary>NBD_FLAG_SEND_TRIM: the trim command works.</summary>
    SendTrim = 32,
}

/// <summary>An NBD server refused, or broke the protocol. The message says which and what to look at.</summary>
public sealed class NbdException(string message) : IOException(message);
