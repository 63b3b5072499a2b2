using Iced.Intel;

namespace Xenolith.Translator;

/// <summary>Decodes one instruction for the slow instructions, from a private copy of its bytes. A vCPU has one; its thread only.</summary>
internal sealed unsafe class SingleInstruction
{
    private const int Longest = 15;
    private readonly byte[] _bytes = new byte[Longest];
    private readonly Reader _reader;
    private readonly Decoder _decoder;
    private Instruction _instruction;

    private sealed class Reader(byte[] bytes) : CodeReader
    {
        public int At { get; set; }

        public int End { get; set; }

        public override int ReadByte() => At < End ? bytes[At++] : -1;
    }

    /// <summary>Makes a decoder.</summary>
    public SingleInstruction()
    {
        _reader = new Reader(_bytes);
        _decoder = Decoder.Create(64, _reader);
    }

    /// <summary>The decoded instruction.</summary>
    public ref readonly Instruction Instruction => ref _instruction;

    /// <summary>Its bytes.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, Math.Max(_instruction.Length, 1));

    /// <summary>Decodes. False if it reaches into the next page and <paramref name="second"/> is 0.</summary>
    public bool Decode(ulong rip, nint page, nint second)
    {
        var offset = (int)(rip & 4095);
        var first = Math.Min(Longest, 4096 - offset);
        // SAFETY: page and second are live 4096-byte pages; the copies stay inside them.
        new ReadOnlySpan<byte>((byte*)page + offset, first).CopyTo(_bytes);
        if (second != 0)
        {
            new ReadOnlySpan<byte>((void*)second, Longest - first).CopyTo(_bytes.AsSpan(first));
            first = Longest;
        }

        _reader.At = 0;
        _reader.End = first;
        _decoder.IP = rip;
        _decoder.Decode(out _instruction);
        return _decoder.LastError != DecoderError.NoMoreBytes || second != 0;
    }
}
