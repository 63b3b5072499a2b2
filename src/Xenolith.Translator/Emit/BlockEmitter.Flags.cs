using Xenolith.Translator.Cache;
using Xenolith.Translator.Decode;

namespace Xenolith.Translator.Emit;

/// <summary>Where the guest's arithmetic flags are, and how they get out of the way of the soft TLB's compares.</summary>
internal sealed partial class BlockEmitter
{
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

    /// <summary>Makes the host's flags right for an operation that reads some, or changes only some of the live ones. Keeps all registers.</summary>
    private void FlagsForOperation(InstructionFacts facts)
    {
        var read = facts.FlagsRead & GuestFlags.Arithmetic;
        var written = facts.FlagsWritten & GuestFlags.Arithmetic;
        if (read != 0 || (written != 0 && (_liveOut & ~facts.FlagsKilled) != 0))
        {
            RestoreFlags(GuestFlags.Arithmetic);
        }

        if (written != 0)
        {
            _hostFlags = true;
            _slotFlags = false;
        }
    }

    /// <summary>Loads the host's flags from the slot if they are needed and not there. Keeps all registers.</summary>
    private void RestoreFlags(GuestFlags needed)
    {
        if (_hostFlags || needed == 0)
        {
            _hostFlags = true;
            return;
        }

        if (_slotFlags)
        {
            LoadFlags(Code);
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

    /// <summary>Loads the host's arithmetic flags from the slot. Keeps all registers.</summary>
    public static void LoadFlags(HostCode code)
    {
        code.StoreState(State.SpillRax, HostCode.Rax);
        code.LoadState32(HostCode.Rax, State.SavedFlags);
        code.Bytes2(0x04, 0x7f); // add al, 0x7f
        code.Byte(0x9e); // sahf
        code.LoadState(HostCode.Rax, State.SpillRax);
    }
}
