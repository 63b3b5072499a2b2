using Iced.Intel;
using Xenolith.Translator.Cache;
using Xenolith.Translator.Decode;

namespace Xenolith.Translator.Emit;

/// <summary>Effective addresses, the inline soft TLB, and displaced registers.</summary>
internal sealed partial class BlockEmitter
{
    private const int Above = 7;

    /// <summary>Puts a guest register into a host register; RSP comes from r9.</summary>
    public void LoadGuest(int host, int guest)
    {
        if (IsInState(guest))
        {
            Code.LoadState(host, State.Reg(guest));
        }
        else
        {
            Code.Move(host, HomeOf(guest));
        }
    }

    /// <summary>Puts a host register into a guest register.</summary>
    public void StoreGuest(int guest, int host)
    {
        if (IsInState(guest))
        {
            Code.StoreState(State.Reg(guest), host);
        }
        else
        {
            Code.Move(HomeOf(guest), host);
        }
    }

    private static bool IsInState(int guest) => guest is >= 9 and <= 11;

    private static int HomeOf(int guest) => guest == HostCode.Rsp ? HostCode.R9 : guest;

    /// <summary>r10 = the memory operand's linear address; r11 is destroyed, flags are kept.</summary>
    /// <param name="instruction">The instruction.</param>
    /// <param name="withSegment">False for lea.</param>
    /// <param name="stackBias">Added when the base is RSP: for a pop whose operand is addressed after the increment.</param>
    public void EmitAddress(in Instruction instruction, bool withSegment = true, int stackBias = 0)
    {
        var @base = instruction.MemoryBase;
        var index = instruction.MemoryIndex;
        var narrow = (@base != Register.None && @base.IsGPR32()) || (index != Register.None && index.IsGPR32()) || @base == Register.EIP;
        var displacement = (int)instruction.MemoryDisplacement64;
        if (withSegment && !narrow && TryAddressInSegment(instruction, stackBias))
        {
            return;
        }

        if (@base is Register.RIP or Register.EIP || (@base == Register.None && index == Register.None))
        {
            Code.MoveImmediate(HostCode.R10, narrow ? (uint)instruction.MemoryDisplacement64 : instruction.MemoryDisplacement64);
        }
        else
        {
            var hostBase = -1;
            if (@base != Register.None)
            {
                var number = @base.GetNumber();
                displacement += number == HostCode.Rsp ? stackBias : 0;
                hostBase = HomeOf(number);
                if (IsInState(number))
                {
                    Code.LoadState(HostCode.R10, State.Reg(number));
                    hostBase = HostCode.R10;
                }
            }

            var hostIndex = -1;
            if (index != Register.None)
            {
                hostIndex = index.GetNumber();
                if (IsInState(hostIndex))
                {
                    Code.LoadState(HostCode.R11, State.Reg(hostIndex));
                    hostIndex = HostCode.R11;
                }
            }

            EmitLea(HostCode.R10, hostBase, hostIndex, instruction.MemoryIndexScale, displacement, !narrow);
        }

        if (withSegment && IsInSegment(instruction))
        {
            Code.LoadState(HostCode.R11, instruction.MemorySegment == Register.FS ? State.FsBase : State.GsBase);
            Code.LeaSum(HostCode.R10, HostCode.R10, HostCode.R11);
        }
    }

    private static bool IsInSegment(in Instruction instruction) => instruction.MemorySegment is Register.FS or Register.GS;

    // A kernel's variables of a CPU, a program's of a thread: no index, and the base of the segment is a part of the sum.
    private bool TryAddressInSegment(in Instruction instruction, int stackBias)
    {
        var @base = instruction.MemoryBase;
        var constant = @base is Register.None or Register.RIP;
        var displacement = (long)instruction.MemoryDisplacement64;
        if (!IsInSegment(instruction) || instruction.MemoryIndex != Register.None || (constant && displacement != (int)displacement))
        {
            return false;
        }

        var segment = instruction.MemorySegment == Register.FS ? State.FsBase : State.GsBase;
        if (constant)
        {
            Code.LoadState(HostCode.R10, segment);
            EmitLea(HostCode.R10, HostCode.R10, -1, 1, (int)displacement, wide: true);
            return true;
        }

        var number = @base.GetNumber();
        if (IsInState(number))
        {
            Code.LoadState(HostCode.R10, State.Reg(number));
        }

        Code.LoadState(HostCode.R11, segment);
        EmitLea(HostCode.R10, HostCode.R11, IsInState(number) ? HostCode.R10 : HomeOf(number), 1, (int)displacement + (number == HostCode.Rsp ? stackBias : 0), wide: true);
        return true;
    }

    /// <summary>lea dst, [base + index * scale + disp] with any part missing (-1).</summary>
    private void EmitLea(int dst, int @base, int index, int scale, int displacement, bool wide)
    {
        if (index < 0)
        {
            if (displacement == 0 && wide)
            {
                if (dst != @base)
                {
                    Code.Move(dst, @base);
                }

                return;
            }

            Code.Bytes2((wide ? 0x48 : 0x40) | ((dst >> 3) << 2) | (@base >> 3), 0x8d);
            Code.Memory(dst, @base, displacement);
            return;
        }

        var scaleBits = scale switch { 2 => 0x40, 4 => 0x80, 8 => 0xc0, _ => 0 };
        Code.Bytes2((wide ? 0x48 : 0x40) | ((dst >> 3) << 2) | ((index >> 3) << 1) | (@base < 0 ? 0 : @base >> 3), 0x8d);
        var sib = scaleBits | ((index & 7) << 3);
        if (@base < 0)
        {
            Code.Bytes2(0x04 | ((dst & 7) << 3), sib | 5);
            Code.Int32(displacement);
        }
        else if (displacement == 0 && (@base & 7) != 5)
        {
            Code.Bytes2(0x04 | ((dst & 7) << 3), sib | (@base & 7));
        }
        else if (displacement == (sbyte)displacement)
        {
            Code.Bytes3(0x44 | ((dst & 7) << 3), sib | (@base & 7), displacement & 0xff);
        }
        else
        {
            Code.Bytes2(0x84 | ((dst & 7) << 3), sib | (@base & 7));
            Code.Int32(displacement);
        }
    }

    /// <summary>In: r10 a linear address. Out: [r10 + r11] is the same byte in the host. Destroys flags: <see cref="ClobberFlags"/> comes before the address.</summary>
    public void EmitAccess(int size, bool write, bool masked = false)
    {
        var compare = Code.Executable;
        EmitTagCompare(size, write);
        var info = (uint)_index | ((uint)size << 16) | (masked ? SiteInfo.Masked : 0);
        Code.JumpIf(Above, MissStub(write ? cache.Thunks.MissWrite : cache.Thunks.MissRead, info, compare));
        EmitHostPage();
    }

    // r10 = the address's offset in its page, r11 = the entry's; "above" if the soft TLB has not the whole access.
    private void EmitTagCompare(int size, bool write)
    {
        Code.Bytes4(0xc4, 0x43, 0xfb, 0xf0); // rorx r11, r10, 7
        Code.Bytes2(0xda, 0x07);
        Code.Bytes3(0x41, 0x81, 0xe3); // and r11d, 0x1ffe0
        Code.Int32(0x1ffe0);
        if (write)
        {
            Code.Bytes4(0x65, 0x4d, 0x33, 0x53); // xor r10, gs:[r11 + 8]
            Code.Byte(8);
        }
        else
        {
            Code.Bytes4(0x65, 0x4d, 0x33, 0x13); // xor r10, gs:[r11]
        }

        Code.Bytes3(0x49, 0x81, 0xfa); // cmp r10, 4096 - size
        Code.Int32(4096 - size);
    }

    private void EmitHostPage()
    {
        Code.Bytes4(0x65, 0x4d, 0x8b, 0x5b); // mov r11, gs:[r11 + 16]
        Code.Byte(0x10);
    }

    /// <summary>The whole way for an instruction with one memory operand, up to the operation itself.</summary>
    private void EmitOperandAccess(in Instruction instruction, InstructionFacts facts)
    {
        ClobberFlags();
        EmitOperandAccess(
            instruction,
            OperandMemory.SizeOf(instruction),
            facts.Has(InstructionTraits.WritesMemory),
            facts.Has(InstructionTraits.MaskedMemory) || AlignedOperands.Requires(instruction, 0));
    }

    private void EmitOperandAccess(in Instruction instruction, int size, bool write, bool masked = false)
    {
        if (!masked && IsConstantAddress(instruction) && ((int)instruction.MemoryDisplacement64 & 4095) + size <= 4096)
        {
            EmitConstantAccess(instruction.MemoryDisplacement64, size, write);
            return;
        }

        EmitAddress(instruction);
        EmitAccess(size, write, masked);
    }

    private static bool IsConstantAddress(in Instruction instruction)
        => instruction.MemorySegment is not (Register.FS or Register.GS)
        && (instruction.MemoryBase == Register.RIP || (instruction.MemoryBase == Register.None && instruction.MemoryIndex == Register.None));

    /// <summary>As <see cref="EmitAccess"/>, for an address that is known now, inside one page: its TLB entry is known too, and the compare is with a constant.</summary>
    private void EmitConstantAccess(ulong address, int size, bool write)
    {
        var (page, offset) = (address & ~4095UL, (int)address & 4095);
        var entry = ((int)(address >> 12) & (State.TlbEntries - 1)) * State.TlbEntrySize;
        var tag = State.Tlb + entry + (write ? 8 : 0);
        var compare = Code.Executable;
        if ((long)page == (int)page)
        {
            Code.CompareState64(tag, (int)page);
        }
        else
        {
            Code.MoveImmediate64(HostCode.R10, page);
            Code.StateOp(0x39, HostCode.R10, tag, wide: true); // cmp gs:[tag], r10
        }

        var miss = _cold.Executable;
        _cold.MoveImmediate(HostCode.R10, address);
        MissStub(write ? cache.Thunks.MissWriteInPage : cache.Thunks.MissReadInPage, (uint)_index | ((uint)size << 16), compare);
        Code.JumpIf(NotEqual, miss);
        Code.LoadState(HostCode.R11, State.Tlb + entry + 16);
        Code.MoveImmediate(HostCode.R10, (ulong)offset);
    }
}
