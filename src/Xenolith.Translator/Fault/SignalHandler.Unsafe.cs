using Xenolith.Host.Memory;
using Xenolith.Host.Signals;
using Xenolith.Translator.Cache;
using Xenolith.Translator.Emit;

namespace Xenolith.Translator.Fault;

/// <summary>
/// The process's handler for synchronous signals, as machine code on the alternate stack. A fault whose RIP lies in a registered code
/// cache is written into the vCPU's state block (reached by GS, which is then surely ours) and RIP is redirected to that cache's exit;
/// every other fault goes to the handler that was installed before, the .NET runtime's. Signal dispositions belong to the
/// process, so this is the one piece of static state of the engine. Locks: a leaf.
/// </summary>
internal static unsafe class SignalHandler
{
    private const int Slots = 64, SlotSize = 24, TableOffset = 1024, ChainOffset = TableOffset + (Slots * SlotSize);
    private static readonly Lock Gate = new();
    private static nint _page;

    /// <summary>Sends faults of a code range to an exit routine; returns the slot for <see cref="Unregister"/>.</summary>
    public static int Register(nint start, nint size, nint exit)
    {
        lock (Gate)
        {
            Install();
            for (var slot = 0; slot < Slots; slot++)
            {
                var entry = (nint*)(_page + TableOffset + (slot * SlotSize));
                // SAFETY: the table lies in the handler's own page; size is written last because the handler tests it.
                if (entry[1] == 0)
                {
                    entry[0] = start;
                    entry[2] = exit;
                    Volatile.Write(ref entry[1], size);
                    return slot;
                }
            }
        }

        throw new InvalidOperationException($"more than {Slots} translators in one process; dispose some");
    }

    /// <summary>Forgets a range.</summary>
    public static void Unregister(int slot)
    {
        lock (Gate)
        {
            // SAFETY: as in Register.
            Volatile.Write(ref ((nint*)(_page + TableOffset + (slot * SlotSize)))[1], 0);
        }
    }

    private static void Install()
    {
        if (_page != 0)
        {
            return;
        }

        // One page, executable and writable: its table changes for the life of the process, its code never.
        var descriptor = MappedMemory.CreateFile("xenolith-signals", 4096);
        var writable = MappedMemory.MapFile(0, 4096, Protection.Read | Protection.Write, descriptor, 0);
        var executable = MappedMemory.MapFile(0, 4096, Protection.Read | Protection.Execute, descriptor, 0);
        MappedMemory.CloseFile(descriptor);
        ReadOnlySpan<int> signals = [FaultSignals.Segmentation, FaultSignals.Bus, FaultSignals.IllegalInstruction, FaultSignals.FloatingPoint, FaultSignals.Trap];
        foreach (var signal in signals)
        {
            // SAFETY: the chain table has 64 words behind the range table, inside the page.
            ((nint*)(writable + ChainOffset))[signal] = FaultSignals.CurrentHandler(signal);
        }

        Emit(writable, executable - writable);
        _page = writable;
        foreach (var signal in signals)
        {
            // SAFETY: as above. Another layer may have put its handler there since.
            ((nint*)(writable + ChainOffset))[signal] = FaultSignals.Install(signal, executable);
        }
    }

    // In: edi signal, rsi siginfo, rdx ucontext. ucontext: gregs at 40; RIP is number 16, ERR 19, TRAPNO 20.
    private static void Emit(nint writable, nint delta)
    {
        var code = new HostCode();
        code.Start(writable, writable + TableOffset, delta);
        code.Load(HostCode.Rax, HostCode.Rdx, 168);
        code.MoveImmediate64(HostCode.Rcx, (ulong)(writable + delta + TableOffset));
        code.Bytes2(0x41, 0xb8); // mov r8d, Slots
        code.Int32(Slots);
        var loop = code.Position;
        code.Move(HostCode.R9, HostCode.Rax);
        code.Bytes3(0x4c, 0x2b, 0x09); // sub r9, [rcx]
        code.Bytes4(0x4c, 0x3b, 0x49, 8); // cmp r9, [rcx + 8]
        var hit = code.JumpIf8(0x72);
        code.Bytes4(0x48, 0x83, 0xc1, SlotSize); // add rcx, SlotSize
        code.Bytes3(0x41, 0xff, 0xc8); // dec r8d
        var again = code.JumpIf8(0x75);
        *(sbyte*)again = (sbyte)(loop - (again + 1));
        code.MoveImmediate64(HostCode.Rcx, (ulong)(writable + delta + ChainOffset));
        code.Bytes3(0x48, 0x63, 0xc7); // movsxd rax, edi
        code.Bytes4(0x48, 0x8b, 0x04, 0xc1); // mov rax, [rcx + rax*8]
        code.Bytes4(0x48, 0x83, 0xf8, 1); // cmp rax, 1
        var none = code.JumpIf8(0x76);
        code.Bytes2(0xff, 0xe0); // jmp rax
        code.Here8(none);

        // Nobody was there before: restore the default action and let the instruction fault again.
        code.Bytes4(0x48, 0x83, 0xec, 40); // sub rsp, 40
        code.Bytes2(0x31, 0xc0); // xor eax, eax
        for (var i = 0; i < 4; i++)
        {
            code.Store(HostCode.Rsp, 8 * i, HostCode.Rax);
        }

        code.MoveImmediate(HostCode.Rax, 13); // rt_sigaction
        code.Move(HostCode.Rsi, HostCode.Rsp);
        code.Bytes2(0x31, 0xd2); // xor edx, edx
        code.MoveImmediate(HostCode.R10, 8);
        code.Bytes2(0x0f, 0x05);
        code.Bytes4(0x48, 0x83, 0xc4, 40); // add rsp, 40
        code.Byte(0xc3);

        code.Here8(hit);
        code.StoreState(State.FaultRip, HostCode.Rax);
        code.StoreState(State.FaultSignal, HostCode.Rdi);
        code.Load32(HostCode.Rax, HostCode.Rsi, 8);
        code.StoreState(State.FaultCode, HostCode.Rax);
        code.Load(HostCode.Rax, HostCode.Rsi, 16);
        code.StoreState(State.FaultAddress, HostCode.Rax);
        code.Load(HostCode.Rax, HostCode.Rdx, 200);
        code.StoreState(State.FaultTrap, HostCode.Rax);
        code.Load(HostCode.Rax, HostCode.Rdx, 192);
        code.StoreState(State.FaultError, HostCode.Rax);
        code.Load(HostCode.Rax, HostCode.Rcx, 16);
        code.Store(HostCode.Rdx, 168, HostCode.Rax);
        code.Byte(0xc3);
    }
}
