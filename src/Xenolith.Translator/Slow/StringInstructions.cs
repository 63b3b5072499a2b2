using Iced.Intel;

namespace Xenolith.Translator.Slow;

/// <summary>movs, stos, lods, scas and cmps, with or without a repeat prefix: page by page, restartable after any element.</summary>
internal static class StringInstructions
{
    // After so many pages a repeated instruction lets the vCPU look at kicks and events; it goes on where it stopped.
    private const int PagesBeforeYield = 64;

    private enum Kind
    {
        Move,
        Store,
        Load,
        Scan,
        Compare,
    }

    /// <summary>Executes the instruction.</summary>
    public static SlowOutcome Execute(VcpuContext vcpu, in Instruction instruction)
    {
        var kind = KindOf(instruction.Mnemonic);
        var operands = new StringOperands(vcpu, instruction);
        for (var pages = 0; operands.Count != 0; pages++)
        {
            if (pages == PagesBeforeYield)
            {
                return SlowOutcome.Resume;
            }

            if (pages != 0 && operands.Stepping)
            {
                return Exceptions.RaiseSingleStep(vcpu);
            }

            bool stop;
            switch (kind)
            {
                case Kind.Move or Kind.Store:
                    var moved = kind == Kind.Move ? StringCopies.Move(vcpu, operands) : StringCopies.Store(vcpu, operands);
                    if (moved == 0)
                    {
                        return SlowOutcome.Exception;
                    }

                    operands.Advance(moved, source: kind == Kind.Move, destination: true);
                    stop = false;
                    break;
                case Kind.Load:
                    if (!Load(vcpu, operands))
                    {
                        return SlowOutcome.Exception;
                    }

                    stop = false;
                    break;
                default:
                    var untilEqual = instruction.HasRepnePrefix;
                    if (!StringScans.Compare(vcpu, operands, scan: kind == Kind.Scan, untilEqual, out stop))
                    {
                        return SlowOutcome.Exception;
                    }

                    break;
            }

            if (!operands.Repeats || stop)
            {
                break;
            }

            if ((vcpu.HasNotedStores || (vcpu.HasHits && operands.Count != 0)) && !operands.Stepping)
            {
                // Code was written: translations learn of it before more is. Or #DB comes before the next element.
                return SlowOutcome.Resume;
            }
        }

        return SlowOutcome.Done;
    }

    private static bool Load(VcpuContext vcpu, StringOperands operands)
    {
        // Only the last element of a repeated load is seen, but each may fault; nobody repeats it for speed.
        if (!GuestAccess.Read(vcpu, operands.Source, operands.Size, out var value))
        {
            return false;
        }

        ref var registers = ref vcpu.Registers;
        registers.Rax = operands.Size switch
        {
            1 => (registers.Rax & ~0xFFUL) | value,
            2 => (registers.Rax & ~0xFFFFUL) | value,
            _ => value,
        };
        operands.Advance(1, source: true, destination: false);
        return true;
    }

    private static Kind KindOf(Mnemonic mnemonic) => mnemonic switch
    {
        Mnemonic.Movsb or Mnemonic.Movsw or Mnemonic.Movsd or Mnemonic.Movsq => Kind.Move,
        Mnemonic.Stosb or Mnemonic.Stosw or Mnemonic.Stosd or Mnemonic.Stosq => Kind.Store,
        Mnemonic.Lodsb or Mnemonic.Lodsw or Mnemonic.Lodsd or Mnemonic.Lodsq => Kind.Load,
        Mnemonic.Scasb or Mnemonic.Scasw or Mnemonic.Scasd or Mnemonic.Scasq => Kind.Scan,
        _ => Kind.Compare,
    };
}
