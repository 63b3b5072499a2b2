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
            Code.Move(HostCode.R10, HostCode.Rax);
            Code.Byte(0x9f); // lahf
            Code.Bytes3(0x0f, 0x90, 0xc0); // seto al
            Code.StoreState32(State.SavedFlags, HostCode.Rax);
            Code.Move(HostCode.Rax, HostCode.R10);
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
            Code.StoreState(State.SpillRax, HostCode.Rax);
            Code.LoadState32(HostCode.Rax, State.SavedFlags);
            Code.Bytes2(0x04, 0x7f); // add al, 0x7f
            Code.Byte(0x9e); // sahf
            Code.LoadState(HostCode.Rax, State.SpillRax);
        }

        _hostFlags = true;
    }
}
