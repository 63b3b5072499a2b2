using Xenolith.Host.Files;
using Xenolith.Host.Memory;

namespace Xenolith.Host.Signals;

/// <summary>
/// Copies out of and into a file's mapping without dying of it: where the file cannot be read or written (it was truncated, its disk failed or is full)
/// Linux sends SIGBUS, and this copy ends with an answer instead. A copy loop and a handler in machine code, because the signal interrupts an instruction
/// whose address must be known; the handler knows that one address and passes every other fault on to the handler that was there before. Signal dispositions
/// belong to the process, so this is static; nothing is ever taken away. Any thread.
/// </summary>
internal static unsafe class GuardedCopy
{
    private const int Copy = 0, Handler = 0x38, Default = 0x64, Previous = 0xa0, PageSize = 4096;

    private static readonly nint Code = Install();

    /// <summary>Copies from a mapping into runs one after the other. False if a page of the mapping could not be read; the runs may be partly filled.</summary>
    public static bool TryCopyFrom(nint source, ReadOnlySpan<MemoryRun> runs) => TryCopy(runs, source, intoMapping: 0);

    /// <summary>Copies runs one after the other into a mapping. False if a page of the mapping could not be written; a part of it may be.</summary>
    public static bool TryCopyTo(nint destination, ReadOnlySpan<MemoryRun> runs) => TryCopy(runs, destination, intoMapping: 1);

    private static bool TryCopy(ReadOnlySpan<MemoryRun> runs, nint mapping, int intoMapping)
    {
        if (runs.IsEmpty)
        {
            return true;
        }

        // SAFETY: the code below has this signature; the runs stay pinned during the call and their addresses are the caller's promise, as the mapping is.
        fixed (MemoryRun* first = runs)
        {
            return ((delegate* unmanaged<MemoryRun*, nint, nint, int, int>)(Code + Copy))(first, mapping, runs.Length, intoMapping) == 0;
        }
    }

    private static nint Install()
    {
        var file = MappedMemory.CreateFile("xenolith-copy", PageSize);
        var writable = MappedMemory.MapFile(0, PageSize, Protection.Read | Protection.Write, file, 0);
        var code = MappedMemory.MapFile(0, PageSize, Protection.Read | Protection.Execute, file, 0);
        MappedMemory.CloseFile(file);

        // SAFETY: all pieces lie inside the page just mapped, which nobody runs yet.
        Instructions.CopyTo(new Span<byte>((void*)writable, PageSize));
        var previous = (nint*)(writable + Previous);
        *previous = Before(FaultSignals.CurrentHandler(FaultSignals.Bus));

        // Between the two lines another layer may have put a handler there: the one that was replaced is the one to pass faults to.
        *previous = Before(FaultSignals.Install(FaultSignals.Bus, code + Handler));
        MappedMemory.Release(writable, PageSize);
        return code;

        nint Before(nint handler) => handler is 0 or 1 ? code + Default : handler;
    }

    private static ReadOnlySpan<byte> Instructions =>
    [
        // Copy: rdi the runs, rsi the mapping, rdx how many runs (at least one), ecx 0 if the runs are filled and 1 if they are copied from. Returns 0.
        0x49, 0x89, 0xf8, //                         mov r8, rdi
        0x41, 0x89, 0xc9, //                         mov r9d, ecx
        0x48, 0x89, 0xf7, //                         mov rdi, rsi
        0x49, 0x8b, 0x00, //                   next: mov rax, [r8]
        0x49, 0x8b, 0x48, 0x08, //                   mov rcx, [r8 + 8]
        0x45, 0x85, 0xc9, //                         test r9d, r9d
        0x48, 0x0f, 0x44, 0xf8, //                   cmovz rdi, rax
        0x48, 0x0f, 0x45, 0xf0, //                   cmovnz rsi, rax
        0xf3, 0xa4, //                   Instruction: rep movsb
        0x49, 0x83, 0xc0, 0x10, //                   add r8, 16
        0x48, 0xff, 0xca, //                         dec rdx
        0x75, 0xe3, //                               jnz next
        0x31, 0xc0, //                               xor eax, eax
        0xc3, //                                     ret
        0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90,

        // Where the handler sends a copy that met SIGBUS.
        0xb8, 0x01, 0x00, 0x00, 0x00, //     Failed: mov eax, 1
        0xc3, //                                     ret
        0x90, 0x90,

        // The handler: edi the signal, rsi its siginfo, rdx the ucontext, whose RIP is at 168.
        0x48, 0x8b, 0x82, 0xa8, 0x00, 0x00, 0x00, // Handler: mov rax, [rdx + 168]
        0x48, 0x8d, 0x0d, 0xd5, 0xff, 0xff, 0xff, //          lea rcx, [rip + Instruction]
        0x48, 0x39, 0xc8, //                                  cmp rax, rcx
        0x75, 0x0f, //                                        jne pass
        0x48, 0x8d, 0x0d, 0xde, 0xff, 0xff, 0xff, //          lea rcx, [rip + Failed]
        0x48, 0x89, 0x8a, 0xa8, 0x00, 0x00, 0x00, //          mov [rdx + 168], rcx
        0xc3, //                                              ret
        0x48, 0x8b, 0x05, 0x3f, 0x00, 0x00, 0x00, //    pass: mov rax, [rip + Previous]
        0xff, 0xe0, //                                        jmp rax
        0x90,

        // Nobody was there before: restore the default action and let the instruction fault again.
        0x48, 0x83, 0xec, 0x28, //             Default: sub rsp, 40
        0x31, 0xc0, //                                  xor eax, eax
        0x48, 0x89, 0x04, 0x24, //                      mov [rsp], rax
        0x48, 0x89, 0x44, 0x24, 0x08, //                mov [rsp + 8], rax
        0x48, 0x89, 0x44, 0x24, 0x10, //                mov [rsp + 16], rax
        0x48, 0x89, 0x44, 0x24, 0x18, //                mov [rsp + 24], rax
        0xb8, 0x0d, 0x00, 0x00, 0x00, //                mov eax, 13 (rt_sigaction)
        0x48, 0x89, 0xe6, //                            mov rsi, rsp
        0x31, 0xd2, //                                  xor edx, edx
        0x41, 0xba, 0x08, 0x00, 0x00, 0x00, //          mov r10d, 8
        0x0f, 0x05, //                                  syscall
        0x48, 0x83, 0xc4, 0x28, //                      add rsp, 40
        0xc3, //                                        ret
    ];
}
