using Iced.Intel;

namespace Xenolith.Machine.Privileged;

/// <summary>A vCPU's decoder over its own buffer: made once, so that an emulated instruction allocates nothing.</summary>
internal sealed class InstructionDecoder
{
    private readonly ByteArrayCodeReader _reader;
    private readonly Decoder _decoder64;
    private readonly Decoder _decoder32;

    public InstructionDecoder(byte[] buffer)
    {
        _reader = new ByteArrayCodeReader(buffer);
        _decoder64 = Decoder.Create(64, _reader);
        _decoder32 = Decoder.Create(32, _reader);
    }

    /// <summary>Decodes what is in the buffer. A truncated instruction has the mnemonic INVALID.</summary>
    public Instruction Decode(ulong rip, int length, bool is64Bit)
    {
        _reader.Position = 0;
        var decoder = is64Bit ? _decoder64 : _decoder32;
        decoder.IP = rip;
        decoder.Decode(out var instruction);
        return instruction.Length > length ? default : instruction;
    }
}
