namespace Xenolith.Devices.Rings;

/// <summary>Copies out of and into mapped guest pages.</summary>
internal static unsafe class MappedBytes
{
    /// <summary>Copies from a mapped page; the caller has checked that the range lies inside it.</summary>
    public static void Copy(nint address, Span<byte> destination)
    {
        // SAFETY: the caller's promise; a guest that changes the bytes meanwhile changes only what is copied.
        new ReadOnlySpan<byte>((void*)address, destination.Length).CopyTo(destination);
    }

    /// <summary>Copies into a mapped page; the caller has checked that the range lies inside it.</summary>
    public static void Write(nint address, ReadOnlySpan<byte> source)
    {
        // SAFETY: as above.
        source.CopyTo(new Span<byte>((void*)address, source.Length));
    }
}
