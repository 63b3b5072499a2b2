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

    /// <summary>A range of a mapped page as it is at each moment: for data that is moved or summed, never for what decides something.</summary>
    public static Span<byte> At(nint address, int length)
    {
        // SAFETY: the caller's promise; the page stays mapped while the span is used.
        return new((void*)address, length);
    }
}
