using Iced.Intel;
using Xenolith.Abi;
using Xenolith.Abi.Boot;
using Xenolith.Machine.Memory;
using Xenolith.Tests.Unit.Boot;
using static Iced.Intel.AssemblerRegisters;

namespace Xenolith.Tests.PvKernels;

/// <summary>
/// A small PV kernel in assembly. It is linked at <see cref="CodePfn"/>, has scratch pages from <see cref="ScratchPfn"/> and records values
/// in a page that the test reads after the domain has shut down.
/// </summary>
internal sealed partial class PvKernel
{
    public const ulong VirtBase = 0xffffffff80000000;
    public const ulong CodePfn = 0x100, ResultPfn = 0x180, ScratchPfn = 0x181, ScratchPages = 63;
    private const ulong PageSize = 4096;

    private readonly List<string> _names = [];
    private readonly List<(Label Label, byte[] Bytes)> _data = [];

    public PvKernel()
    {
        Entry = Asm.CreateLabel();
        Asm.Label(ref Entry);
        Asm.mov(rbp, rsi); // start_info stays in rbp
    }

    private Label Entry;

    public Assembler Asm { get; } = new(64);

    /// <summary>Where the builder is to put the hypercall page; null for a kernel without.</summary>
    public ulong? HypercallPage { get; init; }

    public IReadOnlyList<string> Names => _names;

    /// <summary>Machine frame of a pseudo-physical one: the builder hands out the first frames in order.</summary>
    public static ulong Mfn(ulong pfn) => MachineLayout.RamMfn + pfn;

    /// <summary>Virtual address of a frame.</summary>
    public static ulong Va(ulong pfn) => VirtBase + (pfn * PageSize);

    /// <summary>Virtual address of a scratch page.</summary>
    public static ulong Scratch(ulong page = 0) => Va(ScratchPfn + page);

    /// <summary>Puts bytes behind the code; the label is their address.</summary>
    public Label Data(params byte[] bytes)
    {
        var label = Asm.CreateLabel();
        _data.Add((label, bytes));
        return label;
    }

    /// <summary>Puts 64-bit words behind the code.</summary>
    public Label Words(params ulong[] words) => Data(System.Runtime.InteropServices.MemoryMarshal.AsBytes<ulong>(words).ToArray());

    /// <summary>Stores RAX under a name.</summary>
    public PvKernel Record(string name)
    {
        Asm.mov(r15, Va(ResultPfn) + ((ulong)_names.Count * 8));
        Asm.mov(__qword_ptr[r15], rax);
        _names.Add(name);
        return this;
    }

    /// <summary>An inline hypercall; arguments are numbers, labels (their address) or null for a register set before.</summary>
    public PvKernel Call(int number, params object?[] arguments)
    {
        AssemblerRegister64[] registers = [rdi, rsi, rdx, r10, r8];
        for (var i = 0; i < arguments.Length; i++)
        {
            switch (arguments[i])
            {
                case null: break;
                case Label label: Asm.lea(registers[i], __[label]); break;
                case ulong value: Asm.mov(registers[i], value); break;
                default: Asm.mov(registers[i], (ulong)Convert.ToInt64(arguments[i], null)); break;
            }
        }

        Asm.mov(eax, number);
        Asm.syscall();
        return this;
    }

    /// <summary>A hypercall whose result is recorded.</summary>
    public PvKernel Check(string name, int number, params object?[] arguments) => Call(number, arguments).Record(name);

    /// <summary>Writes a line to the hypervisor's console.</summary>
    public PvKernel Print(string text) =>
        Call(HypercallNumber.ConsoleIo, 0UL, (ulong)text.Length + 1, Data(System.Text.Encoding.ASCII.GetBytes(text + "\n")));

    /// <summary>Stores a 64-bit number.</summary>
    public PvKernel Store(ulong address, ulong value)
    {
        Asm.mov(r15, address);
        Asm.mov(r14, value);
        Asm.mov(__qword_ptr[r15], r14);
        return this;
    }

    /// <summary>Loads RAX.</summary>
    public PvKernel Load(ulong address)
    {
        Asm.mov(r15, address);
        Asm.mov(rax, __qword_ptr[r15]);
        return this;
    }

    /// <summary>SCHEDOP_shutdown; does not come back.</summary>
    public PvKernel Shutdown(ShutdownReason reason = ShutdownReason.Poweroff) =>
        Call(HypercallNumber.SchedOp, 2UL, Data((byte)reason, 0, 0, 0));

    /// <summary>The ELF file.</summary>
    public byte[] Build()
    {
        foreach (var (label, bytes) in _data)
        {
            var place = label;
            Asm.Label(ref place);
            Asm.db(bytes);
        }

        Asm.nop();
        var code = new MemoryStream();
        Asm.Assemble(new StreamCodeWriter(code), Va(CodePfn));
        var elf = new ElfBuilder()
            .Load(CodePfn * PageSize, code.ToArray())
            .Load(ResultPfn * PageSize, [], (1 + ScratchPages) * PageSize)
            .LinuxNotes(Va(CodePfn));
        return (HypercallPage is { } page ? elf.Note(ElfNote.HypercallPage, page) : elf).Build();
    }
}
