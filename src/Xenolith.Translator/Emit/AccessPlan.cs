using System.Numerics;
using Iced.Intel;
using Xenolith.Translator.Analyse;
using Xenolith.Translator.Decode;

namespace Xenolith.Translator.Emit;

/// <summary>
/// Finds a block's <see cref="AccessRun"/>s. What makes them sound: while emitted code runs, only its own vCPU changes the soft TLB, in C#, and whoever asks it to let go of
/// a translation waits until it has left the block for good. So a host address that was checked holds for the rest of the block, other accesses' misses
/// included. Buffers are reused: one object for an emitter, under the translation lock.
/// </summary>
internal sealed class AccessPlan
{
    /// <summary>Most runs of a block that keep their host address in the state block.</summary>
    public const int Slots = 16;

    // The longer, the likelier a run lies across a page edge.
    private const int MostBytes = 512, FarDisplacement = 1 << 28, General = 16;

    private readonly AccessRun[] _runs = new AccessRun[DecodedBlock.Capacity];
    private readonly sbyte[] _runOf = new sbyte[DecodedBlock.Capacity];
    private readonly int[] _offsets = new int[DecodedBlock.Capacity];
    private readonly bool[] _reloads = new bool[DecodedBlock.Capacity];
    private readonly bool[] _inside = new bool[DecodedBlock.Capacity];
    private readonly RegisterValue[] _values = new RegisterValue[General];
    private int _count, _newest;
    private ulong _branched;
    private bool _any;

    // What a register holds: a value that nobody knows, and a constant added to it. Equal values have equal numbers.
    private readonly record struct RegisterValue(int Number, int Added);

    /// <summary>The run of an instruction; -1 if it has none.</summary>
    public int RunOf(int index) => _any ? _runOf[index] : -1;

    /// <summary>A run.</summary>
    public ref AccessRun Run(int run) => ref _runs[run];

    /// <summary>An access's first byte, from <see cref="AccessRun.Low"/>.</summary>
    public int OffsetOf(int index) => _offsets[index] - _runs[_runOf[index]].Low;

    /// <summary>True if the access must load the run's host address from its slot.</summary>
    public bool Reloads(int index) => _reloads[index];

    /// <summary>True if the instruction relies on r11 as the one before it leaves it.</summary>
    public bool IsInside(int index) => _any && _inside[index];

    /// <summary>Takes a run apart: its accesses are checked one by one.</summary>
    public void Drop(int run)
    {
        for (var i = _runs[run].Head; i < DecodedBlock.Capacity; i++)
        {
            _runOf[i] = _runOf[i] == run ? (sbyte)-1 : _runOf[i];
        }
    }

    /// <summary>Makes the plan of a block.</summary>
    public void Make(DecodedBlock block)
    {
        _count = _newest = 0;
        _branched = 0;
        _any = (block.Mode & (BlockMode.SingleStep | BlockMode.Apart)) == 0 && UsesSomeBaseTwice(block);
        if (!_any)
        {
            return;
        }

        Array.Fill(_runOf, (sbyte)-1);
        Forget(RegisterChanges.All);
        for (var i = 0; i < block.Count; i++)
        {
            Add(block, i);
        }

        for (var run = 0; run < _count; run++)
        {
            if (_runs[run].Members < 2)
            {
                _runOf[_runs[run].Head] = -1;
            }
        }

        FindReloads(block);
    }

    // Most blocks do not, and need no closer look. (Whoever copies a base into another register uses one of them twice, as a rule.) Code of user mode, much of which is
    // translated for each run of a program and executed once, gets that look for its prologues and epilogues only.
    private static bool UsesSomeBaseTwice(DecodedBlock block)
    {
        var kernel = (long)block.Rip < 0;
        const InstructionTraits memory = InstructionTraits.ReadsMemory | InstructionTraits.WritesMemory;
        var used = 0;
        for (var i = 0; i < block.Count; i++)
        {
            var facts = block.Facts[i];
            var number = facts.Class switch
            {
                InstructionClass.Copy => kernel && facts.Has(memory) ? block.Instructions[i].MemoryBase - Register.RAX : -1,
                InstructionClass.Stack => HostCode.Rsp,
                InstructionClass.ControlFlow when block.Ends && i == block.Count - 1 => HostCode.Rsp,
                _ => -1,
            };
            if ((uint)number > 15)
            {
                continue;
            }

            if ((used & (1 << number)) != 0)
            {
                return true;
            }

            used |= 1 << number;
        }

        return false;
    }

    private void Add(DecodedBlock block, int index)
    {
        ref readonly var instruction = ref block.Instructions[index];
        var facts = block.Facts[index];
        switch (facts.Class)
        {
            case InstructionClass.Copy when facts.Has(InstructionTraits.Nop):
                break;
            case InstructionClass.Copy:
                if (IsSimpleAccess(instruction, facts, block.Mode))
                {
                    var indexRegister = instruction.MemoryIndex == Register.None ? -1 : instruction.MemoryIndex.GetNumber();
                    AddAccess(
                        index,
                        (instruction.MemoryBase.GetNumber(), indexRegister, instruction.MemoryIndexScale),
                        (int)instruction.MemoryDisplacement64,
                        OperandMemory.SizeOf(instruction),
                        facts.Has(InstructionTraits.WritesMemory));
                }

                Change(instruction);
                break;
            case InstructionClass.Stack when instruction.Mnemonic == Mnemonic.Push && instruction.StackPointerIncrement == -8:
                if (instruction.Op0Kind != OpKind.Memory)
                {
                    AddAccess(index, (HostCode.Rsp, -1, 1), -8, 8, write: true);
                }

                Move(HostCode.Rsp, -8);
                break;
            case InstructionClass.Stack when instruction.Mnemonic == Mnemonic.Pop && instruction.StackPointerIncrement == 8
                && instruction.Op0Kind == OpKind.Register && instruction.Op0Register != Register.RSP:
                AddAccess(index, (HostCode.Rsp, -1, 1), 0, 8, write: false);
                Move(HostCode.Rsp, 8);
                Forget(1 << instruction.Op0Register.GetNumber());
                break;
            case InstructionClass.ControlFlow when IsForwardOrBackwardCondition(instruction):
                _branched = ulong.MaxValue;
                break;
            case InstructionClass.ControlFlow when instruction.FlowControl == FlowControl.Call && instruction.Op0Kind == OpKind.NearBranch64:
                AddAccess(index, (HostCode.Rsp, -1, 1), -8, 8, write: true, polls: instruction.NearBranchTarget <= instruction.IP, calls: true);
                break;
            case InstructionClass.ControlFlow when instruction.Code is Code.Retnq or Code.Retnq_imm16:
                AddAccess(index, (HostCode.Rsp, -1, 1), 0, 8, write: false, polls: true);
                break;
            default:
                Forget(RegisterChanges.All);
                break;
        }
    }

    private void AddAccess(int index, (int Base, int Index, int Scale) place, int displacement, int size, bool write, bool polls = false, bool calls = false)
    {
        var @base = _values[place.Base];
        var other = place.Index < 0 ? default : _values[place.Index];
        var added = @base.Added + ((long)other.Added * place.Scale);
        if (Math.Abs((long)displacement) > FarDisplacement || Math.Abs(added) > FarDisplacement)
        {
            return;
        }

        var key = (@base.Number, other.Number, place.Scale);
        var low = displacement + (int)added;

        // The newest first: it is the one that may be written.
        for (var number = _count - 1; number >= 0; number--)
        {
            ref var run = ref _runs[number];
            if (run.Key != key || Math.Max(run.High, low + size) - Math.Min(run.Low, low) > MostBytes)
            {
                continue;
            }

            // A write that may not come to pass asks for nothing beforehand, except of the stack, which can always be written.
            if (write && !run.Writes && place.Base != HostCode.Rsp && (_branched & (1UL << number)) != 0)
            {
                continue;
            }

            (run.Low, run.High) = (Math.Min(run.Low, low), Math.Max(run.High, low + size));
            run.Members++;
            run.Writes |= write;
            run.Polls |= polls;
            run.Calls |= calls;
            _runOf[index] = (sbyte)number;
            _offsets[index] = low;
            return;
        }

        _runs[_count] = new AccessRun
        {
            Key = key,
            Base = place.Base,
            Index = place.Index,
            Scale = place.Scale,
            Low = low,
            High = low + size,
            Added = (int)added,
            Head = index,
            Members = 1,
            Slot = -1,
            Writes = write,
            Polls = polls,
            Calls = calls,
        };
        _runOf[index] = (sbyte)_count;
        _offsets[index] = low;
        _branched &= ~(1UL << _count++);
    }

    // What the instruction does to bases and indices.
    private void Change(in Instruction instruction)
    {
        if (RegisterChanges.TrySum(instruction, out var target, out var source, out var added))
        {
            _values[target] = _values[source];
            Move(target, added);
        }
        else
        {
            Forget(RegisterChanges.Of(instruction));
        }
    }

    private void Move(int register, int by)
    {
        var value = _values[register];
        _values[register] = value with { Added = value.Added + by };
        if (Math.Abs((long)value.Added + by) > FarDisplacement)
        {
            Forget(1 << register);
        }
    }

    private void Forget(int registers)
    {
        for (var left = registers; left != 0; left &= left - 1)
        {
            _values[BitOperations.TrailingZeroCount(left)] = new RegisterValue(++_newest, 0);
        }
    }

    // Which accesses still find the host address in r11, and which runs need a slot for the others.
    private void FindReloads(DecodedBlock block)
    {
        int live = -1, slots = 0;
        for (var i = 0; i < block.Count; i++)
        {
            var number = _runOf[i];
            _reloads[i] = _inside[i] = false;
            if (number < 0)
            {
                live = live >= 0 && KeepsHostAddress(block.Instructions[i], block.Facts[i]) ? live : -1;
                _inside[i] = live >= 0;
                continue;
            }

            ref var run = ref _runs[number];
            if (run.Head == i)
            {
                live = number;
                continue;
            }

            _inside[i] = live == number;
            _reloads[i] = live != number;
            if (_reloads[i] && run.Slot < 0)
            {
                if (slots == Slots)
                {
                    Drop(number);
                    live = -1;
                    continue;
                }

                run.Slot = slots++;
            }

            live = number;
        }
    }

    private static bool IsForwardOrBackwardCondition(in Instruction instruction)
        => instruction.FlowControl == FlowControl.ConditionalBranch && instruction.ConditionCode != ConditionCode.None && instruction.Mnemonic is not (Mnemonic.Loope or Mnemonic.Loopne);

    // One memory operand of a fixed size at [base + index * scale + displacement], without segment, alignment, masks or registers that exclude r11.
    private static bool IsSimpleAccess(in Instruction instruction, InstructionFacts facts, BlockMode mode)
    {
        const InstructionTraits memory = InstructionTraits.ReadsMemory | InstructionTraits.WritesMemory;
        const InstructionTraits special = InstructionTraits.AddressOnly | InstructionTraits.MaskedMemory | InstructionTraits.BitString;
        if (!facts.Has(memory) || facts.Has(special) || !instruction.MemoryBase.IsGPR64() || !(instruction.MemoryIndex == Register.None || instruction.MemoryIndex.IsGPR64())
            || instruction.MemorySegment is Register.FS or Register.GS || instruction.Encoding is not (EncodingKind.Legacy or EncodingKind.VEX)
            || ((mode & BlockMode.TaskSwitched) != 0 && facts.Has(InstructionTraits.X87 | InstructionTraits.Vector)))
        {
            return false;
        }

        return OperandMemory.SizeOf(instruction) is > 0 and <= 64 && !AlignedOperands.Requires(instruction, 0) && !IsHighByte(instruction.Op0Register) && !IsHighByte(instruction.Op1Register);
    }

    // Its host code leaves r11 alone, and has no place where it is entered anew.
    private static bool KeepsHostAddress(in Instruction instruction, InstructionFacts facts)
    {
        if (facts.Class == InstructionClass.ControlFlow)
        {
            return IsForwardOrBackwardCondition(instruction) && instruction.NearBranchTarget > instruction.IP;
        }

        if (facts.Class != InstructionClass.Copy || facts.Has(~(InstructionTraits.AddressOnly | InstructionTraits.Nop)))
        {
            return false;
        }

        if (facts.Has(InstructionTraits.Nop))
        {
            return true;
        }

        if (facts.Has(InstructionTraits.AddressOnly))
        {
            return instruction.Mnemonic == Mnemonic.Lea && instruction.MemoryIndex.GetFullRegister() is not (Register.R9 or Register.R10 or Register.R11);
        }

        if (instruction.OpCount > 2)
        {
            return false;
        }

        var (first, second) = (instruction.Op0Register, instruction.Op1Register);
        return IsPlain(first) && IsPlain(second) && !(IsDisplaced(first) && IsDisplaced(second) && first.GetFullRegister() != second.GetFullRegister());
    }

    private static bool IsHighByte(Register register) => register is >= Register.AH and <= Register.BH;

    private static bool IsPlain(Register register) => register == Register.None || (register.IsGPR() && !IsHighByte(register));

    private static bool IsDisplaced(Register register) => register != Register.None && register.GetFullRegister().GetNumber() is HostCode.R9 or HostCode.R10 or HostCode.R11;
}
