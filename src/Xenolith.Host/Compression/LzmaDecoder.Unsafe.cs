using System.Runtime.InteropServices;

namespace Xenolith.Host.Compression;

/// <summary>One running decoder of <see cref="LibLzma"/>. One thread.</summary>
public sealed unsafe class LzmaDecoder : IDisposable
{
    private const int Run = 0;

    private readonly LibLzma _library;
    private LibLzma.LzmaStreamState* _state;

    internal LzmaDecoder(LibLzma library, LibLzma.LzmaStreamState* state)
    {
        _library = library;
        _state = state;
    }

    /// <summary>Unpacks as much as input and output allow.</summary>
    /// <param name="input">Packed bytes; shortened by what was used.</param>
    /// <param name="output">Room for unpacked bytes.</param>
    /// <param name="written">Bytes of it that were filled.</param>
    public LzmaResult Decode(ref ReadOnlySpan<byte> input, Span<byte> output, out int written)
    {
        ObjectDisposedException.ThrowIf(_state == null, this);
        fixed (byte* from = input)
        fixed (byte* to = output)
        {
            // SAFETY: both spans are fixed during the call, and liblzma stays within the lengths it is given.
            _state->NextIn = from;
            _state->AvailableIn = (nuint)input.Length;
            _state->NextOut = to;
            _state->AvailableOut = (nuint)output.Length;
            var result = (LzmaResult)_library.Code(_state, Run);
            input = input[^(int)_state->AvailableIn..];
            written = output.Length - (int)_state->AvailableOut;
            return result;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_state != null)
        {
            // SAFETY: started by LibLzma.Open and ended once.
            _library.End(_state);
            NativeMemory.Free(_state);
            _state = null;
        }
    }
}
