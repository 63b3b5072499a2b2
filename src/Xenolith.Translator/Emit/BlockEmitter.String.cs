using Iced.Intel;
using Xenolith.Translator.Cache;
using Xenolith.Translator.Fault;

namespace Xenolith.Translator.Emit;

/// <summary>
/// movs and stos, with and without rep, where everything lies in one page each: the CPU's own instruction on host addresses.
/// Page crossings, a set direction flag and all other string instructions go to C#.
/// </summary>
internal sealed partial class BlockEmitter
{
    private void EmitString(in Instruction instruction)
    {
        var (shift, copies) = instruction.Code switch
        {
            Iced.Intel.Code.Movsb_m8_m8 => (0, true),
            Iced.Intel.Code.Movsw_m16_m16 => (1, true),
            Iced.Intel.Code.Movsd_m32_m32 => (2, true),
            Iced.Intel.Code.Movsq_m64_m64 => (3, true),
            Iced.Intel.Code.Stosb_m8_AL => (0, false),
            Iced.Intel.Code.Stosw_m16_AX => (1, false),
            Iced.Intel.Code.Stosd_m32_EAX => (2, false),
            Iced.Intel.Code.Stosq_m64_RAX => (3, false),
            _ => (-1, false),
        };
        if (shift < 0 || (SingleStep && (instruction.HasRepPrefix || instruction.HasRepnePrefix)) || instruction.MemorySegment is Register.FS or Register.GS
            || instruction.Op0Kind != OpKind.MemoryESRDI || (copies && instruction.Op1Kind != OpKind.MemorySegRSI))
        {
            EmitSlow();
            return;
        }

        var repeats = instruction.HasRepPrefix || instruction.HasRepnePrefix;
        ClobberFlags();
        var slow = Stub(cache.Thunks.Leave, (uint)_index | ((uint)LeaveReason.Slow << 16));
        Code.Byte(0x9c); // pushfq
        Code.Bytes4(0xf6, 0x44, 0x24, 1); // test byte [rsp + 1], 4
        Code.Byte(4);
        Code.Lea(HostCode.Rsp, HostCode.Rsp, 8);
        Code.JumpIf(5, slow);
        nint done = 0;
        if (repeats)
        {
            Code.Bytes3(0x48, 0x81, 0xf9); // cmp rcx, elements of a page
            Code.Int32(4096 >> shift);
            Code.JumpIf(7, slow);
            Code.Bytes3(0x48, 0x85, 0xc9); // test rcx, rcx
            done = Code.JumpIf(4);
        }

        if (copies)
        {
            EmitRunAccess(HostCode.Rsi, write: false, repeats, shift, slow);
            Code.StoreState(State.Temporary, HostCode.R11);
        }

        EmitRunAccess(HostCode.Rdi, write: true, repeats, shift, slow);
        Code.Bytes3(0x49, 0x29, 0xfb); // sub r11, rdi
        Code.Bytes3(0x4c, 0x01, 0xdf); // add rdi, r11
        if (copies)
        {
            Code.LoadState(HostCode.R10, State.Temporary);
            Code.Bytes3(0x49, 0x29, 0xf2); // sub r10, rsi
            Code.Bytes3(0x4c, 0x01, 0xd6); // add rsi, r10
        }

        if (repeats)
        {
            Code.Byte(0xf3);
        }

        if (shift is 1 or 3)
        {
            Code.Byte(shift == 1 ? 0x66 : 0x48);
        }

        Code.Byte((copies ? 0xa4 : 0xaa) | (shift == 0 ? 0 : 1));
        Code.Bytes3(0x4c, 0x29, 0xdf); // sub rdi, r11
        if (copies)
        {
            Code.Bytes3(0x4c, 0x29, 0xd6); // sub rsi, r10
        }

        if (repeats)
        {
            Code.Link(done, Code.Executable);
        }
    }

    /// <summary>r11 = host address of the first byte at a guest register, if the whole run lies in its page; destroys r10.</summary>
    private void EmitRunAccess(int register, bool write, bool repeats, int shift, nint slow)
    {
        Code.Move(HostCode.R10, register);
        EmitAccess(1 << shift, write);
        Code.LeaSum(HostCode.R11, HostCode.R11, HostCode.R10);
        if (repeats)
        {
            EmitLea(HostCode.R10, HostCode.R10, HostCode.Rcx, 1 << shift, 0, wide: true);
        }
        else
        {
            Code.Lea(HostCode.R10, HostCode.R10, 1 << shift);
        }

        Code.Bytes3(0x49, 0x81, 0xfa); // cmp r10, 4096
        Code.Int32(4096);
        Code.JumpIf(7, slow);
    }
}
