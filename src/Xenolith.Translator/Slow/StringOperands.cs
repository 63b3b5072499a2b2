using Iced.Intel;
using Xenolith.Engine;

namespace Xenolith.Translator.Slow;

/// <summary>
/// The registers of a string instruction: source and destination with their segment bases, the count and the step. Changes are written to
/// the vCPU's registers as elements complete, so that a fault or an interruption leaves them where the CPU would.
/// </summary>
internal ref struct StringOperands
{
    private readonly VcpuContext _vcpu;
    private readonly bool _narrow;
    private readonly ulong _sourceBase;

    /// <summary>Takes the operands of an instruction.</summary>
    public StringOperands(VcpuContext vcpu, in Instruction instruction)
    {
        ref var registers = ref vcpu.Registers;
        _vcpu = vcpu;
        Size = SizeOf(instruction.Code);
        Repeats = instruction.HasRepPrefix || instruction.HasRepnePrefix;
        Stepping = (registers.Rflags & Condition.Trap) != 0;
        Backward = (registers.Rflags & Condition.Direction) != 0;
        for (var i = 0; i < instruction.OpCount; i++)
        {
            _narrow |= instruction.GetOpKind(i) is OpKind.MemorySegESI or OpKind.MemoryESEDI;
        }

        _sourceBase = instruction.SegmentPrefix switch { Register.FS => registers.FsBase, Register.GS => registers.GsBase, _ => 0 };
    }

    /// <summary>Bytes of an element.</summary>
    public int Size { get; }

    /// <summary>True with a repeat prefix.</summary>
    public bool Repeats { get; }

    /// <summary>True if DF is set.</summary>
    public bool Backward { get; }

    /// <summary>True if TF is set: a repeated instruction traps after each element.</summary>
    public bool Stepping { get; }

    /// <summary>Elements left to do; 1 without a repeat prefix.</summary>
    public readonly ulong Count => !Repeats ? 1 : _narrow ? (uint)_vcpu.Registers.Rcx : _vcpu.Registers.Rcx;

    /// <summary>Linear address of the source element.</summary>
    public readonly ulong Source => (_narrow ? (uint)_vcpu.Registers.Rsi : _vcpu.Registers.Rsi) + _sourceBase;

    /// <summary>Linear address of the destination element.</summary>
    public readonly ulong Destination => _narrow ? (uint)_vcpu.Registers.Rdi : _vcpu.Registers.Rdi;

    /// <summary>Elements that fit between an address and the end of its page in the direction of travel; 0 if already the first crosses.</summary>
    public readonly ulong ElementsInPage(ulong address)
    {
        var offset = (uint)address & (MachineFrames.PageSize - 1);
        if (Stepping || _vcpu.WatchesPage(address))
        {
            return offset + (uint)Size > MachineFrames.PageSize ? 0u : 1u;
        }

        if (offset + (uint)Size > MachineFrames.PageSize)
        {
            return 0;
        }

        return Backward ? (offset / (uint)Size) + 1 : (MachineFrames.PageSize - offset) / (uint)Size;
    }

    /// <summary>Moves the registers past completed elements.</summary>
    public readonly void Advance(ulong elements, bool source, bool destination)
    {
        ref var registers = ref _vcpu.Registers;
        var distance = elements * (ulong)Size;
        distance = Backward ? 0 - distance : distance;
        if (source)
        {
            registers.Rsi = Wrap(registers.Rsi + distance);
        }

        if (destination)
        {
            registers.Rdi = Wrap(registers.Rdi + distance);
        }

        if (Repeats)
        {
            registers.Rcx = Wrap(registers.Rcx - elements);
        }
    }

    private readonly ulong Wrap(ulong value) => _narrow ? (uint)value : value;

    private static int SizeOf(Code code) => code.Mnemonic() switch
    {
        Mnemonic.Movsb or Mnemonic.Stosb or Mnemonic.Lodsb or Mnemonic.Scasb or Mnemonic.Cmpsb => 1,
        Mnemonic.Movsw or Mnemonic.Stosw or Mnemonic.Lodsw or Mnemonic.Scasw or Mnemonic.Cmpsw => 2,
        Mnemonic.Movsd or Mnemonic.Stosd or Mnemonic.Lodsd or Mnemonic.Scasd or Mnemonic.Cmpsd => 4,
        _ => 8,
    };
}
