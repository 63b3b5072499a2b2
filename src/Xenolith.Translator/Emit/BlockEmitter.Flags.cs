using Iced.Intel;
using Xenolith.Translator.Analyse;
using Xenolith.Translator.Cache;
using Xenolith.Translator.Decode;

namespace Xenolith.Translator.Emit;

/// <summary>Where the guest's arithmetic flags are, and how they get out of the way of the soft TLB's compares.</summary>
internal sealed partial class BlockEmitter
{
    /// <summary>No register is free.</summary>
    private const int NoScratch = -1;

    /// <summary>To be called before code that destroys flags: saves them once if anybody still needs them. Uses r10.</summary>
    private void ClobberFlags()
    {
        if (_liveIn != 0 && !_slotFlags)
        {
            SaveFlags(Code, HostCode.R10);
            _slotFlags = true;
        }

        _hostFlags = false;
        if (_slotFlags)
        {
            Row.Flags |= CodeRow.SlotAtOperation;
        }
    }

    /// <summary>Makes the host's flags right for an operation that reads some, or changes only some of the live ones. Destroys the scratch register, nothing else.</summary>
    private void FlagsForOperation(InstructionFacts facts, int scratch = NoScratch)
    {
        var read = facts.FlagsRead & GuestFlags.Arithmetic;
        var written = facts.FlagsWritten & GuestFlags.Arithmetic;
        if (read != 0 || (written != 0 && (_liveOut & ~facts.FlagsKilled) != 0))
        {
            RestoreFlags(GuestFlags.Arithmetic, scratch);
        }

        if (written != 0)
        {
            _hostFlags = true;
            _slotFlags = false;
        }
    }

    /// <summary>Loads the host's flags from the slot if they are needed and not there. Destroys the scratch register, nothing else.</summary>
    private void RestoreFlags(GuestFlags needed, int scratch = HostCode.R10)
    {
        if (_hostFlags || needed == 0)
        {
            _hostFlags = true;
            return;
        }

        if (_slotFlags)
        {
            LoadFlags(Code, scratch);
        }

        _hostFlags = true;
    }

    /// <summary>True if the flags are live behind the current instruction and only in the slot: whoever is jumped to loads them if it needs them.</summary>
    private bool LeavesFlagsInSlot => _liveOut != 0 && !_hostFlags && _slotFlags;

    // Whoever is reached through the branch hash expects them there. Uses r11.
    private void FlagsToSlot(HostCode code)
    {
        if (_hostFlags && !_slotFlags)
        {
            SaveFlags(code, HostCode.R11);
        }
    }

    /// <summary>Puts the host's arithmetic flags into the slot. Destroys a scratch register.</summary>
    public static void SaveFlags(HostCode code, int scratch)
    {
        code.Move(scratch, HostCode.Rax);
        code.Byte(0x9f); // lahf
        code.Bytes3(0x0f, 0x90, 0xc0); // seto al
        code.StoreState32(State.SavedFlags, HostCode.Rax);
        code.Move(HostCode.Rax, scratch);
    }

    /// <summary>Loads the host's arithmetic flags from the slot. Destroys the scratch register, or none if that is <see cref="NoScratch"/>.</summary>
    public static void LoadFlags(HostCode code, int scratch)
    {
        if (scratch == NoScratch)
        {
            code.StoreState(State.SpillRax, HostCode.Rax);
        }
        else
        {
            code.Move(scratch, HostCode.Rax);
        }

        code.LoadState32(HostCode.Rax, State.SavedFlags);
        code.Bytes2(0x04, 0x7f); // add al, 0x7f
        code.Byte(0x9e); // sahf
        if (scratch == NoScratch)
        {
            code.LoadState(HostCode.Rax, State.SpillRax);
        }
        else
        {
            code.Move(HostCode.Rax, scratch);
        }
    }

    /// <summary>
    /// Makes the host's flags such that a jump on the returned condition goes as one on the given would with the guest's. Where the guest's are in the slot, one
    /// of them is tested there and they stay there; the two conditions that need three of them load them.
    /// </summary>
    private int FlagsForCondition(int condition)
    {
        var (offset, mask) = (condition >> 1) switch
        {
            0 => (0, 0x01), // o
            1 => (1, 0x01), // b
            2 => (1, 0x40), // e
            3 => (1, 0x41), // be
            4 => (1, 0x80), // s
            5 => (1, 0x04), // p
            _ => (0, 0),
        };
        if (mask == 0 || _hostFlags || !_slotFlags)
        {
            RestoreFlags(GuestFlags.Arithmetic);
            return condition;
        }

        Code.TestStateByte(State.SavedFlags + offset, mask);
        return (condition & 1) != 0 ? Equal : NotEqual;
    }

    // True if the flags are live at the block's start and nobody in it reads them before they have to get out of the way: then the block has a second entry for
    // who has them in the slot.
    private static bool SavesFlagsFirst(DecodedBlock block)
    {
        for (var i = 0; i < block.Count && block.LiveIn[i] != 0; i++)
        {
            ref readonly var instruction = ref block.Instructions[i];
            var facts = block.Facts[i];
            switch (facts.Class)
            {
                case InstructionClass.Stack:
                    return true;
                case InstructionClass.ControlFlow:
                    return instruction.FlowControl is FlowControl.Call or FlowControl.IndirectCall or FlowControl.IndirectBranch or FlowControl.Return;
                case InstructionClass.Copy when ((facts.FlagsRead | facts.FlagsWritten) & GuestFlags.Arithmetic) == 0:
                    if (HasMemory(instruction) && !facts.Has(InstructionTraits.AddressOnly | InstructionTraits.Nop))
                    {
                        return true;
                    }

                    break;
                default:
                    return false;
            }
        }

        return false;
    }
}
