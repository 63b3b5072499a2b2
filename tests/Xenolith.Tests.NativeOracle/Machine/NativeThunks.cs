using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Xenolith.Tests.NativeOracle.Machine;

/// <summary>The machine code of <see cref="NativeCpu"/>: a function that loads a state and leaves by iretq, its exit, and the signal handler.</summary>
internal sealed record NativeThunks(byte[] Bytes, ulong Run, ulong Handler)
{
    // Offsets in the kernel's ucontext on x86-64.
    private const int Registers = 40, Rsp = 160, Rip = 168, Flags = 176, ExtendedPointer = 224;

    public static NativeThunks Assemble(ulong block, ulong at)
    {
        var a = new Assembler(64);
        var exit = a.CreateLabel();
        var run = a.CreateLabel();
        var handler = a.CreateLabel();
        EmitRun(a, ref run, block);
        EmitExit(a, ref exit, block);
        EmitHandler(a, ref handler, exit, block);
        using var stream = new MemoryStream();
        var result = a.Assemble(new StreamCodeWriter(stream), at, BlockEncoderOptions.ReturnNewInstructionOffsets);
        return new NativeThunks(stream.ToArray(), result.GetLabelRIP(run), result.GetLabelRIP(handler));
    }

    private static void EmitRun(Assembler a, ref Label run, ulong block)
    {
        a.Label(ref run);
        foreach (var register in (AssemblerRegister64[])[rbx, rbp, r12, r13, r14, r15])
        {
            a.push(register);
        }

        a.mov(rax, block);
        a.mov(__[rax + NativeBlock.HostRsp], rsp);
        a.stmxcsr(__dword_ptr[rax + NativeBlock.HostMxcsr]);
        a.rdfsbase(rcx);
        a.mov(__[rax + NativeBlock.HostFs], rcx);
        a.rdgsbase(rcx);
        a.mov(__[rax + NativeBlock.HostGs], rcx);
        a.mov(r8, rax);
        a.mov(eax, 186); // gettid
        a.syscall();
        a.mov(__dword_ptr[r8 + NativeBlock.Thread], eax);
        a.mov(rax, r8);
        a.mov(rcx, __qword_ptr[rax + NativeBlock.FsBase]);
        a.wrfsbase(rcx);
        a.mov(rcx, __qword_ptr[rax + NativeBlock.GsBase]);
        a.wrgsbase(rcx);
        a.fxrstor64(__[rax + NativeBlock.X87]);
        for (var i = 0; i < 16; i++)
        {
            a.vmovdqu(new AssemblerRegisterYMM(Register.YMM0 + i), __ymmword_ptr[rax + (NativeBlock.Vectors + (32 * i))]);
        }

        a.mov(ecx, ss);
        a.push(rcx);
        a.push(__qword_ptr[rax + NativeBlock.General + (8 * 4)]);
        a.push(__qword_ptr[rax + NativeBlock.Rflags]);
        a.mov(ecx, cs);
        a.push(rcx);
        a.push(__qword_ptr[rax + NativeBlock.Rip]);
        a.mov(__dword_ptr[rax + NativeBlock.Active], 1);
        for (var i = 15; i >= 0; i--)
        {
            if (i != 4)
            {
                a.mov(new AssemblerRegister64(Register.RAX + i), __qword_ptr[rax + (NativeBlock.General + (8 * i))]);
            }
        }

        a.iretq();
    }

    private static void EmitExit(Assembler a, ref Label exit, ulong block)
    {
        a.Label(ref exit);
        a.mov(rax, block);
        a.mov(rcx, __qword_ptr[rax + NativeBlock.HostFs]);
        a.wrfsbase(rcx);
        a.mov(rcx, __qword_ptr[rax + NativeBlock.HostGs]);
        a.wrgsbase(rcx);
        // NT survives a signal return, and an iretq with NT set is #GP.
        a.pushfq();
        a.and(__dword_ptr[rsp], ~0x4000);
        a.popfq();
        a.fninit();
        a.ldmxcsr(__dword_ptr[rax + NativeBlock.HostMxcsr]);
        a.vzeroupper();
        foreach (var register in (AssemblerRegister64[])[r15, r14, r13, r12, rbp, rbx])
        {
            a.pop(register);
        }

        a.ret();
    }

    // In: edi signal, rsi siginfo, rdx ucontext.
    private static void EmitHandler(Assembler a, ref Label handler, Label exit, ulong block)
    {
        var chain = a.CreateLabel();
        a.Label(ref handler);
        a.mov(r9, block);
        a.cmp(__dword_ptr[r9 + NativeBlock.Active], 0);
        a.je(chain);
        a.mov(eax, 186);
        a.syscall();
        a.cmp(eax, __dword_ptr[r9 + NativeBlock.Thread]);
        a.jne(chain);
        a.mov(r8, rdx);
        a.lea(rsi, __[r8 + Registers]);
        a.lea(rdi, __[r9 + NativeBlock.OutRegisters]);
        a.mov(ecx, NativeBlock.OutRegistersSize);
        a.rep.movsb();
        a.mov(rsi, __qword_ptr[r8 + ExtendedPointer]);
        a.lea(rdi, __[r9 + NativeBlock.OutExtended]);
        a.mov(ecx, NativeBlock.OutExtendedSize);
        a.rep.movsb();
        a.mov(__dword_ptr[r9 + NativeBlock.Active], 0);
        a.lea(rax, __[exit]);
        a.mov(__[r8 + Rip], rax);
        a.mov(rax, __qword_ptr[r9 + NativeBlock.HostRsp]);
        a.mov(__[r8 + Rsp], rax);
        a.and(__qword_ptr[r8 + Flags], ~0x4_4500);
        a.ret();
        a.Label(ref chain);
        a.movsxd(rax, edi);
        a.jmp(__qword_ptr[r9 + (rax * 8) + NativeBlock.Chain]);
    }
}
