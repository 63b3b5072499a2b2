using Xenolith.Abi;
using static Iced.Intel.AssemblerRegisters;

namespace Xenolith.Tests.PvKernels;

/// <summary>set_trap_table, exception frames, iret, set_callbacks for system calls.</summary>
public sealed class TrapTests
{
    [Fact]
    public void An_undefined_instruction_comes_to_its_handler_and_iret_goes_on_behind_it()
    {
        var kernel = new PvKernel();
        var handler = kernel.Asm.CreateLabel();
        kernel.Handle(6, handler);
        kernel.Asm.mov(rbx, 0x1234);
        kernel.Asm.mov(rcx, 0x55);
        kernel.Asm.mov(r11, 0x66);
        kernel.Asm.ud2();
        kernel.Asm.mov(rax, rcx);
        kernel.Record("rcx");
        kernel.Asm.mov(rax, r11);
        kernel.Record("r11");
        kernel.Asm.mov(rax, rbx);
        kernel.Record("rbx").Shutdown();
        kernel.Enter(handler);
        kernel.Asm.add(__qword_ptr[rsp], 2);
        kernel.Asm.mov(rbx, __qword_ptr[rsp + 8]); // CS
        kernel.Leave();

        using var run = KernelRun.ToPoweroff(kernel);

        Assert.Equal(0x55UL, run["rcx"]);
        Assert.Equal(0x66UL, run["r11"]);
        Assert.Equal(PvKernel.CodeSelector & ~3UL, run["rbx"] & 0xfffc);
    }

    [Theory]
    [InlineData(false, 0ul)]
    [InlineData(true, 2ul)]
    public void A_page_fault_has_its_error_code_and_address(bool write, ulong error)
    {
        const ulong Nowhere = 0x7f00_1234_5678;
        var kernel = new PvKernel();
        var handler = kernel.Asm.CreateLabel();
        kernel.Handle(14, handler).MapSharedInfo(1);
        kernel.Asm.mov(rbx, Nowhere);
        if (write)
        {
            kernel.Asm.mov(__dword_ptr[rbx], 1);
        }
        else
        {
            kernel.Asm.mov(eax, __dword_ptr[rbx]);
        }

        kernel.Enter(handler);
        kernel.Asm.pop(rax);
        kernel.Record("error");
        kernel.Load(PvKernel.Scratch(1) + 16).Record("cr2").Shutdown();

        using var run = KernelRun.ToPoweroff(kernel);

        Assert.Equal(error, run["error"] & 3);
        Assert.Equal(Nowhere, run["cr2"]);
    }

    [Fact]
    public void A_divide_error_names_the_dividing_instruction()
    {
        var kernel = new PvKernel();
        var handler = kernel.Asm.CreateLabel();
        var at = kernel.Asm.CreateLabel();
        kernel.Handle(0, handler);
        kernel.Asm.xor(ecx, ecx);
        kernel.Asm.xor(edx, edx);
        kernel.Asm.Label(ref at);
        kernel.Asm.div(rcx);
        kernel.Enter(handler);
        kernel.Asm.lea(rbx, __[at]);
        kernel.Asm.mov(rax, __qword_ptr[rsp]);
        kernel.Asm.sub(rax, rbx);
        kernel.Record("distance").Shutdown();

        using var run = KernelRun.ToPoweroff(kernel);

        Assert.Equal(0UL, run["distance"]);
    }

    [Fact]
    public void User_mode_runs_and_its_system_call_comes_to_the_callback()
    {
        var kernel = new PvKernel();
        var user = kernel.Asm.CreateLabel();
        var entry = kernel.Asm.CreateLabel();
        var callback = kernel.Data(1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0); // CALLBACKTYPE_failsafe, patched to syscall below
        kernel.Asm.lea(r14, __[callback]);
        kernel.Asm.mov(__word_ptr[r14], 2); // CALLBACKTYPE_syscall
        kernel.Asm.lea(r15, __[entry]);
        kernel.Asm.mov(__qword_ptr[r14 + 8], r15);
        kernel.Check("callback", HypercallNumber.CallbackOp, 0UL, callback);

        // stack_switch(ss, sp), and user mode on the kernel's own tables.
        kernel.Check("stack", HypercallNumber.StackSwitch, (ulong)PvKernel.DataSelector, PvKernel.Scratch(4));
        kernel.Asm.mov(rbx, __qword_ptr[rbp + Abi.Boot.StartInfo64.PageTableBase]);
        kernel.Asm.mov(rax, PvKernel.VirtBase);
        kernel.Asm.sub(rbx, rax);
        kernel.Asm.shr(rbx, 12);
        kernel.Asm.mov(rax, PvKernel.Mfn(0));
        kernel.Asm.add(rbx, rax);
        var operation = kernel.Words(15, 0, 0); // MMUEXT_NEW_USER_BASEPTR
        kernel.Asm.lea(r14, __[operation]);
        kernel.Asm.mov(__qword_ptr[r14 + 8], rbx);
        kernel.Check("user root", HypercallNumber.MmuExtOp, operation, 1UL, 0UL, 0x7ff0UL);

        kernel.Asm.lea(rbx, __[user]);
        kernel.Asm.push(PvKernel.DataSelector);
        kernel.Asm.mov(rax, PvKernel.Scratch(6));
        kernel.Asm.push(rax);
        kernel.Asm.push(0x202);
        kernel.Asm.push(PvKernel.CodeSelector); // its RPL of 3 means user mode
        kernel.Asm.push(rbx);
        kernel.Leave();

        kernel.Asm.Label(ref user);
        kernel.Asm.mov(edi, 77);
        kernel.Asm.syscall();

        kernel.Enter(entry);
        kernel.Asm.mov(rax, rdi);
        kernel.Record("argument");
        kernel.Asm.mov(rax, __qword_ptr[rsp + 24]);
        kernel.Record("user stack").Shutdown();

        using var run = KernelRun.ToPoweroff(kernel);

        Assert.Equal(0UL, run["callback"]);
        Assert.Equal(0UL, run["stack"]);
        Assert.Equal(0UL, run["user root"]);
        Assert.Equal(77UL, run["argument"]);
        Assert.Equal(PvKernel.Scratch(6), run["user stack"]);
    }

    [Fact]
    public void Stubs_of_the_hypercall_page_do_the_same_as_an_inline_syscall()
    {
        var kernel = new PvKernel { HypercallPage = PvKernel.Scratch(8) };
        kernel.Asm.mov(edi, 0); // XENVER_version
        kernel.Asm.xor(esi, esi);
        kernel.Asm.mov(rcx, 0x77);
        kernel.Asm.mov(rax, PvKernel.Scratch(8) + (HypercallNumber.XenVersion * 32));
        kernel.Asm.call(rax);
        kernel.Record("page");
        kernel.Asm.mov(rax, rcx);
        kernel.Record("rcx");
        kernel.Check("inline", HypercallNumber.XenVersion, 0UL, 0UL).Shutdown();

        using var run = KernelRun.ToPoweroff(kernel);

        Assert.Equal(run["inline"], run["page"]);
        Assert.Equal(4UL, run["page"] >> 16);
        Assert.Equal(0x77UL, run["rcx"]);
    }

    [Fact]
    public void A_far_call_through_a_missing_descriptor_faults_with_its_selector_and_pushes_nothing()
    {
        const ulong Selector = 0x1007;
        var kernel = new PvKernel();
        var handler = kernel.Asm.CreateLabel();
        kernel.Handle(13, handler);
        var pointer = kernel.Data([0x00, 0x10, 0, 0, 0x07, 0x10]);
        kernel.Asm.lea(rsi, __[pointer]);
        kernel.Asm.mov(rbx, rsp);
        kernel.Asm.db(0xff, 0x1e); // lcall [rsi]
        kernel.Enter(handler);
        kernel.Asm.pop(rax);
        kernel.Record("error");
        kernel.Asm.mov(rax, __qword_ptr[rsp + 24]);
        kernel.Asm.sub(rax, rbx);
        kernel.Record("stack").Shutdown();

        using var run = KernelRun.ToPoweroff(kernel);

        Assert.Equal((Selector & ~3UL, 0UL), (run["error"], run["stack"]));
    }
}
