using Xenolith.Engine;
using Xenolith.Machine;

/// <summary>Registers and the top of the stack of every vCPU of a stopped domain, for a developer with the kernel's symbols.</summary>
internal static class VcpuDump
{
    private const int StackWords = 160;

    public static void Write(Domain domain)
    {
        foreach (var vcpu in domain.Vcpus.Where(v => v.Id == 0 || !v.IsDown))
        {
            ref var r = ref vcpu.Registers;
            Console.Error.WriteLine($"vcpu {vcpu.Id} rip {r.Rip:x16} rsp {r.Rsp:x16} rflags {r.Rflags:x} kernel {r.KernelMode} cr2 {r.ExitAddress:x}");
            Console.Error.WriteLine($"  rax {r.Rax:x16} rbx {r.Rbx:x16} rcx {r.Rcx:x16} rdx {r.Rdx:x16} rsi {r.Rsi:x16} rdi {r.Rdi:x16} rbp {r.Rbp:x16}");
            Console.Error.WriteLine($"  r8  {r.R8:x16} r9  {r.R9:x16} r10 {r.R10:x16} r11 {r.R11:x16} r12 {r.R12:x16} r13 {r.R13:x16} r14 {r.R14:x16} r15 {r.R15:x16}");
            for (var i = 0; i < StackWords; i++)
            {
                if (!vcpu.TryReadGuest<ulong>(r.Rsp + ((ulong)i * 8), out var word))
                {
                    break;
                }

                if (word > 0xffffffff81000000 && word < 0xffffffffa0000000)
                {
                    Console.Error.WriteLine($"  stack +{i * 8:x3} {word:x16}");
                }
            }
        }
    }
}
