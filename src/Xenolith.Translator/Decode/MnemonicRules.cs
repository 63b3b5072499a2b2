using Iced.Intel;

namespace Xenolith.Translator.Decode;

/// <summary>
/// Instructions that do not simply run as themselves (design 4.2 rule 13), by mnemonic. Everything else that
/// <see cref="OfferedFeatures"/> allows is <see cref="InstructionClass.Copy"/>. (movsd and cmpsd are also names of SSE2 instructions:
/// their string forms are told by code.)
/// </summary>
internal static class MnemonicRules
{
    private static readonly Mnemonic[] s_control =
    [
        Mnemonic.Jmp, Mnemonic.Call, Mnemonic.Ret, Mnemonic.Loop, Mnemonic.Loope, Mnemonic.Loopne, Mnemonic.Jrcxz, Mnemonic.Jecxz, Mnemonic.Jcxz,
        Mnemonic.Ja, Mnemonic.Jae, Mnemonic.Jb, Mnemonic.Jbe, Mnemonic.Je, Mnemonic.Jg, Mnemonic.Jge, Mnemonic.Jl, Mnemonic.Jle,
        Mnemonic.Jne, Mnemonic.Jno, Mnemonic.Jnp, Mnemonic.Jns, Mnemonic.Jo, Mnemonic.Jp, Mnemonic.Js,
    ];

    private static readonly Mnemonic[] s_stack = [Mnemonic.Push, Mnemonic.Pop, Mnemonic.Leave];

    private static readonly Mnemonic[] s_string =
    [
        Mnemonic.Movsb, Mnemonic.Movsw, Mnemonic.Movsq,
        Mnemonic.Stosb, Mnemonic.Stosw, Mnemonic.Stosd, Mnemonic.Stosq,
        Mnemonic.Lodsb, Mnemonic.Lodsw, Mnemonic.Lodsd, Mnemonic.Lodsq,
        Mnemonic.Scasb, Mnemonic.Scasw, Mnemonic.Scasd, Mnemonic.Scasq,
        Mnemonic.Cmpsb, Mnemonic.Cmpsw, Mnemonic.Cmpsq,
    ];

    private static readonly Mnemonic[] s_slow =
    [
        Mnemonic.Enter, Mnemonic.Xlatb, Mnemonic.Pushf, Mnemonic.Pushfq, Mnemonic.Popf, Mnemonic.Popfq,
        Mnemonic.Iret, Mnemonic.Iretd, Mnemonic.Iretq, Mnemonic.Retf,
        Mnemonic.Xsave, Mnemonic.Xsave64, Mnemonic.Xsavec, Mnemonic.Xsavec64, Mnemonic.Xsaveopt, Mnemonic.Xsaveopt64,
        Mnemonic.Xrstor, Mnemonic.Xrstor64, Mnemonic.Fxsave, Mnemonic.Fxsave64, Mnemonic.Fxrstor, Mnemonic.Fxrstor64, Mnemonic.Xgetbv,
        Mnemonic.Rdtscp, Mnemonic.Rdpid, Mnemonic.Rdfsbase, Mnemonic.Rdgsbase, Mnemonic.Wrfsbase, Mnemonic.Wrgsbase,
        Mnemonic.Sgdt, Mnemonic.Sidt, Mnemonic.Sldt, Mnemonic.Str, Mnemonic.Smsw, Mnemonic.Clzero,
        Mnemonic.Maskmovq, Mnemonic.Maskmovdqu, Mnemonic.Vmaskmovdqu,
        Mnemonic.Vgatherdpd, Mnemonic.Vgatherdps, Mnemonic.Vgatherqpd, Mnemonic.Vgatherqps,
        Mnemonic.Vpgatherdd, Mnemonic.Vpgatherdq, Mnemonic.Vpgatherqd, Mnemonic.Vpgatherqq,
        Mnemonic.Lss, Mnemonic.Lfs, Mnemonic.Lgs,
    ];

    private static readonly Mnemonic[] s_privileged =
    [
        Mnemonic.Hlt, Mnemonic.Cli, Mnemonic.Sti, Mnemonic.Clts, Mnemonic.Lmsw, Mnemonic.Invd, Mnemonic.Wbinvd, Mnemonic.Wbnoinvd,
        Mnemonic.In, Mnemonic.Out, Mnemonic.Insb, Mnemonic.Insw, Mnemonic.Insd, Mnemonic.Outsb, Mnemonic.Outsw, Mnemonic.Outsd,
        Mnemonic.Rdmsr, Mnemonic.Wrmsr, Mnemonic.Rdpmc, Mnemonic.Cpuid, Mnemonic.Xsetbv, Mnemonic.Swapgs, Mnemonic.Sysret, Mnemonic.Sysretq,
        Mnemonic.Sysexit, Mnemonic.Sysexitq, Mnemonic.Lgdt, Mnemonic.Lidt, Mnemonic.Lldt, Mnemonic.Ltr, Mnemonic.Invlpg, Mnemonic.Invpcid,
        Mnemonic.Lar, Mnemonic.Lsl, Mnemonic.Verr, Mnemonic.Verw,
    ];

    private static readonly Mnemonic[] s_refused =
    [
        Mnemonic.Ud0, Mnemonic.Ud1, Mnemonic.Ud2, Mnemonic.Stac, Mnemonic.Clac, Mnemonic.Rsm, Mnemonic.Femms,
    ];

    private static readonly Mnemonic[] s_hintNops =
    [
        Mnemonic.Nop, Mnemonic.Reservednop, Mnemonic.Endbr32, Mnemonic.Endbr64, Mnemonic.Rdsspd, Mnemonic.Rdsspq, Mnemonic.Cldemote,
        Mnemonic.Prefetchit0, Mnemonic.Prefetchit1, Mnemonic.Prefetchnta, Mnemonic.Prefetcht0, Mnemonic.Prefetcht1, Mnemonic.Prefetcht2,
        Mnemonic.Prefetch, Mnemonic.Prefetchw, Mnemonic.Prefetchwt1,
        Mnemonic.Bndcl, Mnemonic.Bndcn, Mnemonic.Bndcu, Mnemonic.Bndldx, Mnemonic.Bndmk, Mnemonic.Bndmov, Mnemonic.Bndstx,
    ];

    private static readonly Dictionary<Mnemonic, InstructionClass> s_byMnemonic = Index();

    /// <summary>The class of a code by its mnemonic and operand kinds; <see cref="InstructionClass.Copy"/> if no rule names it.</summary>
    public static InstructionClass ClassOf(Code code)
    {
        switch (code)
        {
            case Code.Mov_rm16_Sreg or Code.Mov_r32m16_Sreg or Code.Mov_r64m16_Sreg
                or Code.Mov_Sreg_rm16 or Code.Mov_Sreg_r32m16 or Code.Mov_Sreg_r64m16
                or Code.Pushw_FS or Code.Pushq_FS or Code.Pushw_GS or Code.Pushq_GS
                or Code.Popw_FS or Code.Popq_FS or Code.Popw_GS or Code.Popq_GS
                or Code.Jmp_m1616 or Code.Jmp_m1632 or Code.Jmp_m1664 or Code.Call_m1616 or Code.Call_m1632 or Code.Call_m1664:
                return InstructionClass.Slow;
            case Code.Mov_r32_cr or Code.Mov_r64_cr or Code.Mov_r32_dr or Code.Mov_r64_dr or Code.Mov_cr_r32 or Code.Mov_cr_r64
                or Code.Mov_dr_r32 or Code.Mov_dr_r64:
                return InstructionClass.Privileged;
            case Code.Movsd_m32_m32 or Code.Cmpsd_m32_m32:
                return InstructionClass.String;
            case Code.Mov_r32_tr or Code.Mov_tr_r32:
                return InstructionClass.Undefined;
            default:
                return s_byMnemonic.GetValueOrDefault(code.Mnemonic(), InstructionClass.Copy);
        }
    }

    /// <summary>
    /// True for what has no effect and never faults on the processor that the guest sees: nops, prefetches, and the hint space of features
    /// that are not offered (shadow stacks, bounds checking).
    /// </summary>
    public static bool IsHint(in Instruction instruction)
    {
        // 0F 0D with a register is a nop on some processors and #UD on others: it runs as itself.
        var asItself = instruction.Code is Code.Reservednop_rm16_r16_0F0D or Code.Reservednop_rm32_r32_0F0D or Code.Reservednop_rm64_r64_0F0D
            && instruction.Op0Kind == OpKind.Register;
        return !asItself && Array.IndexOf(s_hintNops, instruction.Mnemonic) >= 0;
    }

    private static Dictionary<Mnemonic, InstructionClass> Index()
    {
        var index = new Dictionary<Mnemonic, InstructionClass>
        {
            [Mnemonic.Syscall] = InstructionClass.Syscall,
            [Mnemonic.Sysenter] = InstructionClass.Sysenter,
            [Mnemonic.Int] = InstructionClass.SoftwareInterrupt,
            [Mnemonic.Int3] = InstructionClass.Breakpoint,
            [Mnemonic.Int1] = InstructionClass.DebugTrap,
        };
        Add(s_control, InstructionClass.ControlFlow);
        Add(s_stack, InstructionClass.Stack);
        Add(s_string, InstructionClass.String);
        Add(s_slow, InstructionClass.Slow);
        Add(s_privileged, InstructionClass.Privileged);
        Add(s_refused, InstructionClass.Undefined);
        return index;

        void Add(Mnemonic[] mnemonics, InstructionClass @class)
        {
            foreach (var mnemonic in mnemonics)
            {
                index.Add(mnemonic, @class);
            }
        }
    }
}
