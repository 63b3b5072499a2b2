using System.Runtime.InteropServices;

namespace Xenolith.Host.Compression;

/// <summary>Which container liblzma is to read.</summary>
public enum LzmaContainer
{
    /// <summary>An .xz stream, with whatever filters it names.</summary>
    Xz,

    /// <summary>The old .lzma file.</summary>
    Alone,
}

/// <summary>What one step of liblzma said (lzma_ret; values are its ABI).</summary>
public enum LzmaResult
{
    /// <summary>Go on.</summary>
    Ok = 0,

    /// <summary>The stream is complete.</summary>
    StreamEnd = 1,

    /// <summary>The check's type is not known to this library.</summary>
    UnsupportedCheck = 3,

    /// <summary>No memory.</summary>
    MemoryError = 5,

    /// <summary>The memory limit is passed.</summary>
    MemoryLimit = 6,

    /// <summary>Not this container.</summary>
    FormatError = 7,

    /// <summary>Filters or options that this library does not have.</summary>
    OptionsError = 8,

    /// <summary>The data is damaged.</summary>
    DataError = 9,

    /// <summary>No progress is possible: the input is truncated.</summary>
    BufferError = 10,

    /// <summary>Called wrongly.</summary>
    ProgrammingError = 11,
}

/// <summary>The host's liblzma, if it has one: loaded when first wanted, never a dependency.</summary>
public sealed unsafe class LibLzma
{
    private static readonly Lazy<LibLzma?> Instance = new(TryLoad);

    private readonly delegate* unmanaged<LzmaStreamState*, ulong, uint, int> _streamDecoder;
    private readonly delegate* unmanaged<LzmaStreamState*, ulong, int> _aloneDecoder;

    private LibLzma(nint streamDecoder, nint aloneDecoder, nint code, nint end)
    {
        _streamDecoder = (delegate* unmanaged<LzmaStreamState*, ulong, uint, int>)streamDecoder;
        _aloneDecoder = (delegate* unmanaged<LzmaStreamState*, ulong, int>)aloneDecoder;
        Code = (delegate* unmanaged<LzmaStreamState*, int, int>)code;
        End = (delegate* unmanaged<LzmaStreamState*, void>)end;
    }

    internal delegate* unmanaged<LzmaStreamState*, int, int> Code { get; }

    internal delegate* unmanaged<LzmaStreamState*, void> End { get; }

    /// <summary>The library, or null if the host has none.</summary>
    public static LibLzma? Load() => Instance.Value;

    /// <summary>Starts a decoder.</summary>
    /// <param name="container">What the bytes are.</param>
    /// <param name="memoryLimit">Most bytes liblzma may use; a stream that asks for more ends in <see cref="LzmaResult.MemoryLimit"/>.</param>
    public LzmaDecoder Open(LzmaContainer container, ulong memoryLimit)
    {
        var state = (LzmaStreamState*)NativeMemory.AllocZeroed((nuint)sizeof(LzmaStreamState));
        // SAFETY: a zeroed lzma_stream is LZMA_STREAM_INIT; the decoder owns and frees it.
        var result = container == LzmaContainer.Xz ? _streamDecoder(state, memoryLimit, 0) : _aloneDecoder(state, memoryLimit);
        if (result != (int)LzmaResult.Ok)
        {
            NativeMemory.Free(state);
            throw new InvalidOperationException($"liblzma does not start: {(LzmaResult)result}");
        }

        return new LzmaDecoder(this, state);
    }

    private static LibLzma? TryLoad() =>
        NativeLibrary.TryLoad("liblzma.so.5", out var library)
        && NativeLibrary.TryGetExport(library, "lzma_stream_decoder", out var stream)
        && NativeLibrary.TryGetExport(library, "lzma_alone_decoder", out var alone)
        && NativeLibrary.TryGetExport(library, "lzma_code", out var code)
        && NativeLibrary.TryGetExport(library, "lzma_end", out var end)
            ? new LibLzma(stream, alone, code, end)
            : null;

    /// <summary>lzma_stream as liblzma 5's ABI has it.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct LzmaStreamState
    {
        public byte* NextIn;
        public nuint AvailableIn;
        public ulong TotalIn;
        public byte* NextOut;
        public nuint AvailableOut;
        public ulong TotalOut;
        public void* Allocator;
        public void* Internal;
        public fixed ulong Reserved[12];
    }
}
