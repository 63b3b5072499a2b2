using Iced.Intel;
using Xenolith.Translator.Analyse;
using Xenolith.Translator.Cache;
using Xenolith.Translator.Decode;
using Xenolith.Translator.Fault;

namespace Xenolith.Translator.Emit;

/// <summary>Jumps, calls, returns, loops, and how blocks are joined.</summary>
internal sealed partial class BlockEmitter
{
    private void EmitControl(in Instruction instruction)
    {
        switch (instruction.FlowControl)
        {
            case FlowControl.UnconditionalBranch when instruction.Op0Kind == OpKind.NearBranch64:
                PollIfBackward(instruction);
                EmitChain(instruction.NearBranchTarget);
                break;
            case FlowControl.ConditionalBranch:
                EmitConditional(instruction);
                break;
            case FlowControl.Call when instruction.Op0Kind == OpKind.NearBranch64:
                PollIfBackward(instruction);
                ClobberFlags();
                MakeRoomForReturn();
                EmitPushReturn(instruction.NextIP);
                EmitCallTo(instruction.NearBranchTarget, instruction.NextIP);
                break;
            case FlowControl.IndirectBranch:
                EmitPoll();
                EmitTarget(instruction);
                EmitIndirect();
                break;
            case FlowControl.IndirectCall:
                EmitPoll();
                EmitTarget(instruction);
                Code.StoreState(State.Temporary, HostCode.R10);
                ClobberFlags();
                MakeRoomForReturn();
                EmitPushReturn(instruction.NextIP);
                Code.LoadState(HostCode.R10, State.Temporary);
                EmitIndirectCall(instruction.NextIP);
                break;
            case FlowControl.Return when instruction.Code is Iced.Intel.Code.Retnq or Iced.Intel.Code.Retnq_imm16:
                EmitPoll();
                ClobberFlags();
                Code.Move(HostCode.R10, HostCode.R9);
                EmitAccess(8, write: false);
                LoadSum(HostCode.R10);
                Code.Lea(HostCode.R9, HostCode.R9, 8 + (instruction.OpCount == 1 ? (int)instruction.GetImmediate(0) : 0));
                EmitReturn();
                break;
            default:
                EmitSlow();
                break;
        }
    }

    private void EmitConditional(in Instruction instruction)
    {
        var target = instruction.NearBranchTarget;
        PollIfBackward(instruction);
        if (instruction.ConditionCode == ConditionCode.None || instruction.Mnemonic is Mnemonic.Loope or Mnemonic.Loopne)
        {
            EmitLoop(instruction);
            return;
        }

        var condition = ConditionNumber(instruction.ConditionCode);
        if (SingleStep)
        {
            RestoreFlags(GuestFlags.Arithmetic);
            var over = Code.JumpIf8(0x70 | (condition ^ 1));
            EmitChain(target);
            Code.Here8(over);
            return;
        }

        condition = FlagsForCondition(condition);
        if (cache.MayLink(_block.Rip, target, _block.CrossesPage))
        {
            Code.KeepTogether(2);
            var site = Code.JumpIf(condition);
            Code.Link(site, LinkStub(target, site, _hostFlags ? 0 : SiteInfo.FlagsInSlot));
        }
        else
        {
            var start = _cold.Executable;
            FlagsToSlot(_cold);
            EmitHashed(_cold, target);
            Code.JumpIf(condition, start);
        }
    }

    // loop, loope, loopne, jrcxz, jecxz: their own short jump over a short jump.
    private void EmitLoop(in Instruction instruction)
    {
        RestoreFlags(GuestFlags.Arithmetic);
        var opcode = instruction.Mnemonic switch
        {
            Mnemonic.Loopne => 0xe0,
            Mnemonic.Loope => 0xe1,
            Mnemonic.Loop => 0xe2,
            _ => 0xe3,
        };
        if (instruction.Code is Iced.Intel.Code.Jecxz_rel8_64 or Iced.Intel.Code.Loop_rel8_64_ECX or Iced.Intel.Code.Loope_rel8_64_ECX or Iced.Intel.Code.Loopne_rel8_64_ECX)
        {
            Code.Byte(0x67);
        }

        Code.Bytes2(opcode, 2);
        var over = Code.JumpIf8(0xeb);
        EmitChain(instruction.NearBranchTarget);
        Code.Here8(over);
    }

    private bool SingleStep => (_block.Mode & BlockMode.SingleStep) != 0;

    private void PollIfBackward(in Instruction instruction)
    {
        if (instruction.NearBranchTarget <= instruction.IP)
        {
            EmitPoll();
        }
    }

    // A kick puts a bad address into the pointer; the fault is at the start of this instruction, so state is precise.
    private void EmitPoll()
    {
        Code.LoadState(HostCode.R10, State.Poll);
        Code.Bytes3(0x45, 0x8b, 0x12); // mov r10d, [r10]
    }

    private void EmitPushReturn(ulong returnAddress)
    {
        Code.Lea(HostCode.R10, HostCode.R9, -8);
        EmitAccess(8, write: true);
        if ((long)returnAddress == (int)returnAddress)
        {
            StoreSumImmediate((int)returnAddress);
        }
        else
        {
            Code.LeaSum(HostCode.R10, HostCode.R10, HostCode.R11);
            Code.MoveImmediate64(HostCode.R11, returnAddress);
            Code.Store(HostCode.R10, 0, HostCode.R11);
        }

        Code.Lea(HostCode.R9, HostCode.R9, -8);
    }

    /// <summary>r10 = the target of an indirect jump or call.</summary>
    private void EmitTarget(in Instruction instruction)
    {
        if (instruction.Op0Kind == OpKind.Memory)
        {
            ClobberFlags();
            EmitOperandAccess(instruction, 8, write: false);
            LoadSum(HostCode.R10);
        }
        else
        {
            LoadGuest(HostCode.R10, instruction.Op0Register.GetNumber());
        }
    }

    /// <summary>Goes to the guest address in r10, with the flags in the slot.</summary>
    private void EmitIndirect()
    {
        FlagsToSlot(Code);
        if (SingleStep)
        {
            Code.Jump(cache.Thunks.Indirect);
            return;
        }

        Code.Bytes4(0x45, 0x0f, 0xb7, 0xda); // movzx r11d, r10w
        Code.Bytes3(0x65, 0x42, 0xff); // jmp gs:[r11*8 + Hash]
        Code.Bytes2(0x24, 0xdd);
        Code.Int32(State.Hash);
    }

    /// <summary>Goes to a known guest address: a patched jump where the mapping cannot change unnoticed, through the hash elsewhere.</summary>
    private void EmitChain(ulong target)
    {
        if (SingleStep || cache.MayLink(_block.Rip, target, _block.CrossesPage))
        {
            Code.KeepTogether(1);
            var site = Code.JumpLater();
            Code.Link(site, LinkStub(target, site));
        }
        else
        {
            FlagsToSlot(Code);
            EmitHashed(Code, target);
        }
    }

    private nint LinkStub(ulong target, nint site) => LinkStub(target, site, LeavesFlagsInSlot ? SiteInfo.FlagsInSlot : 0);

    private nint LinkStub(ulong target, nint site, uint info)
    {
        var start = _cold.Executable;
        _cold.Call(cache.Thunks.Branch);
        _cold.Int32(_blockId);
        var link = cache.AddLink(target, cache.OffsetOf(site + Code.Delta), cache.OffsetOf(start));
        _cold.Int32((int)((uint)link | info));
        return start;
    }

    /// <summary>Goes to a known guest address through the branch hash of the context in force. Its landings expect live flags in the slot.</summary>
    public static void EmitHashed(HostCode code, ulong target)
    {
        code.MoveImmediate64(HostCode.R10, target);
        code.Bytes4(0x65, 0xff, 0x24, 0x25); // jmp gs:[Hash + 8 * low 16 bits]
        code.Int32(State.Hash + (8 * (int)(target & 0xffff)));
    }

    private static int ConditionNumber(ConditionCode condition) => condition switch
    {
        ConditionCode.o => 0,
        ConditionCode.no => 1,
        ConditionCode.b => 2,
        ConditionCode.ae => 3,
        ConditionCode.e => 4,
        ConditionCode.ne => 5,
        ConditionCode.be => 6,
        ConditionCode.a => 7,
        ConditionCode.s => 8,
        ConditionCode.ns => 9,
        ConditionCode.p => 10,
        ConditionCode.np => 11,
        ConditionCode.l => 12,
        ConditionCode.ge => 13,
        ConditionCode.le => 14,
        _ => 15,
    };
}
