using System.Buffers.Binary;
using Xenolith.Abi;
using Xenolith.Engine;
using Xenolith.Machine.Memory;
using Xenolith.Machine.Traps;

namespace Xenolith.Machine.Mmu;

/// <summary>
/// Writable page tables: a guest kernel's plain stores into L1 tables, which are mapped read-only, fault, and are done here with the checks
/// of mmu_update (Xen's ptwr). What Xen would not emulate goes to the guest as the #PF it is. On the vCPU's thread; allocates nothing.
/// </summary>
internal static class PageTableWrites
{
    private const uint PresentBit = 1, WriteBit = 2, ReservedBit = 8, FetchBit = 16;
    private const ulong WritablePageTablesAssist = 1UL << 2, TrapFlag = 0x100, DirectionFlag = 0x400;
    private const uint SingleStep = 0x4000;

    /// <summary>True if the fault was a write to a page table and the instruction has been done.</summary>
    public static bool TryFixUp(Vcpu vcpu, ulong address, uint errorCode)
    {
        if ((errorCode & (PresentBit | WriteBit | ReservedBit | FetchBit)) != (PresentBit | WriteBit)
            || !vcpu.InKernel || (vcpu.Domain.Assists & WritablePageTablesAssist) == 0)
        {
            return false;
        }

        var mmu = vcpu.Domain.Mmu;
        if (!TableWalk.TryFindL1(mmu.Types, vcpu.KernelRootMfn, address, out var mapTable, out var mapIndex))
        {
            return false;
        }

        var mapping = Volatile.Read(ref mmu.Types.Entry(mapTable, mapIndex));
        if ((mapping & (PageTableEntry.Present | PageTableEntry.Writable)) != PageTableEntry.Present)
        {
            return false;
        }

        var mfn = PageTableEntry.FrameOf(mapping);
        var type = mmu.Types.TryHoldTable(mfn);
        if (type == FrameType.None)
        {
            return false;
        }

        var done = type == FrameType.L1 && TryEmulate(vcpu, mfn, address);
        mmu.Types.PutTable(mfn);
        if (done)
        {
            vcpu.TableWritesEmulated++;
            if ((vcpu.Registers.Rflags & TrapFlag) != 0)
            {
                vcpu.MergeDebugStatus(SingleStep);
                Exceptions.Inject(vcpu, Exceptions.Debug, null);
            }
        }

        return done;
    }

    private static bool TryEmulate(Vcpu vcpu, ulong mfn, ulong address)
    {
        Span<byte> code = stackalloc byte[TableWriteInstruction.MaximumLength];
        var instruction = TableWriteInstruction.Decode(code[..Fetch(vcpu, code)]);
        if (instruction.Kind == TableWriteKind.None || (address & ((uint)instruction.Size - 1)) != 0)
        {
            return false;
        }

        var target = new TableWriteTarget(vcpu.Domain.Mmu.Types, mfn, address, instruction.Size);
        ref var registers = ref vcpu.Registers;
        var general = new GeneralRegisters(ref registers);
        switch (instruction.Kind)
        {
            case TableWriteKind.Store:
                return target.TryStore(general.SourceOf(in instruction)) && Advance(ref registers, in instruction);
            case TableWriteKind.StoreCondition:
                var truth = TableWriteArithmetic.Condition(instruction.Extension, registers.Rflags);
                return target.TryStore(truth ? 1UL : 0) && Advance(ref registers, in instruction);
            case TableWriteKind.StoreString:
                return target.TryStore(registers.Rax) && AdvanceString(ref registers, in instruction);
            case TableWriteKind.MoveString:
                return vcpu.TryReadGuest(registers.Rsi, code[..instruction.Size])
                    && target.TryStore(BinaryPrimitives.ReadUInt64LittleEndian(code)) && AdvanceString(ref registers, in instruction);
            default:
                return TryModify(ref registers, general, in instruction, in target) && Advance(ref registers, in instruction);
        }
    }

    /// <summary>The instructions that read the entry too: computed again until nobody changed it in between.</summary>
    private static bool TryModify(ref VcpuRegisters registers, GeneralRegisters general, in TableWriteInstruction instruction, in TableWriteTarget target)
    {
        while (true)
        {
            var entry = target.ReadEntry();
            var old = target.OperandOf(entry);
            var flags = registers.Rflags;
            if (!TryCompute(general, in instruction, old, ref flags, out var value))
            {
                // A comparison failed: nothing is written.
                registers.Rflags = flags;
                return true;
            }

            switch (target.Replace(entry, value))
            {
                case TableWriteTarget.Outcome.Refused:
                    return false;
                case TableWriteTarget.Outcome.Done:
                    registers.Rflags = flags;
                    if (instruction.Kind is TableWriteKind.Exchange or TableWriteKind.ExchangeAdd)
                    {
                        general.Write(instruction.Register, instruction.Size, instruction.HighBytes, old);
                    }

                    return true;
            }
        }
    }

    private static bool TryCompute(GeneralRegisters general, in TableWriteInstruction instruction, ulong old, ref ulong flags, out ulong value)
    {
        const int Add = 0, Subtract = 5, Compare = 7;
        const ulong Zero = 0x40;
        var size = instruction.Size;
        var source = general.SourceOf(in instruction);
        value = source;
        switch (instruction.Kind)
        {
            case TableWriteKind.CompareExchange:
                TableWriteArithmetic.Compute(Compare, general.Read(GeneralRegisters.Rax, size, highBytes: false), old, size, ref flags);
                if ((flags & Zero) == 0)
                {
                    general.Write(GeneralRegisters.Rax, size, highBytes: false, old);
                    return false;
                }

                return true;
            case TableWriteKind.CompareExchangePair:
                if (general.ReadPair(GeneralRegisters.Rdx, GeneralRegisters.Rax) != old)
                {
                    general.WritePair(GeneralRegisters.Rdx, GeneralRegisters.Rax, old);
                    flags &= ~Zero;
                    return false;
                }

                flags |= Zero;
                value = general.ReadPair(GeneralRegisters.Rcx, GeneralRegisters.Rbx);
                return true;
            case TableWriteKind.ExchangeAdd:
                value = TableWriteArithmetic.Compute(Add, old, source, size, ref flags);
                return true;
            case TableWriteKind.Arithmetic:
                value = TableWriteArithmetic.Compute(instruction.Extension, old, source, size, ref flags);
                return true;
            case TableWriteKind.Unary:
                value = instruction.Extension == 2 ? ~old : TableWriteArithmetic.Compute(Subtract, 0, old, size, ref flags);
                return true;
            case TableWriteKind.Step:
                value = TableWriteArithmetic.Step(instruction.Extension, old, size, ref flags);
                return true;
            case TableWriteKind.BitTest:
                value = TableWriteArithmetic.BitTest(instruction.Extension, old, (int)source & ((size * 8) - 1), ref flags);
                return true;
            default:
                return true;
        }
    }

    private static bool Advance(ref VcpuRegisters registers, in TableWriteInstruction instruction)
    {
        registers.Rip += (uint)instruction.Length;
        return true;
    }

    /// <summary>One iteration of a string instruction is done; a repeated one starts again unless it was the last.</summary>
    private static bool AdvanceString(ref VcpuRegisters registers, in TableWriteInstruction instruction)
    {
        var step = (registers.Rflags & DirectionFlag) != 0 ? 0 - (ulong)instruction.Size : (ulong)instruction.Size;
        registers.Rdi += step;
        if (instruction.Kind == TableWriteKind.MoveString)
        {
            registers.Rsi += step;
        }

        return (instruction.Repeat && --registers.Rcx != 0) || Advance(ref registers, in instruction);
    }

    /// <summary>Reads the instruction's bytes, as many as can be fetched.</summary>
    private static int Fetch(Vcpu vcpu, Span<byte> code)
    {
        var length = 0;
        while (length < code.Length)
        {
            var address = vcpu.Registers.Rip + (uint)length;
            var found = vcpu.Domain.Walk.Walk(vcpu.KernelRootMfn, address, WalkAccess.Fetch);
            if (!found.Ok)
            {
                break;
            }

            var page = vcpu.Domain.Frames.Read(found.Mfn)[(int)(address & (MachineFrames.PageSize - 1))..];
            page = page[..Math.Min(page.Length, code.Length - length)];
            page.CopyTo(code[length..]);
            length += page.Length;
        }

        return length;
    }
}
