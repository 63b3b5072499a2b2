using Xenolith.Engine;
using Xenolith.Machine.Privileged;

namespace Xenolith.Machine;

/// <summary>Fetching instructions for emulation.</summary>
public sealed partial class Vcpu
{
    private InstructionDecoder? _decoder;

    /// <summary>Bytes of the instruction under emulation.</summary>
    internal byte[] InstructionBuffer { get; } = new byte[16];

    /// <summary>Decodes <see cref="InstructionBuffer"/>.</summary>
    internal InstructionDecoder InstructionDecoder => _decoder ??= new(InstructionBuffer);

    /// <summary>Reads code; false if a byte cannot be fetched.</summary>
    internal bool TryFetchGuest(ulong address, Span<byte> into)
    {
        for (var i = 0; i < into.Length; i++)
        {
            if ((i == 0 || ((address + (ulong)i) & 0xfff) == 0) && !TryTranslate(address + (ulong)i, WalkAccess.Fetch, out _, out _))
            {
                return false;
            }
        }

        return TryReadGuest(address, into);
    }

    /// <summary>Reads up to 15 bytes of code and returns how many could be had; 0 if not even the first (a page fault).</summary>
    internal int FetchInstruction(ulong address, byte[] buffer)
    {
        var inPage = Math.Min(15, MachineFrames.PageSize - (int)(address & 0xfff));
        if (!TryFetchGuest(address, buffer.AsSpan(0, inPage)))
        {
            return 0;
        }

        return inPage < 15 && TryFetchGuest(address + (ulong)inPage, buffer.AsSpan(inPage, 15 - inPage)) ? 15 : inPage;
    }
}
